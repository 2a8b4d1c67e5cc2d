"""Redis is a helper and never the truth (REL-28). `KONTOR_CHAOS`: so many times as much.

Real processes over a Redis and a PostgreSQL; the twin's ledger decides what was booked, and its
bucket what was too much.
"""

import os
import time
from collections.abc import Callable, Iterator
from datetime import datetime

import pytest
import redis

from tests import servers
from tests.chaos.installation import Installation, installed
from tests.chaos.load import Batch, Load

TIMES = int(os.environ.get("KONTOR_CHAOS", "1"))
HARM_S, REST_S = 3.0, 8.0
ITEMS = 6
pytestmark = [pytest.mark.needs("postgres", "valkey"), pytest.mark.timeout(200 + 80 * TIMES)]


@pytest.fixture
def server() -> Iterator[servers.OwnRedis]:
    server = servers.OwnRedis()
    yield server
    server.stop()


@pytest.fixture
def installation(
    postgres_server: str, server: servers.OwnRedis, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    home = tmp_path_factory.mktemp("redis")
    limited = {"KONTOR_TWIN_RATE_LIMIT": "on"}
    settings = {"KONTOR_REDIS_URL": server.url, "KONTOR_SCHEDULER": "true", "KONTOR_DEADLINE_S": "20"}
    with (
        servers.fresh_database(postgres_server) as url,
        installed(home, url, limited, **settings) as running,
    ):
        running.serve(2)
        yield running


def kill(server: servers.OwnRedis) -> None:
    server.stop()
    time.sleep(HARM_S)
    server.start()


def forget(server: servers.OwnRedis) -> None:
    servers.flush(server.url)


def fill(server: servers.OwnRedis) -> None:
    with redis.Redis.from_url(server.url) as client:
        client.config_set("maxmemory-policy", "noeviction")
        client.config_set("maxmemory", 1)
        time.sleep(HARM_S)
        client.config_set("maxmemory", 0)


def hang(server: servers.OwnRedis) -> None:
    with server.hanging():
        time.sleep(HARM_S)


HARMS: tuple[Callable[[servers.OwnRedis], None], ...] = (kill, forget, fill, hang)


def test_whatever_becomes_of_redis_nothing_is_twice_lost_or_above_the_limit(
    installation: Installation, server: servers.OwnRedis
) -> None:
    batch = Batch(installation, ITEMS)
    with Load(installation, callers=3, pause_s=0.0, name="redis") as load:
        for harm in HARMS * TIMES:
            time.sleep(REST_S)
            harm(server)
        time.sleep(REST_S)
    done = batch.finished()
    calls = installation.control.get("/ledger").json()
    times = [datetime.fromisoformat(call["at"]) for call in calls]
    three = min(third - first for first, third in zip(times, times[2:], strict=False))
    refused = sum(call["status"] == 429 for call in calls)
    failed = [one for one in load.heard if not one.again and one.status >= 300]
    print(
        f"REL-28: {', '.join(harm.__name__ for harm in HARMS)}, {TIMES} times: {load},"
        f" {done} of a batch's {ITEMS} items; the twin had {len(calls)} calls and refused {refused},"
        f" no three arrived within {three.total_seconds():.2f} s"
    )
    assert len(load.made) >= 10 * TIMES
    assert len(calls) >= 40 * TIMES
    assert refused == 0
    assert load.wrong == []
    assert load.disorderly == []
    assert len(failed) <= max(1, len(load.heard) // 100)
    assert len(installation.booked()) == len(load.made) == len(set(load.made.values()))
    assert batch.undone() == []
    assert done == ITEMS == len(installation.booked("/v1/contacts"))
