"""The twenty bugs that the harness has to find, and those of them that wait for the product."""

from tests.simulation.planted import renewing, sharing, writing
from tests.simulation.planted.bug import Pending, Planted

BUGS = sorted((*writing.BUGS, *renewing.BUGS, *sharing.BUGS), key=lambda bug: bug.number)
UNFOUND = ("no-fencing", "no-single-flight", "ended-without-rereading", "overwritten-late", "limiter-forgets")
"""Those whose seed finds them no more since unknown outcomes are settled, and that have no other yet."""
PLANTED: dict[str, Planted] = {bug.name: bug for bug in BUGS if bug.name not in UNFOUND}
SEED = "a seed that finds it: the former one does not since unknown outcomes are settled"
RETRIES = "a run in which a thousand wait through an outage"
FEED = "a change feed with an outbox"
REPLICA = "a replica that is synchronized"

PENDING: tuple[Pending, ...] = (
    *(Pending(number=bug.number, name=bug.name, waits_for=SEED) for bug in BUGS if bug.name in UNFOUND),
    Pending(number=14, name="retry-without-budget", waits_for=RETRIES),
    Pending(number=16, name="outbox-after-commit", waits_for=FEED),
    Pending(number=17, name="cursor-rounded-up", waits_for=REPLICA),
    Pending(number=18, name="tombstone-dropped", waits_for=REPLICA),
    Pending(number=19, name="older-overwrites-newer", waits_for=REPLICA),
)
