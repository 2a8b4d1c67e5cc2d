import asyncio

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect, text

from gateway.persistence.database import Database
from gateway.persistence.migrate import migrate
from gateway.persistence.tables import METADATA

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
