"""What the simulation takes for a database, and the real ones: one contract, kept by all.

A test is given two processes' databases over one server. It runs on the simulated one in virtual time, on
PostgreSQL and, but for leaders, on SQLite with its driver's threads.
"""

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, text, update

from gateway.credentials.rows import LIMITS
from gateway.errors import Unavailable
from gateway.persistence.database import Database
from gateway.persistence.tables import audit_heads, connections, credentials, tenants
from gateway.persistence.upsert import upsert
from gateway.writes import rows
from gateway.writes.rows import CONFIRMED, SENT, Write
from tests.simulation import loop
from tests.simulation.database import Client, Connection, Server, SimulatedDatabase

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
TENANT = {"id": "ten_1", "name": "Muster Handel GmbH", "created_at": NOON}
CONNECTION = {
    "id": "con_1",
    "tenant_id": "ten_1",
    "environment": "test",
    "target": "lexoffice-sandbox",
    "credential_kind": "oauth",
    "state": "connected",
    "state_since": NOON,
    "created_at": NOON,
}
Work = Callable[[Database, Database], Awaitable[Any]]
Run = Callable[[Work], Any]

SIMULATED, SQLITE = "simulated", "sqlite"
POSTGRESQL = pytest.param("postgresql", marks=pytest.mark.needs("postgres"))


@pytest.fixture
def two(request: pytest.FixtureRequest, tmp_path: Path) -> Run:
    """Runs work with two processes' databases, over one of the kinds."""
    if request.param == "postgresql":
        url = request.getfixturevalue("migrated_postgres_url")
    else:
        shutil.copyfile(request.getfixturevalue("migrated_file"), tmp_path / "kontor.db")
        url = f"sqlite:///{tmp_path / 'kontor.db'}"

    async def real(work: Work) -> Any:
        databases = Database.open(url), Database.open(url)
        try:
            return await work(*databases)
        finally:
            for database in databases:
                await database.dispose()

    async def simulated(work: Work) -> Any:
        server = Server(tmp_path / "kontor.db")
        try:
            return await work(SimulatedDatabase(Client(server)), SimulatedDatabase(Client(server)))
        finally:
            server.close()

    if request.param == SIMULATED:
        return lambda work: loop.run(simulated(work))
    return lambda work: asyncio.run(real(work))


everywhere = pytest.mark.parametrize("two", [SIMULATED, SQLITE, POSTGRESQL], indirect=True)
with_leaders = pytest.mark.parametrize("two", [SIMULATED, POSTGRESQL], indirect=True)


async def stored(database: Database, *, generation: int = 1) -> None:
    """A tenant with a connection that has a credential."""
    async with database.write() as session:
        await session.execute(insert(tenants).values(TENANT))
        await session.execute(insert(connections).values(CONNECTION))
        row = {"connection_id": "con_1", "tenant_id": "ten_1", "generation": generation, "stored_at": NOON}
        await session.execute(insert(credentials).values(row))


async def generation(database: Database) -> int:
    async with database.read() as session:
        return (await session.execute(select(credentials.c.generation))).scalar_one()


async def names(database: Database) -> list[str]:
    async with database.read() as session:
        return list((await session.execute(select(tenants.c.id))).scalars())


def taken(id: str = "con_1") -> Any:
    return select(credentials).where(credentials.c.connection_id == id).with_for_update()


@everywhere
class TestTransactions:
    def test_the_other_process_sees_what_is_committed_and_nothing_else(self, two: Run) -> None:
        async def work(one: Database, other: Database) -> tuple[list[str], list[str]]:
            async with one.write() as session:
                await session.execute(insert(tenants).values(TENANT))
                before = await asyncio.create_task(names(other))
            return before, await names(other)

        assert two(work) == ([], ["ten_1"])

    def test_nothing_stays_of_a_block_that_raised(self, two: Run) -> None:
        async def work(one: Database, other: Database) -> list[str]:
            with suppress(ZeroDivisionError):
                async with one.write() as session:
                    await session.execute(insert(tenants).values(TENANT))
                    raise ZeroDivisionError
            return await names(other)

        assert two(work) == []

    def test_nothing_stays_of_a_block_that_was_cancelled(self, two: Run) -> None:
        async def work(one: Database, other: Database) -> list[str]:
            inside = asyncio.Event()

            async def write() -> None:
                async with one.write() as session:
                    await session.execute(insert(tenants).values(TENANT))
                    inside.set()
                    await asyncio.sleep(3600)

            task = asyncio.create_task(write())
            await inside.wait()
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            async with other.write() as session:  # the lock is free again
                await session.execute(insert(audit_heads).values(tenant_id="t", sequence=1, hash=b""))
            return await names(other)

        assert two(work) == []

    def test_increments_of_both_processes_are_all_counted(self, two: Run) -> None:
        async def work(one: Database, other: Database) -> int:
            async with one.write() as session:
                await session.execute(insert(audit_heads).values(tenant_id="t", sequence=0, hash=b""))

            async def increment(database: Database) -> None:
                for _ in range(5):
                    async with database.write() as session:
                        step = update(audit_heads).values(sequence=audit_heads.c.sequence + 1)
                        await session.execute(step)

            await asyncio.gather(increment(one), increment(other))
            async with one.read() as session:
                return (await session.execute(select(audit_heads.c.sequence))).scalar_one()

        assert two(work) == 10

    def test_a_read_block_cannot_write(self, two: Run) -> None:
        async def work(one: Database, other: Database) -> list[str]:
            with suppress(Exception):
                async with one.read() as session:
                    await session.execute(insert(tenants).values(TENANT))
            return await names(other)

        assert two(work) == []

    def test_an_upsert_changes_the_row_that_is_there(self, two: Run) -> None:
        async def work(one: Database, other: Database) -> int:
            await stored(one)
            row = {"connection_id": "con_1", "tenant_id": "ten_1", "generation": 1, "stored_at": NOON}
            async with other.write() as session:
                changes = {"generation": credentials.c.generation + 6}
                await upsert(session, credentials, row, changes)
            return await generation(one)

        assert two(work) == 7

    def test_an_instant_comes_back_as_it_went_in(self, two: Run) -> None:
        async def work(one: Database, other: Database) -> datetime:
            async with one.write() as session:
                await session.execute(insert(tenants).values(TENANT))
            async with other.read() as session:
                return (await session.execute(select(tenants.c.created_at))).scalar_one()

        assert two(work) == NOON


@everywhere
class TestTheJournal:
    """Its statements, which decide whether a write happens twice."""

    WRITE = Write(
        tenant_id="ten_1",
        connection_id="con_1",
        environment="test",
        method="POST",
        route="/v1/accounting/invoices",
        idempotency_key="k-1",
        fingerprint=b"f",
        resource="invoices",
        operation="create",
        request_id="req_1",
        actor="key_1",
    )

    @staticmethod
    async def reserved(database: Database, id: str) -> Any:
        async with database.write() as session:
            until = NOON + timedelta(seconds=60)
            return await rows.reserve(session, database.dialect, id, TestTheJournal.WRITE, NOON, until)

    def test_of_two_processes_that_claim_a_key_one_gets_it(self, two: Run) -> None:
        async def work(one: Database, other: Database) -> list[bool]:
            await stored(one)
            claims = await asyncio.gather(self.reserved(one, "wrt_1"), self.reserved(other, "wrt_2"))
            return sorted(claim is not None for claim in claims)

        assert two(work) == [False, True]

    def test_whoever_lost_the_row_marks_nothing_as_sent(self, two: Run) -> None:
        async def work(one: Database, other: Database) -> tuple[bool, bool]:
            await stored(one)
            claim = await self.reserved(one, "wrt_1")
            async with other.write() as session:
                row = await rows.found(session, self.WRITE)
                assert row is not None
                later = await rows.take_over(session, row, self.WRITE, NOON, NOON)
            assert later is not None
            async with one.write() as session:
                late = await rows.mark_sent(session, claim, NOON, NOON, {})
            async with other.write() as session:
                return late, await rows.mark_sent(session, later, NOON, NOON, {})

        assert two(work) == (False, True)

    def test_a_dead_process_cannot_settle_what_was_given_up(self, two: Run) -> None:
        async def work(one: Database, other: Database) -> tuple[bool, bool]:
            await stored(one)
            claim = await self.reserved(one, "wrt_1")
            async with one.write() as session:
                await rows.mark_sent(session, claim, NOON, NOON, {})
            async with other.write() as session:
                left = await rows.abandoned(session, NOON + timedelta(seconds=1), 10)
                given_up = await rows.give_up(session, left[0].id, left[0].generation, NOON)
                assert left[0].state == SENT
            async with one.write() as session:
                return given_up, await rows.settle(session, claim, CONFIRMED, NOON, {}) is not None

        assert two(work) == (True, False)


@with_leaders
class TestLeaders:
    def test_a_row_that_is_taken_is_the_next_one_s_after_the_commit_and_as_committed(self, two: Run) -> None:
        async def work(one: Database, other: Database) -> list[int]:
            await stored(one)

            async def lead(database: Database) -> int:
                async with database.lead() as session:
                    seen = (await session.execute(taken())).one().generation
                    await asyncio.sleep(0.05)  # the vendor
                    change = update(credentials).values(generation=seen + 1)
                    await session.execute(change.where(credentials.c.generation == seen))
                return seen

            return sorted(await asyncio.gather(*(lead(each) for each in (one, other, one, other))))

        assert two(work) == [1, 2, 3, 4]

    def test_other_rows_and_other_tables_can_be_written_meanwhile(self, two: Run) -> None:
        async def work(one: Database, other: Database) -> list[str]:
            await stored(one)
            async with one.lead() as session:
                await session.execute(taken())
                async with other.write() as writer:
                    await writer.execute(insert(tenants).values({**TENANT, "id": "ten_2"}))
                async with other.lead() as second:
                    await second.execute(taken("con_2"))
                return await names(other)

        assert sorted(two(work)) == ["ten_1", "ten_2"]

    def test_a_leader_who_is_cancelled_leaves_the_row_as_it_was_and_to_others(self, two: Run) -> None:
        async def work(one: Database, other: Database) -> tuple[int, int]:
            await stored(one)
            inside = asyncio.Event()

            async def lead() -> None:
                async with one.lead() as session:
                    await session.execute(taken())
                    await session.execute(update(credentials).values(generation=99))
                    inside.set()
                    await asyncio.sleep(3600)

            task = asyncio.create_task(lead())
            await inside.wait()
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            async with other.lead() as session:
                return (await session.execute(taken())).one().generation, await generation(one)

        assert two(work) == (1, 1)

    def test_whoever_waits_for_the_row_for_too_long_is_told_so(self, two: Run) -> None:
        async def work(one: Database, other: Database) -> str:
            await stored(one)
            async with one.lead() as session:
                await session.execute(taken())
                try:
                    async with other.lead() as second:
                        await second.execute(LIMITS, {"wait": "50", "idle": "60000"})
                        await second.execute(taken())
                except Unavailable:
                    return "unavailable"
            return "taken twice"

        assert two(work) == "unavailable"

    def test_a_leader_who_is_idle_for_too_long_loses_the_row_and_changes_nothing(self, two: Run) -> None:
        async def work(one: Database, other: Database) -> tuple[int, str, int]:
            await stored(one)
            seen, late = 0, "committed"
            try:
                async with one.lead() as session:
                    await session.execute(LIMITS, {"wait": "60000", "idle": "100"})
                    await session.execute(taken())
                    async with other.lead() as second:
                        await second.execute(LIMITS, {"wait": "60000", "idle": "60000"})
                        seen = (await second.execute(taken())).one().generation
                    await session.execute(update(credentials).values(generation=99))
            except Unavailable:
                late = "unavailable"
            return seen, late, await generation(other)

        assert two(work) == (1, "unavailable", 1)


@everywhere
def test_a_statement_that_nobody_understands_is_no_outage(two: Run) -> None:
    async def work(one: Database, _: Database) -> str:
        try:
            async with one.read() as session:
                await session.execute(text("SELECT nonsense FROM nowhere"))
        except Unavailable:
            return "outage"
        except Exception:
            return "mistake"
        return "understood"

    assert two(work) == "mistake"


def test_what_a_killed_process_had_half_read_is_no_snapshot_of_the_next_one(tmp_path: Path) -> None:
    """Servers keep connections for whoever comes: one that still sees the past could never write again."""

    async def work() -> list[tuple[Any, ...]]:
        server = Server(tmp_path / "kontor.db")
        killed, living = Client(server), Client(server)
        connection = Connection(killed, "write")
        await connection.execute("CREATE TABLE t (n)", ())
        await connection.execute("INSERT INTO t VALUES (1), (2)", ())
        await connection.commit()
        half_read = await connection.execute("SELECT n FROM t", ())
        half_read.fetchone()
        other = Connection(living, "write")
        killed.break_off()
        await other.execute("INSERT INTO t VALUES (3)", ())
        await other.commit()
        heir = Connection(living, "write")
        await heir.execute("INSERT INTO t VALUES (4)", ())
        await heir.commit()
        living.break_off()
        try:
            return server.look("SELECT count(*) FROM t")
        finally:
            server.close()

    assert loop.run(work()) == [(4,)]
