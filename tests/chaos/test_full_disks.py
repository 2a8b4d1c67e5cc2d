"""A disk that is full, a database that takes no writes (REL-29): reads go on, no write leaves for the vendor.

The disk of the process is full as far as it can tell: the kernel lets it write to no file (RLIMIT_FSIZE 0),
which takes no rights to arrange; its log goes to `/dev/full`, PostgreSQL is read-only by its own setting.
"""

import resource
import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import httpx2
import psutil
import psycopg
import pytest
from sqlalchemy.engine import make_url

from tests import servers
from tests.chaos.bodies import invoice
from tests.chaos.installation import Installation, installed
from tests.chaos.load import INVOICES

WRITES = 10
FULL, FREE = (0, resource.RLIM_INFINITY), (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
pytestmark = pytest.mark.timeout(240)


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Installation]:
    """One gateway on SQLite."""
    home = tmp_path / "gateway-0"
    home.mkdir()
    with installed(tmp_path, f"sqlite+aiosqlite:///{home / 'kontor.db'}") as running:
        running.serve(1)
        yield running


@contextmanager
def full(installation: Installation) -> Iterator[None]:
    """No process of the gateway can write to a file until the block ends."""
    process = installation.gateways[0].process
    assert process is not None
    family = [process.pid, *(child.pid for child in psutil.Process(process.pid).children(recursive=True))]
    for pid in family:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (FULL[0], FREE[1]))
    try:
        yield
    finally:
        for pid in family:
            resource.prlimit(pid, resource.RLIMIT_FSIZE, FREE)


def told(answer: httpx2.Response | None) -> tuple[int, str | None, bool]:
    """Status, code, and whether it says when to come back."""
    assert answer is not None
    code = answer.json().get("code")
    return answer.status_code, code, "retry-after" in answer.headers


def reads_and_writes(installation: Installation, id: str) -> None:
    """Reads are answered, writes refused before they leave; prints what was tried."""
    before = len(installation.booked())
    writes = [told(installation.write(0, invoice(f"voll {n}"), f"full/{n}")) for n in range(WRITES)]
    paths = (f"{INVOICES}/{id}", "/v1/operations", "/v1/accounting/company", "/health/live") * 3
    reads = [told(installation.ask(0, "GET", path)) for path in paths]
    print(f"REL-29: {len(reads)} reads {reads[0]}, {len(writes)} writes {writes[0]}, none booked")
    assert {status for status, _, _ in reads} == {200}
    assert set(writes) == {(503, "unavailable", True)}
    assert len(writes) >= 10
    assert len(installation.booked()) == before


def writes_once(installation: Installation) -> None:
    """The same keys afterwards: each is booked once."""
    before = len(installation.booked())
    for n in range(WRITES):
        answer, _ = installation.until_final(0, invoice(f"voll {n}"), f"full/{n}")
        assert answer.status_code == 201
    assert len(installation.booked()) - before == WRITES


def test_a_full_disk_stops_writes_before_they_leave_and_nothing_is_half_written(alone: Installation) -> None:
    id = alone.until_final(0, invoice("vorher"), "before")[0].json()["data"]["id"]
    late = {"kind": "delay", "match": {"method": "POST", "path": "/v1/invoices"}, "seconds": 2.0}
    alone.control.post("/faults", json=late)
    with ThreadPoolExecutor(1) as pool:
        under_way = pool.submit(alone.write, 0, invoice("unterwegs"), "under way")
        while not alone.control.get("/ledger", params={"method": "POST"}).json()[1:]:
            time.sleep(0.1)
        with full(alone):
            reads_and_writes(alone, id)
        answered = under_way.result()
    writes_once(alone)
    again, _ = alone.until_final(0, invoice("unterwegs"), "under way")

    assert answered is not None
    assert answered.json()["data"]["id"] == again.json()["data"]["id"]
    assert len(alone.booked()) == 2 + WRITES
    with closing(sqlite3.connect(alone.gateways[0].home / "kontor.db")) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        states = database.execute("SELECT state, count(*) FROM write_journal GROUP BY state").fetchall()
    assert states == [("confirmed", 2 + WRITES)]


@pytest.mark.needs("postgres", "valkey")
@pytest.mark.parametrize("with_redis", [True, False])
def test_a_database_that_takes_no_writes_stops_them_before_they_leave(
    tmp_path: Path, valkey_url: str, with_redis: bool
) -> None:
    shared = {"KONTOR_REDIS_URL": valkey_url, "KONTOR_SCHEDULER": "true"} if with_redis else {}
    with ExitStack() as stack:
        server = servers.OwnPostgres()
        stack.callback(server.close)
        url = stack.enter_context(servers.fresh_database(server.url))
        stack.callback(read_only, url, "off")
        running = stack.enter_context(installed(tmp_path, url, {}, **shared))
        running.serve(1)
        id = running.until_final(0, invoice("vorher"), "before")[0].json()["data"]["id"]

        read_only(url, "on")
        reads_and_writes(running, id)
        read_only(url, "off")
        writes_once(running)


def read_only(url: str, value: str) -> None:
    """As a standby, or as providers do when the disk is full."""
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True, options="-c default_transaction_read_only=off") as sql:
        sql.execute(f"ALTER SYSTEM SET default_transaction_read_only = {value}".encode())
        sql.execute("SELECT pg_reload_conf()")
    while shown(plain) != value:
        time.sleep(0.1)
    time.sleep(1)  # every server process reads it before its next statement


def shown(url: str) -> str:
    """What a new connection is told."""
    with psycopg.connect(url) as sql:
        row = sql.execute("SHOW default_transaction_read_only").fetchone()
    assert row is not None
    return row[0]


def test_a_log_that_takes_no_lines_costs_no_request(tmp_path: Path) -> None:
    home = tmp_path / "gateway-0"
    home.mkdir()
    with installed(tmp_path, f"sqlite+aiosqlite:///{home / 'kontor.db'}") as running:
        running.serve(1, errors=Path("/dev/full"), KONTOR_LOG_LEVEL="INFO")
        written = [running.write(0, invoice(f"Protokoll {n}"), f"log/{n}") for n in range(WRITES)]
        ids = [answer.json()["data"]["id"] for answer in written if answer is not None]
        reads = [told(running.ask(0, "GET", f"{INVOICES}/{id}"))[0] for id in ids]
        missing = told(running.ask(0, "GET", "/v1/nothing"))[0]

        print(f"REL-29: {len(written)} writes, {len(reads)} reads with a log that takes no lines")
        assert [answer.status_code for answer in written if answer is not None] == [201] * WRITES
        assert reads == [200] * WRITES
        assert missing == 404
        assert len(running.booked()) == WRITES
