import asyncio
import shutil
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy.engine import make_url

from gateway.ambient import Ambient, system
from gateway.persistence.database import Database
from gateway.persistence.migrate import migrate
from tests import servers
from tests.integration.onboarding.people import Person, Program, person, program
from tests.stage import Party, Stage, staged

BOTH = ["sqlite", pytest.param("postgresql", marks=pytest.mark.needs("postgres"))]


@pytest.fixture(params=BOTH)
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL of a database without tables, once on SQLite and once on PostgreSQL."""
    if request.param == "postgresql":
        return request.getfixturevalue("postgres_url")
    return f"sqlite+aiosqlite:///{tmp_path / 'kontor.db'}"


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite database to copy: migrating for each test would take most of its time."""
    path = tmp_path_factory.mktemp("migrated") / "kontor.db"
    asyncio.run(migrate(f"sqlite:///{path}"))
    return path


@pytest.fixture(scope="session")
def migrated_template(postgres_server: str) -> Iterator[str]:
    """Name of a migrated PostgreSQL database to copy."""
    with servers.fresh_database(postgres_server) as url:
        asyncio.run(migrate(url))
        yield make_url(url).database or ""


@pytest.fixture
def migrated_postgres_url(postgres_server: str, migrated_template: str) -> Iterator[str]:
    """URL of a migrated PostgreSQL database of this test's own."""
    name = f"kontor_{uuid.uuid4().hex}"
    create = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
    drop = sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name))
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(create.format(sql.Identifier(name), sql.Identifier(migrated_template)))
    try:
        url = make_url(postgres_server).set(drivername="postgresql+psycopg", database=name)
        yield url.render_as_string(hide_password=False)
    finally:
        with psycopg.connect(postgres_server, autocommit=True) as connection:
            connection.execute(drop)


@pytest.fixture(params=BOTH)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL of a migrated database, once on SQLite and once on PostgreSQL."""
    if request.param == "postgresql":
        return request.getfixturevalue("migrated_postgres_url")
    path = tmp_path / "kontor.db"
    shutil.copyfile(request.getfixturevalue("migrated_file"), path)
    return f"sqlite+aiosqlite:///{path}"


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A migrated database, once on SQLite and once on PostgreSQL."""
    database = Database.open(database_url)
    yield database
    await database.dispose()


@pytest.fixture
def ambient() -> Ambient:
    return system()


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """A gateway and a twin of the test's own."""
    async with staged(tmp_path) as stage:
        yield stage


@pytest.fixture
async def party(stage: Stage) -> Party:
    """A caller with a connection to the twin's first company, by API key."""
    return await stage.party()


@pytest.fixture
async def tenant(stage: Stage) -> Program:
    """A tenant's backend, with the twin's client as its partner app."""
    return await program(stage)


@pytest.fixture
async def customer(stage: Stage) -> AsyncIterator[Person]:
    """An end customer with a browser that has never been here."""
    async with person(stage) as somebody:
        yield somebody
