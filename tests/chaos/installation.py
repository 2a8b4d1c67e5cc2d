"""Gateways, a worker and the twin as processes of their own, over one PostgreSQL, to be killed at will."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import anyio
import httpx2
import msgspec

from gateway.api.rooms import Rooms
from gateway.persistence.migrate import migrate
from gateway.settings import Settings, from_environment
from gateway.tenants.model import SCOPES
from gateway.wiring import build_rooms, close_rooms

READY = re.compile(r"(?:Kontor listens on|Lexware twin listening on) (http://\S+)|worker ready")
PATIENCE_S = 120.0
LIFELINES = ("KONTOR_PARENT_FD", "KONTOR_TWIN_PARENT_FD")
SHORT = {
    "KONTOR_WRITE_LEASE_S": "2",
    "KONTOR_RECONCILE_SETTLE_S": "5",
    "KONTOR_UPSTREAM_TIMEOUT_S": "5",
    "KONTOR_DEADLINE_S": "8",
    "KONTOR_SCHEDULER": "false",
    "KONTOR_LOG_LEVEL": "ERROR",
}
"""Settings under which nothing is waited for longer than a test can wait."""


class Server:
    """One process and its children."""

    def __init__(
        self, name: str, words: list[str], environment: dict[str, str], log: Path, errors: Path | None
    ) -> None:
        self.name = name
        self._errors = errors or log
        self._log = log
        self._words = words
        self._environment = environment
        self.url = ""
        self.home = Path(environment["KONTOR_DATA_DIR"])
        self.process: subprocess.Popen[bytes] | None = None
        self._lifeline: int | None = None

    def start(self) -> "Server":
        """Start, and wait for the line that says so."""
        theirs, self._lifeline = os.pipe()  # ours stays open: it ends when we do, however we end
        with self._log.open("wb") as output, self._errors.open("ab") as errors:
            self.process = subprocess.Popen(
                [sys.executable, "-P", "-m", *self._words],
                env={**self._environment, **dict.fromkeys(LIFELINES, str(theirs))},
                stdout=output,
                stderr=errors,
                pass_fds=(theirs,),
                start_new_session=True,
            )
        os.close(theirs)
        while self.alive:
            if found := READY.search(self._log.read_text()):
                self.url = found[1] or ""
                if not self.url or self._answers():
                    return self
            time.sleep(0.05)
        raise AssertionError(f"{self.name} ended before it was ready: {self._log.read_text()[-2000:]}")

    def _answers(self) -> bool:
        """Whether it takes connections: it says where it listens a moment before."""
        try:
            httpx2.get(f"{self.url}/health/live", timeout=5, trust_env=False)
        except httpx2.HTTPError:
            return False
        return True

    def kill(self) -> None:
        """As a power cut: the process, and all it started."""
        if self.process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        if self._lifeline is not None:
            os.close(self._lifeline)
            self._lifeline = None

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None


class Installation:
    """Everything a test of it needs."""

    def __init__(
        self,
        directory: Path,
        database_url: str,
        stack: ExitStack,
        twin: dict[str, str],
        customers: int = 1,
        /,
        **settings: str,
    ) -> None:
        self.armed = directory / "armed"
        self.armed.mkdir()
        self._stack = stack
        self._directory = directory
        longest_s = float(settings.get("KONTOR_DEADLINE_S", SHORT["KONTOR_DEADLINE_S"])) + 2
        each_anew = httpx2.Limits(max_connections=None, max_keepalive_connections=0)
        self.client = stack.enter_context(httpx2.Client(trust_env=False, timeout=longest_s, limits=each_anew))
        """Of all callers; each request has a connection of its own."""
        self._settings = {
            **SHORT,
            **settings,
            "KONTOR_DATABASE_URL": database_url,
            "KONTOR_VAULT_KEY_FILE": str(directory / "vault.json"),
            "CHAOS_ARMED": str(self.armed),
        }
        anyio.run(migrate, database_url)
        self.twin = self._begin(
            "twin", ["gateway.cli", "twin"], None, **{"KONTOR_TWIN_RATE_LIMIT": "off", **twin}
        )
        self._settings["KONTOR_TWIN_URL"] = self.twin.url
        self.place = json.loads((directory / "twin" / "twin.json").read_bytes())
        self.customers = anyio.run(self._connect, customers)
        """The headers of each one's calls."""
        self.headers = self.customers[0]
        self.gateways: list[Server] = []
        self.door = ""
        """Where all requests go, if not to one gateway after the other."""
        self.control = stack.enter_context(
            httpx2.Client(base_url=self.place["controlUrl"], trust_env=False, timeout=30)
        )

    def serve(self, count: int, *, errors: Path | None = None, **settings: str) -> None:
        """Start so many gateways with settings of their own, and a worker beside the first, except on SQLite.

        What gateways write to standard error goes to `errors`.
        """
        first = not self.gateways
        for _ in range(count):
            server = self._begin(f"gateway-{len(self.gateways)}", ["tests.chaos.points"], errors, **settings)
            self.gateways.append(server)
        if not first or self._settings["KONTOR_DATABASE_URL"].startswith("sqlite"):
            return
        self.worker = self._begin("worker", ["gateway.cli", "worker"], KONTOR_LOG_LEVEL="INFO")

    def command(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """`kontor` with these words, on the same database."""
        environment = {**os.environ, **self._settings, "KONTOR_DATA_DIR": str(self._directory / "op")}
        return subprocess.run(
            [sys.executable, "-P", "-m", "gateway.cli", *words],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def write(self, number: int, body: dict[str, Any], key: str) -> httpx2.Response | None:
        """One create at one of the gateways; None: it died, or is not there."""
        return self.ask(number, "POST", "/v1/accounting/invoices", {"Idempotency-Key": key}, json=body)

    def ask(
        self, number: int, method: str, path: str, headers: dict[str, str] | None = None, **more: Any
    ) -> httpx2.Response | None:
        """One request at one of the gateways; None: it died, or is not there."""
        door = self.door or self.gateways[number % len(self.gateways)].url
        given = {**self.headers, **(headers or {})}
        try:
            return self.client.request(method, f"{door}{path}", headers=given, **more)
        except httpx2.HTTPError:
            return None

    def until_final(self, number: int, body: dict[str, Any], key: str) -> tuple[httpx2.Response, list[int]]:
        """Repeat until there is a final answer, at one gateway after the other; and all statuses so far."""
        statuses: list[int] = []
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            answer = self.write(number + len(statuses), body, key)
            statuses.append(answer.status_code if answer is not None else 0)
            if answer is not None and answer.status_code not in (409, 429, 503, 504):
                return answer, statuses
            time.sleep(0.2)
        raise AssertionError(f"{key} was not settled: {Counter(statuses)}; {self.operations()}")

    def operations(self) -> Any:
        """The writes that are not final, as the first gateway tells them."""
        url = f"{self.gateways[0].url}/v1/operations?limit=250"
        rows = httpx2.get(url, headers=self.headers, timeout=30, trust_env=False).json()["data"]
        return [row for row in rows if row["state"] not in ("confirmed", "rejected")]

    def booked(self, path: str = "/v1/invoices") -> list[dict[str, Any]]:
        """Creates that the twin carried out."""
        calls = self.control.get("/ledger", params={"method": "POST", "path": path}).json()
        return [call for call in calls if call["executed"]]

    def _begin(self, name: str, words: list[str], errors: Path | None = None, **more: str) -> Server:
        home = self._directory / name
        environment = {
            **os.environ,
            **self._settings,
            "KONTOR_DATA_DIR": str(home),
            "KONTOR_PORT": "0",
            **more,
        }
        server = Server(name, words, environment, self._directory / f"{name}.log", errors)
        self._stack.callback(server.kill)
        return server.start()

    async def _connect(self, customers: int) -> list[dict[str, str]]:
        """So many tenants, each with a connection to the twin's first company."""
        given = {name: value for name, value in self._settings.items() if name.startswith("KONTOR_")}
        settings: Settings = from_environment({**given, "KONTOR_DATA_DIR": str(self._directory / "op")})
        rooms = build_rooms(msgspec.structs.replace(settings, metrics_port=-1))
        connected = [await self._customer(rooms) for _ in range(customers)]
        await close_rooms(rooms)
        return connected

    async def _customer(self, rooms: Rooms) -> dict[str, str]:
        async with rooms.database.write() as session:
            tenant = await rooms.directory.create_tenant(session, "Muster Software GmbH")
            _, api_key = await rooms.api_keys.issue(session, tenant.id, "test", "tests", SCOPES)
            connection = await rooms.connections.create(
                session,
                tenant_id=tenant.id,
                environment="test",
                target="lexoffice-sandbox",
                credential_kind="api_key",
                state="connected",
            )
            account_key = await rooms.connections.new_account_key(session, connection.id)
            await rooms.tokens.store_api_key(session, connection, self.place["apiKey"])
        return {"X-API-KEY": api_key, "X-ACCOUNT-KEY": account_key}


@contextmanager
def installed(
    directory: Path,
    database_url: str,
    twin: dict[str, str] | None = None,
    customers: int = 1,
    /,
    **settings: str,
) -> Iterator[Installation]:
    """An installation until the end of the block, with settings of the twin and of all of ours."""
    with ExitStack() as stack:
        yield Installation(directory, database_url, stack, twin or {}, customers, **settings)
