"""A database without threads: SQLite spoken to in line, with the transactions that PostgreSQL would give.

Writers wait for each other, readers for nobody, and a row that a leader took for update is his alone until
his transaction ends. Whatever a statement waits for, it waits for in the loop's time. What this database and
the real ones have in common is held by one contract, `test_database.py`. One thing is weaker here: a plain
write does not wait for the row that a leader holds. Writers name the generation they saw, so that whatever
comes first, it must end well.
"""

import asyncio
import sqlite3
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from contextvars import ContextVar
from pathlib import Path
from typing import Any, Literal
from weakref import WeakSet

from sqlalchemy import event, make_url
from sqlalchemy.dialects.sqlite.base import SQLiteCompiler
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.pool import NullPool

from gateway.persistence.database import Database

Role = Literal["write", "read", "lead"]
Step = Callable[[str], Awaitable[None]]
"""Awaited before and after whatever changes the world, by name: there a process may die or be frozen."""

FOR_UPDATE = " /* FOR UPDATE */"
PREPARE = ("PRAGMA journal_mode = WAL", "PRAGMA synchronous = OFF", "PRAGMA foreign_keys = ON")


def server_us(loop: asyncio.AbstractEventLoop) -> int:
    """What the clocks of servers show, in microseconds: never 0."""
    return 3_600_000_000 + round(loop.time() * 1_000_000)


async def no_step(_: str) -> None:
    """For whoever is never killed."""


class Server:
    """One database in a file, and who holds what in it. It outlives the processes that use it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.writing = asyncio.Lock()
        self.rows: dict[object, asyncio.Lock] = {}
        self.away = False
        """True: every statement fails, as while a server restarts."""
        self._loop = asyncio.get_running_loop()
        self._idle: dict[bool, deque[sqlite3.Connection]] = {True: deque(), False: deque()}

    def take(self, *, query_only: bool) -> sqlite3.Connection:
        """A connection that is nobody's."""
        idle = self._idle[query_only]
        if idle:
            return idle.pop()
        raw = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
        for statement in PREPARE:
            raw.execute(statement)
        if query_only:
            raw.execute("PRAGMA query_only = ON")
        raw.create_function("set_config", 3, lambda _name, value, _local: value)
        raw.create_function("server_us", 0, lambda: server_us(self._loop))
        return raw

    def give_back(self, raw: sqlite3.Connection, *, query_only: bool) -> None:
        if raw.in_transaction:
            raw.rollback()
        self._idle[query_only].append(raw)

    def row(self, key: object) -> asyncio.Lock:
        """The lock of what one statement takes for update."""
        return self.rows.setdefault(key, asyncio.Lock())

    def look(self, statement: str, *parameters: object) -> list[tuple[Any, ...]]:
        """What is committed, for whoever watches from outside."""
        raw = self.take(query_only=True)
        try:
            return raw.execute(statement, parameters).fetchall()
        finally:
            self.give_back(raw, query_only=True)

    def close(self) -> None:
        for idle in self._idle.values():
            while idle:
                idle.pop().close()


class Client:
    """One process's way to the server. `step` is where it may be killed."""

    def __init__(self, server: Server, step: Step = no_step) -> None:
        self.server = server
        self.step = step
        self.connections: dict[int, Connection] = {}

    def writes(self) -> bool:
        """Whether it holds the lock of the writers now."""
        return any(connection.writes for connection in self.connections.values())

    def break_off(self) -> None:
        """The process is gone: the server rolls back whatever it had open."""
        for connection in list(self.connections.values()):
            connection.drop()


_client: ContextVar[Client] = ContextVar("simulated_database_client")
_role: ContextVar[Role] = ContextVar("simulated_database_role")


class Connection:
    """As `aiosqlite.Connection`, as far as SQLAlchemy uses it: each call is done when it returns."""

    def __init__(self, client: Client, role: Role) -> None:
        self._client = client
        self._role: Role = role
        self._raw: sqlite3.Connection | None = client.server.take(query_only=role == "read")
        self.writes = False
        self._held: list[asyncio.Lock] = []
        self._asked: WeakSet[sqlite3.Cursor] = WeakSet()
        self._broken = False
        self._limits = {"lock_timeout": 0.0, "idle_in_transaction_session_timeout": 0.0}
        self._ends: asyncio.TimerHandle | None = None
        client.connections[id(self)] = self

    _connection = True  # SQLAlchemy asks whether it is open

    def cursor(self) -> "Cursor":
        return Cursor(self)

    async def create_function(self, *_: Any, **__: Any) -> None:
        """SQLAlchemy's own `regexp`, which nobody here uses."""

    async def execute(self, sql: str, parameters: Sequence[Any]) -> sqlite3.Cursor:
        step = self._client.step
        if sql.startswith("BEGIN"):
            if self._role == "write":
                await step("begin")
                await self._begin()
            return self._open().execute("SELECT 1")
        if sql.startswith("SELECT set_config"):
            self._set_limits(sql, parameters)
        elif FOR_UPDATE in sql and self._role == "lead":
            await step("lock")
            await self._lock((sql, tuple(parameters)))
        changes = not sql.startswith(("SELECT", "PRAGMA"))  # SQLAlchemy asks a new dialect's first connection
        if changes:
            await step("change")
            if not self.writes:
                await self._begin()
        done = self._open().execute(sql, parameters)
        self._asked.add(done)
        if changes:
            await step("changed")
        self._rest()
        return done

    async def executemany(self, sql: str, parameters: Sequence[Sequence[Any]]) -> sqlite3.Cursor:
        await self._client.step("change")
        if not self.writes:
            await self._begin()
        return self._open().executemany(sql, parameters)

    async def commit(self) -> None:
        if self.writes:
            await self._client.step("commit")
            self._open().commit()
            self._let_go()
            await self._client.step("committed")
        self._let_go()

    async def rollback(self) -> None:
        if self._raw is not None and self._raw.in_transaction:
            self._raw.rollback()
        self._let_go()

    async def close(self) -> None:
        self.drop()

    def stop(self) -> None:
        self.drop()

    def drop(self) -> None:
        """Give everything back; an open transaction is rolled back."""
        self._client.connections.pop(id(self), None)
        raw, self._raw = self._raw, None
        for cursor in self._asked:
            cursor.close()  # who was killed has not read to the end, and the next one would see what was then
        if raw is not None:
            self._client.server.give_back(raw, query_only=self._role == "read")
        self._let_go()

    async def _begin(self) -> None:
        if self._role == "read":
            raise sqlite3.OperationalError("attempt to write a readonly database")
        await self._client.server.writing.acquire()
        self.writes = True
        try:
            self._open().execute("BEGIN IMMEDIATE")
        except sqlite3.Error:
            self._let_go()
            raise

    async def _lock(self, key: object) -> None:
        lock = self._client.server.row(key)
        try:
            async with asyncio.timeout(self._limits["lock_timeout"] or None):
                await lock.acquire()
        except TimeoutError as error:
            raise sqlite3.OperationalError("canceling statement due to lock timeout") from error
        self._held.append(lock)
        if self._raw is None:
            self._let_go()

    def _let_go(self) -> None:
        if self._ends is not None:
            self._ends.cancel()
            self._ends = None
        if self.writes:
            self.writes = False
            self._client.server.writing.release()
        while self._held:
            self._held.pop().release()

    def _open(self) -> sqlite3.Connection:
        if self._client.server.away:
            raise sqlite3.OperationalError("the database system is starting up")
        if self._raw is None or self._broken:
            raise sqlite3.OperationalError("connection closed")
        return self._raw

    def _set_limits(self, sql: str, parameters: Sequence[Any]) -> None:
        for name, milliseconds in zip(self._limits, parameters, strict=True):
            assert name in sql
            self._limits[name] = int(milliseconds) / 1000

    def _rest(self) -> None:
        """From now on the transaction is idle; the server ends one that is so for too long."""
        if self._role != "lead" or not (limit := self._limits["idle_in_transaction_session_timeout"]):
            return
        if self._ends is not None:
            self._ends.cancel()
        self._ends = asyncio.get_running_loop().call_later(limit, self._end)

    def _end(self) -> None:
        self._broken = True
        if self._raw is not None and self._raw.in_transaction:
            self._raw.rollback()
        self._let_go()


class Cursor:
    """As `aiosqlite.Cursor`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._cursor: sqlite3.Cursor | None = None
        self.arraysize = 1

    async def __aenter__(self) -> "Cursor":
        return self

    async def execute(self, sql: str, parameters: Sequence[Any] = ()) -> None:
        self._cursor = await self._connection.execute(sql, parameters)

    async def executemany(self, sql: str, parameters: Sequence[Sequence[Any]]) -> None:
        self._cursor = await self._connection.executemany(sql, parameters)

    async def fetchall(self) -> list[Any]:
        return [] if self._cursor is None else self._cursor.fetchall()

    async def close(self) -> None:
        with suppress(sqlite3.ProgrammingError):
            if self._cursor is not None:
                self._cursor.close()

    @property
    def description(self) -> Any:
        return None if self._cursor is None else self._cursor.description

    @property
    def rowcount(self) -> int:
        return -1 if self._cursor is None else self._cursor.rowcount

    @property
    def lastrowid(self) -> int | None:
        return None if self._cursor is None else self._cursor.lastrowid


class Compiler(SQLiteCompiler):
    """SQLite has no row locks, and its compiler drops them in silence: here they stay to be seen."""

    def for_update_clause(self, select: Any, **_: Any) -> Any:
        return FOR_UPDATE


def _engine() -> AsyncEngine:
    async def connect(*_: Any, **__: Any) -> Connection:
        return Connection(_client.get(), _role.get())

    engine = create_async_engine("sqlite+aiosqlite:///simulated", async_creator=connect, poolclass=NullPool)
    engine.sync_engine.dialect.statement_compiler = Compiler

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN")

    return engine


ENGINE = _engine()
"""One for all: it keeps the compiled statements. Whose connection it makes, it finds in the context."""


class SimulatedDatabase(Database):
    """`Database` on a `Server`, with the promises of PostgreSQL: several processes, and leaders."""

    def __init__(self, client: Client) -> None:
        super().__init__(make_url("postgresql://simulated"), write=ENGINE, read=ENGINE, lead=ENGINE)
        self.client = client

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncSession]:
        async with self._as("write"), super().write() as session:
            yield session

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        async with self._as("read"), super().read() as session:
            yield session

    @asynccontextmanager
    async def lead(self) -> AsyncIterator[AsyncSession]:
        async with self._as("lead"), super().lead() as session:
            yield session

    async def dispose(self) -> None:
        """Close what this process has open; the engine is everybody's."""
        self.client.break_off()

    @asynccontextmanager
    async def _as(self, role: Role) -> AsyncIterator[None]:
        tokens = _client.set(self.client), _role.set(role)
        try:
            yield
        finally:
            _client.reset(tokens[0])
            _role.reset(tokens[1])
