from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import msgspec
import pytest
from sqlalchemy import select

from gateway.ambient import Ambient, SystemRandomness, TimeSortedIds
from gateway.persistence.database import Database
from gateway.persistence.tables import inbound_events, replica_rows
from gateway.upstream.transport import Transports
from sandbox.lexoffice.app import TwinApp, create_app
from sandbox.lexoffice.clock import SeededIds
from sandbox.lexoffice.courier import Courier
from sandbox.lexoffice.events import signing
from sandbox.lexoffice.quirks import Quirks
from sandbox.lexoffice.settings import TwinSettings
from sandbox.lexoffice.state import Organization, Subscription
from sandbox.lexoffice.twin import Twin
from tests.integration.replica.sync.books import Books, Meddling, SharedClock
from tests.stage import TWIN_URL, Party, Stage, staged

KEYS: list[str] = []
"""One private key for all twins here: making one takes long."""


class Told(msgspec.Struct, kw_only=True):
    """A gateway that a twin tells of its events, both on one clock."""

    stage: Stage
    party: Party
    books: Books
    clock: SharedClock
    courier: Courier
    wire: Meddling
    settled: list[int | str]
    """What the gateway answered to each callback."""

    @property
    def twin(self) -> Twin:
        return self.books.twin

    @property
    def company(self) -> Organization:
        return self.books.organization

    @property
    def database(self) -> Database:
        return self.stage.rooms.database

    @property
    def path(self) -> str:
        return f"/hooks/lexoffice-sandbox/{self.party.connection_id}"

    async def keep(self, keeps: bool = True) -> None:
        path = f"/v1/connections/{self.party.connection_id}"
        answer = await self.stage.call("PATCH", path, self.party, json={"keepsReplica": keeps})
        assert answer.status_code == 200, answer.text

    async def look(self) -> float | None:
        """One round of the job that looks after subscriptions."""
        party = self.party
        return await self.stage.rooms.subscriber.run(party.tenant_id, "test", party.connection_id)

    async def subscribe(self) -> None:
        await self.keep()
        await self.look()
        assert len(self.company.subscriptions) == 42

    async def view(self) -> dict[str, Any]:
        path = f"/v1/connections/{self.party.connection_id}"
        return (await self.stage.call("GET", path, self.party)).json()["data"]["vendorEvents"]

    def callbacks(self, *types: str) -> list[tuple[str, bytes, dict[str, str]]]:
        """What the vendor is about to send: type, body, headers."""
        self.twin.catch_up()
        postings = self.twin.collect_postings()
        found = [(msgspec.json.decode(one.body)["eventType"], one.body, one.headers) for one in postings]
        return [one for one in found if not types or one[0] in types]

    async def post(self, body: bytes, headers: dict[str, str], path: str | None = None) -> int:
        answer = await self.stage.client.post(path or self.path, content=body, headers=headers)
        return answer.status_code

    async def deliver(self) -> int:
        """Everything that is due, carried over the wire."""
        return await self.courier.deliver()

    async def follow(self, most: int = 500) -> float | None:
        """As the job does, round after round, until nothing is left to be read now."""
        party = self.party
        for _ in range(most):
            wait = await self.stage.rooms.follower.run(party.tenant_id, "test", party.connection_id)
            if wait is None or wait > 0:
                return wait
        raise AssertionError("it does not come to an end")

    async def states(self) -> Counter[str]:
        """How many stored events are in each state."""
        async with self.database.read() as session:
            return Counter((await session.execute(select(inbound_events.c.state))).scalars())

    async def reasons(self) -> set[str]:
        async with self.database.read() as session:
            return set((await session.execute(select(inbound_events.c.reason))).scalars()) - {None}

    async def row(self, resource: str, id: str) -> dict[str, Any] | None:
        """What the replica holds; None: it knows of nothing there."""
        where = (replica_rows.c.resource == resource, replica_rows.c.id == id)
        columns = (replica_rows.c.document, replica_rows.c.gone_at)
        async with self.database.read() as session:
            found = (await session.execute(select(*columns).where(*where))).one_or_none()
        return None if found is None or found.gone_at else msgspec.json.decode(found.document)

    async def documents(self) -> dict[tuple[str, str], Any]:
        """All that the replica holds, by resource and id."""
        columns = (replica_rows.c.resource, replica_rows.c.id, replica_rows.c.document)
        there = (replica_rows.c.gone_at.is_(None), replica_rows.c.document.is_not(None))
        async with self.database.read() as session:
            found = await session.execute(select(*columns).where(*there))
        return {(row.resource, row.id): msgspec.json.decode(row.document) for row in found}

    async def go_over_all(self, most: int = 500) -> None:
        """One pass over each list, as the job does."""
        party = self.party
        for _ in range(most):
            run = self.stage.rooms.synchronizer.run
            wait = await run(party.tenant_id, "test", party.connection_id, "job_of_tests")
            if wait is None or wait > 0:
                return
        raise AssertionError("it does not come to an end")

    def reads(self) -> list[str]:
        """Paths of what the gateway has read at the vendor, without subscriptions and what this test's
        people did themselves.
        """
        own = self.stage.twin.twin.ledger.calls
        return [c.path for c in own if c.method == "GET" and "event-subscriptions" not in c.path]


class Answering(httpx2.AsyncBaseTransport):
    """Carries callbacks to the application, and remembers the answers."""

    def __init__(self, app: Any, answers: list[int | str]) -> None:
        self._inner = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
        self._answers = answers

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        answer = await self._inner.handle_async_request(request)
        if request.method == "POST":
            self._answers.append(answer.status_code)
        return answer


@asynccontextmanager
async def told_by_a_twin(
    directory: Path, database_url: str = "", seed: int = 1, **settings: Any
) -> AsyncIterator[Told]:
    clock = SharedClock()
    twin = twin_of(clock, seed)
    key = directory / "events.pem"
    key.write_text(signing.public_half(twin.twin.webhook_key()))
    randomness = SystemRandomness()
    ambient = Ambient(clock=clock, ids=TimeSortedIds(clock, randomness), randomness=randomness)
    given = {
        "twin_url": "http://127.0.0.1:8091",
        "webhook_keys": msgspec.json.encode({"lexoffice-sandbox": str(key)}).decode(),
        "database_url": database_url,
        **settings,
    }
    wire = Meddling(httpx2.ASGITransport(app=twin), clock, takes_s=0.0)
    transports = Transports(base=wire)
    async with staged(directory, ambient=ambient, transports=transports, **given) as stage:
        stage.twin = twin
        api_key = twin.identity.organizations[0].api_key
        party = await stage.party(twin_api_key=api_key)
        settled: list[int | str] = []
        client = httpx2.AsyncClient(transport=Answering(stage.app, settled))
        twin.courier = courier = Courier(twin.twin, client)
        yield Told(
            stage=stage,
            party=party,
            books=Books(twin.twin, api_key, seed),
            clock=clock,
            courier=courier,
            wire=wire,
            settled=settled,
        )
        await courier.stop()


def twin_of(clock: SharedClock, seed: int) -> TwinApp:
    quirks = Quirks(rate_limit=False)
    twin = create_app(TwinSettings(public_url=TWIN_URL, quirks=quirks), clock=clock, ids=SeededIds(seed))
    if KEYS:
        twin.twin.world.webhook_key = KEYS[0]
    KEYS[:] = [twin.twin.webhook_key()]
    return twin


def of_another_url(told: Told, type: str, url: str) -> None:
    """A subscription that this gateway has not made, or made under another address."""
    (connection,) = {one.connection_id for one in told.company.subscriptions.values()}
    id = told.twin.ids.uuid()
    told.company.subscriptions[id] = Subscription(id, type, url, told.clock.now(), connection)


@pytest.fixture
async def told(tmp_path: Path) -> AsyncIterator[Told]:
    async with told_by_a_twin(tmp_path) as found:
        yield found
