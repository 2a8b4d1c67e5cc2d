"""The twenty bugs that the harness has to find, and those of them that wait for the product."""

from tests.simulation.planted import renewing, retrying, sharing, writing
from tests.simulation.planted.bug import Pending, Planted

BUGS = (*writing.BUGS, *renewing.BUGS, *sharing.BUGS, *retrying.BUGS)
PLANTED: dict[str, Planted] = {bug.name: bug for bug in sorted(BUGS, key=lambda bug: bug.number)}
FEED = "a change feed with an outbox"
REPLICA = "a replica that is synchronized"

PENDING: tuple[Pending, ...] = (
    Pending(number=16, name="outbox-after-commit", waits_for=FEED),
    Pending(number=17, name="cursor-rounded-up", waits_for=REPLICA),
    Pending(number=18, name="tombstone-dropped", waits_for=REPLICA),
    Pending(number=19, name="older-overwrites-newer", waits_for=REPLICA),
)
