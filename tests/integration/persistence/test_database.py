import asyncio
import random
import threading
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import insert, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError

from gateway.errors import Unavailable
from gateway.persistence.database import LEADERS, Database, in_transaction, with_driver
from gateway.persistence.migrate import migrate
from gateway.persistence.tables import api_keys, audit_heads, tenants
from gateway.persistence.upsert import upsert

pytestmark = pytest.mark.anyio

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def tenant(id: str = "ten_1", created_at: datetime = NOON) -> dict[str, object]:
    return {"id": id, "name": "Muster Handel GmbH", "created_at": created_at}


async def names(database: Database) -> list[str]:
    async with database.read() as session:
        return list((await session.execute(select(tenants.c.id).order_by(tenants.c.id))).scalars())


async def workers_ended() -> None:
    """The driver's thread of a failed connection tells the event loop of its end: let it, while it runs."""
    for thread in threading.enumerate():
        if thread.name.endswith("(_connection_worker_thread)"):
            await asyncio.to_thread(thread.join)


@pytest.fixture
async def embedded(tmp_path: Path) -> AsyncIterator[Database]:
    url = f"sqlite:///{tmp_path / 'embedded.db'}"
    await migrate(url)
    database = Database.open(url)
    yield database
    await database.dispose()


@pytest.fixture
async def shared_database(postgres_url: str) -> AsyncIterator[Database]:
    await migrate(postgres_url)
    database = Database.open(postgres_url)
    yield database
    await database.dispose()


class TestWriting:
    async def test_what_a_block_wrote_is_there_after_it(self, database: Database) -> None:
        async with database.write() as session:
            await session.execute(insert(tenants).values(tenant()))

        assert await names(database) == ["ten_1"]

    async def test_nothing_stays_of_a_block_that_raised(self, database: Database) -> None:
        with pytest.raises(ZeroDivisionError):  # noqa: PT012
            async with database.write() as session:
                await session.execute(insert(tenants).values(tenant()))
                raise ZeroDivisionError

        assert await names(database) == []

    async def test_a_second_write_of_the_same_task_is_refused_instead_of_waiting_for_the_first(
        self, database: Database
    ) -> None:
        with pytest.raises(RuntimeError, match="open already"):
            async with database.write(), database.write():
                pass

    async def test_a_read_inside_a_write_sees_what_was_committed_before(self, database: Database) -> None:
        async with database.write() as session:
            await session.execute(insert(tenants).values(tenant()))
            assert await names(database) == []

    async def test_a_reference_to_nothing_is_refused(self, database: Database) -> None:
        key = {
            "id": "key_1",
            "tenant_id": "ten_unknown",
            "environment": "test",
            "name": "n",
            "scopes": "read",
        }
        with pytest.raises(IntegrityError):
            async with database.write() as session:
                await session.execute(
                    insert(api_keys).values(key | {"digest": b"d", "ending": "abcd", "created_at": NOON})
                )

    async def test_concurrent_increments_are_all_counted(self, embedded: Database) -> None:
        async with embedded.write() as session:
            await session.execute(insert(audit_heads).values(tenant_id="t", sequence=0, hash=b""))

        async def increment() -> None:
            async with embedded.write() as session:
                before = (await session.execute(select(audit_heads.c.sequence))).scalar_one()
                await asyncio.sleep(0)
                await session.execute(update(audit_heads).values(sequence=before + 1))

        await asyncio.gather(*(increment() for _ in range(25)))

        async with embedded.read() as session:
            assert (await session.execute(select(audit_heads.c.sequence))).scalar_one() == 25

    async def test_two_processes_that_read_and_then_write_wait_for_each_other(
        self, embedded: Database, tmp_path: Path
    ) -> None:
        """A transaction that begins by reading would be told that the other's write has come between."""
        another_process = Database.open(f"sqlite:///{tmp_path / 'embedded.db'}")
        async with embedded.write() as session:
            await session.execute(insert(audit_heads).values(tenant_id="t", sequence=0, hash=b""))

        async def increment(database: Database) -> None:
            for _ in range(10):
                async with database.write() as session:
                    before = (await session.execute(select(audit_heads.c.sequence))).scalar_one()
                    await asyncio.sleep(0)
                    await session.execute(update(audit_heads).values(sequence=before + 1))

        await asyncio.gather(increment(embedded), increment(another_process))

        async with embedded.read() as session:
            counted = (await session.execute(select(audit_heads.c.sequence))).scalar_one()
        await another_process.dispose()
        assert counted == 20


class TestReading:
    async def test_a_read_block_cannot_write(self, database: Database) -> None:
        with pytest.raises((Unavailable, DBAPIError)):
            async with database.read() as session:
                await session.execute(insert(tenants).values(tenant()))

        assert await names(database) == []

    async def test_readers_do_not_wait_for_a_writer(self, database: Database) -> None:
        async with database.write() as session:
            await session.execute(insert(tenants).values(tenant()))
            found = await asyncio.wait_for(asyncio.create_task(names(database)), 10)

        assert found == []


class TestInTransaction:
    async def test_it_is_told_inside_a_write_and_a_read_and_not_after(self, database: Database) -> None:
        told = [in_transaction()]
        async with database.write():
            told.append(in_transaction())
        async with database.read():
            told.append(in_transaction())
        told.append(in_transaction())

        assert told == [False, True, True, False]

    async def test_a_write_that_was_left_by_an_error_is_over(self, database: Database) -> None:
        with pytest.raises(ZeroDivisionError):
            async with database.write():
                raise ZeroDivisionError

        assert not in_transaction()

    async def test_other_tasks_are_not_in_it(self, database: Database) -> None:
        outside = asyncio.Event()
        told: list[bool] = []

        async def look() -> None:
            await outside.wait()
            told.append(in_transaction())

        task = asyncio.create_task(look())
        async with database.write():
            outside.set()
            await task

        assert told == [False]


class TestLeading:
    async def test_it_does_not_count_as_being_in_a_transaction(self, shared_database: Database) -> None:
        async with shared_database.lead() as session:
            await session.execute(text("SELECT 1"))
            assert not in_transaction()

    async def test_what_it_wrote_is_committed_at_its_end(self, shared_database: Database) -> None:
        async with shared_database.lead() as session:
            await session.execute(insert(tenants).values(tenant()))

        assert await names(shared_database) == ["ten_1"]

    async def test_however_many_lead_others_still_write(self, shared_database: Database) -> None:
        leading = asyncio.Semaphore(0)
        done = asyncio.Event()

        async def lead() -> None:
            async with shared_database.lead() as session:
                await session.execute(text("SELECT 1"))
                leading.release()
                await done.wait()

        tasks = [asyncio.create_task(lead()) for _ in range(4 * LEADERS)]
        for _ in range(LEADERS):
            await leading.acquire()
        await asyncio.sleep(0.2)  # long enough for the others to take what they can get
        async with asyncio.timeout(20), shared_database.write() as session:
            await session.execute(insert(tenants).values(tenant()))
        done.set()
        await asyncio.gather(*tasks)

        assert await names(shared_database) == ["ten_1"]

    async def test_sqlite_has_none_since_it_would_block_every_writer(self, embedded: Database) -> None:
        with pytest.raises(RuntimeError, match="blocks every other writer"):
            async with embedded.lead():
                pass


class TestInstants:
    async def test_an_instant_comes_back_aware_and_in_utc(self, database: Database) -> None:
        in_berlin = datetime(2026, 11, 20, 13, 0, 0, 123456, tzinfo=timezone(timedelta(hours=1)))
        async with database.write() as session:
            await session.execute(insert(tenants).values(tenant(created_at=in_berlin)))

        async with database.read() as session:
            stored = (await session.execute(select(tenants.c.created_at))).scalar_one()
        assert stored == datetime(2026, 11, 20, 12, 0, 0, 123456, tzinfo=UTC)
        assert stored.utcoffset() == timedelta(0)

    async def test_an_instant_without_a_zone_is_refused(self, database: Database) -> None:
        with pytest.raises(StatementError, match="needs a time zone"):
            async with database.write() as session:
                await session.execute(insert(tenants).values(tenant(created_at=datetime(2026, 1, 1))))

    async def test_instants_are_compared_as_instants(self, database: Database) -> None:
        an_hour_ahead = timezone(timedelta(hours=1))
        async with database.write() as session:
            await session.execute(insert(tenants).values(tenant("ten_1", NOON)))
            await session.execute(insert(tenants).values(tenant("ten_2", NOON + timedelta(microseconds=1))))

        async with database.read() as session:
            statement = select(tenants.c.id).where(
                tenants.c.created_at > datetime(2026, 11, 20, 13, 0, tzinfo=an_hour_ahead)
            )
            assert (await session.execute(statement)).scalars().all() == ["ten_2"]


class TestFailing:
    async def test_a_database_that_cannot_be_opened_is_unavailable(self, tmp_path: Path) -> None:
        database = Database.open(f"sqlite:///{tmp_path / 'no' / 'such' / 'directory' / 'kontor.db'}")
        with pytest.raises(Unavailable):
            async with database.read() as session:
                await session.execute(text("SELECT 1"))
        await database.dispose()
        await workers_ended()

    async def test_a_server_that_is_away_is_unavailable(self) -> None:
        database = Database.open("postgresql://kontor:hush@127.0.0.1:1/kontor")
        with pytest.raises(Unavailable) as caught:
            async with database.write() as session:
                await session.execute(text("SELECT 1"))
        await database.dispose()

        assert caught.value.status == 503
        assert "hush" not in str(caught.value)

    async def test_connections_that_the_server_has_dropped_are_replaced_unnoticed(
        self, shared_database: Database
    ) -> None:
        async with shared_database.write() as session:
            mine = (await session.execute(text("SELECT pg_backend_pid()"))).scalar_one()
        async with shared_database.lead() as session:
            await session.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": mine})

        async with shared_database.write() as session:
            assert (await session.execute(text("SELECT pg_backend_pid()"))).scalar_one() != mine

    async def test_an_error_does_not_tell_the_values_of_its_statement(self, database: Database) -> None:
        with pytest.raises(DBAPIError) as caught:
            async with database.write() as session:
                await session.execute(text("INSERT INTO nowhere VALUES (:secret)"), {"secret": "hush"})

        assert "hush" not in str(caught.value)


class TestCancelling:
    async def test_whatever_moment_tasks_are_cancelled_at_the_next_transaction_works(
        self, database: Database, request: pytest.FixtureRequest
    ) -> None:
        """Clients hang up all the time; a connection that stayed taken would end SQLite's only writer."""
        seed = request.config.getoption("randomly_seed", 1)
        chance = random.Random(f"{seed}")

        async def work(number: int) -> None:
            async with database.write() as session:
                await session.execute(insert(tenants).values(tenant(f"ten_{number}")))
                await session.execute(select(tenants.c.id))
            async with database.read() as session:
                await session.execute(select(tenants.c.id))

        for number in range(60):
            task = asyncio.create_task(work(number))
            await asyncio.sleep(chance.uniform(0, 0.006))
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        async with asyncio.timeout(20):
            await work(1000)

        assert "ten_1000" in await names(database)

    async def test_a_cancelled_write_leaves_nothing_behind(self, database: Database) -> None:
        written = asyncio.Event()

        async def work() -> None:
            async with database.write() as session:
                await session.execute(insert(tenants).values(tenant()))
                written.set()
                await asyncio.sleep(60)

        task = asyncio.create_task(work())
        await written.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

        assert await names(database) == []
        assert not in_transaction()


class TestUpsert:
    async def test_a_row_that_exists_is_changed(self, database: Database) -> None:
        for sequence in (1, 2):
            async with database.write() as session:
                await upsert(session, audit_heads, {"tenant_id": "t", "sequence": sequence, "hash": b"h"})

        async with database.read() as session:
            assert (await session.execute(select(audit_heads.c.sequence))).scalars().all() == [2]

    async def test_an_empty_change_leaves_it_as_it_is(self, database: Database) -> None:
        for sequence in (1, 2):
            async with database.write() as session:
                await upsert(
                    session, audit_heads, {"tenant_id": "t", "sequence": sequence, "hash": b"h"}, change={}
                )

        async with database.read() as session:
            assert (await session.execute(select(audit_heads.c.sequence))).scalars().all() == [1]


@pytest.mark.parametrize(
    ("given", "driver"),
    [
        ("sqlite:///kontor.db", "sqlite+aiosqlite"),
        ("sqlite+aiosqlite:///kontor.db", "sqlite+aiosqlite"),
        ("postgres://localhost/kontor", "postgresql+psycopg"),
        ("postgresql://localhost/kontor", "postgresql+psycopg"),
        ("postgresql+asyncpg://localhost/kontor", "postgresql+psycopg"),
    ],
)
def test_a_database_may_be_named_with_any_driver(given: str, driver: str) -> None:
    assert with_driver(given).drivername == driver


def test_other_databases_are_refused() -> None:
    with pytest.raises(ValueError, match="SQLite or PostgreSQL, not mysql"):
        with_driver("mysql://localhost/kontor")
