"""Engines for single statements that only read, on the shortest way there is."""

import sqlite3
from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg import AsyncCursor, pq
from sqlalchemy import URL, Connection, Engine, Executable, Result, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from gateway.persistence.sessions import finished
from gateway.persistence.straight import Plan, Rows, plan_of

BUSY_TIMEOUT_MS = 1_000
"""Readers wait for nobody, except while the file is recovered."""
READ_AT_ONCE = 1_000_000
"""Bytes that libpq takes from its socket at a time. It begins with 16 KiB, and a page would wake us thirty
times; its buffer grows with the largest row that it has seen, and stays so."""


class BinaryCursor(AsyncCursor[Any]):
    """Results in PostgreSQL's own form: a document comes as its bytes, not as twice as many digits."""

    def __init__(self, connection: psycopg.AsyncConnection[Any], **more: Any) -> None:
        super().__init__(connection, **more)
        self.format = pq.Format.BINARY


def postgresql_glances(url: URL) -> AsyncEngine:
    """No transaction, and no trial before: who finds the server gone has somewhere else to ask."""
    engine = create_async_engine(
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

    @event.listens_for(engine.sync_engine, "connect")
    def widen(connection: Any, _record: object) -> None:
        cursor = connection.cursor()
        cursor.execute(f"SELECT repeat(' ', {READ_AT_ONCE})")
        cursor.fetchall()
        cursor.close()

    return engine


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
    """As much of a session as statements need, on SQLite."""

    def __init__(self, connection: Connection) -> None:
        self.info: dict[Any, Any] = {}
        self._connection = connection

    async def execute(
        self, statement: Executable, values: Mapping[str, Any] | None = None
    ) -> Result[Any] | Rows:
        plan = plan_of(statement, self._connection.dialect)
        if plan is None:
            return self._connection.execute(statement, values)
        driver: Any = self._connection.connection.driver_connection
        try:
            found = driver.execute(plan.text, plan.values(values or {})).fetchall()
        except sqlite3.Error as error:
            raise _told(plan, error, sqlite3.Error) from error
        return plan.rows(found)


def is_near(session: object) -> bool:
    """Whether statements go no way, so that one more costs little."""
    return isinstance(session, Inline)


class Awaited:
    """The same on PostgreSQL. Each statement runs to its end, whoever gives up waiting for it."""

    def __init__(self, connection: AsyncConnection) -> None:
        self.info: dict[Any, Any] = {}
        self._connection = connection

    async def execute(
        self, statement: Executable, values: Mapping[str, Any] | None = None
    ) -> Result[Any] | Rows:
        plan = plan_of(statement, self._connection.dialect)
        if plan is None:
            return await finished(self._connection.execute(statement, values))
        return plan.rows(await finished(self._found(plan, plan.values(values or {}))))

    async def _found(self, plan: Plan, values: Any) -> list[Any]:
        pooled = await self._connection.get_raw_connection()
        driver: Any = pooled.driver_connection
        try:
            async with driver.cursor() as cursor:
                await cursor.execute(plan.text, values)
                return await cursor.fetchall()
        except psycopg.Error as error:
            await self._connection.invalidate(error)
            raise _told(plan, error, psycopg.Error) from error


def _told(plan: Plan, error: Exception, kind: type[Exception]) -> BaseException:
    """As SQLAlchemy would, without the values."""
    return DBAPIError.instance(plan.text, None, error, kind, hide_parameters=True)
