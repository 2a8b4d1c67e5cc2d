"""How a write without an answer is looked for at the vendor.

A connector tells what the vendor shows; what follows from it, and whether to write again, is decided
elsewhere, by one rule for all vendors.
"""

from collections.abc import Awaitable, Callable, Collection
from datetime import datetime
from typing import Any

from msgspec import Struct

from connectors.base.wire import Answer, Call


async def nobodys(ids: Collection[str]) -> Collection[str]:
    """Nothing is known of any of them."""
    return ()


class Sought(Struct, frozen=True, kw_only=True):
    """A writing call that left and had no clear answer."""

    call: Call
    since: datetime
    """When it left first."""
    until: datetime
    """Since when the vendor can no longer be at work on it."""
    marked: bool = False
    """Whether it carried the mark of its write."""
    settled: bool = True
    """False: lists may not show it yet, so that only what is certain is worth a call."""
    others: tuple[Call, ...] = ()
    """Calls of the connection's other writes whose outcome is open, too."""
    clock: Callable[[], datetime]
    """Ours, at any moment: a look takes its time, and the vendor's clock is compared with it."""
    owned: Callable[[Collection[str]], Awaitable[Collection[str]]] = nobodys
    """Of the vendor's ids those that other writes have made: none of them is worth a call."""

    def is_anothers(self, fits: Callable[[Call], bool]) -> bool:
        """Whether an object that is not equal to this write is what one of the others sent: `fits` tells."""
        return any(fits(other) for other in self.others if other.path == self.call.path)


class Candidate(Struct, frozen=True, kw_only=True):
    """An object of the vendor that the write may have made."""

    id: str
    equal: bool
    """Everything that was sent is there. False: contact, day and sums are the same, other things are not."""
    certain: bool = False
    """It carries the write's mark."""
    late: bool = False
    """It was made, or may have been, when the vendor was not at the write, but not before it left."""
    answer: Answer
    """What the vendor would have answered to the write."""
    shown: dict[str, Any] = {}
    """What a person tells it by."""


class Evidence(Struct, frozen=True, kw_only=True):
    """What the vendor shows of a call."""

    answer: Answer | None = None
    """The answer that did not come, where there can be no doubt of it: success or refusal."""
    candidates: tuple[Candidate, ...] = ()
    repeatable: bool = False
    """Whether sending it once more can do no harm: the vendor does it once."""
    undecidable: bool = False
    """Whether the vendor shows nothing that would tell."""
    watched: bool = False
    """Whether it may show with certainty any moment, and is worth another look before long."""
