"""The feed's rows, as webhooks need them: what happened, numbered as it is read."""

from typing import Any

from sqlalchemy import Row, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.ambient import Ambient
from gateway.persistence.tables import events as EVENTS
from gateway.persistence.tables import feed_positions as POSITIONS
from gateway.persistence.upsert import upsert
from gateway.webhooks.outbound.selecting import Event


async def number(session: AsyncSession, tenant_id: str, environment: str) -> int:
    """Give positions to all events that have none, in the order of their ids; the last position there is.

    The counter stays locked until the commit: what is committed later comes behind, so no reader misses it.
    """
    own = {"tenant_id": tenant_id, "environment": environment}
    await upsert(session, POSITIONS, {**own, "position": 0}, {})
    here = (POSITIONS.c.tenant_id == tenant_id, POSITIONS.c.environment == environment)
    last = (await session.execute(select(POSITIONS.c.position).where(*here).with_for_update())).scalar_one()
    unread = (
        EVENTS.c.tenant_id == tenant_id,
        EVENTS.c.environment == environment,
        EVENTS.c.position.is_(None),
    )
    ids = (await session.execute(select(EVENTS.c.id).where(*unread).order_by(EVENTS.c.id))).scalars().all()
    for place, id in enumerate(ids, last + 1):
        await session.execute(update(EVENTS).where(EVENTS.c.id == id).values(position=place))
    if ids:
        await session.execute(update(POSITIONS).where(*here).values(position=last + len(ids)))
    return last + len(ids)


async def publish(
    session: AsyncSession, ambient: Ambient, *, tenant_id: str, environment: str, type: str, **more: Any
) -> str:
    """The id of a new event, told to nobody before `session` is committed."""
    id = ambient.ids.new("evt")
    values = {"id": id, "tenant_id": tenant_id, "environment": environment, "type": type, **more}
    await session.execute(insert(EVENTS).values(occurred_at=ambient.clock.now(), **values))
    return id


def event_of(row: Row[Any]) -> Event:
    """A row as a value."""
    return Event(**{name: getattr(row, name) for name in Event.__struct_fields__})
