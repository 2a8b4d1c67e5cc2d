"""Insert or, where the key exists, update: one statement on both databases."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

INSERT = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


async def upsert(
    session: AsyncSession,
    table: Table,
    values: Mapping[str, Any],
    change: Mapping[str, Any] | None = None,
) -> None:
    """Insert `values`; where a row with their primary key exists, set `change` (default: the same values).

    An empty `change` leaves an existing row as it is.
    """
    key = [column.name for column in table.primary_key]
    statement = INSERT[session.get_bind().dialect.name](table).values(dict(values))
    change = {name: value for name, value in values.items() if name not in key} if change is None else change
    if change:
        statement = statement.on_conflict_do_update(index_elements=key, set_=dict(change))
    else:
        statement = statement.on_conflict_do_nothing(index_elements=key)
    await session.execute(statement)


async def upsert_all(session: AsyncSession, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that have the same columns; where one with their key exists, it becomes the new one."""
    if not rows:
        return
    key = [column.name for column in table.primary_key]
    statement = INSERT[session.get_bind().dialect.name](table)
    change = {name: statement.excluded[name] for name in rows[0] if name not in key}
    statement = statement.on_conflict_do_update(index_elements=key, set_=change)
    await session.execute(statement, [dict(row) for row in rows])
