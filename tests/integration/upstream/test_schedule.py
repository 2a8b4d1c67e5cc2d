"""What every kind of scheduler keeps: the same facts for slots of one process and for slots on Redis."""

import asyncio
import random
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from connectors.base.errors import UpstreamBusy
from gateway.ambient import Ambient
from gateway.upstream.schedule.local import LocalScheduler
from gateway.upstream.schedule.shared import SCRIPT, RedisScheduler, connect
from tests.unit.upstream.bucket import Bucket, most_in_a_second
from tests.unit.upstream.virtual import VirtualClock, virtual

pytestmark = pytest.mark.anyio

INTERVAL_S = 0.503
KEY = "5:ten_15:con_1"


class TimedRedisScheduler(RedisScheduler):
    """The real script on a real server, but for the time, which is the test's."""

    def __init__(self, redis: Redis, ambient: Ambient, clock: VirtualClock) -> None:
        super().__init__(redis, ambient, INTERVAL_S)
        text = SCRIPT.read_text()
        timed = text.replace("redis.call('TIME')", "{ARGV[5], ARGV[6]}")
        assert timed != text
        self._script = redis.register_script(timed)
        self._time = clock

    async def _call(self, key: str, *arguments: int) -> tuple[int, int]:
        self._time.busy += 1
        try:
            now = round((1000 + self._time.time) * 1_000_000)
            return await super()._call(key, *arguments, *divmod(now, 1_000_000))
        finally:
            self._time.busy -= 1


class Stage:
    """Schedulers on one virtual clock; more than one stand for several processes."""

    def __init__(self, kind: str, url: str | None) -> None:
        self.kind = kind
        self.clock, self._ambient = virtual()
        self._url = url
        self._clients: list[Redis] = []

    def scheduler(self) -> LocalScheduler:
        if self._url is None:
            return LocalScheduler(self._ambient, INTERVAL_S)
        client = connect(self._url)
        self._clients.append(client)
        return TimedRedisScheduler(client, self._ambient, self.clock)

    async def close(self) -> None:
        for client in self._clients:
            await client.aclose()


@pytest.fixture(params=["local", pytest.param("redis", marks=pytest.mark.needs("valkey"))])
async def stage(request: pytest.FixtureRequest) -> AsyncIterator[Stage]:
    url = request.getfixturevalue("valkey_url") if request.param == "redis" else None
    stage = Stage(request.param, url)
    yield stage
    await stage.close()


async def leave(
    stage: Stage, scheduler: LocalScheduler, times: list[float], *, key: str = KEY, deadline: float = 1e6
) -> None:
    """Waits for a slot and writes down when it left, to the millisecond."""
    await scheduler.slot(key, deadline=deadline)
    times.append(round(stage.clock.time, 3))


async def test_calls_that_come_together_leave_by_the_rule(stage: Stage) -> None:
    scheduler, times = stage.scheduler(), []
    await stage.clock.run(asyncio.gather(*(leave(stage, scheduler, times) for _ in range(6))))

    assert times == [0, 0, 1.006, 1.509, 2.012, 2.515]


async def test_the_wait_is_told(stage: Stage) -> None:
    scheduler = stage.scheduler()
    waits = await stage.clock.run(asyncio.gather(*(scheduler.slot(KEY, deadline=99) for _ in range(3))))

    assert [round(wait, 3) for wait in waits] == [0, 0, 1.006]


async def test_first_come_is_first_served(stage: Stage) -> None:
    scheduler, order = stage.scheduler(), []

    async def call(number: int) -> None:
        await scheduler.slot(KEY, deadline=1e6)
        order.append(number)

    await stage.clock.run(asyncio.gather(*(call(number) for number in range(20))))

    assert order == list(range(20))


async def test_a_line_does_not_wait_for_another(stage: Stage) -> None:
    scheduler, times = stage.scheduler(), []
    calls = [leave(stage, scheduler, times, key=f"line-{number // 2}") for number in range(10)]
    await stage.clock.run(asyncio.gather(*calls))

    assert times == [0] * 10


async def test_a_wait_longer_than_the_deadline_is_refused_at_once_and_the_others_are_served(
    stage: Stage,
) -> None:
    scheduler, times = stage.scheduler(), []
    refusals: list[tuple[float, float]] = []

    async def call() -> None:
        try:
            await leave(stage, scheduler, times, deadline=30)
        except UpstreamBusy as busy:
            refusals.append((stage.clock.time, busy.retry_after_s or 0))

    await stage.clock.run(asyncio.gather(*(call() for _ in range(100))))

    # Slots at 0, 0, 1.006 and then every 0.503 s: the 60th at 29.677, the 61st at 30.18.
    assert len(times) == 60
    assert times[-1] == 29.677
    assert {at for at, _ in refusals} == {0}
    assert [round(after, 3) for _, after in refusals] == [30.18] * 40


async def test_a_deadline_in_the_past_is_refused(stage: Stage) -> None:
    scheduler, times = stage.scheduler(), []
    await stage.clock.until(10)
    with pytest.raises(UpstreamBusy):
        await stage.clock.run(leave(stage, scheduler, times, deadline=9))


async def test_who_gives_up_in_the_queue_costs_no_slot(stage: Stage) -> None:
    scheduler, times = stage.scheduler(), []
    tasks = [asyncio.ensure_future(leave(stage, scheduler, times)) for _ in range(6)]
    await stage.clock.settle()
    for task in tasks[3:5]:
        task.cancel()
    await stage.clock.run(asyncio.gather(*tasks, return_exceptions=True))

    assert times == [0, 0, 1.006, 1.509]


async def test_who_gives_up_at_the_head_costs_at_most_one_slot(stage: Stage) -> None:
    scheduler, times = stage.scheduler(), []
    tasks = [asyncio.ensure_future(leave(stage, scheduler, times)) for _ in range(5)]
    await stage.clock.settle()
    tasks[2].cancel()  # holds the slot at 1.006
    await stage.clock.run(asyncio.gather(*tasks, return_exceptions=True))

    assert times == [0, 0, 1.509, 2.012]


async def test_a_line_that_everybody_leaves_at_once_serves_the_next_call(stage: Stage) -> None:
    scheduler, times = stage.scheduler(), []
    tasks = [asyncio.ensure_future(leave(stage, scheduler, times)) for _ in range(50)]
    await stage.clock.settle()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await stage.clock.run(leave(stage, scheduler, times))

    assert times == [0, 0, 1.509]  # one slot, of the head, was wasted


async def test_whose_turn_comes_in_the_moment_it_gives_up_passes_it_on(stage: Stage) -> None:
    scheduler, times = stage.scheduler(), []
    tasks = [asyncio.ensure_future(leave(stage, scheduler, times)) for _ in range(5)]
    await stage.clock.settle()
    tasks[2].cancel()  # its successor is told that it is the head
    await asyncio.sleep(0)
    tasks[3].cancel()
    await stage.clock.run(asyncio.gather(*tasks, return_exceptions=True))

    assert len(times) == 3
    assert times[:2] == [0, 0]
    assert times[2] <= 2.012


async def test_a_pause_holds_the_line_and_then_lets_calls_go_one_by_one(stage: Stage) -> None:
    scheduler, times = stage.scheduler(), []
    await stage.clock.run(leave(stage, scheduler, times))
    await scheduler.pause(KEY, 7)
    await stage.clock.run(asyncio.gather(*(leave(stage, scheduler, times) for _ in range(3))))

    assert times == [0, 7, 7.503, 8.006]


async def test_a_pause_turns_away_at_once_who_can_no_longer_be_served(stage: Stage) -> None:
    scheduler, times = stage.scheduler(), []
    refused_at: list[float] = []

    async def call(deadline: float) -> None:
        try:
            await leave(stage, scheduler, times, deadline=deadline)
        except UpstreamBusy:
            refused_at.append(stage.clock.time)

    tasks = [asyncio.ensure_future(call(deadline)) for deadline in (30, 30, 30, 5, 30, 5)]
    await stage.clock.settle()
    await scheduler.pause(KEY, 10)
    await stage.clock.run(asyncio.gather(*tasks))

    assert refused_at == [0, 0]
    assert times == [0, 0, 1.006, 10]  # the head had its slot already


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_random_arrivals_over_several_processes_draw_no_429(stage: Stage, seed: int) -> None:
    """3,000 calls in one process, 400 from four on Redis."""
    rnd = random.Random(seed)
    schedulers = [stage.scheduler() for _ in range(4 if stage.kind == "redis" else 1)]
    calls = 400 if stage.kind == "redis" else 3000
    bucket = Bucket()
    refused = 0

    async def call(at: float) -> None:
        nonlocal refused
        await stage.clock.sleep(at)
        try:
            await rnd.choice(schedulers).slot(KEY, deadline=stage.clock.time + 30)
        except UpstreamBusy:
            refused += 1
        else:
            bucket.call(stage.clock.time)

    at, arrivals = 0.0, []
    for _ in range(calls):
        at += rnd.choice([0.0, rnd.uniform(0, 0.5), rnd.uniform(0, 2.2)])
        arrivals.append(at)
    await stage.clock.run(asyncio.gather(*(call(at) for at in arrivals)))

    assert bucket.refused == 0
    assert len(bucket.times) + refused == calls
    assert len(bucket.times) > calls * 0.8
    assert most_in_a_second(bucket.times) <= 2


async def test_lines_that_are_quiet_are_forgotten(stage: Stage) -> None:
    scheduler = stage.scheduler()
    if stage.kind == "redis":
        scheduler._away_until = 1e9  # type: ignore[attr-defined]  # thousands of round trips prove nothing here
    for number in range(5000):
        await scheduler.slot(f"line-{number}", deadline=stage.clock.time + 1)
        await stage.clock.until(stage.clock.time + 0.01)

    assert len(scheduler._queues) <= 1024 + 200
