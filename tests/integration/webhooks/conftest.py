from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import msgspec
import pytest
from sqlalchemy import func, select

from gateway.ambient import Ambient, SystemRandomness, TimeSortedIds
from gateway.audit.log import record
from gateway.credentials.keyring import Keyring
from gateway.credentials.vault import Vault
from gateway.persistence.database import Database
from gateway.persistence.event_log import tell
from gateway.persistence.tables import events as EVENTS
from gateway.persistence.tables import webhook_attempts as ATTEMPTS
from gateway.persistence.tables import webhook_deliveries as DELIVERIES
from gateway.replica.contents import Contents
from gateway.replica.store import Replica
from gateway.tenants.directory import Directory
from gateway.upstream.carrier import Carrier
from gateway.upstream.transport import OverTransport
from gateway.webhooks.outbound import deliveries
from gateway.webhooks.outbound.addresses import Allowed
from gateway.webhooks.outbound.delivering import Delivering, Pace
from gateway.webhooks.outbound.disabling import Disabling
from gateway.webhooks.outbound.endpoints import Endpoints, Owner, Target
from gateway.webhooks.outbound.selecting import Wanted
from schemas import RESOURCES

BEGIN = datetime(2026, 11, 20, 9, tzinfo=UTC)
PUBLIC = "93.184.216.34"
Answer = Callable[[httpx2.Request], Any]


class HandClock:
    """Stands until somebody moves it."""

    def __init__(self) -> None:
        self.at = BEGIN

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return (self.at - BEGIN).total_seconds()

    async def sleep(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


class Outside:
    """The internet: every name leads to one public address, where receivers answer by host name."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.received: list[httpx2.Request] = []
        self.dialled: list[str] = []
        self.names: dict[str, list[str]] = {}

    async def look_up(self, host: str, port: int) -> list[str]:
        return self.names.get(host, [PUBLIC])

    def to(self, url: httpx2.URL, address: str) -> Carrier:
        self.dialled.append(address)
        return OverTransport(httpx2.MockTransport(self._answered))

    async def _answered(self, request: httpx2.Request) -> httpx2.Response:
        self.received.append(request)
        answer = self.answers.get(request.url.host)
        given = answer(request) if answer is not None else 204
        if not isinstance(given, int | httpx2.Response):
            given = await given
        return httpx2.Response(given) if isinstance(given, int) else given


def id_of(request: httpx2.Request) -> str:
    return request.headers["webhook-id"]


class Post:
    """A tenant with endpoints, and processes that deliver to them."""

    def __init__(self, database: Database, ambient: Ambient, directory: Path, tenant_id: str) -> None:
        self.database = database
        self.ambient = ambient
        self.keyring = Keyring.open(directory / "vault.json", ambient)
        self.vault = Vault(database, self.keyring, ambient)
        self.endpoints = Endpoints(ambient, self.vault)
        self.disabling = Disabling(ambient, record)
        self.replica = Replica(Contents(self.vault, self.keyring.lookup(), ()), RESOURCES)
        self.owner = Owner(tenant_id, "test")
        self.outside = Outside()
        self.allowed = Allowed()
        self.delivering = self.process()

    @property
    def clock(self) -> Any:
        return self.ambient.clock

    def process(self, **pace: Any) -> Delivering:
        """One more process."""
        return Delivering(
            self.database,
            self.ambient,
            self.endpoints,
            self.disabling,
            self.replica,
            self.outside,
            self.allowed,
            Pace(**{"poll_s": 0.05, **pace}),
        )

    async def endpoint(
        self, url: str = "https://hooks.muster.example/", payload: str = "ids", **wanted: Any
    ) -> tuple[Target, str]:
        async with self.database.write() as session:
            plain = {"url": url, "description": None, "payload": payload}
            return await self.endpoints.add(session, self.owner, plain, Wanted(**wanted))

    async def target(self, id: str) -> Target:
        async with self.database.read() as session:
            return await self.endpoints.one(session, self.owner, id)

    async def publish(self, type: str = "invoice.updated", **more: Any) -> str:
        owner = msgspec.structs.asdict(self.owner)
        async with self.database.write() as session:
            before = set((await session.execute(select(EVENTS.c.id))).scalars())
            await tell(session, self.ambient, type=type, **{**owner, **more})
            return (set((await session.execute(select(EVENTS.c.id))).scalars()) - before).pop()

    async def rows(self, endpoint_id: str) -> list[Any]:
        """Deliveries, oldest first."""
        async with self.database.read() as session:
            return list(reversed(await deliveries.page(session, endpoint_id, {}, None, 20_000)))

    async def attempts(self, delivery_id: str) -> list[Any]:
        async with self.database.read() as session:
            return list(await deliveries.attempts_of(session, delivery_id))

    async def count(self, table: Any = ATTEMPTS) -> int:
        async with self.database.read() as session:
            return (await session.execute(select(func.count()).select_from(table))).scalar_one()

    async def deliver(self, process: Delivering | None = None) -> None:
        """All that is due now."""
        process = process or self.delivering
        while await process.step():
            await process.settle()

    async def next_due(self) -> datetime | None:
        pending = select(func.min(DELIVERIES.c.due_at)).where(DELIVERIES.c.state == deliveries.PENDING)
        async with self.database.read() as session:
            return (await session.execute(pending)).scalar_one()

    async def until(self, end: datetime) -> None:
        """Deliver at each moment at which something is due, on a clock that is moved by hand."""
        await self.deliver()
        while (due := await self.next_due()) is not None and due <= end:
            self.clock.at = max(self.clock.at, due)
            before = await self.count()
            await self.deliver()
            if await self.count() == before:  # its endpoint rests
                self.clock.at += timedelta(seconds=10)
        self.clock.at = max(end, self.clock.at)


@pytest.fixture
def by_hand() -> Ambient:
    """A clock that stands."""
    clock, randomness = HandClock(), SystemRandomness()
    return Ambient(clock=clock, randomness=randomness, ids=TimeSortedIds(clock, randomness))


async def posted(database: Database, ambient: Ambient, directory: Path) -> Post:
    async with database.write() as session:
        tenant = await Directory(ambient).create_tenant(session, "Muster Software GmbH")
    return Post(database, ambient, directory, tenant.id)


@pytest.fixture
async def post(database: Database, ambient: Ambient, tmp_path: Path) -> Post:
    return await posted(database, ambient, tmp_path)


@pytest.fixture
async def still(database: Database, by_hand: Ambient, tmp_path: Path) -> Post:
    """The same on a clock that is moved by hand."""
    return await posted(database, by_hand, tmp_path)
