"""Brings a database to the newest schema. Alembic does the work; no ini file, no command line."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

from gateway.persistence.database import postgresql_engine, sqlite_engine, with_driver

SCRIPTS = Path(__file__).parent / "migrations"

LOCK = 5_661_682_131
"""Advisory lock of PostgreSQL that one migrating process holds; the number has no meaning."""


async def migrate(database_url: str) -> None:
    """Apply what is missing, in one transaction. Twice, or in two processes at once, does no harm."""
    url = with_driver(database_url)
    is_sqlite = url.get_backend_name() == "sqlite"
    engine = sqlite_engine(url, "write") if is_sqlite else postgresql_engine(url, pool_size=1)
    try:
        async with engine.begin() as connection:
            if not is_sqlite:  # SQLite's transaction has taken the one write lock already
                await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
            await connection.run_sync(upgrade)
    finally:
        await engine.dispose()


def upgrade(connection: Connection) -> None:
    """Run every newer migration on `connection`, inside its transaction."""
    command.upgrade(configured(connection), "head")


def configured(connection: Connection) -> Config:
    """What Alembic's commands want to know."""
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
