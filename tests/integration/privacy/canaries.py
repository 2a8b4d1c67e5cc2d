"""A row in every table with a canary in every column, and what is found of them in all stores."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from redis import Redis
from sqlalchemy import BigInteger, Boolean, Column, Integer, LargeBinary, Table, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.persistence.database import Database
from gateway.persistence.holdings import HOLDINGS
from gateway.persistence.instants import Instant
from gateway.persistence.tables import METADATA, api_keys, request_counts, scheduler_slots, tenants
from gateway.upstream.wire import queue_key

WHEN = datetime(2026, 11, 20, 9, tzinfo=UTC)
NOT_FILLED = ("audit_events", "tenant_data_keys")
"""Hashed and sealed: what is in them is written by those who write it."""


class Flock:
    """The canaries of one tenant, one a column."""

    def __init__(self, mark: str) -> None:
        self.mark = mark
        self.placed: set[str] = set()

    def canary(self, table: str, column: str) -> str:
        name = f"{self.mark}.{table}.{column}"
        self.placed.add(name)
        return name

    async def settle(self, session: AsyncSession, tenant_id: str) -> None:
        """Fill every table that a tenant's erasure has to empty."""
        made: dict[str, Any] = {}
        for table in METADATA.sorted_tables:
            if HOLDINGS[table.name].outlives or table.name in NOT_FILLED or table is tenants:
                continue
            row = {c.name: self._value(table, c, tenant_id, made) for c in table.columns}
            await session.execute(insert(table).values(row))
            made[table.name] = row

    def _value(self, table: Table, column: Column[Any], tenant_id: str, made: dict[str, Any]) -> Any:
        if column.name == "tenant_id":
            return tenant_id
        for key in column.foreign_keys:
            return made[key.column.table.name][key.column.name]
        if table is request_counts and column.name == "key":
            return self.canary(api_keys.name, "id")
        if table is scheduler_slots and column.name == "key":
            return queue_key(tenant_id, self.canary(table.name, column.name))
        if isinstance(column.type, Boolean):
            return True
        if isinstance(column.type, Integer | BigInteger):
            return 1
        if isinstance(column.type, LargeBinary):
            return self.canary(table.name, column.name).encode()
        if isinstance(column.type, Instant):
            return WHEN
        return self.canary(table.name, column.name)


async def dumped(database: Database) -> bytes:
    """Every value of every table."""
    parts: list[bytes] = []
    async with database.read() as session:
        for table in METADATA.sorted_tables:
            for row in await session.execute(select(table)):
                parts += [value if isinstance(value, bytes) else str(value).encode() for value in row]
    return b"\n".join(parts)


def files(directory: Path) -> bytes:
    """Every byte of every file."""
    return b"\n".join(path.read_bytes() for path in directory.rglob("*") if path.is_file())


def cached(url: str) -> bytes:
    """Every key of a Redis, and what it holds."""
    redis = Redis.from_url(url)
    return b"\n".join(name + (redis.dump(name) or b"") for name in redis.scan_iter())


def found(stores: bytes, canaries: set[str]) -> Iterator[str]:
    return (canary for canary in sorted(canaries) if canary.encode() in stores)
