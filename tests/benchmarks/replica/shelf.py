"""A connection with a full replica: what every subject of this benchmark reads."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, datetime, timedelta
from typing import Any

import msgspec
from msgspec import Raw, Struct
from sqlalchemy import String, cast, insert, literal, select, text

from connectors.base.operations import OPERATIONS
from connectors.base.paging import ListQuery, Record
from gateway.api.examples import example_record
from gateway.api.rooms import Rooms
from gateway.persistence.database import Database
from gateway.persistence.tables import connections, replica_rows
from gateway.replica.keys import keys_of, nothing
from gateway.replica.rows import Place, place_of
from gateway.replica.selecting import selected
from gateway.settings import Settings
from gateway.wiring import build_rooms, close_rooms
from schemas import RESOURCES
from schemas.invoices import Invoice
from tests.benchmarks.account import prepare

DOCUMENTS = 1_000
PAGE = 100
DAYS = 365
LINES = 3
SHELF = "BENCH_SHELF"
"""Variable that names a shelf to a subject, as JSON."""
EXAMPLE = msgspec.convert(example_record(RESOURCES["invoices"], OPERATIONS["get"]), Invoice)


class Shelf(Struct, frozen=True):
    """Where the documents are, and how Kontor is asked for them."""

    database_url: str
    place: Place
    keys: dict[str, str]
    ids: list[str]


def shelf_of_environment() -> Shelf:
    """The one that this subject was started for."""
    return msgspec.json.decode(os.environ[SHELF], type=Shelf)


def page_of(shelf: Shelf) -> tuple[Any, dict[str, Any]]:
    """The statement behind the first page of invoices, and its values."""
    resource = RESOURCES["invoices"]
    query = ListQuery(filters=resource.filters(), limit=PAGE)
    form, values = selected(shelf.place, resource, keys_of(resource), query, None, raw=False)
    return form.statement, values


def invoice(number: int, day: date) -> Record[Invoice]:
    """A full invoice with a few lines; newer numbers are of later days."""
    data = msgspec.structs.replace(
        EXAMPLE,
        id=f"{number:08x}-0000-4000-8000-000000000000",
        number=f"RE{number:06}",
        issued_on=day,
        lines=list(EXAMPLE.lines) * LINES,
    )
    return Record(data=data, raw=Raw(b"{}"))


@asynccontextmanager
async def place(settings: Settings) -> AsyncIterator[tuple[Rooms, Place, dict[str, str]]]:
    """The empty replica of a new connection's invoices, and the headers that open it."""
    keys = await prepare(settings)
    rooms = build_rooms(settings)
    try:
        async with rooms.database.read() as session:
            row = (await session.execute(select(connections.c.tenant_id, connections.c.id))).one()
            connection = await rooms.connections.get(session, row.tenant_id, "test", row.id)
        assert connection is not None
        async with rooms.database.write() as session:
            await rooms.connections.set_replica(session, connection.id, True)
        yield rooms, place_of(connection, "invoices"), keys
    finally:
        await close_rooms(rooms)


async def fill(settings: Settings) -> Shelf:
    """A tenant with a complete replica of its invoices, the way that reads fill it."""
    async with place(settings) as (rooms, at, keys):
        now = rooms.ambient.clock.now()
        first = now.date() - timedelta(days=DAYS)
        records = [invoice(n, first + timedelta(days=n * DAYS // DOCUMENTS)) for n in range(DOCUMENTS)]
        async with rooms.database.write() as session:
            await rooms.replica.put(session, at, records, read_at=now)
            await rooms.replica.complete(session, at, now + timedelta(days=1))  # never too old
            await session.execute(text("ANALYZE"))
    return Shelf(settings.database_url, at, keys, [record.data.id for record in records])


async def pile(database: Database, at: Place, rows: int, now: datetime) -> None:
    """So many small rows, made by the database itself: what a keyset page finds its way among."""
    numbers = text(
        "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < :rows) SELECT i FROM n"
        if database.dialect == "sqlite"
        else "SELECT generate_series(0, :rows - 1) AS i"
    )
    counted = numbers.bindparams(rows=rows).columns(i=replica_rows.c.sequence.type).subquery()
    padded = literal("k").concat(cast(counted.c.i + 10_000_000, String))
    values = {
        **{name: literal(value) for name, value in at.columns.items()},
        **{name: literal(value) for name, value in nothing().items()},
        **{f"key_{number}": padded for number in range(1, 5)},
        "id": padded,
        "document": literal(b'{"id":"small"}'),
        "sealed": literal(False),
        "read_at": literal(now, replica_rows.c.read_at.type),
        "changed_at": literal(now, replica_rows.c.changed_at.type),
        "untold": literal(""),
        "sequence": counted.c.i,
        "shape": literal(""),
    }
    async with database.write() as session:
        made = select(*(value.label(name) for name, value in values.items())).select_from(counted)
        await session.execute(insert(replica_rows).from_select(list(values), made))
        await session.execute(text("ANALYZE"))
