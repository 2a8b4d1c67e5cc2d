"""What has events followed, and subscriptions looked after: a callback, a switch, a look that finds none."""

from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.ambient import Ambient
from gateway.persistence import outbox
from gateway.persistence.database import Database
from gateway.persistence.tables import connections as CONNECTIONS
from gateway.persistence.tables import inbound_events as EVENTS
from gateway.persistence.tables import jobs as JOBS

FOLLOW = "follow_events"
"""Kind of the job that reads what events name; its subject is the connection."""
SUBSCRIBE = "subscribe_events"
"""Kind of the job that keeps a connection's subscriptions as they are to be; its subject likewise."""
LIVE = (outbox.QUEUED, outbox.HANDED, outbox.RUNNING)


async def follow(
    session: AsyncSession, ambient: Ambient, tenant_id: str, environment: str, connection_id: str
) -> None:
    """A worker reads what the connection's events name."""
    await _wake(session, ambient, FOLLOW, tenant_id, environment, connection_id)


async def subscribe(
    session: AsyncSession, ambient: Ambient, tenant_id: str, environment: str, connection_id: str
) -> None:
    """A worker sees that subscriptions are as they are to be: there, or gone."""
    await _wake(session, ambient, SUBSCRIBE, tenant_id, environment, connection_id)


async def begin_all(database: Database, ambient: Ambient) -> int:
    """Begin where nobody is at it; how many jobs that were.

    After a connection came back, a job was parked, or a callback came at the very moment a job ended.
    """
    wanting = (CONNECTIONS.c.keeps_replica, CONNECTIONS.c.state.not_in(("pending", "disconnected")))
    waits = select(EVENTS.c.id).where(
        EVENTS.c.connection_id == CONNECTIONS.c.id, EVENTS.c.settled_at.is_(None)
    )
    left = {FOLLOW: (waits.exists(),), SUBSCRIBE: wanting}
    begun = 0
    async with database.write() as session:
        for kind, where in left.items():
            for row in (await session.execute(_without(kind, where))).all():
                await _wake(session, ambient, kind, row.tenant_id, row.environment, row.id)
                begun += 1
    return begun


def _without(kind: str, where: tuple[ColumnElement[bool], ...]) -> Any:
    own = (JOBS.c.connection_id == CONNECTIONS.c.id, JOBS.c.kind == kind, JOBS.c.state.in_(LIVE))
    columns = (CONNECTIONS.c.id, CONNECTIONS.c.tenant_id, CONNECTIONS.c.environment)
    return select(*columns).where(*where, ~select(JOBS.c.id).where(*own).exists())


async def _wake(
    session: AsyncSession, ambient: Ambient, kind: str, tenant_id: str, environment: str, id: str
) -> None:
    await outbox.wake(
        session,
        ambient,
        kind=kind,
        subject=id,
        tenant_id=tenant_id,
        environment=environment,
        connection_id=id,
    )
