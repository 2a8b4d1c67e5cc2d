from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.ambient import Ambient, system
from gateway.persistence.database import Database
from gateway.persistence.migrate import migrate

EMBEDDED = "sqlite"
SHARED = pytest.param("postgresql", marks=pytest.mark.needs("postgres"))


@pytest.fixture(params=[EMBEDDED, SHARED])
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL of a database without tables, once on SQLite and once on PostgreSQL."""
    if request.param == "postgresql":
        return request.getfixturevalue("postgres_url")
    return f"sqlite+aiosqlite:///{tmp_path / 'kontor.db'}"


@pytest.fixture
async def database_url(empty_database_url: str) -> str:
    """URL of a migrated database, once on SQLite and once on PostgreSQL."""
    await migrate(empty_database_url)
    return empty_database_url


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A migrated database, once on SQLite and once on PostgreSQL."""
    database = Database.open(database_url)
    yield database
    await database.dispose()


@pytest.fixture
def ambient() -> Ambient:
    return system()
