"""Gateways and workers are replaced one after another while callers call (REL-39).

`KONTOR_CHAOS=12`: 48 restarts; `KONTOR_OPEN`: so many requests open at a time, 500 in the long form.
"""

import os
import signal
import time
from collections.abc import Iterator

import httpx2
import pytest
from sqlalchemy import create_engine, text

from tests.chaos.balancer import Balancer
from tests.chaos.installation import Installation, Server, installed
from tests.chaos.load import Batch, Load

TIMES = int(os.environ.get("KONTOR_CHAOS", "1"))
OPEN = int(os.environ.get("KONTOR_OPEN", "12"))
RESTARTS = 4 * TIMES
ITEMS = 12
MANY = OPEN >= 100
"""So many are to be open, not at work: the vendor is slow then. No customer has hundreds open alone, nor do
all callers begin at once; and a balancer gets round to its looks more rarely."""
NOTICE_S = 5.0 if MANY else 2.0
SLOW_S, SLOW_PERCENT = (28.0, 100) if MANY else (2.0, 50)
CUSTOMERS, SPREAD_S = (25, SLOW_S) if MANY else (1, 0.0)
LONGEST_S, LEASE_S = (40, 120) if MANY else (30, 30)
pytestmark = [pytest.mark.needs("postgres"), pytest.mark.timeout(180 + 180 * TIMES)]


@pytest.fixture(scope="module")
def installation(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    settings = {
        "KONTOR_STOP_NOTICE_S": str(NOTICE_S),
        "KONTOR_DEADLINE_S": str(LONGEST_S),
        "KONTOR_WRITE_LEASE_S": str(LEASE_S),
        "KONTOR_UPSTREAM_TIMEOUT_S": str(LONGEST_S),
    }
    with installed(tmp_path_factory.mktemp("stopping"), database_url, {}, CUSTOMERS, **settings) as running:
        running.serve(2)
        yield running


def unsettled(database_url: str) -> int:
    """Rows that somebody holds, or whose outcome is not known."""
    engine = create_engine(database_url)
    with engine.connect() as connection:
        held = "lease_until IS NOT NULL OR state NOT IN ('confirmed', 'rejected')"
        count = connection.scalar(text(f"SELECT count(*) FROM write_journal WHERE {held}"))
    engine.dispose()
    return count or 0


def test_who_is_told_to_stop_says_so_at_once_and_serves_on_for_a_while(installation: Installation) -> None:
    gateway = installation.gateways[0]
    assert gateway.process is not None
    with httpx2.Client(base_url=gateway.url, trust_env=False, timeout=10) as client:
        before = client.get("/health/ready")
        gateway.process.send_signal(signal.SIGTERM)
        time.sleep(NOTICE_S / 4)
        stopping, live = client.get("/health/ready"), client.get("/health/live")

    code = gateway.process.wait(60)
    gateway.kill()
    gateway.start()
    assert code == 0
    assert before.status_code == 200
    assert stopping.status_code == 503
    assert stopping.json()["code"] == "unavailable"
    assert "retry-after" in stopping.headers
    assert live.status_code == 200
    assert live.headers["connection"] == "close"


def test_rolling_restarts_cost_no_request(installation: Installation, database_url: str) -> None:
    slow = {
        "kind": "delay",
        "match": {"method": "POST", "path": "/v1/invoices"},
        "times": None,
        "seconds": SLOW_S,
    }
    installation.control.post("/faults", json={**slow, "percent": SLOW_PERCENT, "seed": 1})
    codes: list[int] = []
    with Balancer(installation.gateways) as balancer:
        while not all(map(balancer.serves, installation.gateways)):
            time.sleep(0.1)
        installation.door = balancer.url
        batch = Batch(installation, ITEMS)
        with Load(installation, callers=OPEN, pause_s=0.1, name="stopping", spread_s=SPREAD_S) as load:
            for number in range(RESTARTS):
                gateway = installation.gateways[number % 2]
                codes.append(replaced(gateway))
                while not balancer.serves(gateway):
                    time.sleep(0.1)
                if number % 2:
                    codes.append(replaced(installation.worker))
        done = batch.finished()
        first = load.told("POST") + load.told("GET")
        again = load.told("POST", again=True)
        print(
            f"REL-39: {RESTARTS} gateways and {RESTARTS // 2} workers replaced under {OPEN} open requests:"
            f" {load}, {done} of a batch's {ITEMS} items"
        )
    assert load.wrong == []
    assert set(codes) == {0}
    assert len(load.made) >= 20 * TIMES
    assert set(first) == {200, 201}
    assert not again
    assert len(installation.booked()) == len(load.made) == len(set(load.made.values()))
    assert done == ITEMS == len(installation.booked("/v1/contacts"))
    assert unsettled(database_url) == 0


def replaced(server: Server) -> int:
    """Stop it as an orchestrator does, start it again; the code it ended with."""
    assert server.process is not None
    server.process.send_signal(signal.SIGTERM)
    code = server.process.wait(60)
    server.kill()
    server.start()
    return code
