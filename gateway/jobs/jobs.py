"""Carries jobs from the outbox to their end: hands over, counts, takes over, parks."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Container, Mapping
from contextlib import suppress
from datetime import timedelta

from msgspec import Struct

from connectors.base.errors import KontorError
from gateway.ambient import Ambient
from gateway.errors import Unavailable
from gateway.jobs import rows
from gateway.jobs.engine import Engine, Upkeep, workflow_id
from gateway.jobs.rows import Job
from gateway.persistence.bell import Bell
from gateway.persistence.database import Database
from gateway.telemetry.log import fault

logger = logging.getLogger(__name__)
HANDED_AT_ONCE = 100
LONGEST_WAIT_S = 300.0
KEEP_WORKFLOWS = timedelta(days=1)
"""The engine's own records: the rows of jobs tell the same, for longer."""
STOP_S = 30.0
"""So long a process that stops waits for its jobs to come to an end of their own."""


class Again(Struct, frozen=True):
    """What a job answers that came to an orderly end for now: it goes on after this time."""

    after_s: float


Kind = Callable[[Job], Awaitable[Again | None]]
"""Does the work of one kind of job. It may be repeated at any point: a crash repeats it."""


class Jobs:
    """The jobs of one process. `sole` says that no other process works on this database, `patient` names
    kinds that others do not wait behind."""

    def __init__(
        self,
        engine: Engine,
        database: Database,
        ambient: Ambient,
        kinds: Mapping[str, Kind],
        upkeep: tuple[Upkeep, ...],
        *,
        poll_s: float,
        silence_s: float,
        sole: bool,
        patient: Container[str] = (),
        count_parked: Callable[[int], None] = lambda parked: None,
    ) -> None:
        self._engine = engine
        self._database = database
        self._ambient = ambient
        self._kinds = kinds
        self._upkeep = upkeep
        self._poll_s = poll_s
        self._silence = timedelta(seconds=silence_s)
        self._sole = sole
        self._patient = patient
        self._count_parked = count_parked
        self._parked: set[str] = set()
        self._running: set[asyncio.Task[Again | None]] = set()
        self._idle = asyncio.Event()
        self._idle.set()
        self._loops: list[asyncio.Task[None]] = []
        self.stopping = False
        """Asked by long jobs between their steps: then they come to an end for now."""

    async def start(self) -> None:
        """Begin to work. Must run inside the event loop that serves."""
        self.stopping = False
        async with self._database.write() as session:
            if self._sole:
                await rows.bury(session, but=self._engine.executor_id)
            await rows.beat(session, self._engine.executor_id, self._ambient.clock.now())
        prune = Upkeep(name="prune_workflows", schedule="47 3 * * *", run=self._prune)
        await self._engine.start(self.carry_out, (*self._upkeep, prune))
        looks = self._silence.total_seconds() / 6
        self._loops = [
            asyncio.create_task(self._over_and_over(self.drain, self._poll_s, self._database.bell)),
            asyncio.create_task(self._over_and_over(self.look_after, looks)),
        ]

    async def stop(self) -> None:
        """Let what runs come to an end of its own, for a while; what does not is handed back uncounted."""
        self.stopping = True
        for loop in self._loops:
            loop.cancel()
        await asyncio.gather(*self._loops, return_exceptions=True)
        with suppress(TimeoutError):
            await asyncio.wait_for(self._idle.wait(), STOP_S)
        for task in self._running:
            task.cancel()
        await self._idle.wait()
        await self._engine.stop()
        with suppress(Unavailable):
            async with self._database.write() as session:
                await rows.remove(session, self._engine.executor_id)

    async def drain(self) -> int:
        """Hand over what is due; how much there was."""
        now = self._ambient.clock.now()
        async with self._database.read() as session:
            found = await rows.due(session, now, HANDED_AT_ONCE)
        for row in found:
            await self._engine.hand_over(row.id, row.round, patient=row.kind in self._patient)
            async with self._database.write() as session:
                await rows.handed(session, row.id, row.round, now)
        return len(found)

    async def look_after(self) -> None:
        """Say that this executor lives, and take over from those that do no more."""
        now = self._ambient.clock.now()
        await self._tell_parked()
        async with self._database.write() as session:
            await rows.beat(session, self._engine.executor_id, now)
            if not await rows.may_take_over(session, now, now - self._silence / 3):
                return
            alive = await rows.alive(session, now - self._silence)
            await rows.bury(session, before=now - 2 * self._silence)
        if taken := await self._engine.take_over(alive):
            logger.warning("jobs taken over from dead executors", extra={"count": taken})
        await self._find_lost()

    async def carry_out(self, job_id: str, round: int) -> None:
        """One attempt at one round: counted, run, written down."""
        now = self._ambient.clock.now()
        async with self._database.write() as session:
            job = await rows.begin(session, job_id, round, self._engine.executor_id, now)
        if job is None:
            return
        work = asyncio.create_task(self._worked(job))
        self._running.add(work)
        self._idle.clear()
        try:
            await self._written_down(job, work)
        finally:
            self._running.discard(work)
            if not self._running:
                self._idle.set()

    async def _worked(self, job: Job) -> Again | None:
        return await self._kinds[job.kind](job)

    async def _written_down(self, job: Job, work: "asyncio.Task[Again | None]") -> None:
        try:
            result = await work
        except asyncio.CancelledError:
            if not (self.stopping and work.cancelled()):
                raise
            async with self._database.write() as session:
                await rows.hand_back(session, job, self._ambient.clock.now())
            return
        except Exception as error:
            await self._failed(job, error)
            return
        now = self._ambient.clock.now()
        async with self._database.write() as session:
            if result is None:
                await rows.finish(session, job, now)
            else:
                await rows.again(session, job, now + timedelta(seconds=result.after_s), now)

    async def _failed(self, job: Job, error: Exception) -> None:
        if not isinstance(error, KontorError):
            fault(error, request_id=job.id, route=job.kind)
        reason = f"{error.code}: {error.detail}" if isinstance(error, KontorError) else type(error).__name__
        wait_s = min(LONGEST_WAIT_S, 2.0**job.attempt) * self._ambient.randomness.uniform(0.8, 1.2)
        now = self._ambient.clock.now()
        async with self._database.write() as session:
            await rows.fail(session, job, reason, now + timedelta(seconds=wait_s), now)

    async def _tell_parked(self) -> None:
        """Jobs that wait for somebody, each once in the log of this process."""
        async with self._database.read() as session:
            found = await rows.parked(session)
        for row in found:
            if row.id not in self._parked:
                told = {"job": row.id, "kind": row.kind, "reason": row.reason}
                logger.warning("job parked; kontor jobs replay begins it anew", extra=told)
        self._parked = {row.id for row in found}
        self._count_parked(len(found))

    async def _prune(self) -> int:
        return await self._engine.prune(self._ambient.clock.now() - KEEP_WORKFLOWS)

    async def _find_lost(self) -> None:
        """Queue anew what the engine should have and has not."""
        now = self._ambient.clock.now()
        async with self._database.read() as session:
            found = await rows.unchanged_since(session, now - self._silence, HANDED_AT_ONCE)
        if not found:
            return
        active = await self._engine.active([workflow_id(row.id, row.round) for row in found])
        async with self._database.write() as session:
            for row in found:
                if workflow_id(row.id, row.round) not in active:
                    await rows.queue_anew(session, row.id, row.round, now)

    async def _over_and_over(
        self, work: Callable[[], Awaitable[object]], pause_s: float, bell: Bell | None = None
    ) -> None:
        while True:
            since = bell.rung if bell else 0
            try:
                await work()
            except Unavailable:
                pass
            except Exception as error:
                fault(error, request_id="", route="jobs")
            clock = self._ambient.clock
            await (bell.heard(since, clock, pause_s) if bell else clock.sleep(pause_s))
