"""Which lists are gone through, in what order, and how often. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from connectors.base.connector import Connector
from connectors.base.copying import copied, detailed
from gateway.replica.rows import keeps
from gateway.replica.sync.states import IDLE, Sync
from schemas.base import Resource

OVERLAP = timedelta(minutes=5)
"""So far before the last pass begins what the next one asks for: the vendor's lists lag behind its books."""
WHOLE_EVERY = timedelta(days=1)
"""Between two passes over all of a list that could be asked for changes alone."""
SHARE_OF_PROMISE = 0.8
"""Of the time for which a resource promises to be fresh: then the next pass is due."""
CALLS_PER_MINUTE = 1.0
"""What one list may cost at most, where each look goes over all of it."""
FIRST_WAIT_S, LONGEST_WAIT_S = 15.0, 3600.0
"""After a failure; doubled with each that follows."""


class Course(Struct, frozen=True, kw_only=True):
    """How a resource is gone through."""

    resource: Resource
    detailed: bool
    """Whether its rows lead to the objects, each a call."""
    tells_changes: bool


def courses(connector: Connector, resources: Mapping[str, Resource]) -> dict[str, Course]:
    """What can be gone through, in the order in which it is first: lists that are cheap come first."""
    found: list[Course] = []
    for name, resource in resources.items():
        implemented = connector.resources.get(name)
        how = copied(implemented) if connector.supports(name, "get") else None
        if how is not None and keeps(resource):
            found.append(
                Course(resource=resource, detailed=detailed(implemented), tells_changes=how.tells_changes)
            )
    return {course.resource.name: course for course in sorted(found, key=lambda course: course.detailed)}


def next_due(order: Sequence[str], syncs: Mapping[str, Sync], now: datetime) -> str | None:
    """The resource whose turn it is; None: none is due.

    What somebody asked for goes first, then what is under way, then what was never gone through.
    """
    due = [name for name in order if name not in syncs or wanted(syncs[name]) or syncs[name].due_at <= now]
    due.sort(key=lambda name: _rank(syncs.get(name)))
    return due[0] if due else None


def wanted(sync: Sync) -> bool:
    """Whether somebody asked for it, and it does not wait after a failure."""
    return sync.asked_at is not None and not sync.failures


def _rank(sync: Sync | None) -> int:
    if sync is None:
        return 2
    if wanted(sync):
        return 0
    return 1 if sync.phase != IDLE else 3


def is_whole(
    course: Course, sync: Sync, as_of: datetime | None, now: datetime, every: timedelta = WHOLE_EVERY
) -> bool:
    """Whether the next pass has to go over all: what is gone is found by nothing else."""
    if not course.tells_changes or as_of is None or sync.whole_at is None:
        return True
    return now - sync.whole_at >= every


def pause_s(course: Course, calls: int) -> float:
    """Seconds from the begin of a pass to the next one. `calls`: what going through the list costs."""
    promised = course.resource.fresh_for_s * SHARE_OF_PROMISE
    return promised if course.tells_changes else max(promised, 60.0 * calls / CALLS_PER_MINUTE)


def wait_s(failures: int, told_s: float | None) -> float:
    """Seconds after so many failures in a row; as the vendor said, if it did."""
    wait = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** min(failures - 1, 12))
    return max(wait, told_s or 0.0)
