"""A connection whose books are copied, told of and delivered."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import Table, func, insert, select

from gateway.persistence.tables import (
    events,
    inbound_events,
    webhook_attempts,
    webhook_deliveries,
)
from gateway.replica.rows import place_of
from gateway.replica.sync import states
from gateway.tenants.model import Connection
from tests.integration.replica.conftest import invoice
from tests.stage import Party, Stage


class Kept(msgspec.Struct, kw_only=True):
    """A caller with a connection that keeps a replica, and what there is of it."""

    stage: Stage
    party: Party

    @property
    def path(self) -> str:
        return f"/v1/connections/{self.party.connection_id}"

    async def connection(self) -> Connection:
        async with self.stage.rooms.database.read() as session:
            party = self.party
            found = await self.stage.rooms.connections.get(
                session, party.tenant_id, party.environment, party.connection_id
            )
        assert found is not None
        return found

    async def put(self, *ids: str, **changes: Any) -> None:
        """Invoices that were read just now."""
        rooms, place = self.stage.rooms, place_of(await self.connection(), "invoices")
        records = [invoice(id, **changes) for id in ids]
        async with rooms.database.write() as session:
            await rooms.replica.put(session, place, records, read_at=rooms.ambient.clock.now())

    async def bury(self, *ids: str) -> None:
        rooms, place = self.stage.rooms, place_of(await self.connection(), "invoices")
        async with rooms.database.write() as session:
            await rooms.replica.bury(session, place, ids, at=rooms.ambient.clock.now())

    async def fill(self) -> None:
        """Documents, a tombstone, a pass, an event of the vendor's, and a delivery with its attempt."""
        await self.put("i-1", "i-2", "i-3")
        await self.bury("i-3")
        rooms, connection = self.stage.rooms, await self.connection()
        now = rooms.ambient.clock.now()
        whose = {"tenant_id": connection.tenant_id, "connection_id": connection.id}
        hook = await self.call("POST", "/v1/webhook-endpoints", json={"url": "https://hooks.muster.example/"})
        async with rooms.database.write() as session:
            await states.ask(session, place_of(connection, "invoices"), now)
            told = {"resource_id": "i-1", "type": "invoice.changed", "state": "waiting", "attempts": 0}
            when = dict.fromkeys(("at", "received_at", "due_at"), now - timedelta(seconds=1))
            row = {**whose, **told, **when, "id": f"inb_{connection.id}", "environment": "test"}
            await session.execute(insert(inbound_events), [row])
            of_object = (events.c.connection_id == connection.id, events.c.sequence.is_not(None))
            event = (await session.execute(select(events).where(*of_object).limit(1))).one()
            delivery = {
                "id": f"dlv_{connection.id}",
                "tenant_id": connection.tenant_id,
                "endpoint_id": hook.json()["data"]["id"],
                "event_id": event.id,
                "event_type": event.type,
                "state": "failed",
                "step": 1,
                "attempts": 1,
                "occurred_at": now,
                "created_at": now,
            }
            await session.execute(insert(webhook_deliveries), [delivery])
            attempt = {
                "delivery_id": delivery["id"],
                "tenant_id": connection.tenant_id,
                "number": 1,
                "at": now,
                "duration_ms": 1,
                "answer": "no",
            }
            await session.execute(insert(webhook_attempts), [attempt])

    async def call(self, method: str, path: str, **more: Any) -> Any:
        return await self.stage.call(method, path, self.party, **more)

    async def keep(self, keeps: bool) -> Any:
        return await self.call("PATCH", self.path, json={"keepsReplica": keeps})

    async def counts(self, tables: Sequence[Table]) -> dict[str, int]:
        """Rows of this connection; of deliveries and attempts, of its tenant."""
        found = {}
        async with self.stage.rooms.database.read() as session:
            for table in tables:
                by = "connection_id" if "connection_id" in table.c else "tenant_id"
                own = table.c[by] == getattr(self.party, by)
                count = select(func.count()).select_from(table).where(own)
                found[table.name] = (await session.execute(count)).scalar_one()
        return found


@pytest.fixture
async def kept(stage: Stage, party: Party) -> Kept:
    """A connection that keeps a replica, still empty."""
    made = Kept(stage=stage, party=party)
    assert (await made.keep(True)).status_code == 200
    return made
