"""What every engine promises, held by DBOS and by the one that simulations use."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.ambient import system
from gateway.jobs.dbos_engine import DbosEngine
from gateway.jobs.engine import Engine, Run, Upkeep, workflow_id
from tests.job_engine import AT_ONCE, Shelf, ShelfEngine

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning"),
]

POLL_S = 0.05
SOON_S = 50.0
CLOCK = system().clock

Begin = Callable[..., Awaitable[Engine]]


@pytest.fixture(params=["dbos", "shelf"])
async def begin(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Begin]:
    """Starts the engine of another process on the same records; one of them lives at a time."""
    shelf = Shelf()
    living: list[Engine] = []

    async def start(executor_id: str, run: Run, *upkeep: Upkeep) -> Engine:
        if request.param == "dbos":
            url = f"sqlite:///{tmp_path / 'jobs.db'}"
            engine: Engine = DbosEngine(url, executor_id, CLOCK, POLL_S, AT_ONCE)
        else:
            engine = ShelfEngine(shelf, executor_id, CLOCK, POLL_S)
        await engine.start(run, upkeep)
        living[:] = [engine]
        return engine

    yield start
    for engine in living:
        await engine.stop()


class Rounds:
    """Runs that end when they are let, and what was run."""

    def __init__(self) -> None:
        self.begun: list[tuple[str, int]] = []
        self.gate = asyncio.Event()
        self.tasks: list[asyncio.Task[None]] = []

    async def run(self, job_id: str, round: int) -> None:
        self.begun.append((job_id, round))
        task = asyncio.current_task()
        assert task is not None
        self.tasks.append(task)
        await self.gate.wait()

    async def until(self, count: int) -> None:
        async with asyncio.timeout(SOON_S):
            while len(self.begun) < count:  # noqa: ASYNC110
                await asyncio.sleep(0.02)

    async def die(self, engine: Engine) -> None:
        """End the engine as a process ends that is killed."""
        await engine.stop()
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)


async def over(engine: Engine, *ids: str) -> None:
    async with asyncio.timeout(SOON_S):
        while await engine.active(ids):  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def nothing_more(rounds: Rounds) -> None:
    await asyncio.sleep(10 * POLL_S)


async def test_a_round_handed_over_twice_runs_once(begin: Begin) -> None:
    rounds = Rounds()
    rounds.gate.set()
    engine = await begin("exe_1", rounds.run)

    await engine.hand_over("job_1", 0)
    await engine.hand_over("job_1", 0)
    await over(engine, "job_1")
    await engine.hand_over("job_1", 0)
    await nothing_more(rounds)

    assert rounds.begun == [("job_1", 0)]


async def test_another_round_of_the_same_job_runs_for_itself(begin: Begin) -> None:
    rounds = Rounds()
    rounds.gate.set()
    engine = await begin("exe_1", rounds.run)

    await engine.hand_over("job_1", 0)
    await engine.hand_over("job_1", 1)
    await rounds.until(2)

    assert sorted(rounds.begun) == [("job_1", 0), ("job_1", 1)]


async def test_what_waits_and_what_runs_is_active_and_what_ended_is_not(begin: Begin) -> None:
    rounds = Rounds()
    engine = await begin("exe_1", rounds.run)
    await engine.hand_over("job_1", 0)
    await rounds.until(1)

    running = await engine.active(["job_1", workflow_id("job_1", 1)])
    rounds.gate.set()
    await over(engine, "job_1")

    assert running == {"job_1"}
    assert await engine.active(["job_1"]) == set()


async def test_patient_rounds_keep_nobody_else_waiting(begin: Begin) -> None:
    rounds = Rounds()
    engine = await begin("exe_1", rounds.run)

    for number in range(AT_ONCE + 3):
        await engine.hand_over(f"job_{number}", 0, patient=True)
    await rounds.until(AT_ONCE)
    await engine.hand_over("job_soon", 0)
    await rounds.until(AT_ONCE + 1)
    await nothing_more(rounds)
    begun = {job for job, _ in rounds.begun}
    rounds.gate.set()
    await rounds.until(AT_ONCE + 4)

    assert "job_soon" in begun


async def test_no_more_than_some_run_at_a_time(begin: Begin) -> None:
    rounds = Rounds()
    engine = await begin("exe_1", rounds.run)

    for number in range(AT_ONCE + 3):
        await engine.hand_over(f"job_{number}", 0)
    await rounds.until(AT_ONCE)
    await nothing_more(rounds)
    at_a_time = len(rounds.begun)
    rounds.gate.set()
    await rounds.until(AT_ONCE + 3)

    assert at_a_time == AT_ONCE


async def test_a_round_that_raises_is_over(begin: Begin) -> None:
    async def run(job_id: str, round: int) -> None:
        raise ValueError(job_id)

    engine = await begin("exe_1", run)

    await engine.hand_over("job_1", 0)
    await over(engine, "job_1")

    assert await engine.active(["job_1"]) == set()


async def test_what_a_dead_executor_left_runs_again_one_at_a_time_when_it_is_taken_over(
    begin: Begin,
) -> None:
    killed, after = Rounds(), Rounds()
    first = await begin("exe_1", killed.run)
    await first.hand_over("job_1", 0)
    await first.hand_over("job_2", 0)
    await killed.until(2)
    await killed.die(first)
    second = await begin("exe_2", after.run)
    await nothing_more(after)
    untouched = list(after.begun)

    taken = await second.take_over({"exe_2"})
    await after.until(1)
    await nothing_more(after)
    alone = len(after.begun)
    after.gate.set()
    await after.until(2)

    assert untouched == []
    assert taken == 2
    assert alone == 1
    assert sorted(after.begun) == [("job_1", 0), ("job_2", 0)]


async def test_what_an_executor_runs_that_lives_is_not_taken_from_it(begin: Begin) -> None:
    rounds = Rounds()
    engine = await begin("exe_1", rounds.run)
    await engine.hand_over("job_1", 0)
    await rounds.until(1)

    taken = await engine.take_over({"exe_1"})
    await nothing_more(rounds)
    rounds.gate.set()

    assert taken == 0
    assert rounds.begun == [("job_1", 0)]


async def test_neighbours_run_while_what_was_taken_over_runs_alone(begin: Begin) -> None:
    killed, after = Rounds(), Rounds()
    first = await begin("exe_1", killed.run)
    await first.hand_over("job_1", 0)
    await killed.until(1)
    await killed.die(first)
    second = await begin("exe_2", after.run)
    await second.take_over({"exe_2"})
    await after.until(1)

    await second.hand_over("job_2", 0)
    await after.until(2)
    after.gate.set()

    assert after.begun == [("job_1", 0), ("job_2", 0)]


async def test_what_ended_before_a_day_is_forgotten_and_what_runs_is_not(begin: Begin) -> None:
    rounds, ended = Rounds(), Rounds()
    ended.gate.set()

    async def run(job_id: str, round: int) -> None:
        await (ended if job_id == "job_1" else rounds).run(job_id, round)

    engine = await begin("exe_1", run)
    await engine.hand_over("job_1", 0)
    await engine.hand_over("job_2", 0)
    await over(engine, "job_1")
    await rounds.until(1)

    early = await engine.prune(CLOCK.now() - timedelta(days=1))
    late = await engine.prune(CLOCK.now() + timedelta(seconds=2))
    running = await engine.active(["job_2"])
    rounds.gate.set()

    assert (early, late) == (0, 1)
    assert running == {"job_2"}


async def test_upkeep_runs_by_its_schedule_until_stopped(begin: Begin) -> None:
    ran = asyncio.Event()

    async def run() -> int:
        ran.set()
        return 1

    await begin("exe_1", Rounds().run, Upkeep(name="every_second", schedule="* * * * * *", run=run))

    await asyncio.wait_for(ran.wait(), SOON_S)
