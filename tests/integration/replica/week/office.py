"""A gateway that keeps a replica of the twin's books, and all its jobs, through days of a virtual clock."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx2
import msgspec
from sqlalchemy import select

from gateway.ambient import Ambient, SystemRandomness, TimeSortedIds
from gateway.persistence.tables import inbound_events, replica_rows, webhook_deliveries
from gateway.replica.sync import states
from gateway.upstream.transport import Transports
from gateway.webhooks.outbound.delivering import Delivering, Pace
from sandbox.lexoffice.courier import Courier
from sandbox.lexoffice.events import signing
from tests.integration.replica.agreement import Object
from tests.integration.replica.sync.books import Books, Meddling, SharedClock
from tests.integration.replica.sync.conftest import LONG
from tests.integration.replica.week.consumers import FeedReader, Receiver
from tests.integration.webhooks.conftest import Outside
from tests.integration.webhooks.inbound.conftest import twin_of
from tests.stage import Party, Stage, staged

BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = datetime(2026, 11, 16, 7, tzinfo=BERLIN)
COPIED = ("invoices", "credit-notes", "customers", "suppliers", "bills", "items")
HOOK = "https://hooks.muster.example/"
NOUNS = ("invoice", "credit-note", "customer", "supplier", "bill", "item")
LISTS = ("/v1/voucherlist", "/v1/contacts", "/v1/articles")
BY_DAY_S, BY_NIGHT_S = 3600.0 / LONG, 4 * 3600.0 / LONG
"""Between two rounds of the jobs; a job that wants to be called sooner waits for it."""


class Line(httpx2.AsyncBaseTransport):
    """Carries the vendor's callbacks to the gateway while it runs."""

    def __init__(self) -> None:
        self.app: Any = None

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        if self.app is None:
            raise httpx2.ConnectError("nobody is there")
        inner = httpx2.ASGITransport(app=self.app, raise_app_exceptions=False)
        return await inner.handle_async_request(request)


class Office:
    """The company, the gateway and the integrator's two programs."""

    def __init__(self, directory: Path) -> None:
        self.clock = SharedClock(MONDAY.astimezone(UTC))
        twin = twin_of(self.clock, 1)
        self.twin = twin.twin
        self.books = Books(self.twin, twin.identity.organizations[0].api_key, 1)
        self.company = self.books.organization
        self.feed, self.receiver = FeedReader(), Receiver()
        self.spent: Counter[tuple[str, str]] = Counter()
        """Calls at the vendor by the job that made them and what they read: `list`, `one`, `payments`."""
        self.looked_for: list[str] = []
        """Ids of what passes have read one by one."""
        self.passes = 0
        """That came to their end, over one list each."""
        self.named = 0
        """Objects that events named, counted anew in each round."""
        self._directory = directory
        self._app = twin
        self._line = Line()
        self._wire = Meddling(httpx2.ASGITransport(app=twin), self.clock)
        twin.courier = Courier(self.twin, httpx2.AsyncClient(transport=self._line))
        self._courier = twin.courier
        self._outside = Outside()
        self._outside.answers["hooks.muster.example"] = self.receiver.answer
        self._open = AsyncExitStack()
        self._looked_at = datetime.min.replace(tzinfo=UTC)
        self.stage: Stage
        self.party: Party

    # --- the gateway's life ---------------------------------------------------------------------------------

    async def start(self) -> None:
        """A process over what is durable."""
        key = self._directory / "events.pem"
        key.write_text(signing.public_half(self.twin.webhook_key()))
        randomness = SystemRandomness()
        self.stage = await self._open.enter_async_context(
            staged(
                self._directory,
                ambient=Ambient(
                    clock=self.clock, ids=TimeSortedIds(self.clock, randomness), randomness=randomness
                ),
                transports=Transports(base=self._wire),
                dialling=self._outside,
                twin_url="http://127.0.0.1:8091",
                webhook_keys=msgspec.json.encode({"lexoffice-sandbox": str(key)}).decode(),
            )
        )
        self.stage.twin = self._app
        self.stage.rooms.synchronizer.only = COPIED
        self._line.app = self.stage.app
        rooms = self.stage.rooms
        self.delivering = Delivering(
            rooms.database,
            rooms.ambient,
            rooms.endpoints,
            rooms.disabling,
            rooms.replica,
            rooms.dialling,
            rooms.webhooks_allowed,
            Pace(poll_s=0.05),
        )

    async def stop(self) -> None:
        """What was in memory is gone, and callbacks reach nobody."""
        self._line.app = None
        await self._open.aclose()

    async def die_amid_work(self) -> None:
        """Callbacks are stored and not followed, a pass over all has done one step, webhooks are taken and
        not sent; nothing more is heard of this process.
        """
        await self._courier.deliver()
        synchronizer, steps = self.stage.rooms.synchronizer, iter([False])
        synchronizer.told_to_stop, synchronizer.whole_every = lambda: next(steps, True), timedelta(0)
        self.clock.advance(600)
        await synchronizer.run(*self.whose, "job_of_tests")
        await self.delivering._fanning.run()
        assert await self.delivering._taken()
        await self.stop()

    async def call(self, method: str, path: str, **more: Any) -> Any:
        """What the integrator's program is answered."""
        answer = await self.stage.call(method, path, self.party, **more)
        assert answer.status_code < 300, (path, answer.text)
        return answer.json()

    async def connect(self) -> None:
        """The connection keeps a replica from now on, and the integrator is told of everything."""
        self.party = await self.stage.party(twin_api_key=self._app.identity.organizations[0].api_key)
        types = [f"{noun}.{verb}" for noun in NOUNS for verb in ("*", "loaded")]
        await self.call("POST", "/v1/webhook-endpoints", json={"url": HOOK, "eventTypes": types})
        await self.call("PATCH", f"/v1/connections/{self.party.connection_id}", json={"keepsReplica": True})

    # --- its jobs -------------------------------------------------------------------------------------------

    async def until(self, end: datetime, step_s: float | None = None) -> None:
        """Everything that is to be done up to then."""
        while (left_s := (end - self.clock.now()).total_seconds()) > 0:
            by_day = 8 <= self.clock.now().astimezone(BERLIN).hour < 20
            self.clock.advance(min(step_s or (BY_DAY_S if by_day else BY_NIGHT_S), left_s))
            await self.round()

    async def round(self) -> None:
        """Each job once."""
        await self._courier.deliver()
        if self._line.app is None:
            return
        await self._follow()
        if self.clock.now() >= self._looked_at:
            await self._look()
        await self._go_over()
        await self.deliver()

    @property
    def whose(self) -> tuple[str, Any, str]:
        return (self.party.tenant_id, self.party.environment, self.party.connection_id)

    async def _follow(self) -> None:
        waits = select(inbound_events.c.resource_id).where(inbound_events.c.settled_at.is_(None)).distinct()
        async with self.stage.rooms.database.read() as session:
            self.named += len((await session.execute(waits)).all())
        async with self._spending("events"):
            while await self.stage.rooms.follower.run(*self.whose) == 0.0:
                pass

    async def _look(self) -> None:
        async with self._spending("subscriptions"):
            wait_s = await self.stage.rooms.subscriber.run(*self.whose)
        assert wait_s is not None
        self._looked_at = self.clock.now() + timedelta(seconds=wait_s)

    async def _go_over(self) -> None:
        before = await self._ended()
        async with self._spending("passes"):
            while await self.stage.rooms.synchronizer.run(*self.whose, "job_of_tests") == 0.0:
                pass
        after = await self._ended()
        self.passes += sum(after[name] != before.get(name) for name in after)

    async def _ended(self) -> dict[str, datetime | None]:
        async with self.stage.rooms.database.read() as session:
            found = await states.of_connection(session, self.party.tenant_id, self.party.connection_id)
        assert all(sync.error is None for sync in found.values())
        return {name: sync.ended_at for name, sync in found.items()}

    async def deliver(self) -> None:
        """All webhooks that are due."""
        while await self.delivering.step():
            await self.delivering.settle()

    async def read_feed(self) -> None:
        async def get(parameters: dict[str, str]) -> dict[str, Any]:
            return await self.call("GET", "/v1/events", params=parameters)

        await self.feed.read(get)

    @asynccontextmanager
    async def _spending(self, job: str) -> AsyncIterator[None]:
        before = self.twin.ledger.count
        yield
        for call in reversed(self.twin.ledger.calls):
            if call.number <= before:
                return
            kind = "list" if call.path in LISTS else "payments" if "/payments/" in call.path else "one"
            self.spent[job, kind] += 1
            if job == "passes" and kind == "one":
                self.looked_for.append(call.path.rpartition("/")[2])

    # --- what is left of it ---------------------------------------------------------------------------------

    async def documents(self) -> dict[Object, Any]:
        """All that the replica holds of what is gone over, by resource and id."""
        there = (replica_rows.c.gone_at.is_(None), replica_rows.c.document.is_not(None))
        columns = (replica_rows.c.resource, replica_rows.c.id, replica_rows.c.document)
        wanted = select(*columns).where(*there, replica_rows.c.resource.in_(COPIED))
        async with self.stage.rooms.database.read() as session:
            found = await session.execute(wanted)
        return {(row.resource, row.id): msgspec.json.decode(row.document) for row in found}

    async def listed(self, resource: str) -> list[Any]:
        """As the integrator reads it of the replica."""
        path, headers = f"/v1/accounting/{resource}", {"Cache-Control": "only-if-cached"}
        return (await self.call("GET", path, headers=headers, params={"limit": 250}))["data"]

    async def deliveries(self) -> Counter[str]:
        """By their state."""
        async with self.stage.rooms.database.read() as session:
            return Counter((await session.execute(select(webhook_deliveries.c.state))).scalars())
