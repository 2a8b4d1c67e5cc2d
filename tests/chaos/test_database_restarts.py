"""PostgreSQL restarts while callers write and read (REL-26). `KONTOR_CHAOS`: so many times as much.

`KONTOR_CALLERS`, `KONTOR_BETWEEN_S`: so many callers, and so long between two restarts.

Real processes over a PostgreSQL of their own; the twin's ledger decides how often something was booked.
"""

import os
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import servers
from tests.chaos.installation import Installation, installed
from tests.chaos.load import Batch, Load

TIMES = int(os.environ.get("KONTOR_CHAOS", "1"))
RESTARTS = ("fast", "immediate") * TIMES
CALLERS = int(os.environ.get("KONTOR_CALLERS", "4"))
BETWEEN_S = float(os.environ.get("KONTOR_BETWEEN_S", "4"))
ITEMS = 12
pytestmark = [pytest.mark.needs("postgres"), pytest.mark.timeout(180 + (60 + 2 * BETWEEN_S) * TIMES)]


@pytest.fixture(scope="module")
def server() -> Iterator[servers.OwnPostgres]:
    server = servers.OwnPostgres()
    yield server
    server.close()


@pytest.fixture(scope="module")
def installation(
    server: servers.OwnPostgres, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    home: Path = tmp_path_factory.mktemp("restarts")
    with servers.fresh_database(server.url) as url, installed(home, url) as running:
        running.serve(2)
        yield running


def test_restarts_of_the_database_cost_a_503_and_nothing_else(
    installation: Installation, server: servers.OwnPostgres
) -> None:
    moments: list[float] = []
    began = time.monotonic()
    batch = Batch(installation, ITEMS)
    with Load(installation, callers=CALLERS, pause_s=0.05, name="restarts") as load:
        for mode in RESTARTS:
            time.sleep(BETWEEN_S)
            server.stop(mode)
            time.sleep(1)
            server.start()
            moments.append(time.monotonic())
        time.sleep(BETWEEN_S)
    ended = time.monotonic()
    done = batch.finished()
    back = [load.back_after(moment) for moment in moments]
    first = load.told("POST") + load.told("GET")
    print(
        f"REL-26: {len(RESTARTS)} restarts, {load}, {len(load.heard) / (ended - began):.0f} answers a second,"
        f" {done} of a batch's {ITEMS} items,"
        f" service back after {', '.join(f'{one:.1f}' for one in back)} s"
    )
    assert len(load.made) >= 20 * TIMES
    assert first[503] >= 1, "nothing was noticed of the restarts"
    assert load.wrong == []
    assert Counter(one.status for one in load.disorderly) == {}
    assert set(first) <= {200, 201, 503}
    assert load.again() == []
    assert done == ITEMS == len(installation.booked("/v1/contacts"))
    assert len(installation.booked()) == len(load.made) == len(set(load.made.values()))
    assert all(one <= 20 for one in back)
