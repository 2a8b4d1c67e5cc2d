"""What a planted bug is: a name, and a way to put it in for one run."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from msgspec import Struct

from gateway.api.rooms import Rooms


def untouched(_: Rooms) -> None:
    """Leaves the rooms as they are."""


@contextmanager
def unchanged() -> Iterator[None]:
    """Changes nothing that rooms are made of."""
    yield


class Planted(Struct, frozen=True, kw_only=True):
    """One bug. `apply` changes the rooms of a process at its start, `installed` what rooms are made of."""

    number: int
    name: str
    what: str
    found_by: int
    """A seed that finds it, at the time of writing."""
    apply: Callable[[Rooms], None] = untouched
    installed: Callable[[], AbstractContextManager[None]] = unchanged


NOTHING = Planted(number=0, name="nothing", what="the product as it is", found_by=0)


@contextmanager
def replaced(owner: Any, **values: Any) -> Iterator[None]:
    """Attributes of a module or class, until the end of the block."""
    former = {name: getattr(owner, name) for name in values}
    for name, value in values.items():
        setattr(owner, name, value)
    try:
        yield
    finally:
        for name, value in former.items():
            setattr(owner, name, value)
