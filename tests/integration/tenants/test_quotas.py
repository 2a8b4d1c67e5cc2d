"""Processes count an API key's requests together, and who obeys what is told is never refused (REL-25)."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.ambient import system
from gateway.persistence.database import Database
from gateway.persistence.redis_client import connect
from gateway.tenants.model import Caller
from gateway.tenants.quotas import (
    Counted,
    Counter,
    DatabaseCounter,
    MemoryCounter,
    Quotas,
    RedisCounter,
)
from tests.stage import staged
from tests.standing import standing

pytestmark = pytest.mark.anyio

LIMIT = 50
TOLD = re.compile(r'"requests";r=(\d+);t=(\d+)')
KINDS = {"redis": "valkey_url", "database": "migrated_postgres_url"}


def caller(key_id: str = "key_1") -> Caller:
    return Caller(tenant_id="ten_1", environment="test", scopes=frozenset(), key_id=key_id, key_name="tests")


@pytest.fixture(
    params=[
        "memory",
        pytest.param("redis", marks=pytest.mark.needs("valkey")),
        pytest.param("database", marks=pytest.mark.needs("postgres")),
    ]
)
def kept_in(request: pytest.FixtureRequest) -> tuple[str, str]:
    return request.param, request.getfixturevalue(KINDS[request.param]) if request.param in KINDS else ""


@pytest.fixture
async def four(kept_in: tuple[str, str]) -> AsyncIterator[list[Counter]]:
    """Counters of four processes; in memory one is all there is."""
    kind, url = kept_in
    clock = system().clock
    counters: list[Counter] = [MemoryCounter(clock)] * 4
    databases = [Database.open(url) for _ in range(4)] if kind == "database" else []
    if kind == "database":
        counters = [DatabaseCounter(database, clock) for database in databases]
    if kind == "redis":
        counters = [RedisCounter(connect(url), clock) for _ in range(4)]
    yield counters
    for counter in counters:
        await counter.aclose()
    for database in databases:
        await database.dispose()


async def test_every_request_counts_once_whichever_process_took_it(four: list[Counter]) -> None:
    if (left := (await four[0].count("other")).left_s) < 20:  # all shall fall into one window
        await asyncio.sleep(left + 0.1)
    told = await asyncio.gather(*(four[number % 4].count("key_1") for number in range(100)))

    assert sorted(each.used for each in told) == list(range(1, 101))
    assert all(0 < each.left_s <= 60 for each in told)
    assert (await four[1].count("key_2")).used == 1


async def test_whoever_obeys_the_headers_is_never_refused() -> None:
    """10,000 requests by eight at once over four processes; each takes what the last answer left."""
    ambient = standing()
    counter = MemoryCounter(ambient.clock)
    processes = [Quotas(counter, LIMIT) for _ in range(4)]
    refused = made = 0
    left = 1
    while made < 10_000:
        many = min(left, 8)
        answers = await asyncio.gather(*(processes[n % 4].spend(caller()) for n in range(many)))
        made += many
        refused += sum(answer.error is not None for answer in answers)
        told = [TOLD.fullmatch(dict(answer.headers)["ratelimit"]) for answer in answers]
        left, wait = min((int(match[1]), int(match[2])) for match in told if match)
        ambient.clock.advance(0.013)
        if not left:
            ambient.clock.advance(wait)
            left = 1

    print(f"{made} requests, {refused} refused")
    assert (refused, made >= 10_000) == (0, True)


async def test_one_too_many_is_told_when_it_may_come_again() -> None:
    ambient = standing()
    quotas = Quotas(MemoryCounter(ambient.clock), 2)
    for left in (1, 0):
        allowance = await quotas.spend(caller())
        assert allowance.headers == (
            ("ratelimit-policy", '"requests";q=2;w=60'),
            ("ratelimit", f'"requests";r={left};t=20'),  # 1,000 s after the clock began
        )
        assert allowance.error is None

    error = (await quotas.spend(caller())).error
    assert error is not None
    assert (error.status, error.code, error.retry_after_s) == (429, "quota_exceeded", 20)
    assert (await quotas.spend(caller("key_2"))).error is None


class Away:
    """Stands for a Redis that refuses."""

    def register_script(self, text: str):
        async def refuse(**how: object) -> None:
            raise ConnectionError

        return refuse


async def test_while_redis_is_away_a_process_counts_for_itself() -> None:
    counter = RedisCounter(Away(), standing().clock)  # pyright: ignore[reportArgumentType]

    assert await counter.count("key_1") == Counted(1, 20.0)
    assert await counter.count("key_1") == Counted(2, 20.0)


async def test_the_door_tells_the_quota_with_every_answer_and_refuses_beyond_it(tmp_path: Path) -> None:
    async with staged(tmp_path, request_limit=3) as stage:
        party = await stage.party()
        found = await stage.call("GET", "/v1/accounting/company", party)
        missing = await stage.call("GET", "/v1/accounting/invoices/no-id", party)
        control = await stage.call("GET", "/v1/api-keys", party)
        refused = await stage.call("GET", "/v1/accounting/company", party)
        nobody = await stage.client.get("/v1/api-keys")

    assert [answer.status_code for answer in (found, missing, control)] == [200, 404, 200]
    left = [TOLD.fullmatch(answer.headers["ratelimit"]) for answer in (found, missing, control, refused)]
    assert [match and match[1] for match in left] == ["2", "1", "0", "0"]
    assert refused.status_code == 429
    assert refused.json()["code"] == "quota_exceeded"
    assert refused.json()["violated-policies"] == ["requests"]
    assert int(refused.headers["retry-after"]) >= int(left[3][2] if left[3] else 0)
    assert refused.headers["ratelimit-policy"] == '"requests";q=3;w=60'
    assert "ratelimit" not in nobody.headers
    assert (found.headers["kontor-upstream-calls"], refused.headers["kontor-upstream-calls"]) == ("1", "0")
    assert float(found.headers["kontor-queue-wait"]) >= 0
