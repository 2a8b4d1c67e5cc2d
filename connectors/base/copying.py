"""How a vendor's list is gone through for a copy of all that it holds: the resource class's `copied`."""

from typing import Any, Protocol

from msgspec import Raw, Struct

from connectors.base.paging import Record


class Copied(Struct, frozen=True, kw_only=True):
    """Of a list that can be asked for everything."""

    tells_changes: bool = False
    """Whether it can be asked for what changed since an instant, so that a look costs a call and not all."""


class Detailing(Protocol):
    """A resource class whose list gives rows that are not the objects themselves."""

    async def detail(self, row: Raw, held: Raw | None) -> Record[Any]:
        """The object of a row, as rows of `fields=summary` come, with what only the row tells.

        `held`: the vendor's JSON of the object from an earlier read. No call where the row shows that it
        still is so. What the row tells is left out where the object turns out to be newer than it.
        """
        ...


WHOLE = Copied()
"""What a list is unless its class says otherwise."""


def copied(resource: type[Any] | None) -> Copied | None:
    """How all of it is read; None: there is no list, or none that can be asked for everything."""
    if not callable(getattr(resource, "list", None)):
        return None
    return getattr(resource, "copied", WHOLE)


def detailed(resource: type[Any] | None) -> bool:
    """Whether its list's rows lead to the objects, instead of being them."""
    return callable(getattr(resource, "detail", None))
