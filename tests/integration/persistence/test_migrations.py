import asyncio
from datetime import UTC, datetime

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, insert, inspect, text
from sqlalchemy.exc import DBAPIError

from gateway.persistence.database import Database
from gateway.persistence.migrate import configured, migrate
from gateway.persistence.tables import METADATA, audit_events

pytestmark = pytest.mark.anyio


def differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(
        connection, opts={"compare_type": True, "compare_server_default": True}
    )
    return list(compare_metadata(context, METADATA))


async def test_the_migrated_schema_is_the_one_that_the_tables_declare(database: Database) -> None:
    async with database.read() as session:
        found = await (await session.connection()).run_sync(differences)

    assert found == []


async def test_migrating_twice_changes_nothing(database: Database, database_url: str) -> None:
    async with database.write() as session:
        await session.execute(
            text("INSERT INTO tenants (id, name, created_at) VALUES ('t', 'Muster', '2026-01-01 00:00:00')")
        )

    await migrate(database_url)

    async with database.read() as session:
        assert (await session.execute(text("SELECT id FROM tenants"))).scalars().all() == ["t"]


async def test_four_migrations_at_once_leave_one_schema(empty_database_url: str) -> None:
    await asyncio.gather(*(migrate(empty_database_url) for _ in range(4)))

    database = Database.open(empty_database_url)
    async with database.read() as session:
        tables = await (await session.connection()).run_sync(lambda it: inspect(it).get_table_names())
    await database.dispose()
    assert set(tables) == {*METADATA.tables, "alembic_version"}


async def test_the_schema_can_be_taken_down_and_made_again(database: Database, database_url: str) -> None:
    async with database.write() as session:
        connection = await session.connection()
        await connection.run_sync(lambda it: command.downgrade(configured(it), "base"))
        left = await connection.run_sync(lambda it: inspect(it).get_table_names())

    await migrate(database_url)

    assert left == ["alembic_version"]
    async with database.read() as session:
        assert await (await session.connection()).run_sync(differences) == []


async def test_a_migration_that_fails_leaves_nothing(empty_database_url: str) -> None:
    database = Database.open(empty_database_url)
    async with database.write() as session:
        await session.execute(text("CREATE TABLE write_journal (id INTEGER)"))

    with pytest.raises(DBAPIError):
        await migrate(empty_database_url)

    async with database.read() as session:
        tables = await (await session.connection()).run_sync(lambda it: inspect(it).get_table_names())
    await database.dispose()
    assert tables == ["write_journal"]


@pytest.mark.parametrize(
    "statement", ["UPDATE audit_events SET actor = 'nobody'", "DELETE FROM audit_events"]
)
async def test_the_audit_trail_is_append_only(database: Database, statement: str) -> None:
    async with database.write() as session:
        await session.execute(
            insert(audit_events).values(
                tenant_id="ten_1",
                sequence=1,
                at=datetime(2026, 11, 20, tzinfo=UTC),
                actor="key_1",
                action="tenant.created",
                object_type="tenant",
                object_id="ten_1",
                detail="{}",
                previous=b"",
                hash=b"",
            )
        )

    with pytest.raises(DBAPIError, match="append-only"):
        async with database.write() as session:
            await session.execute(text(statement))
