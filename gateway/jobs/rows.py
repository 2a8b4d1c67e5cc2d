"""Statements on the outbox: what each job waits for, and how often it was begun.

A claim names the round and the attempt it was given; whoever lost either changes nothing.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, cast

from msgspec import Struct
from sqlalchemy import CursorResult, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.persistence.outbox import HANDED, QUEUED, RUNNING
from gateway.persistence.tables import executors as EXECUTORS
from gateway.persistence.tables import jobs as JOBS
from gateway.persistence.upsert import upsert
from gateway.tenants.model import Environment

DONE, PARKED, CANCELLED = "done", "parked", "cancelled"

ATTEMPTS = 8
"""So often a job is begun without coming to an orderly end; then it is parked."""

CRASHED = "Its process ended while it ran."

TAKING_OVER = "(taking over)"
"""Row of the executors that keeps two processes from taking over at once."""


class Job(Struct, frozen=True, kw_only=True):
    """A job that this task carries out."""

    id: str
    kind: str
    subject: str
    tenant_id: str
    environment: Environment
    connection_id: str | None
    round: int
    attempt: int
    created_at: datetime


async def due(session: AsyncSession, now: datetime, limit: int) -> Sequence[Any]:
    """Jobs to hand over: id, round, kind."""
    statement = (
        select(JOBS.c.id, JOBS.c.round, JOBS.c.kind)
        .where(JOBS.c.state == QUEUED, JOBS.c.due_at <= now)
        .order_by(JOBS.c.due_at, JOBS.c.id)
        .limit(limit)
    )
    return (await session.execute(statement)).all()


async def parked(session: AsyncSession) -> Sequence[Any]:
    """Jobs that were given up: id, kind, reason."""
    statement = select(JOBS.c.id, JOBS.c.kind, JOBS.c.reason).where(JOBS.c.state == PARKED)
    return (await session.execute(statement)).all()


async def handed(session: AsyncSession, id: str, round: int, now: datetime) -> None:
    """The engine has this round."""
    statement = update(JOBS).where(JOBS.c.id == id, JOBS.c.round == round, JOBS.c.state == QUEUED)
    await session.execute(statement.values(state=HANDED, changed_at=now))


async def begin(session: AsyncSession, id: str, round: int, executor_id: str, now: datetime) -> Job | None:
    """One attempt more, counted before it runs. None when the round is over, or the job is parked by this."""
    statement = select(JOBS).where(JOBS.c.id == id, JOBS.c.round == round).with_for_update()
    row = (await session.execute(statement)).one_or_none()
    if row is None or row.state not in (QUEUED, HANDED, RUNNING):
        return None
    reason = CRASHED if row.state == RUNNING else row.reason
    mine = update(JOBS).where(JOBS.c.id == id, JOBS.c.round == round)
    if row.attempts >= ATTEMPTS:
        await session.execute(
            mine.values(state=PARKED, reason=reason, executor_id=None, changed_at=now, finished_at=now)
        )
        return None
    attempt = row.attempts + 1
    await session.execute(
        mine.values(state=RUNNING, attempts=attempt, reason=reason, executor_id=executor_id, changed_at=now)
    )
    names = ("id", "kind", "subject", "tenant_id", "environment", "connection_id", "round", "created_at")
    return Job(**{name: getattr(row, name) for name in names}, attempt=attempt)


async def finish(session: AsyncSession, job: Job, now: datetime) -> bool:
    """It is done. False: another attempt has begun since."""
    values = {"state": DONE, "reason": None, "finished_at": now}
    return await _changed(session, _claimed(job).values(**values, executor_id=None, changed_at=now))


async def again(session: AsyncSession, job: Job, due_at: datetime, now: datetime) -> bool:
    """It came to an orderly end for now, and goes on later."""
    values = {"state": QUEUED, "round": job.round + 1, "attempts": 0, "reason": None, "due_at": due_at}
    return await _changed(session, _claimed(job).values(**values, executor_id=None, changed_at=now))


async def hand_back(session: AsyncSession, job: Job, now: datetime) -> bool:
    """This process stops: the attempt does not count."""
    values = {"state": QUEUED, "round": job.round + 1, "attempts": job.attempt - 1, "due_at": now}
    return await _changed(session, _claimed(job).values(**values, executor_id=None, changed_at=now))


async def fail(session: AsyncSession, job: Job, reason: str, due_at: datetime, now: datetime) -> bool:
    """The attempt failed: the next one comes later, or the job is parked."""
    if job.attempt >= ATTEMPTS:
        values: dict[str, Any] = {"state": PARKED, "finished_at": now}
    else:
        values = {"state": QUEUED, "round": job.round + 1, "due_at": due_at}
    return await _changed(
        session, _claimed(job).values(**values, reason=reason, executor_id=None, changed_at=now)
    )


async def replay(session: AsyncSession, id: str, now: datetime) -> bool:
    """A parked job is begun anew, with all its attempts. False: it is not parked."""
    statement = (
        update(JOBS)
        .where(JOBS.c.id == id, JOBS.c.state == PARKED)
        .values(
            state=QUEUED,
            round=JOBS.c.round + 1,
            attempts=0,
            reason=None,
            due_at=now,
            changed_at=now,
            finished_at=None,
        )
    )
    return await _changed(session, statement)


async def hasten(session: AsyncSession, id: str, now: datetime) -> None:
    """What waits for its time need not wait longer."""
    statement = update(JOBS).where(JOBS.c.id == id, JOBS.c.state == QUEUED, JOBS.c.due_at > now)
    await session.execute(statement.values(due_at=now, changed_at=now))


async def cancel(session: AsyncSession, id: str, now: datetime) -> None:
    """It need not be done any more. One that runs finds out by itself."""
    statement = update(JOBS).where(JOBS.c.id == id, JOBS.c.state.in_((QUEUED, HANDED, PARKED)))
    await session.execute(statement.values(state=CANCELLED, changed_at=now, finished_at=now))


async def unchanged_since(session: AsyncSession, before: datetime, limit: int) -> Sequence[Any]:
    """Rounds that the engine should have: id, round."""
    statement = (
        select(JOBS.c.id, JOBS.c.round)
        .where(JOBS.c.state.in_((HANDED, RUNNING)), JOBS.c.changed_at < before)
        .limit(limit)
    )
    return (await session.execute(statement)).all()


async def queue_anew(session: AsyncSession, id: str, round: int, now: datetime) -> bool:
    """A round that the engine does not know, as after a restore of one database without the other."""
    statement = update(JOBS).where(
        JOBS.c.id == id, JOBS.c.round == round, JOBS.c.state.in_((HANDED, RUNNING))
    )
    return await _changed(
        session, statement.values(state=QUEUED, round=round + 1, due_at=now, changed_at=now)
    )


async def beat(session: AsyncSession, executor_id: str, now: datetime) -> None:
    """This executor lives."""
    values = {"id": executor_id, "started_at": now, "seen_at": now}
    await upsert(session, EXECUTORS, values, change={"seen_at": now})


async def bury(session: AsyncSession, *, but: str | None = None, before: datetime | None = None) -> None:
    """Forget executors: all but one, or those not seen since."""
    statement = delete(EXECUTORS)
    statement = statement.where(EXECUTORS.c.id != but) if but else statement
    await session.execute(statement.where(EXECUTORS.c.seen_at < before) if before else statement)


async def remove(session: AsyncSession, executor_id: str) -> None:
    """This executor stops."""
    await session.execute(delete(EXECUTORS).where(EXECUTORS.c.id == executor_id))


async def alive(session: AsyncSession, since: datetime) -> Collection[str]:
    """Executors seen since then."""
    found = await session.execute(select(EXECUTORS.c.id).where(EXECUTORS.c.seen_at >= since))
    return set(found.scalars()) - {TAKING_OVER}


async def may_take_over(session: AsyncSession, now: datetime, unless_since: datetime) -> bool:
    """Whether it is this process's turn: nobody else has begun since then."""
    values = {"id": TAKING_OVER, "started_at": now, "seen_at": unless_since}
    await upsert(session, EXECUTORS, values, change={})
    statement = update(EXECUTORS).where(EXECUTORS.c.id == TAKING_OVER, EXECUTORS.c.seen_at <= unless_since)
    return await _changed(session, statement.values(seen_at=now))


def _claimed(job: Job) -> Any:
    return update(JOBS).where(
        JOBS.c.id == job.id,
        JOBS.c.round == job.round,
        JOBS.c.attempts == job.attempt,
        JOBS.c.state == RUNNING,
    )


async def _changed(session: AsyncSession, statement: Any) -> bool:
    result = cast("CursorResult[Any]", await session.execute(statement))
    return result.rowcount == 1
