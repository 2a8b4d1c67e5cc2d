from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec import Raw
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from connectors.base.operations import OPERATIONS
from connectors.base.paging import ListQuery, Record
from gateway.ambient import Ambient
from gateway.api.examples import example_record
from gateway.credentials.keyring import Keyring
from gateway.credentials.vault import Vault
from gateway.persistence.database import Database
from gateway.persistence.tables import connections
from gateway.persistence.tables import replica_rows as ROWS
from gateway.replica.contents import Contents
from gateway.replica.rows import Changed, Held, HeldPage, Place, State
from gateway.replica.store import Replica
from gateway.tenants.connections import Connections
from gateway.tenants.directory import Directory
from schemas import RESOURCES
from schemas.invoices import Invoice
from schemas.sales_documents import SalesFilters
from tests.integration.replica.reader import Reader
from tests.stage import Stage

BEGIN = datetime(2026, 11, 20, 9, tzinfo=UTC)
EXAMPLE = msgspec.convert(example_record(RESOURCES["invoices"], OPERATIONS["get"]), Invoice)


def at(minutes: float) -> datetime:
    """So long after the beginning."""
    return BEGIN + timedelta(minutes=minutes)


def invoice(id: str = "i-1", **changes: Any) -> Record[Invoice]:
    """An invoice as it is read; `changes` replace its fields, `customer_id` its buyer's."""
    if "customer_id" in changes:
        changes["buyer"] = msgspec.structs.replace(EXAMPLE.buyer, customer_id=changes.pop("customer_id"))
    untold = changes.pop("fields_unavailable", ())
    base: dict[str, Any] = {"id": id, "updated_at": None, "version": None, "issued_on": date(2026, 11, 20)}
    data = msgspec.structs.replace(EXAMPLE, **{**base, **changes})
    return Record(data=data, raw=Raw(b'{"id":"%s"}' % id.encode()), fields_unavailable=untold)


def query(limit: int = 100, **more: Any) -> ListQuery:
    """A list query; what is no part of one is a filter."""
    own = {
        name: more.pop(name) for name in ("sort", "updated_since", "search", "continuation") if name in more
    }
    return ListQuery(filters=SalesFilters(**more), limit=limit, **own)


class Shelf:
    """One resource of one connection in a replica over a real database."""

    def __init__(self, database: Database, replica: Replica, place: Place) -> None:
        self.database = database
        self.replica = replica
        self.place = place

    async def put(self, *records: Record[Any], read: float = 0) -> list[Changed]:
        async with self.database.write() as session:
            return await self.replica.put(session, self.place, records, read_at=at(read))

    async def bury(self, *ids: str, found: float) -> list[Changed]:
        async with self.database.write() as session:
            return await self.replica.bury(session, self.place, ids, at=at(found))

    async def mark(self, *ids: str, written: float, made: bool = False) -> None:
        async with self.database.write() as session:
            await self.replica.mark(session, self.place, ids, at=at(written), made=made)

    async def complete(self, as_of: float) -> bool:
        async with self.database.write() as session:
            return await self.replica.complete(session, self.place, at(as_of))

    async def get(self, id: str) -> Held | None:
        async with self.database.glance() as session:
            return await self.replica.get(session, self.place, id, raw=True)

    async def state(self) -> State:
        """Its counts are those of the rows, or this fails."""
        async with self.database.read() as session:
            state = await self.replica.state(session, self.place)
            assert state.held == await recount(session, self.place)
        return state

    async def page(self, asked: ListQuery | None = None, *, raw: bool = False) -> HeldPage:
        async with self.database.glance() as session:
            return await self.replica.page(session, self.place, asked or query(), raw=raw)

    async def ids(self, **asked: Any) -> list[str]:
        """Of all pages."""
        found: list[str] = []
        continuation = None
        while True:
            page = await self.page(query(**asked, continuation=continuation))
            found += [msgspec.json.decode(document)["id"] for document in page.documents]
            if page.next is None:
                return found
            continuation = page.next


class House:
    """Makes shelves: each a connection of its own."""

    def __init__(self, database: Database, ambient: Ambient, directory: Path) -> None:
        self.database = database
        self.keyring = Keyring.open(directory / "vault.json", ambient)
        self.vault = Vault(database, self.keyring, ambient)
        self.sealed: tuple[str, ...] = ()
        self._ambient = ambient

    def contents(self, *sealed: str) -> Contents:
        return Contents(self.vault, self.keyring.lookup(), sealed or self.sealed)

    def replica(self, *sealed: str) -> Replica:
        return Replica(self.contents(*sealed), RESOURCES)

    async def shelf(
        self,
        resource: str = "invoices",
        *,
        sealed: bool = False,
        keeps: bool = True,
        tenant: str | None = None,
    ) -> Shelf:
        made = Connections(self.database, self._ambient, self.keyring.lookup())
        async with self.database.write() as session:
            tenant = tenant or (await Directory(self._ambient).create_tenant(session, "Muster")).id
            connection = await made.create(
                session,
                tenant_id=tenant,
                environment="test",
                target="lexoffice-sandbox",
                credential_kind="api_key",
            )
            own = connections.c.id == connection.id
            await session.execute(update(connections).where(own).values(keeps_replica=keeps))
        place = Place(tenant_id=tenant, connection_id=connection.id, environment="test", resource=resource)
        return Shelf(self.database, self.replica(*(("test",) if sealed else ())), place)


@pytest.fixture
async def house(database: Database, ambient: Ambient, tmp_path: Path) -> House:
    return House(database, ambient, tmp_path)


@pytest.fixture
async def shelf(house: House) -> Shelf:
    """Invoices of one connection."""
    return await house.shelf()


@pytest.fixture
async def reader(stage: Stage) -> Reader:
    stage.rooms.upstream.retries.begin = lambda: False
    stage.rooms.upstream.circuits.any.clear()
    reader = Reader(stage, await stage.party())
    assert (await reader.keep()).status_code == 200
    return reader


@pytest.fixture
async def passing(stage: Stage) -> Reader:
    """Over a connection that keeps nothing."""
    return Reader(stage, await stage.party())


async def recount(session: AsyncSession, place: Place) -> int:
    """How many objects are held, counted: what `State.held` has to equal."""
    held = (*place.within(ROWS), ROWS.c.gone_at.is_(None), ROWS.c.document.is_not(None))
    return (await session.execute(select(func.count()).select_from(ROWS).where(*held))).scalar_one()
