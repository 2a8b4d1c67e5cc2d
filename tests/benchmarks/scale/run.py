"""What one document costs to keep: processor, time and place, on both databases. For plans on paper.

Documents are put as passes put them: each by itself, with the vendor's JSON and the event that tells of it.
"""

import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import msgspec
from msgspec import Raw
from sqlalchemy import func, select, text

from connectors.base.paging import Record
from gateway.persistence.database import Database
from gateway.persistence.tables import replica_rows
from gateway.settings import Settings, from_environment
from tests.benchmarks.replica.run import databases
from tests.benchmarks.replica.shelf import invoice, place
from tests.benchmarks.upstream import sample

TABLES = ("replica_rows", "events")


class Plan(msgspec.Struct, frozen=True):
    """How many documents: enough that pages and indexes are as full as they become."""

    documents: int


class Kept(msgspec.Struct, frozen=True, rename="camel"):
    """Of one document: microseconds of our processor and of the wall clock; bytes of what is put, and of the
    tables with their indexes."""

    cpu_us: float
    wall_us: float
    put_bytes: int
    kept_bytes: int


async def run(plan: Plan, directory: Path, progress: Callable[[str], None]) -> dict[str, Kept]:
    """By database and whether it is sealed."""
    found: dict[str, Kept] = {}
    with ExitStack() as stack:
        for name, urls in databases(directory, stack):
            for url, sealed in zip(urls, ("", "test"), strict=True):
                label = f"{name}, sealed" if sealed else name
                home = directory / name / (sealed or "plain")
                home.mkdir(mode=0o700)
                told = {
                    "KONTOR_DATA_DIR": str(home),
                    "KONTOR_DATABASE_URL": url,
                    "KONTOR_REPLICA_SEALED": sealed,
                }
                one = found[label] = await _kept(plan, from_environment(told))
                progress(f"{label}: {one.cpu_us:,.0f} µs of CPU, {one.kept_bytes:,} bytes a document")
    return found


async def _kept(plan: Plan, settings: Settings) -> Kept:
    many, raw = plan.documents, Raw(sample("invoice"))
    async with place(settings) as (rooms, at, _):
        first = rooms.ambient.clock.now().date() - timedelta(days=3650)
        records = [
            Record(data=invoice(n, first + timedelta(days=n * 3650 // many)).data, raw=raw)
            for n in range(many)
        ]
        empty = await _size(rooms.database)
        begin, cpu = time.perf_counter(), time.process_time()
        for record in records:
            async with rooms.database.write() as session:
                await rooms.replica.put(session, at, (record,), read_at=rooms.ambient.clock.now())
        cpu, wall = time.process_time() - cpu, time.perf_counter() - begin
        kept = await _size(rooms.database) - empty
        async with rooms.database.read() as session:
            counted = select(func.count()).select_from(replica_rows)
            assert (await session.execute(counted)).scalar_one() == many
    return Kept(
        cpu_us=cpu / many * 1e6,
        wall_us=wall / many * 1e6,
        put_bytes=len(msgspec.json.encode(records[0].data)) + len(raw),
        kept_bytes=kept // many,
    )


async def _size(database: Database) -> int:
    """Bytes of the tables with their indexes; on SQLite of the whole file."""
    if database.dialect == "sqlite":
        asked = ["SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"]
    else:
        asked = [f"SELECT pg_total_relation_size('{name}')" for name in TABLES]
    async with database.read() as session:
        return sum([(await session.execute(text(one))).scalar_one() for one in asked])
