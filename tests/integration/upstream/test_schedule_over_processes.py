"""The limit over real processes on real servers, one connection, the twin's bucket as witness (REL-19)."""

import asyncio
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.persistence.redis_client import connect
from tests.benchmarks.schedule.run import Outcome, Plan, nothing, run
from tests.servers import OwnRedis

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.needs("valkey"),
    pytest.mark.needs("postgres"),
    pytest.mark.timeout(1800 if os.environ.get("TEST_LONG") else 240),
]

LONG = bool(os.environ.get("TEST_LONG"))
SECONDS = 600.0 if LONG else 20.0
PLAN = Plan(processes=4, waiting=1000, seconds=SECONDS)
ENOUGH = 1000 if LONG else 25
"""Calls below which a run proves nothing: of 40, and of 1,200 in the long form."""


@pytest.fixture
def redis() -> Iterator[OwnRedis]:
    server = OwnRedis()
    yield server
    server.stop()


def check(outcome: Outcome) -> None:
    """Prints what is asserted: a run with too few calls proves nothing."""
    print(
        f"{len(outcome.slots_us)} calls, most in a second {outcome.most_in_a_second}, answers"
        f" {outcome.answered}, {outcome.share:.3f} of the rate"
    )
    assert outcome.failures == []
    assert len(outcome.slots_us) >= ENOUGH
    assert outcome.most_in_a_second <= 2
    assert outcome.answered.keys() == {200}


async def test_four_processes_with_a_thousand_waiting_each_stay_within_the_limit(
    tmp_path: Path, migrated_postgres_url: str, redis: OwnRedis
) -> None:
    check(await run(PLAN, tmp_path, migrated_postgres_url, redis.url, nothing))


async def test_without_redis_they_share_through_the_database(
    tmp_path: Path, migrated_postgres_url: str
) -> None:
    check(await run(PLAN, tmp_path, migrated_postgres_url, "", nothing))


async def test_when_redis_dies_comes_back_and_is_flushed_and_a_process_dies_the_limit_holds(
    tmp_path: Path, migrated_postgres_url: str, redis: OwnRedis
) -> None:
    async def harm(processes: list[subprocess.Popen[str]]) -> None:
        await asyncio.sleep(6)
        redis.stop()
        await asyncio.sleep(4)
        processes[0].send_signal(signal.SIGKILL)
        await asyncio.sleep(3)
        redis.start()
        await asyncio.sleep(SECONDS / 2)
        client = connect(redis.url)
        await client.flushall()
        await client.aclose()

    plan = Plan(processes=4, waiting=1000, seconds=SECONDS + 12)
    check(await run(plan, tmp_path, migrated_postgres_url, redis.url, harm))
