"""The copy of a connection's books, and how it ends: in the transaction of whoever ends it."""

from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, Table, delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.persistence.holdings import HOLDINGS
from gateway.persistence.tables import events, webhook_attempts, webhook_deliveries


async def erase_copy(session: AsyncSession, tenant_id: str, connection_id: str) -> dict[str, int]:
    """Nothing of the end customer's books is held any more: rows deleted, by table.

    Events of its objects go with it, and what was to be delivered of them, since they name them; what is told
    of the connection itself stays. So do the write journal and the audit trail: they are evidence.
    """
    counts: dict[str, int] = {}
    told = (*_own(events, tenant_id, connection_id), events.c.sequence.is_not(None))
    about = select(events.c.id).where(*told)
    deliveries = (webhook_deliveries.c.tenant_id == tenant_id, webhook_deliveries.c.event_id.in_(about))
    attempts = webhook_attempts.c.delivery_id.in_(select(webhook_deliveries.c.id).where(*deliveries))
    for table, where in (
        (webhook_attempts, (webhook_attempts.c.tenant_id == tenant_id, attempts)),
        (webhook_deliveries, deliveries),
        (events, told),
        *((holding.table, None) for holding in HOLDINGS.values() if holding.of_copy),
    ):
        conditions = _own(table, tenant_id, connection_id) if where is None else where
        counts[table.name] = await rowcount(session, delete(table).where(*conditions))
    return {name: count for name, count in counts.items() if count}


async def rowcount(session: AsyncSession, statement: Any) -> int:
    """How many rows a statement changed."""
    return cast("CursorResult[Any]", await session.execute(statement)).rowcount


def _own(table: Table, tenant_id: str, connection_id: str) -> tuple[ColumnElement[bool], ...]:
    return (table.c.tenant_id == tenant_id, table.c.connection_id == connection_id)
