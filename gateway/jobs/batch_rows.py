"""Statements on batches and their items."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import CursorResult, Row, func, select, true, update
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.ambient import Ambient
from gateway.persistence.event_log import tell
from gateway.persistence.tables import batch_items as ITEMS
from gateway.persistence.tables import batches as BATCHES
from gateway.persistence.tables import connections as CONNECTIONS

RUNNING, PAUSED, CANCELLED, FINISHED = "running", "paused", "cancelled", "finished"
"""States of a batch."""
ENDED = (FINISHED, CANCELLED)
"""Of these the last ones."""

WAITING, BEGUN, DONE, FAILED, UNKNOWN, LEFT_OUT = (
    "waiting",
    "running",
    "done",
    "failed",
    "unknown",
    "cancelled",
)
"""States of an item. One that runs when its process dies is begun again: its key makes that safe."""

OPEN = (WAITING, BEGUN)

NO_ANSWER = (502, 504)
"""Statuses of an item that may have been booked, or was and could not be read back."""


async def run_of(session: AsyncSession, batch_id: str, job_id: str) -> Row[Any] | None:
    """The batch, if it runs and this job is the one that runs it."""
    wanted = select(BATCHES).where(
        BATCHES.c.id == batch_id, BATCHES.c.job_id == job_id, BATCHES.c.state == RUNNING
    )
    return (await session.execute(wanted)).one_or_none()


async def state_of(session: AsyncSession, batch_id: str) -> str | None:
    """The batch's state; None when it is forgotten."""
    return (await session.execute(select(BATCHES.c.state).where(BATCHES.c.id == batch_id))).scalar()


async def started(session: AsyncSession, batch_id: str, now: datetime) -> None:
    """Its first run begins."""
    statement = update(BATCHES).where(BATCHES.c.id == batch_id, BATCHES.c.started_at.is_(None))
    await session.execute(statement.values(started_at=now))


async def next_item(session: AsyncSession, batch_id: str, now: datetime) -> Row[Any] | None:
    """The open item that is due and stands first."""
    wanted = (
        select(ITEMS)
        .where(ITEMS.c.batch_id == batch_id, ITEMS.c.state.in_(OPEN), ITEMS.c.due_at <= now)
        .order_by(ITEMS.c.position)
        .limit(1)
    )
    return (await session.execute(wanted)).one_or_none()


async def next_due(session: AsyncSession, batch_id: str) -> datetime | None:
    """When the next open item is due; None when none is open."""
    wanted = select(ITEMS.c.due_at).where(ITEMS.c.batch_id == batch_id, ITEMS.c.state.in_(OPEN))
    return (await session.execute(wanted.order_by(ITEMS.c.due_at).limit(1))).scalar_one_or_none()


async def turn_of(
    session: AsyncSession, connection_id: str, now: datetime, most: int, window: timedelta
) -> datetime:
    """When the next document may leave, so that no more than `most` do in a window.

    The connection's row is locked until the commit: batches of one connection ask one after another.
    """
    lock = select(CONNECTIONS.c.id).where(CONNECTIONS.c.id == connection_id).with_for_update()
    await session.execute(lock)
    recent = (
        select(ITEMS.c.started_at)
        .join(BATCHES, BATCHES.c.id == ITEMS.c.batch_id)
        .where(BATCHES.c.connection_id == connection_id, ITEMS.c.paced, ITEMS.c.started_at > now - window)
        .order_by(ITEMS.c.started_at.desc())
        .limit(most)
    )
    found = (await session.execute(recent)).scalars().all()
    return now if len(found) < most else cast("datetime", found[-1]) + window


async def begin(session: AsyncSession, item: Row[Any], now: datetime) -> None:
    """The item is about to be carried out."""
    await session.execute(_same(item).values(state=BEGUN, started_at=now))


async def settle(
    session: AsyncSession, item: Row[Any], state: str, now: datetime, answer: Mapping[str, Any]
) -> None:
    """The item's outcome, with columns of its answer. What was asked is not needed any more."""
    statement = _same(item).where(ITEMS.c.state.in_(OPEN))
    await session.execute(statement.values(state=state, finished_at=now, asked_sealed=None, **answer))


async def put_off(session: AsyncSession, item: Row[Any], due_at: datetime, answer: Mapping[str, Any]) -> None:
    """The item is to be repeated with its key."""
    statement = _same(item).where(ITEMS.c.state.in_(OPEN))
    await session.execute(statement.values(state=WAITING, due_at=due_at, **answer))


async def change(
    session: AsyncSession, batch_id: str, states: Sequence[str], values: Mapping[str, Any]
) -> bool:
    """Set columns of a batch in one of these states. False: it is in another."""
    statement = update(BATCHES).where(BATCHES.c.id == batch_id, BATCHES.c.state.in_(states)).values(**values)
    result = cast("CursorResult[Any]", await session.execute(statement))
    return result.rowcount == 1


async def end(
    session: AsyncSession, ambient: Ambient, batch_id: str, state: str, reason: str | None = None
) -> bool:
    """Finish or cancel a batch. What was not begun is left out; what got no clear answer stays unknown.

    False: it had ended before.
    """
    now = ambient.clock.now()
    values = {"state": state, "reason": reason, "finished_at": now}
    if not await change(session, batch_id, (RUNNING, PAUSED), values):
        return False
    for left_as, held in ((UNKNOWN, ITEMS.c.status.in_(NO_ANSWER)), (LEFT_OUT, true())):
        left = update(ITEMS).where(ITEMS.c.batch_id == batch_id, ITEMS.c.state == WAITING, held)
        await session.execute(left.values(state=left_as, finished_at=now, asked_sealed=None))
    columns = (BATCHES.c.tenant_id, BATCHES.c.environment, BATCHES.c.connection_id)
    ended = (await session.execute(select(*columns).where(BATCHES.c.id == batch_id))).one()
    await tell(
        session,
        ambient,
        type=f"batch.{state}",
        resource="batches",
        resource_id=batch_id,
        **ended._asdict(),
    )
    return True


async def abandon(session: AsyncSession, batch_id: str, now: datetime) -> None:
    """What was begun when a process died, of a batch that nobody carries on."""
    left = update(ITEMS).where(ITEMS.c.batch_id == batch_id, ITEMS.c.state == BEGUN)
    await session.execute(left.values(state=UNKNOWN, finished_at=now, asked_sealed=None))


async def counted(session: AsyncSession, batch_ids: Sequence[str]) -> dict[str, dict[str, int]]:
    """By batch and state, how many items there are."""
    wanted = (
        select(ITEMS.c.batch_id, ITEMS.c.state, func.count())
        .where(ITEMS.c.batch_id.in_(batch_ids))
        .group_by(ITEMS.c.batch_id, ITEMS.c.state)
    )
    found: dict[str, dict[str, int]] = {id: {} for id in batch_ids}
    for batch_id, state, count in await session.execute(wanted):
        found[batch_id][state] = count
    return found


async def settled_since(session: AsyncSession, batch_ids: Sequence[str], since: datetime) -> dict[str, int]:
    """By batch, how many items were settled since then."""
    wanted = (
        select(ITEMS.c.batch_id, func.count())
        .where(ITEMS.c.batch_id.in_(batch_ids), ITEMS.c.finished_at > since)
        .group_by(ITEMS.c.batch_id)
    )
    return {row[0]: row[1] for row in await session.execute(wanted)}


def _same(item: Row[Any]) -> Any:
    return update(ITEMS).where(ITEMS.c.batch_id == item.batch_id, ITEMS.c.position == item.position)
