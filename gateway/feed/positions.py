"""Positions of events: given to what is committed, by whoever reads.

An id, a sequence or a transaction's number is taken before the commit, so a reader could pass by one that is
committed later. A position is taken after it: what comes late gets a later one.
"""

from datetime import datetime

from sqlalchemy import bindparam, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.persistence.database import Database
from gateway.persistence.tables import events as EVENTS
from gateway.persistence.tables import feeds as FEEDS
from gateway.persistence.upsert import upsert

AT_ONCE = 1_000
_PLACED = update(EVENTS).where(EVENTS.c.id == bindparam("named")).values(position=bindparam("at"))


async def number(database: Database, tenant_id: str, environment: str) -> None:
    """Give positions to all events of this feed that are committed."""
    while True:
        async with database.read() as session:
            if not await _unread(session, tenant_id, environment, 1):
                return
        async with database.write() as session:
            await number_some(session, tenant_id, environment)


async def number_some(session: AsyncSession, tenant_id: str, environment: str) -> int:
    """Give positions to some of them in a transaction of the caller's, which holds others back until it ends;
    the last position there is.
    """
    feed = (FEEDS.c.tenant_id == tenant_id, FEEDS.c.environment == environment)
    first = {"tenant_id": tenant_id, "environment": environment, "last": 0, "purged": 0}
    await upsert(session, FEEDS, first, {})
    # Held until the commit: whoever else would number waits, and then sees what was numbered here.
    last = (await session.execute(select(FEEDS.c.last).where(*feed).with_for_update())).scalar_one()
    ids = await _unread(session, tenant_id, environment, AT_ONCE)
    if ids:
        placed = [{"named": id, "at": position} for position, id in enumerate(ids, last + 1)]
        await (await session.connection()).execute(_PLACED, placed)
    await session.execute(update(FEEDS).where(*feed).values(last=last + len(ids)))
    return last + len(ids)


async def _unread(session: AsyncSession, tenant_id: str, environment: str, limit: int) -> list[str]:
    own = (EVENTS.c.tenant_id == tenant_id, EVENTS.c.environment == environment)
    order = (EVENTS.c.occurred_at, EVENTS.c.sequence, EVENTS.c.ordinal, EVENTS.c.id)
    wanted = select(EVENTS.c.id).where(*own, EVENTS.c.position.is_(None)).order_by(*order).limit(limit)
    return list((await session.execute(wanted)).scalars())


async def purge(session: AsyncSession, before: datetime) -> int:
    """Delete what is older, and remember up to which position; how many events that were."""
    old = (EVENTS.c.occurred_at < before, EVENTS.c.position.is_not(None))
    ends = select(EVENTS.c.tenant_id, EVENTS.c.environment, func.max(EVENTS.c.position)).where(*old)
    total = 0
    for tenant_id, environment, last in await session.execute(ends.group_by(*ends.selected_columns[:2])):
        feed = (FEEDS.c.tenant_id == tenant_id, FEEDS.c.environment == environment)
        await session.execute(update(FEEDS).where(*feed).values(purged=last))
        own = (EVENTS.c.tenant_id == tenant_id, EVENTS.c.environment == environment)
        done = await session.execute(delete(EVENTS).where(*own, EVENTS.c.position <= last))
        total += done.rowcount  # pyright: ignore[reportAttributeAccessIssue]
    return total
