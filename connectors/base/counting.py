"""Whether a vendor's count of a list is the count of what was asked for: the resource class's `uncounted`."""

from typing import Any, Protocol

from connectors.base.paging import ListQuery


class Counting(Protocol):
    """A resource class whose list comes with `Page.total`, on the first page and at one call."""

    counts_to: int
    """The vendor's count goes no further, and may then mean more."""

    @classmethod
    def uncounted(cls, query: ListQuery) -> tuple[str, ...]:
        """Parameters, as in the query, that the vendor's count does not heed; none: it is exact."""
        ...


def counting(resource: type[Any] | None) -> type[Counting] | None:
    """The class, where the vendor counts."""
    return resource if callable(getattr(resource, "uncounted", None)) else None
