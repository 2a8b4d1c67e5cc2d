"""Renewals over real processes on PostgreSQL, against a token server that rotates without grace.

Only counts and states are asserted, never times; those are printed. The full numbers of the requirements:
`TEST_LONG=1 ./kontor test tests/integration/credentials/test_tokens_over_processes.py --numprocesses 0 -s`.
"""

import asyncio
import json
import os
import random
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest

from gateway.ambient import system
from gateway.audit.log import entries
from gateway.credentials.grants import Grant
from gateway.credentials.keyring import Keyring
from gateway.credentials.partner_apps import PartnerApps
from gateway.credentials.rows import CredentialRows, Whose
from gateway.credentials.vault import Vault
from gateway.persistence.database import Database
from gateway.tenants.connections import Connections
from gateway.tenants.directory import Directory
from gateway.tenants.model import Connection, State
from tests.integration.credentials.token_server import Family, TokenServer
from tests.machine import ROOT

pytestmark = [
    pytest.mark.needs("postgres"),
    pytest.mark.timeout(5400 if os.environ.get("TEST_LONG") else 240),
]

LONG = bool(os.environ.get("TEST_LONG"))
ROUNDS = 100 if LONG else 10
KILLS = 500 if LONG else 20
PROCESSES = 4
LATENCY_S = 0.1
"""Of the token call in a race."""


class Counting(ThreadingHTTPServer):
    """Knows how many requests are under way."""

    daemon_threads = True

    def __init__(self, *arguments: Any) -> None:
        self.under_way = 0
        self.counting = threading.Lock()
        super().__init__(*arguments)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self.counting:
            self.under_way += 1
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self.counting:
                self.under_way -= 1


class Served:
    """The token server over HTTP. `pause_before_s` and `pause_after_s` lie before and after the rotation."""

    def __init__(self) -> None:
        self.ledger = TokenServer()
        self.lock = threading.Lock()
        self.pause_before_s: Callable[[], float] = lambda: 0.0
        self.pause_after_s: Callable[[], float] = lambda: 0.0
        self.rotated = threading.Event()
        served = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                form = dict(parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
                time.sleep(served.pause_before_s())
                with served.lock:
                    status, body = served.ledger.post(self.path, form, ("client", "secret"))
                served.rotated.set()
                time.sleep(served.pause_after_s())
                try:
                    self.send_response(status)
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)
                except OSError:
                    pass  # whoever asked was killed

            def log_message(self, format: str, *args: object) -> None: ...

        self.http = Counting(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        self.thread = threading.Thread(target=self.http.serve_forever, args=(0.01,))
        self.thread.start()

    def rest(self) -> None:
        """Until all that was asked up to now is done: what a killed process has sent still comes in."""
        with socket.create_connection(("127.0.0.1", self.http.server_port)) as last:
            last.shutdown(socket.SHUT_WR)
            last.recv(1)  # it is closed: all that came before it were taken
        while self.http.under_way:
            time.sleep(0.001)

    def stop(self) -> None:
        self.http.shutdown()
        self.thread.join()
        self.http.server_close()


class Nursery:
    """Forks gateway processes; see nursery.py."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.integration.credentials.nursery"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self.unread = b""
        self.next("ready")

    def order(self, **fields: object) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write((json.dumps(fields) + "\n").encode())
        self.process.stdin.flush()

    def next(self, *names: str) -> dict[str, Any]:
        """The next line that has one of these fields."""
        assert self.process.stdout is not None
        while True:
            line, found, rest = self.unread.partition(b"\n")
            if found:
                self.unread = rest
                message = json.loads(line)
                if any(name in message for name in names):
                    return message
                continue
            ready, _, _ = select.select([self.process.stdout], [], [], 60)
            received = os.read(self.process.stdout.fileno(), 65536) if ready else b""
            assert received, f"the nursery is silent, {names} was awaited"
            self.unread += received

    def results(self, processes: int, waits_s: list[float] | None = None) -> list[str]:
        """What every request of so many processes came to; `waits_s` takes how long each waited."""
        results: list[str] = []
        for _ in range(processes):
            report = self.next("results")
            results += report["results"]
            if waits_s is not None:
                waits_s += report["waits_s"]
        return results

    def stop(self) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()


class Office:
    """A tenant with a partner app, on a database that the forked gateways share."""

    def __init__(self, url: str, keys: Path, served: Served, nursery: Nursery) -> None:
        self.url = url
        self.keys = keys
        self.served = served
        self.nursery = nursery
        self.ambient = system()
        self.database = Database.open(url)
        keyring = Keyring.open(keys, self.ambient)
        self.vault = Vault(self.database, keyring, self.ambient)
        self.connections = Connections(self.database, self.ambient, keyring.lookup())
        self.rows = CredentialRows(
            self.database, self.vault, self.ambient, turn_s=20, margin=timedelta(minutes=15)
        )
        self.loop = asyncio.Runner()
        self.connection = self.loop.run(self._prepare())

    def close(self) -> None:
        self.loop.run(self.database.dispose())
        self.loop.close()

    async def _prepare(self) -> Connection:
        async with self.database.write() as session:
            tenant = await Directory(self.ambient).create_tenant(session, "Muster Handel GmbH")
            apps = PartnerApps(self.database, self.vault, self.ambient)
            await apps.put(session, tenant.id, "lexoffice-sandbox", "client", "secret")
            return await self.connections.create(
                session,
                tenant_id=tenant.id,
                environment="test",
                target="lexoffice-sandbox",
                credential_kind="oauth",
                state="connected",
            )

    def authorize(self, lives_s: float) -> Family:
        """A new authorization by the end customer, stored; the connection is connected again."""
        with self.served.lock:
            family = self.served.ledger.authorize()
        now = self.ambient.clock.now()
        grant = Grant(
            access_token=family.access,
            refresh_token=family.refresh,
            issued_at=now - timedelta(hours=4),
            expires_at=now + timedelta(seconds=lives_s),
        )
        whose = Whose(connection_id=self.connection.id, tenant_id=self.connection.tenant_id)

        async def store() -> None:
            async with self.database.write() as session:
                await self.rows.put(session, whose, grant)
                await self.connections.set_state(session, self.connection.id, "connected")

        self.loop.run(store())
        return family

    def stored(self) -> tuple[int, State]:
        """Generation of the credential and state of the connection."""

        async def read() -> tuple[int, State]:
            async with self.database.read() as session:
                found = await self.connections.get(
                    session, self.connection.tenant_id, "test", self.connection.id
                )
            assert found is not None
            return found.generation, found.state

        return self.loop.run(read())

    def losses_on_record(self) -> int:
        """Entries in the tenant's audit trail that say a connection was lost."""

        async def read() -> int:
            async with self.database.read() as session:
                trail = await entries(session, self.connection.tenant_id, limit=100_000)
            return sum(entry.action == "connection.reconnect_required" for entry in trail)

        return self.loop.run(read())

    def ask(self, processes: int, requests: int, used: str = "", timeout_s: float = 10.0) -> None:
        self.nursery.order(
            database=self.url,
            keys=str(self.keys),
            server=self.served.url,
            tenant=self.connection.tenant_id,
            connection=self.connection.id,
            processes=processes,
            requests=requests,
            used=used,
            timeout_s=timeout_s,
        )


@pytest.fixture
def served() -> Iterator[Served]:
    served = Served()
    yield served
    served.stop()


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    nursery = Nursery()
    yield nursery
    nursery.stop()


@pytest.fixture
def office(migrated_postgres_url: str, key_file: Path, served: Served, nursery: Nursery) -> Iterator[Office]:
    office = Office(migrated_postgres_url, key_file, served, nursery)
    yield office
    office.close()


def test_fifty_requests_in_four_processes_that_meet_a_dead_token_cause_one_renewal(office: Office) -> None:
    """REL-10."""
    office.served.pause_after_s = lambda: LATENCY_S
    waits_s: list[float] = []
    misses = 0
    for _ in range(ROUNDS):
        family = office.authorize(lives_s=0)
        calls = office.served.ledger.calls
        office.ask(PROCESSES, requests=13)
        results = office.nursery.results(PROCESSES, waits_s)
        misses += (office.served.ledger.calls - calls, set(results), len(results)) != (
            1,
            {f"Bearer {family.access}"},
            52,
        )

    print(
        f"{ROUNDS} races of 52 requests in {PROCESSES} processes: {office.served.ledger.rotations} renewals, "
        f"{misses} misses; waited, at a token call of {LATENCY_S * 1000:.0f} ms: {told(waits_s)}"
    )
    assert ROUNDS >= 10
    assert misses == 0
    assert office.served.ledger.rotations == ROUNDS


def test_fifty_requests_in_four_processes_that_met_a_401_cause_one_renewal(office: Office) -> None:
    """REL-17."""
    office.served.pause_after_s = lambda: LATENCY_S
    misses = 0
    for _ in range(ROUNDS):
        family = office.authorize(lives_s=14399)
        used = f"Bearer {family.access}"
        calls = office.served.ledger.calls
        office.ask(PROCESSES, requests=13, used=used)
        results = office.nursery.results(PROCESSES)
        misses += (office.served.ledger.calls - calls, set(results)) != (1, {f"Bearer {family.access}"})

    print(f"{ROUNDS} times 52 requests in {PROCESSES} processes met a 401: {misses} misses")
    assert misses == 0


def test_a_withdrawn_grant_ends_after_one_call_of_all_processes(office: Office) -> None:
    """REL-12."""
    family = office.authorize(lives_s=0)
    family.revoked = True
    office.ask(PROCESSES, requests=13)
    results = office.nursery.results(PROCESSES)

    assert (set(results), len(results)) == ({"ReconnectNeeded"}, 52)
    assert office.served.ledger.calls == 1
    assert office.stored()[1] == "reconnect_required"


def test_two_hundred_who_wait_for_a_server_that_does_not_answer_in_time_cause_one_call(
    office: Office,
) -> None:
    """REL-13."""
    office.served.pause_before_s = lambda: 3.0
    office.authorize(lives_s=0)
    generation = office.stored()[0]
    office.ask(PROCESSES, requests=50, timeout_s=0.5)
    results = office.nursery.results(PROCESSES)

    assert (set(results), len(results)) == ({"UpstreamUnreachable"}, 200)
    assert office.stored() == (generation, "connected")
    assert office.served.ledger.calls <= 1  # it may still be thinking about it


def told(waits_s: list[float]) -> str:
    """A distribution, for a person."""
    ordered = sorted(waits_s)
    p50, p99 = (ordered[int(share * (len(ordered) - 1))] * 1000 for share in (0.5, 0.99))
    return f"p50 {p50:.0f} ms, p99 {p99:.0f} ms"


def kill_one(office: Office, chance: random.Random) -> None:
    """Start a renewal in a process of its own and kill it at a random moment of it."""
    office.served.rotated.clear()
    office.ask(1, requests=1)
    pid = office.nursery.next("begun")["begun"]
    if chance.random() < 0.7:
        office.served.rotated.wait(20)
        time.sleep(chance.uniform(0, 0.03))
    else:
        time.sleep(chance.uniform(0, 0.1))
    with suppress(ProcessLookupError):  # it was faster
        os.kill(pid, signal.SIGKILL)
    while office.nursery.next("ended")["ended"] != pid:
        pass


@pytest.mark.parametrize("grace", [False, True], ids=["without grace", "with grace"])
def test_processes_killed_at_any_moment_of_a_renewal_lose_no_connection_but_between_answer_and_commit(
    office: Office, grace: bool, request: pytest.FixtureRequest
) -> None:
    """REL-11. Where the server forgives the former token for a while, none is lost at all."""
    seed = request.config.getoption("randomly_seed", 1)
    chance = random.Random(f"{seed}")
    served = office.served
    served.ledger.grace = grace
    served.pause_before_s = lambda: chance.uniform(0, 0.01)
    served.pause_after_s = lambda: chance.uniform(0, 0.02)
    lost = between = stored = wrong = 0
    family = office.authorize(lives_s=0)
    for _ in range(KILLS):
        rotations, generation = served.ledger.rotations, office.stored()[0]
        kill_one(office, chance)
        served.rest()  # an answer that is being made belongs to this kill
        rotated = served.ledger.rotations > rotations
        committed = office.stored()[0] > generation
        between += rotated and not committed
        stored += committed

        served.pause_before_s = served.pause_after_s = lambda: 0.0
        calls = served.ledger.calls
        office.ask(1, requests=1, used=f"Bearer {family.access}" if committed else "")
        (result,) = office.nursery.results(1)
        gone = result == "ReconnectNeeded"
        lost += gone
        wrong += served.ledger.calls - calls > 2
        wrong += gone and not (rotated and not committed)
        wrong += gone and office.stored()[1] != "reconnect_required"
        wrong += not gone and result != f"Bearer {family.access}"
        served.pause_before_s = lambda: chance.uniform(0, 0.01)
        served.pause_after_s = lambda: chance.uniform(0, 0.02)
        family = office.authorize(lives_s=0)

    print(
        f"seed {seed}: {KILLS} kills, {between} between answer and commit, {stored} after it, "
        f"{KILLS - between - stored} before; {lost} lost, {office.losses_on_record()} on record"
    )
    assert KILLS >= 20
    assert wrong == 0, f"seed {seed}"
    assert office.losses_on_record() == lost, f"seed {seed}"
    assert lost <= (0 if grace else between), f"seed {seed}"
    assert between > 0
