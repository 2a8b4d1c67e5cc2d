"""Bugs in how what failed is tried again."""

from gateway.api.rooms import Rooms
from tests.simulation.planted.bug import Planted


def without_budget(rooms: Rooms) -> None:
    retries = rooms.upstream.retries

    def begin() -> bool:
        retries.retrying += 1
        return True

    retries.begin = begin


BUGS = (
    Planted(
        number=14,
        name="retry-without-budget",
        what="every read that failed is tried again, however many have failed",
        found_by=79,
        apply=without_budget,
    ),
)
