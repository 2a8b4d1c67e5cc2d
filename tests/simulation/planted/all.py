"""The twenty bugs that the harness has to find."""

from tests.simulation.planted import keeping, renewing, retrying, sharing, writing
from tests.simulation.planted.bug import Planted

BUGS = (*writing.BUGS, *renewing.BUGS, *sharing.BUGS, *retrying.BUGS, *keeping.BUGS)
PLANTED: dict[str, Planted] = {bug.name: bug for bug in sorted(BUGS, key=lambda bug: bug.number)}
"""Bugs that are put into the product on purpose, to see that the simulation finds them."""
