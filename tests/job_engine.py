"""An engine for jobs without threads or a database: what it knows lies on a shelf that outlives processes.

It keeps the contract of `gateway.jobs.engine.Engine` (`tests/integration/jobs/test_engine.py` holds both to
it) on whatever clock it is given, so that a simulation can run several processes in one event loop.
"""

import asyncio
import logging
from collections.abc import Collection, Coroutine
from datetime import datetime
from typing import Any, Literal

import msgspec
from croniter import croniter

from gateway.ambient import Clock
from gateway.jobs.engine import Run, Upkeep, workflow_id

AT_ONCE = 10
"""Rounds that it runs at a time, as a worker does unless told otherwise."""

logger = logging.getLogger(__name__)


class Workflow(msgspec.Struct, kw_only=True):
    """One round of a job, or one time of upkeep."""

    job_id: str
    round: int
    upkeep: str | None = None
    state: Literal["waiting", "running", "over"] = "waiting"
    executor_id: str | None = None
    queue: Literal["jobs", "patient", "alone"] = "jobs"
    ended_at: datetime | None = None


class Shelf:
    """What the engines of all processes share."""

    def __init__(self) -> None:
        self.workflows: dict[str, Workflow] = {}


class ShelfEngine:
    """`Engine` of one virtual process. Cancelling its tasks is the death of that process."""

    def __init__(self, shelf: Shelf, executor_id: str, clock: Clock, poll_s: float = 1.0) -> None:
        self.executor_id = executor_id
        self._shelf = shelf
        self._clock = clock
        self._poll_s = poll_s
        self._tasks: set[asyncio.Task[None]] = set()
        self._run: Run | None = None
        self._upkeep: dict[str, Upkeep] = {}
        self._at_work: set[str] = set()

    async def start(self, run: Run, upkeep: tuple[Upkeep, ...]) -> None:
        """See `Engine.start`."""
        self._run = run
        self._upkeep = {work.name: work for work in upkeep}
        self._begin(self._poll())
        for work in upkeep:
            self._begin(self._come_round(work))

    async def stop(self) -> None:
        """See `Engine.stop`."""
        self.die()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def die(self) -> None:
        """What was running stays so on the shelf."""
        for task in self._tasks:
            task.cancel()

    async def hand_over(self, job_id: str, round: int, *, patient: bool = False) -> None:
        """See `Engine.hand_over`."""
        made = Workflow(job_id=job_id, round=round, queue="patient" if patient else "jobs")
        self._shelf.workflows.setdefault(workflow_id(job_id, round), made)

    async def active(self, workflow_ids: Collection[str]) -> set[str]:
        """See `Engine.active`."""
        known = self._shelf.workflows
        return {id for id in workflow_ids if id in known and known[id].state != "over"}

    async def take_over(self, alive: Collection[str]) -> int:
        """See `Engine.take_over`."""
        left = [
            one
            for one in self._shelf.workflows.values()
            if one.state == "running" and one.executor_id not in alive
        ]
        for one in left:
            one.state, one.executor_id = "waiting", None
            one.queue = "alone" if one.upkeep is None else one.queue
        return len(left)

    async def prune(self, before: datetime) -> int:
        """See `Engine.prune`."""
        over = [
            id
            for id, one in self._shelf.workflows.items()
            if one.ended_at is not None and one.ended_at < before
        ]
        for id in over:
            del self._shelf.workflows[id]
        return len(over)

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _poll(self) -> None:
        while True:
            for id, one in list(self._shelf.workflows.items()):
                if one.state == "waiting" and self._has_room(one):
                    one.state, one.executor_id = "running", self.executor_id
                    self._at_work.add(id)
                    self._begin(self._carry_out(id, one))
            await self._clock.sleep(self._poll_s)

    def _has_room(self, workflow: Workflow) -> bool:
        if workflow.upkeep is not None:
            return workflow.upkeep in self._upkeep
        mine = [self._shelf.workflows[id] for id in self._at_work]
        busy = sum(one.queue == workflow.queue and one.upkeep is None for one in mine)
        return busy < (1 if workflow.queue == "alone" else AT_ONCE)

    async def _carry_out(self, id: str, workflow: Workflow) -> None:
        try:
            if workflow.upkeep is not None:
                await self._upkeep[workflow.upkeep].run()
            else:
                assert self._run is not None
                await self._run(workflow.job_id, workflow.round)
        except Exception as error:  # the job's row tells more
            logger.debug("a round failed", exc_info=error)
        finally:
            self._at_work.discard(id)
        workflow.state, workflow.ended_at = "over", self._clock.now()

    async def _come_round(self, work: Upkeep) -> None:
        times = croniter(work.schedule, self._clock.now(), second_at_beginning=True)
        while True:
            at: datetime = times.get_next(datetime)
            await self._clock.sleep(max(0.0, (at - self._clock.now()).total_seconds()))
            id = f"{work.name} {at.isoformat()}"
            self._shelf.workflows.setdefault(id, Workflow(job_id="", round=0, upkeep=work.name))
