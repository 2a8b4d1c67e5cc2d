from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import httpx2
import pytest
from sqlalchemy import select

from connectors.lexoffice.client import ENCODER
from connectors.lexoffice.resources.invoices import to_native
from gateway.api.intake import fit
from gateway.dispatch import NOBODY
from gateway.persistence.tables import write_journal
from schemas.invoices import InvoiceInput
from tests.stage import Party, Stage, staged
from tests.unit.upstream.virtual import VirtualClock, stand_still, virtual

INVOICE = {
    "issuedOn": "2026-11-20",
    "buyer": {"name": "Erika Muster", "address": {"countryCode": "DE"}},
    "lines": [
        {
            "type": "custom",
            "name": "Beratung",
            "quantity": "1",
            "unitName": "Stunde",
            "unitPrice": "95",
            "taxRate": "19",
        }
    ],
}
INVOICES = "/v1/accounting/invoices"
WINDOW_S, SETTLE_S = 35, 150
"""The defaults: so long the vendor may be at work on a write, and so long its lists may trail behind."""


class SameTime:
    """The twin's clock, which is the gateway's, or so many seconds ahead of it."""

    def __init__(self, clock: VirtualClock, ahead_s: float = 0.0) -> None:
        self._clock = clock
        self._ahead = timedelta(seconds=ahead_s)

    def now(self) -> datetime:
        now = self._clock.now() + self._ahead
        return now.replace(microsecond=now.microsecond // 1000 * 1000)

    def advance(self, seconds: float) -> None:
        raise AssertionError("the test moves time")


class Shop:
    """A caller of a gateway whose vendor can be made to lose answers; time stands still between calls."""

    def __init__(self, stage: Stage, party: Party, clock: VirtualClock) -> None:
        self.stage = stage
        self.party = party
        self.clock = clock
        self.twin = stage.twin.twin

    async def create(self, key: str = "k-1", **changes: object) -> httpx2.Response:
        return await self.call("POST", INVOICES, key=key, json={**INVOICE, **changes})

    async def by_hand(self, **changes: object) -> None:
        """Somebody writes an invoice in the vendor's application."""
        content = ENCODER.encode(to_native(fit({**INVOICE, **changes}, InvoiceInput), NOBODY))
        key = self.stage.twin.identity.organizations[0].api_key
        headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}
        transport = httpx2.ASGITransport(app=self.stage.twin)  # pyright: ignore[reportArgumentType]
        async with httpx2.AsyncClient(transport=transport) as hand:
            made = await hand.post("http://twin.test/v1/invoices", headers=headers, content=content)
        assert made.status_code == 201, made.text

    async def call(self, method: str, path: str, **more: object) -> httpx2.Response:
        return await self.stage.call(method, path, self.party, **more)  # pyright: ignore[reportArgumentType]

    async def operation(self, answer: httpx2.Response) -> dict[str, object]:
        """The operation that an answer names."""
        return await self.data("GET", f"/v1/operations/{answer.headers['kontor-operation']}")

    async def data(self, method: str, path: str, **more: object) -> dict[str, object]:
        answer = await self.call(method, path, **more)
        assert answer.status_code < 300, answer.text
        return answer.json()["data"]

    def sent(self, path: str = "/v1/invoices", method: str = "POST") -> int:
        """How often the vendor's books were written to."""
        return sum(call.executed and call.path == path for call in self.twin.ledger.of(method))

    def tried(self, path: str = "/v1/invoices", method: str = "POST") -> int:
        """How often a write came, done or not."""
        return sum(call.path == path for call in self.twin.ledger.of(method))

    async def wait(self, seconds: float) -> None:
        """Let time pass, looking whenever a look is due."""
        end = self.clock.time + seconds
        while (look_at := await self.next_look()) <= end:
            self.clock.time = max(self.clock.time, look_at)
            await self.stage.rooms.reconciler.run_due()
        self.clock.time = end

    async def next_look(self) -> float:
        """When a look is due, on the clock of the test."""
        async with self.stage.rooms.database.read() as session:
            due = select(write_journal.c.look_at).where(write_journal.c.state == "unknown")
            found = (await session.execute(due.order_by(write_journal.c.look_at).limit(1))).scalar()
        start = self.clock.now().timestamp() - self.clock.time
        return float("inf") if found is None else found.timestamp() - start

    async def mark_writes(self) -> None:
        changed = await self.data(
            "PATCH", f"/v1/connections/{self.party.connection_id}", json={"marksWrites": True}
        )
        assert changed["marksWrites"] is True


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    clock, ambient = virtual()
    async with staged(tmp_path, ambient) as stage:
        stage.twin.twin.clock = SameTime(clock)
        stand_still(clock, stage.rooms.database)
        yield Shop(stage, await stage.party(partner=True), clock)
