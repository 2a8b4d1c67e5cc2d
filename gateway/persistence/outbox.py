"""The outbox: durable work is asked for in the transaction that makes it necessary."""

from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.ambient import Ambient
from gateway.persistence.bell import ring_after
from gateway.persistence.tables import jobs

QUEUED, HANDED, RUNNING = "queued", "handed", "running"
"""States of jobs that are to be carried out."""


async def put(
    session: AsyncSession,
    ambient: Ambient,
    *,
    kind: str,
    subject: str,
    tenant_id: str,
    environment: str,
    connection_id: str | None = None,
    due_at: datetime | None = None,
    id: str | None = None,
) -> str:
    """The id of a new job, which some worker begins once `session` is committed and `due_at` has come.

    `subject` is an id: what a job works on is read when it runs, and the engine stores what it is given in
    readable form.
    """
    now = ambient.clock.now()
    id = id or ambient.ids.new("job")
    ring_after(session)
    await session.execute(
        insert(jobs).values(
            id=id,
            tenant_id=tenant_id,
            environment=environment,
            kind=kind,
            subject=subject,
            connection_id=connection_id,
            state=QUEUED,
            round=0,
            attempts=0,
            created_at=now,
            due_at=due_at or now,
            changed_at=now,
        )
    )
    return id


async def wake(
    session: AsyncSession,
    ambient: Ambient,
    *,
    kind: str,
    subject: str,
    tenant_id: str,
    environment: str,
    connection_id: str,
) -> None:
    """For work that goes on as long as its subject does: there is one such job, and it need not wait."""
    now = ambient.clock.now()
    own = (jobs.c.kind == kind, jobs.c.subject == subject, jobs.c.connection_id == connection_id)
    live = select(jobs.c.id).where(*own, jobs.c.state.in_((QUEUED, HANDED, RUNNING))).limit(1)
    if (await session.execute(live)).one_or_none() is None:
        await put(
            session,
            ambient,
            kind=kind,
            subject=subject,
            tenant_id=tenant_id,
            environment=environment,
            connection_id=connection_id,
        )
        return
    ring_after(session)
    waits = update(jobs).where(*own, jobs.c.state == QUEUED, jobs.c.due_at > now)
    await session.execute(waits.values(due_at=now, changed_at=now))
