"""What has passes begin: a connection's switch, somebody who wants one now, a look that finds none."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.ambient import Ambient
from gateway.persistence import outbox
from gateway.persistence.database import Database
from gateway.persistence.tables import connections as CONNECTIONS
from gateway.persistence.tables import jobs as JOBS
from gateway.replica.rows import place_of
from gateway.replica.sync import states
from gateway.tenants.model import Connection

SYNCHRONIZE = "synchronize"
"""Kind of the job; its subject is the connection."""


async def begin(session: AsyncSession, ambient: Ambient, connection: Connection) -> None:
    """A worker goes over the connection's lists from now on, for as long as it keeps a replica."""
    await _wake(session, ambient, connection.tenant_id, connection.environment, connection.id)


async def ask(
    session: AsyncSession, ambient: Ambient, connection: Connection, resources: Iterable[str]
) -> None:
    """A pass over each of these now."""
    for name in resources:
        await states.ask(session, place_of(connection, name), ambient.clock.now())
    await begin(session, ambient, connection)


async def begin_all(database: Database, ambient: Ambient) -> int:
    """Begin where nobody goes over the lists, though they are to be kept; how many connections that were.

    After a connection came back, a job was parked, or a switch came at the very moment a job ended.
    """
    live = (outbox.QUEUED, outbox.HANDED, outbox.RUNNING)
    own = (JOBS.c.connection_id == CONNECTIONS.c.id, JOBS.c.kind == SYNCHRONIZE, JOBS.c.state.in_(live))
    left = select(CONNECTIONS.c.id, CONNECTIONS.c.tenant_id, CONNECTIONS.c.environment).where(
        CONNECTIONS.c.keeps_replica,
        CONNECTIONS.c.state.not_in(("pending", "disconnected")),
        ~select(JOBS.c.id).where(*own).exists(),
    )
    async with database.write() as session:
        found = (await session.execute(left)).all()
        for row in found:
            await _wake(session, ambient, row.tenant_id, row.environment, row.id)
    return len(found)


async def _wake(session: AsyncSession, ambient: Ambient, tenant_id: str, environment: str, id: str) -> None:
    await outbox.wake(
        session,
        ambient,
        kind=SYNCHRONIZE,
        subject=id,
        tenant_id=tenant_id,
        environment=environment,
        connection_id=id,
    )
