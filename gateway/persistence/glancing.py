"""Engines for single statements that only read, on the shortest way there is."""

from collections.abc import Mapping
from typing import Any

from psycopg import AsyncConnection, AsyncCursor, pq
from sqlalchemy import URL, Connection, Engine, Executable, Result, create_engine, event
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

BUSY_TIMEOUT_MS = 1_000
"""Readers wait for nobody, except while the file is recovered."""


class BinaryCursor(AsyncCursor[Any]):
    """Results in PostgreSQL's own form: a document comes as its bytes, not as twice as many digits."""

    def __init__(self, connection: AsyncConnection[Any], **more: Any) -> None:
        super().__init__(connection, **more)
        self.format = pq.Format.BINARY


def postgresql_glances(url: URL) -> AsyncEngine:
    """No transaction, and no trial before: who finds the server gone has somewhere else to ask."""
    return create_async_engine(
        url,
        isolation_level="AUTOCOMMIT",
        pool_size=4,
        max_overflow=4,
        hide_parameters=True,
        connect_args={
            "application_name": "kontor",
            "connect_timeout": 10,
            "cursor_factory": BinaryCursor,
        },
    )


def sqlite_glances(url: URL) -> Engine:
    """In this very thread: a page of documents takes less time than the way to another one and back."""
    engine = create_engine(url.set(drivername="sqlite"), isolation_level="AUTOCOMMIT", hide_parameters=True)

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
        cursor.execute("PRAGMA query_only = ON")
        cursor.close()

    return engine


class Inline:
    """As much of a session as statements need."""

    def __init__(self, connection: Connection) -> None:
        self.info: dict[Any, Any] = {}
        self._connection = connection

    async def execute(self, statement: Executable, values: Mapping[str, Any] | None = None) -> Result[Any]:
        return self._connection.execute(statement, values)
