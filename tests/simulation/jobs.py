"""A job engine without threads: upkeep by its schedules, in the time of whoever's clock it is."""

import asyncio
import logging
from datetime import UTC, timedelta

from croniter import croniter

from gateway.ambient import Clock
from gateway.jobs.engine import Upkeep

logger = logging.getLogger(__name__)


class SimulatedJobs:
    """In place of `gateway.jobs.dbos_engine.DbosEngine`, for upkeep alone.

    After a run that fails the next comes all the same.
    """

    def __init__(self, clock: Clock, upkeep: tuple[Upkeep, ...]) -> None:
        self.least_pause = timedelta(0)
        """So far apart two runs of a job are at least: for hours in which nothing is to be done."""
        self._clock = clock
        self._work = upkeep
        self._running: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Set the schedules."""
        self.begin()

    def begin(self) -> None:
        """As `start`, for whoever cannot await."""
        loop = asyncio.get_running_loop()
        self._running = [loop.create_task(self._come_round(work)) for work in self._work]

    async def stop(self) -> None:
        """Nothing begins any more; what runs is cut off, and repeated after the next start."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    async def _come_round(self, work: Upkeep) -> None:
        seconds = work.schedule.count(" ") == 5
        schedule = croniter(work.schedule, second_at_beginning=seconds)
        while True:
            now = self._clock.now()
            at = schedule.get_next(type(now), start_time=now + self.least_pause)
            await self._clock.sleep((at.astimezone(UTC) - now).total_seconds())
            try:
                await work.run()
            except Exception:
                logger.exception("upkeep %s failed", work.name)
