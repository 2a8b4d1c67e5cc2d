"""When Redis goes and comes back, for all processes or for one: the limit holds at every switch."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from itertools import pairwise

import pytest
from redis.exceptions import ConnectionError as RedisAway

from gateway.errors import Unavailable
from gateway.persistence.database import Database
from gateway.persistence.redis_client import connect
from gateway.upstream.schedule.queues import QueuedScheduler
from gateway.upstream.schedule.redis_book import REMEMBERS
from gateway.upstream.schedule.switching import Switching
from tests.integration.upstream.timed import TimedDatabase, TimedRedis
from tests.servers import flush
from tests.unit.upstream.bucket import Bucket, most_in_a_second
from tests.unit.upstream.virtual import VirtualClock, virtual

pytestmark = [pytest.mark.anyio, pytest.mark.needs("valkey"), pytest.mark.needs("postgres")]

KEY = "5:ten_15:con_1"


class FailingRedis(TimedRedis):
    """A real Redis that refuses this process while `away` says so."""

    def __init__(self, url: str, clock: VirtualClock, away: Callable[[float], bool]) -> None:
        super().__init__(url, clock)
        self._away = away
        self.refused = 0

    async def _call(self, keys: list[str], arguments: list[int | str]) -> list[int]:
        self._check()
        return await super()._call(keys, arguments)

    async def answers(self) -> bool:
        return not self._away(self._time.time)

    def _check(self) -> None:
        if self._away(self._time.time):
            self.refused += 1
            raise RedisAway("connection refused")


class Process:
    """One process's scheduler, and what it told of its state."""

    def __init__(self, redis: FailingRedis, database: TimedDatabase, clock: VirtualClock, ambient) -> None:
        self.heard: list[bool] = []
        self.redis = redis
        book = Switching(redis, database, clock, self.heard.append)
        self.scheduler = QueuedScheduler(book, ambient, 0.503)


class World:
    """Processes that share a Redis, a database and a virtual clock."""

    def __init__(self, redis_url: str, database: Database) -> None:
        self.clock, self._ambient = virtual()
        self._redis_url, self._database = redis_url, database
        self.processes: list[Process] = []
        self.bucket = Bucket()

    def start(self, away: Callable[[float], bool]) -> Process:
        redis = FailingRedis(self._redis_url, self.clock, away)
        process = Process(redis, TimedDatabase(self._database, self.clock), self.clock, self._ambient)
        self.processes.append(process)
        return process

    async def load(self, process: Process, until: float, rnd: random.Random) -> None:
        """Calls one after another, with pauses now and then, as long as the time is not over."""
        while self.clock.time < until:
            await process.scheduler.slot(KEY, deadline=1e6)
            self.bucket.call(self.clock.time)
            await self.clock.sleep(rnd.choice([0, 0, rnd.uniform(0, 0.5), rnd.uniform(0, 3)]))


@pytest.fixture
async def world(valkey_url: str, migrated_postgres_url: str) -> AsyncIterator[World]:
    client = connect(valkey_url)
    await client.set(REMEMBERS, 0)
    await client.aclose()
    database = Database.open(migrated_postgres_url)
    world = World(valkey_url, database)
    yield world
    for process in world.processes:
        await process.scheduler.aclose()
    await database.dispose()


def between(start: float, end: float) -> Callable[[float], bool]:
    return lambda time: start <= time < end


NEVER = between(1, 0)

OUTAGES: dict[str, list[Callable[[float], bool]]] = {
    "for all": [between(10, 31)] * 3,
    "for all, a moment": [between(10, 10.3)] * 3,
    "again and again": [lambda time: int(time) % 7 < 3] * 3,
    "for one alone": [between(10, 31), NEVER, NEVER],
    "for one after the other": [between(10, 20), between(11.3, 26), between(13.1, 21)],
    "never": [NEVER] * 3,
}


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("outage", OUTAGES)
async def test_no_second_holds_more_than_two_however_redis_goes(world: World, outage: str, seed: int) -> None:
    rnd = random.Random(seed)
    processes = [world.start(away) for away in OUTAGES[outage]]
    await world.clock.run(asyncio.gather(*(world.load(one, 40, rnd) for one in processes for _ in range(2))))

    times = world.bucket.times
    longest = max(later - first for first, later in pairwise(times))
    print(
        f"{outage}: {len(times)} calls in 40 s, {world.bucket.refused} refused, longest pause {longest:.1f} s"
    )
    assert world.bucket.refused == 0
    assert most_in_a_second(times) <= 2
    assert len(times) >= 25
    assert longest <= 6  # what an outage costs: everybody has to hear of it first


async def test_a_process_says_once_that_redis_is_away_and_once_that_it_is_back(world: World) -> None:
    process = world.start(between(5, 20))
    await world.clock.run(world.load(process, 40, random.Random(3)))

    assert process.heard == [True, False]
    assert process.redis.refused <= 4  # left alone for a while, then looked at


async def test_without_redis_and_database_no_call_leaves(world: World) -> None:
    process = world.start(between(0, 100))
    away = Database.open("postgresql+psycopg://nobody@127.0.0.1:9/none?connect_timeout=1")
    process.scheduler._book._database = TimedDatabase(away, world.clock)  # pyright: ignore[reportAttributeAccessIssue]
    with pytest.raises(Unavailable):
        await process.scheduler.slot(KEY, deadline=10)
    await away.dispose()


async def test_a_pause_holds_while_redis_is_away(world: World) -> None:
    process = world.start(between(0, 10))
    await process.scheduler.pause(KEY, 7)
    await world.clock.run(process.scheduler.slot(KEY, deadline=100))

    assert world.clock.time >= 7


@pytest.mark.parametrize("outage", [between(2, 30), between(0, 2)], ids=["redis goes", "redis comes back"])
async def test_a_pause_is_known_to_every_process_on_the_other_side(
    world: World, outage: Callable[[float], bool]
) -> None:
    asked, other = world.start(outage), world.start(outage)
    await world.clock.run(world.load(asked, 1, random.Random(4)))
    await asked.scheduler.pause(KEY, 20)
    await world.clock.run(world.clock.sleep(9))
    before = world.clock.time
    await world.clock.run(other.scheduler.slot(KEY, deadline=100))

    assert before < 20
    assert world.clock.time >= 20


async def test_a_pause_outlives_a_redis_that_lost_its_memory(world: World, valkey_url: str) -> None:
    asked, other = world.start(NEVER), world.start(NEVER)
    await asked.scheduler.pause(KEY, 20)
    flush(valkey_url)
    await world.clock.run(other.scheduler.slot(KEY, deadline=100))

    assert world.clock.time >= 20


async def test_after_a_lost_memory_no_two_leave_together(world: World, valkey_url: str) -> None:
    process = world.start(NEVER)

    async def call() -> None:
        await process.scheduler.slot(KEY, deadline=100)
        world.bucket.call(world.clock.time)

    await world.clock.run(asyncio.gather(call(), call()))
    flush(valkey_url)
    await world.clock.run(asyncio.gather(call(), call(), call()))

    gaps = [later - first for first, later in pairwise(world.bucket.times)]
    assert gaps == pytest.approx([0, 1.006, 0.503, 0.503], abs=0.02)


async def test_a_pause_that_is_over_is_no_longer_told(world: World) -> None:
    process = world.start(NEVER)
    await process.scheduler.pause(KEY, 3)
    await world.clock.run(process.scheduler.slot(KEY, deadline=100))

    assert (await TimedDatabase(world._database, world.clock).heard()).pauses_us == {}
    assert 3 <= world.clock.time < 5
