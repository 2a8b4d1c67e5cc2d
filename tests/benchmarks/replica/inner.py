"""Pages without HTTP: their CPU time beside the bare driver's, and how it grows with the rows around them."""

import asyncio
from datetime import UTC, datetime
from statistics import median
from time import perf_counter, process_time
from typing import Any

import msgspec
import psycopg
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import make_url

from connectors.base.paging import ListQuery
from gateway.ambient import system
from gateway.credentials.keyring import Keyring
from gateway.credentials.vault import Vault
from gateway.persistence.database import Database
from gateway.replica.contents import Contents
from gateway.replica.store import Replica
from schemas import RESOURCES
from schemas.base import Resource
from tests.benchmarks.replica.shelf import PAGE, Shelf, page_of, pile

FEW, MANY = 1_000, 1_000_000
TIMES = 200


class Pages(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """CPU microseconds a page, and the p50 of pages among few and many rows; None where it was not taken."""

    ours_cpu_us: list[float]
    driver_cpu_us: list[float]
    few_p50_us: float | None = None
    many_p50_us: float | None = None


def replica_of(database: Database, directory: str, resources: dict[str, Resource] = RESOURCES) -> Replica:
    """A replica that seals nothing."""
    ambient = system()
    keyring = Keyring.open(f"{directory}/vault.json", ambient)
    return Replica(Contents(Vault(database, keyring, ambient), keyring.lookup(), ()), resources)


async def beside_the_driver(shelf: Shelf, directory: str, rounds: int) -> Pages:
    """On PostgreSQL: the same page by the driver alone, binary and joined."""
    database = Database.open(shelf.database_url)
    replica = replica_of(database, directory)
    query = ListQuery(filters=RESOURCES["invoices"].filters(), limit=PAGE)
    statement, values = page_of(shelf)
    bare = str(
        statement.with_only_columns(statement.selected_columns["document"])
        .params(values)
        .compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True})
    )
    place = make_url(shelf.database_url).set(drivername="postgresql").render_as_string(hide_password=False)
    driver = await psycopg.AsyncConnection.connect(place, autocommit=True)

    async def ours() -> bytes:
        async with database.glance() as session:
            page = await replica.page(session, shelf.place, query)
        return b"[" + b",".join(page.documents) + b"]"

    async def drivers() -> bytes:
        async with driver.cursor(binary=True) as cursor:
            await cursor.execute(bare.encode())
            rows = await cursor.fetchall()
        return b"[" + b",".join([row[0] for row in rows[:-1]]) + b"]"

    assert await ours() == await drivers()
    measured: dict[Any, list[float]] = {ours: [], drivers: []}
    for _ in range(rounds):
        for one, times in measured.items():
            times.append(await _cpu_us(one))
    await driver.close()
    await database.dispose()
    return Pages(ours_cpu_us=measured[ours], driver_cpu_us=measured[drivers])


async def among(shelf: Shelf, directory: str, rounds: int) -> tuple[float, float]:
    """p50 of a page in the middle of few and of many rows, in microseconds."""
    database = Database.open(shelf.database_url)
    now = datetime.now(UTC)
    places = {rows: msgspec.structs.replace(shelf.place, resource=f"pile-{rows}") for rows in (FEW, MANY)}
    for rows, place in places.items():
        await pile(database, place, rows, now)
    replica = replica_of(
        database, directory, {place.resource: RESOURCES["invoices"] for place in places.values()}
    )
    taken: dict[int, list[float]] = {FEW: [], MANY: []}
    for _ in range(rounds):
        for rows, place in places.items():
            middle = f'["k{10_000_000 + rows // 2}","k{10_000_000 + rows // 2}"]'
            query = ListQuery(filters=RESOURCES["invoices"].filters(), limit=PAGE, continuation=middle)
            for _ in range(TIMES):
                begin = perf_counter()
                async with database.glance() as session:
                    page = await replica.page(session, place, query)
                taken[rows].append(perf_counter() - begin)
                assert len(page.documents) == PAGE
    await database.dispose()
    return median(taken[FEW]) * 1e6, median(taken[MANY]) * 1e6


async def _cpu_us(one: Any) -> float:
    begin = process_time()
    for _ in range(TIMES):
        await one()
    await asyncio.sleep(0)
    return (process_time() - begin) / TIMES * 1e6
