"""One database, SQLite or PostgreSQL, behind short transactions."""

import sqlite3
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from typing import Any, Literal, cast

from sqlalchemy import URL, Engine, event, make_url
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from gateway.errors import Unavailable
from gateway.persistence.bell import Bell
from gateway.persistence.glancing import Awaited, Inline, postgresql_glances, sqlite_glances
from gateway.persistence.sessions import WholeSession

Kind = Literal["read", "write"]

DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
}
"""The one driver we use for each way of naming a database."""

BUSY_TIMEOUT_MS = 10_000
"""How long SQLite waits for another process; within a process writers queue for the one connection."""

SWITCH_TRIES, SWITCH_PAUSE_S = 200, 0.02

READ_ONLY = "25006"
"""PostgreSQL's `read_only_sql_transaction`."""

LEADERS = 8
"""Refreshes that may hold a transaction at a time, on connections that nobody else waits for."""

_open: ContextVar[Kind | None] = ContextVar("kontor_transaction", default=None)


def in_transaction() -> bool:
    """Whether this task is inside `write()` or `read()`: then it must not wait for a vendor."""
    return _open.get() is not None


class Database:
    """Transactions on one database. Build it with `open`, end it with `dispose`."""

    def __init__(
        self,
        url: URL,
        *,
        write: AsyncEngine,
        read: AsyncEngine,
        lead: AsyncEngine,
        glance: AsyncEngine | Engine | None = None,
    ) -> None:
        self.dialect: Literal["sqlite", "postgresql"] = (
            "sqlite" if url.get_backend_name() == "sqlite" else "postgresql"
        )
        self.bell = Bell()
        """Of this process."""
        self._write = write
        self._read = read
        self._lead = lead
        self._glance = glance

    @classmethod
    def open(cls, url: str) -> "Database":
        """Engines for `url`; nothing is connected before the first statement."""
        parsed = with_driver(url)
        if parsed.get_backend_name() == "sqlite":
            write = sqlite_engine(parsed, "write")
            read, glance = sqlite_engine(parsed, "read"), sqlite_glances(parsed)
            return cls(parsed, write=write, read=read, lead=write, glance=glance)
        write = postgresql_engine(parsed, pool_size=10, max_overflow=10)
        read = write.execution_options(postgresql_readonly=True)
        lead = postgresql_engine(parsed, pool_size=LEADERS, max_overflow=0)
        return cls(parsed, write=write, read=read, lead=lead, glance=postgresql_glances(parsed))

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncSession]:
        """One transaction: committed at the end of the block, rolled back when it raises.

        Raises:
            Unavailable: the database is away, full, read-only, or too busy.
            RuntimeError: this task has one open already; on SQLite the second would wait for the first.
        """
        if _open.get() == "write":
            raise RuntimeError("this task has a write transaction open already")
        async with _counted("write"):
            async with _transaction(self._write) as session:
                yield session
            self.bell.committed(session)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """One transaction that can only read.

        Raises:
            Unavailable: the database is away or too busy.
        """
        async with _counted("read"), _transaction(self._read, writes=False) as session:
            yield session

    @asynccontextmanager
    async def glance(self) -> AsyncIterator[AsyncSession]:
        """For statements that only read and are asked all the time: each by itself, in no transaction.

        On SQLite they run in this thread, so let them be short.

        Raises:
            Unavailable: the database is away or too busy.
        """
        if self._glance is None:
            async with self.read() as session:
                yield session
        elif isinstance(self._glance, Engine):
            async with _counted("read"):
                with _outages(writes=False), self._glance.connect() as connection:
                    yield cast(AsyncSession, Inline(connection))
        else:
            async with _counted("read"):
                with _outages(writes=False):
                    async with self._glance.connect() as connection:
                        yield cast(AsyncSession, Awaited(connection))

    @asynccontextmanager
    async def lead(self) -> AsyncIterator[AsyncSession]:
        """A transaction that may stay open while a vendor is awaited: for token refreshes, on PostgreSQL.

        It does not count for `in_transaction`, and its connections are its own, so that slow token servers
        leave everybody else's transactions alone.
        """
        if self.dialect == "sqlite":
            raise RuntimeError("on SQLite an open write blocks every other writer")
        async with _transaction(self._lead) as session:
            yield session

    async def overwrite_free_space(self) -> None:
        """What was deleted is in the file no more, nor in the log beside it. Only SQLite leaves it there for
        us to see to; it takes as long as writing the whole file.

        Raises:
            Unavailable: another process uses the file for too long.
        """
        if self.dialect == "postgresql":
            return
        with _outages(writes=True):
            async with self._write.connect() as connection:
                driver = (await connection.get_raw_connection()).driver_connection
                for statement in ("VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"):
                    await cast(Any, driver).execute(statement)

    async def dispose(self) -> None:
        """Close every connection."""
        for engine in (self._write, self._read, self._lead, self._glance):
            if isinstance(engine, Engine):
                engine.dispose()
            elif engine is not None:
                await engine.dispose()


@asynccontextmanager
async def _counted(kind: Kind) -> AsyncIterator[None]:
    token = _open.set(kind)
    try:
        yield
    finally:
        _open.reset(token)


@asynccontextmanager
async def _transaction(engine: AsyncEngine, *, writes: bool = True) -> AsyncIterator[AsyncSession]:
    session = WholeSession(engine, expire_on_commit=False)
    with _outages(writes=writes):
        try:
            yield session
            await session.commit()
        finally:
            await session.close()  # what was not committed is rolled back


@contextmanager
def _outages(*, writes: bool) -> Iterator[None]:
    try:
        yield
    except (DBAPIError, PoolTimeout) as error:
        if not (is_outage(error) or (writes and is_read_only(error))):
            raise
        raise Unavailable("The database does not answer.", retry_after_s=1) from error


def is_outage(error: SQLAlchemyError) -> bool:
    """Whether it is the database's state that failed, so that the same may work later."""
    if isinstance(error, OperationalError):
        # SQLite calls a statement that it cannot understand operational too: that is a mistake of ours.
        code = getattr(error.orig, "sqlite_errorcode", 0)
        return code & 0xFF != sqlite3.SQLITE_ERROR
    if isinstance(error, DBAPIError):
        return isinstance(error, InterfaceError) or error.connection_invalidated
    return True


def is_read_only(error: SQLAlchemyError) -> bool:
    """Whether PostgreSQL takes no writes at all: a standby, or one whose disk is full."""
    return getattr(getattr(error, "orig", None), "sqlstate", None) == READ_ONLY


def with_driver(url: str) -> URL:
    """`url` with the driver we use, however it names the database.

    Raises:
        ValueError: it is neither SQLite nor PostgreSQL.
    """
    parsed = make_url(url)
    name = parsed.drivername.partition("+")[0]
    if name not in DRIVERS:
        raise ValueError(f"The database is SQLite or PostgreSQL, not {name}.")
    return parsed.set(drivername=DRIVERS[name])


def postgresql_engine(url: URL, **pool: Any) -> AsyncEngine:
    """Connections are tried before use, so that a restarted server is noticed here and not by a request."""
    engine = create_async_engine(
        url,
        pool_pre_ping=True,
        pool_timeout=30,
        hide_parameters=True,  # they hold secrets, and errors reach logs
        connect_args={"application_name": "kontor", "connect_timeout": 10},
        **pool,
    )

    @event.listens_for(engine.sync_engine, "checkin")
    def forget_mode(connection: Any, _record: object) -> None:
        # After a transaction that reads, the next would begin READ WRITE: that overrules what the server is
        # set to when its disk is full, and a standby has another error for it than for writes.
        if connection is not None and connection.read_only is not None:
            connection.set_read_only(None)

    return engine


def sqlite_engine(url: URL, kind: Kind) -> AsyncEngine:
    """Transactions begin explicitly, and writers take the lock first: none finds out later that it cannot."""
    pool: dict[str, Any] = {"pool_size": 1, "max_overflow": 0} if kind == "write" else {"pool_size": 4}
    engine = create_async_engine(url, hide_parameters=True, pool_timeout=30, **pool)

    @event.listens_for(engine.sync_engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # the driver begins nothing by itself
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
        write_ahead(cursor)
        cursor.execute("PRAGMA synchronous = FULL")  # a rotated token must outlive a power cut
        cursor.execute("PRAGMA foreign_keys = ON")
        if kind == "read":
            cursor.execute("PRAGMA query_only = ON")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if kind == "write" else "BEGIN")

    return engine


def write_ahead(cursor: Any) -> None:
    """Readers and a writer at the same time. The file keeps it, so only its first process ever waits here:
    this switch is refused at once while another process writes, whatever the busy timeout.
    """
    for _ in range(SWITCH_TRIES):
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                raise
            time.sleep(SWITCH_PAUSE_S)
    raise Unavailable("The database is busy in another process.", retry_after_s=1)
