"""Statements on what vendors told: stored once, due, settled."""

from collections.abc import Collection, Sequence
from datetime import datetime

from msgspec import Struct
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from connectors.base.webhooks import VendorEvent
from gateway.persistence.tables import inbound_events as EVENTS
from gateway.persistence.upsert import INSERT
from gateway.tenants.model import Connection

WAITING = "waiting"
DONE = "done"
"""What it names was read."""
CLOSED = "closed"
"""There is nothing to be read of it: the connection may not, or nobody keeps a copy any more."""
PARKED = "parked"
"""It could not be read, so often that passes have to find it."""
ONCE = ("connection_id", "type", "resource_id", "at")
"""The vendor gives its events no ids."""


class Waiting(Struct, frozen=True, kw_only=True):
    """An event that is to be followed."""

    id: str
    type: str
    resource_id: str
    received_at: datetime
    attempts: int


async def store(
    session: AsyncSession, id: str, connection: Connection, event: VendorEvent, received_at: datetime
) -> bool:
    """False: it is known already."""
    statement = INSERT[session.get_bind().dialect.name](EVENTS).values(
        id=id,
        tenant_id=connection.tenant_id,
        environment=connection.environment,
        connection_id=connection.id,
        type=event.type,
        resource_id=event.resource_id,
        at=event.at,
        received_at=received_at,
        state=WAITING,
        attempts=0,
        due_at=received_at,
    )
    once = statement.on_conflict_do_nothing(index_elements=list(ONCE)).returning(EVENTS.c.id)
    return (await session.execute(once)).one_or_none() is not None


async def due(session: AsyncSession, connection: Connection, now: datetime, limit: int) -> list[str]:
    """Ids of objects that events name, those first that were named first."""
    own = (EVENTS.c.tenant_id == connection.tenant_id, EVENTS.c.connection_id == connection.id)
    wanted = (
        select(EVENTS.c.resource_id)
        .where(*own, EVENTS.c.settled_at.is_(None), EVENTS.c.due_at <= now)
        .order_by(EVENTS.c.due_at, EVENTS.c.id)
        .limit(limit)
    )
    return list(dict.fromkeys((await session.execute(wanted)).scalars()))


async def next_due_at(session: AsyncSession, connection: Connection) -> datetime | None:
    """When the next one is to be followed; None: none waits."""
    own = (EVENTS.c.tenant_id == connection.tenant_id, EVENTS.c.connection_id == connection.id)
    soonest = select(EVENTS.c.due_at).where(*own, EVENTS.c.settled_at.is_(None)).order_by(EVENTS.c.due_at)
    return (await session.execute(soonest.limit(1))).scalar_one_or_none()


async def waiting(session: AsyncSession, connection: Connection, id: str) -> list[Waiting]:
    """All that wait to have this object read."""
    own = (EVENTS.c.tenant_id == connection.tenant_id, EVENTS.c.connection_id == connection.id)
    wanted = select(*(EVENTS.c[name] for name in Waiting.__struct_fields__)).where(
        *own, EVENTS.c.settled_at.is_(None), EVENTS.c.resource_id == id
    )
    return [
        Waiting(**{name: getattr(row, name) for name in Waiting.__struct_fields__})
        for row in await session.execute(wanted)
    ]


async def settle(
    session: AsyncSession, events: Sequence[Waiting], state: str, now: datetime, reason: str | None = None
) -> None:
    """These need not be followed any more."""
    values = {"state": state, "settled_at": now, "reason": reason}
    await session.execute(update(EVENTS).where(EVENTS.c.id.in_(_ids(events))).values(values))


async def close_all(session: AsyncSession, connection: Connection, reason: str, now: datetime) -> None:
    """Nothing that waits is followed any more."""
    own = (EVENTS.c.tenant_id == connection.tenant_id, EVENTS.c.connection_id == connection.id)
    values = {"state": CLOSED, "settled_at": now, "reason": reason}
    await session.execute(update(EVENTS).where(*own, EVENTS.c.settled_at.is_(None)).values(values))


async def put_off(
    session: AsyncSession, events: Sequence[Waiting], due_at: datetime, attempts: int, reason: str | None
) -> None:
    """These are followed later."""
    values = {"due_at": due_at, "attempts": attempts, "reason": reason}
    await session.execute(update(EVENTS).where(EVENTS.c.id.in_(_ids(events))).values(values))


def _ids(events: Sequence[Waiting]) -> Collection[str]:
    return [event.id for event in events]
