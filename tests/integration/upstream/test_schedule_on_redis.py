"""Slots on a real Redis: its script keeps the rule, costs little, and is not missed when it is away."""

import asyncio
import random
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisAway

from gateway.ambient import system
from gateway.upstream.schedule.shared import SCRIPT, RedisScheduler, connect
from gateway.upstream.schedule.slots import idle_us, next_slot, pushed, taken, untouched
from tests.unit.upstream.bucket import Bucket
from tests.unit.upstream.virtual import VirtualClock, virtual

pytestmark = [pytest.mark.anyio, pytest.mark.needs("valkey")]

INTERVAL = 503_000
KEY = "5:ten_15:con_1"


@pytest.fixture
async def redis(valkey_url: str) -> AsyncIterator[Redis]:
    client = connect(valkey_url)
    yield client
    await client.aclose()


async def commands(redis: Redis) -> int:
    stats = await redis.info("commandstats")
    return sum(entry["calls"] for name, entry in stats.items() if name != "cmdstat_info")


@pytest.mark.parametrize("seed", range(5))
async def test_the_script_gives_the_slots_that_the_rule_gives(redis: Redis, seed: int) -> None:
    script = redis.register_script(SCRIPT.read_text().replace("redis.call('TIME')", "{ARGV[5], ARGV[6]}"))
    rnd = random.Random(seed)
    now = 1_800_000_000_000_000
    slots = None
    for _ in range(200):
        now += rnd.choice([0, 1, rnd.randrange(400_000), rnd.randrange(2_500_000)])
        slots = slots or untouched(now, INTERVAL)
        push = rnd.choice([0, 0, 0, 0, 0, rnd.randrange(1, 3_000_000)])
        longest = rnd.choice([10_000_000, 10_000_000, 400_000])
        if push:
            slots = pushed(slots, now + push, INTERVAL)
            expected = [1, next_slot(slots, 0, INTERVAL) - now]
        else:
            slot = next_slot(slots, now, INTERVAL)
            expected = [int(slot - now <= longest), slot - now]
            slots = taken(slots, slot) if expected[0] else slots

        arguments = [INTERVAL, idle_us(INTERVAL), longest, push, now // 1_000_000, now % 1_000_000]
        assert await script(keys=["line"], args=arguments) == expected


async def test_a_line_is_forgotten_by_redis_after_its_last_slot_and_a_time_of_idleness(redis: Redis) -> None:
    scheduler = RedisScheduler(redis, system(), 0.503)
    await scheduler.slot(KEY, deadline=1e12)

    assert await redis.keys() == [b"kontor:slots:5:ten_15:con_1"]
    assert 1000 < await redis.pttl("kontor:slots:" + KEY) <= 1500


async def test_many_waiters_cost_at_most_six_commands_a_grant(valkey_url: str, redis: Redis) -> None:
    """400 waiters in 8 processes; an interval of 5 ms, or the test would take minutes."""
    clients = [connect(valkey_url) for _ in range(8)]
    schedulers = [RedisScheduler(client, system(), 0.005) for client in clients]
    before = await commands(redis)
    waiting = [scheduler.slot(KEY, deadline=1e12) for scheduler in schedulers for _ in range(50)]
    await asyncio.gather(*waiting)
    cost = await commands(redis) - before
    for client in clients:
        await client.aclose()

    assert cost / len(waiting) <= 6


class Outage(RedisScheduler):
    """`away` stands for a Redis that refuses connections. Its time is the test's, and not Redis's."""

    def __init__(self, redis: Redis, clock: VirtualClock, ambient, heard: list[bool]) -> None:
        super().__init__(redis, ambient, 0.503, heard.append)
        self.away = False
        self.asked = 0
        self._time = clock

    async def _call(self, key: str, *arguments: int) -> tuple[int, int]:
        self.asked += 1
        if self.away:
            raise RedisAway("connection refused")
        self._time.busy += 1
        try:
            return await super()._call(key, *arguments)
        finally:
            self._time.busy -= 1


async def test_while_redis_is_away_a_process_keeps_the_rule_alone_and_says_so_once(redis: Redis) -> None:
    clock, ambient = virtual()
    heard: list[bool] = []
    scheduler = Outage(redis, clock, ambient, heard)
    scheduler.away = True
    bucket = Bucket()

    async def call() -> None:
        await scheduler.slot(KEY, deadline=1e6)
        bucket.call(clock.time)

    await clock.run(asyncio.gather(*(call() for _ in range(30))))

    assert heard == [True]
    assert bucket.refused == 0
    assert [round(time, 3) for time in bucket.times[:4]] == [0, 0, 1.006, 1.509]
    assert scheduler.asked <= 1 + clock.time / 5  # left alone for 5 s after each failure


async def test_redis_is_used_again_when_it_is_back(redis: Redis) -> None:
    clock, ambient = virtual()
    heard: list[bool] = []
    scheduler = Outage(redis, clock, ambient, heard)
    scheduler.away = True
    await clock.run(scheduler.slot(KEY, deadline=1e6))
    scheduler.away = False
    await clock.until(6)
    await clock.run(scheduler.slot(KEY, deadline=1e6))

    assert heard == [True, False]
    assert await redis.exists("kontor:slots:" + KEY) == 1


async def test_a_redis_that_lost_its_memory_causes_no_burst(redis: Redis) -> None:
    clock, ambient = virtual()
    scheduler = Outage(redis, clock, ambient, [])
    bucket = Bucket()

    async def call() -> None:
        await scheduler.slot(KEY, deadline=1e6)
        bucket.call(clock.time)
        clock.busy += 1
        await redis.flushall()
        clock.busy -= 1

    for _ in range(10):
        await clock.run(asyncio.gather(call(), call()))

    assert bucket.refused == 0
    assert len(bucket.times) == 20


async def test_a_redis_that_hangs_is_given_up_after_a_second() -> None:
    async def never(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(never, "127.0.0.1", 0)
    client = connect(f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    heard: list[bool] = []
    ambient = system()
    scheduler = RedisScheduler(client, ambient, 0.503, heard.append)

    await asyncio.wait_for(scheduler.slot(KEY, deadline=ambient.clock.monotonic() + 30), 20)
    await scheduler.aclose()
    server.close()
    await server.wait_closed()

    assert heard == [True]


async def test_a_pause_made_in_one_process_holds_in_another(valkey_url: str, redis: Redis) -> None:
    other = connect(valkey_url)
    one, two = RedisScheduler(redis, system(), 0.503), RedisScheduler(other, system(), 0.503)
    await one.pause(KEY, 20)
    with pytest.raises(Exception, match="s away") as refused:
        await two.slot(KEY, deadline=system().clock.monotonic() + 10)
    await other.aclose()

    assert 19 < getattr(refused.value, "retry_after_s", 0) <= 20
