"""Lines on a real Redis: its script keeps the rules of `timeline.py` and costs little."""

import asyncio
import random
from collections.abc import AsyncIterator
from itertools import pairwise

import pytest
from redis.asyncio import Redis

from gateway.ambient import system
from gateway.persistence.redis_client import connect
from gateway.upstream.schedule import timeline
from gateway.upstream.schedule.lanes import Lane
from gateway.upstream.schedule.queues import QueuedScheduler
from gateway.upstream.schedule.redis_book import CONSTANTS, REMEMBERS, SCRIPT, RedisBook
from gateway.upstream.schedule.timeline import Asking, Line
from tests.integration.upstream.timed import TimedRedis
from tests.unit.upstream.virtual import virtual

pytestmark = [pytest.mark.anyio, pytest.mark.needs("valkey")]

INTERVAL = 503_000
FAST = 100_000
SHARED = 200_000
KEY = "5:ten_15:con_1"
TIMED = (
    SCRIPT.read_text()
    .replace("redis.call('TIME')", "{KEYS[4], KEYS[5]}")
    .replace(", 'PX', math.max(1, math.ceil((latest - now) / 1000))", "")
)
"""On the test's time, by which Redis itself could forget nothing."""


@pytest.fixture
async def redis(valkey_url: str) -> AsyncIterator[Redis]:
    client = connect(valkey_url)
    yield client
    await client.aclose()


async def commands(redis: Redis) -> int:
    stats = await redis.info("commandstats")
    return sum(entry["calls"] for name, entry in stats.items() if name != "cmdstat_info")


def scheduler(redis: Redis, interval_s: float = 0.503) -> QueuedScheduler:
    return QueuedScheduler(RedisBook(redis), system(), interval_s)


@pytest.mark.parametrize("seed", range(10))
async def test_the_script_tells_what_the_rules_tell(redis: Redis, seed: int) -> None:
    """Five processes with any lanes, at any time, early and late; odd seeds need a second budget too, those
    from 6 on have a fast line.
    """
    script = redis.register_script(TIMED)
    rnd = random.Random(seed)
    both = bool(seed % 2)
    interval = INTERVAL if seed < 6 else FAST
    now = 1_800_000_000_000_000
    await redis.set(REMEMBERS, 0)
    line: Line | None = None
    shared: Line | None = None
    granted = 0
    for _ in range(400):
        now += rnd.choice([0, 1, rnd.randrange(300_000), rnd.randrange(400_000), rnd.randrange(2_500_000)])
        line = line or timeline.empty(now, interval)
        hold = rnd.choice([0] * 20 + [rnd.randrange(1, 3_000_000)])
        not_before = rnd.choice([0, 0, 0, rnd.randrange(1_000_000)])
        earliest = now + not_before if not_before else 0
        asking = Asking(rnd.choice("abcde"), rnd.randrange(16), rnd.randrange(16))
        keys = ["line", REMEMBERS, "shared", str(now // 1_000_000), str(now % 1_000_000)]
        head = [interval, asking.owner, asking.lanes, asking.more, hold, not_before, *CONSTANTS]
        got = await script(keys=keys, args=[*head, *((SHARED, asking.owner) if both else ())])
        if hold:
            line = timeline.hold(line, now, interval, hold)
            assert got == [-1, 0, -1, len(line.heads), 0]
            continue
        if both:
            before = shared or timeline.empty(now, SHARED)
            intervals = (interval, SHARED)
            line, after, told = timeline.ask_both(
                line, before, now, intervals, asking, asking.owner, earliest
            )
            shared = None if after is before and shared is None else after  # else it began later
        else:
            line, told = timeline.ask(line, now, interval, asking, earliest)
        granted += told.lane is not None
        lane = -1 if told.lane is None else told.lane
        back_us = -1 if told.back_us is None else told.back_us
        assert got == [lane, told.leave_us, back_us, told.heads, told.slot or 0]
        await same(redis, "line", line)

    assert granted > 40


async def same(redis: Redis, key: str, line: Line) -> None:
    """Redis holds the line as `timeline.written` writes it, the order of heads apart."""
    text = await redis.get(key)
    if text is not None:
        held = timeline.read(text if isinstance(text, str) else text.decode())
        assert held._replace(heads=tuple(sorted(held.heads))) == line._replace(
            heads=tuple(sorted(line.heads))
        )


async def test_a_line_is_forgotten_by_redis_after_its_last_slot_and_a_time_of_idleness(redis: Redis) -> None:
    await redis.set(REMEMBERS, 1)
    await scheduler(redis).slot(KEY, deadline=1e12)

    assert sorted(await redis.keys()) == [b"kontor:slots", b"kontor:slots:5:ten_15:con_1"]
    assert 1000 < await redis.pttl("kontor:slots:" + KEY) <= 1500


@pytest.mark.parametrize("lane", [Lane.INTERACTIVE, Lane.BACKFILL])
async def test_many_waiters_cost_at_most_six_commands_a_grant(
    valkey_url: str, redis: Redis, lane: Lane
) -> None:
    """400 waiters in 8 processes, on a virtual clock: its TIME is a command for each call of the script."""
    clock, ambient = virtual()
    books = [TimedRedis(valkey_url, clock) for _ in range(8)]
    schedulers = [QueuedScheduler(book, ambient, 0.503) for book in books]
    await redis.set(REMEMBERS, 0)
    for number, one in enumerate(schedulers):
        await one.slot(f"another-{number}", deadline=1e12)  # connections are open
    before, asked = await commands(redis), sum(book.asked for book in books)
    waiting = [one.slot(KEY, deadline=1e12, lane=lane) for one in schedulers for _ in range(50)]
    await clock.run(asyncio.gather(*waiting))
    cost = await commands(redis) - before + sum(book.asked for book in books) - asked
    for one in schedulers:
        await one.aclose()

    print(f"{cost / len(waiting):.2f} commands a grant, {len(waiting)} grants")
    assert len(waiting) == 400
    assert cost / len(waiting) <= 6


async def test_a_redis_that_lost_its_memory_lets_nothing_go_before_what_was_forgotten_is_past(
    redis: Redis,
) -> None:
    clock = system().clock
    times: list[float] = []
    one, two = scheduler(redis, 0.1), scheduler(redis, 0.1)
    await redis.set(REMEMBERS, 1)
    for _ in range(4):
        for each in (one, two):
            await each.slot(KEY, deadline=1e12)
            times.append(clock.monotonic())
            await redis.flushall()

    gaps = [later - first for first, later in pairwise(times)]
    assert min(gaps) > 0.19  # two intervals after the memory began
