"""More requests than there is room for (REL-24): refused at once and in order, and none of the others lost.

`KONTOR_CHAOS`: so many times as long. Five times as many callers as requests that there is room for.
"""

import os
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import quantiles

import psutil
import psycopg
import pytest
from sqlalchemy.engine import make_url

from tests.chaos.installation import Installation, installed
from tests.chaos.load import Heard, Load

TIMES = int(os.environ.get("KONTOR_CHAOS", "1"))
AT_ONCE, WORKING = 10, 6
CALLERS = 5 * AT_ONCE
SECONDS = 8.0 * TIMES
pytestmark = [pytest.mark.needs("postgres"), pytest.mark.timeout(180 + 30 * TIMES)]


@pytest.fixture(scope="module")
def installation(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    home: Path = tmp_path_factory.mktemp("overload")
    few = {"KONTOR_REQUESTS_AT_ONCE": str(AT_ONCE), "KONTOR_WORKING_AT_ONCE": str(WORKING)}
    with installed(home, database_url, {}, **few) as running:
        running.serve(1)
        for method in ("GET", "POST"):
            slow = {"kind": "delay", "match": {"method": method, "path": "/v1/invoices*"}, "times": None}
            running.control.post("/faults", json={**slow, "seconds": 0.25})
        yield running


def test_what_is_too_much_is_refused_at_once_and_nothing_is_lost(installation: Installation) -> None:
    with Load(installation, callers=4, pause_s=0.0, name="normal") as normal:
        time.sleep(SECONDS / 2)
    memory = used(installation)
    live: list[int] = []
    with Load(installation, callers=CALLERS, pause_s=0.0, name="overload") as load:
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            answer = installation.ask(0, "GET", "/health/live")
            live.append(answer.status_code if answer is not None else 0)
            time.sleep(0.2)
    ended = time.monotonic()
    with Load(installation, callers=1, pause_s=0.0, name="after") as after:
        time.sleep(1)

    refused = [one for one in load.heard if one.status == 503]
    taken = [one for one in load.heard if one.status < 300]
    print(
        f"REL-24: {CALLERS} callers for {SECONDS:.0f} s, room for {AT_ONCE}: {load}; accepted in p99"
        f" {late(taken):.2f} s (normally {late(normal.heard):.2f} s), {len(refused)} refused in p50"
        f" {late(refused, 50):.3f} s, memory x{used(installation) / memory:.2f},"
        f" back after {after.back_after(ended):.1f} s"
    )
    assert len(refused) >= 50
    assert len(taken) >= 20
    assert set(live) == {200}
    assert load.wrong == after.wrong == []
    assert load.disorderly == []
    assert set(Counter(one.status for one in load.heard)) <= {200, 201, 409, 503}
    assert set(after.told("POST") + after.told("GET")) == {200, 201}
    made = normal.made | load.made | after.made
    assert len(installation.booked()) == len(made) == len(set(made.values()))


def late(heard: list[Heard], percent: int = 99) -> float:
    """The time within which so many in a hundred answers came."""
    return quantiles([0.0, *(one.seconds for one in heard)], n=100)[percent - 1] if heard else 0.0


def used(installation: Installation) -> int:
    """Bytes of memory of the gateway's processes."""
    process = installation.gateways[0].process
    assert process is not None
    family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
    return sum(one.memory_info().rss for one in family)


def test_requests_that_wait_for_a_stuck_database_keep_no_others_waiting(
    installation: Installation, database_url: str
) -> None:
    plain = make_url(database_url).set(drivername="postgresql").render_as_string(hide_password=False)
    refused = threading.Event()

    def ask(number: int) -> int:
        answer = installation.ask(0, "GET", "/v1/operations")
        status = answer.status_code if answer is not None else 0
        if status == 503:
            refused.set()
        return status

    with psycopg.connect(plain) as stuck, ThreadPoolExecutor(AT_ONCE) as pool:
        stuck.execute("LOCK TABLE write_journal IN ACCESS EXCLUSIVE MODE")
        asked = [pool.submit(ask, number) for number in range(AT_ONCE)]
        came = refused.wait(5)
        stuck.rollback()
        told = Counter(one.result() for one in asked)

    print(f"REL-24: {AT_ONCE} requests to a stuck database, room for {WORKING}: {dict(told)}")
    assert came, "nobody was refused while the database was stuck"
    assert set(told) == {200, 503}
    assert told[503] >= 1
    assert told[200] >= WORKING
