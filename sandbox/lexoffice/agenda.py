"""What happens by itself: tasks on a heap, run when the clock has passed them."""

import heapq
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sandbox.lexoffice.state import Task, World

if TYPE_CHECKING:
    from sandbox.lexoffice.twin import Twin

Kinds = dict[str, Callable[[Any, Task], None]]


def plan(world: World, at: datetime, kind: str, organization_id: str, subject: str) -> None:
    world.planned += 1
    heapq.heappush(world.tasks, Task(at, world.planned, kind, organization_id, subject))


def run_due(twin: "Twin", kinds: Kinds) -> bool:
    """Do all that is due, earliest first, and what that makes due at once. Whether there was any."""
    tasks, now = twin.world.tasks, twin.clock.now()
    if not tasks or tasks[0].at > now:
        return False
    while tasks and tasks[0].at <= now:
        task = heapq.heappop(tasks)
        if task.organization_id in twin.world.organizations:
            kinds[task.kind](twin, task)
    return True


def next_in(world: World, now: datetime) -> timedelta | None:
    """How long until the next task; None when nothing is planned."""
    return world.tasks[0].at - now if world.tasks else None
