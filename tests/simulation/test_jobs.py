"""What the simulation takes for a job engine, and the real one: one contract."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.ambient import system
from gateway.jobs.dbos_engine import DbosEngine
from gateway.jobs.engine import Upkeep
from tests.simulation import loop
from tests.simulation.jobs import SimulatedJobs
from tests.simulation.surroundings import VirtualClock

EVERY_SECOND = "* * * * * *"


class Durable:
    """The real one, for upkeep alone."""

    def __init__(self, directory: Path, upkeep: tuple[Upkeep, ...]) -> None:
        ambient = system()
        url = f"sqlite:///{directory / 'jobs.db'}"
        self._engine = DbosEngine(url, ambient.ids.new("exe"), ambient.clock, 1.0, 10)
        self._upkeep = upkeep

    async def start(self) -> None:
        await self._engine.start(no_job, self._upkeep)

    async def stop(self) -> None:
        await self._engine.stop()


async def no_job(id: str, round: int) -> None:
    raise AssertionError(f"nobody has handed over {id}")


Engine = Durable | SimulatedJobs
Work = Callable[[Callable[[tuple[Upkeep, ...]], Engine]], Awaitable[Any]]

pytestmark = [
    pytest.mark.timeout(120),
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning"),
]


async def no_step(_: str) -> None:
    """Nobody is killed here."""


@pytest.fixture(params=["simulated", "durable"])
def run(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[Work], Any]:
    """Runs work that is given a way to make an engine."""
    if request.param == "simulated":

        async def simulated(work: Work) -> Any:
            return await work(lambda upkeep: SimulatedJobs(VirtualClock(no_step), upkeep))

        return lambda work: loop.run(simulated(work))

    def durable(upkeep: tuple[Upkeep, ...]) -> Engine:
        return Durable(tmp_path, upkeep)

    async def real(work: Work) -> Any:
        return await work(durable)

    return lambda work: asyncio.run(real(work))


def test_each_job_comes_round_and_one_that_fails_keeps_no_other_away(run: Callable[[Work], Any]) -> None:
    async def work(engine: Callable[[tuple[Upkeep, ...]], Engine]) -> bool:
        times = {"well": 0, "ill": 0}
        enough = asyncio.Event()

        async def well() -> int:
            times["well"] += 1
            if times["well"] >= 2 and times["ill"] >= 1:
                enough.set()
            return 0

        async def ill() -> int:
            times["ill"] += 1
            raise ZeroDivisionError

        jobs = engine(
            (
                Upkeep(name="ill", schedule=EVERY_SECOND, run=ill),
                Upkeep(name="well", schedule=EVERY_SECOND, run=well),
            )
        )
        await jobs.start()
        try:
            async with asyncio.timeout(100):
                await enough.wait()
        finally:
            await jobs.stop()
        return True

    assert run(work)


def test_the_stand_in_keeps_to_the_schedule_in_virtual_time() -> None:
    async def ran() -> list[float]:
        clock = VirtualClock(no_step)
        at: list[float] = []

        async def note() -> int:
            at.append(round(clock.monotonic(), 3))
            return 0

        jobs = SimulatedJobs(clock, (Upkeep(name="nightly", schedule="17 3 * * *", run=note),))
        await jobs.start()
        await asyncio.sleep(3 * 86_400)
        await jobs.stop()
        return at

    # Virtual time begins at 08:00 UTC; the next 03:17 is 19 hours and 17 minutes away.
    assert loop.run(ran()) == [69_420.0, 155_820.0, 242_220.0]
