"""Deliveries: one row an event and endpoint, and one an attempt. Claims end by themselves.

A claim is a due time in the future: the row of a process that died is due again when it has passed.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import Row, delete, exists, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.ambient import Ambient
from gateway.persistence.tables import webhook_attempts as ATTEMPTS
from gateway.persistence.tables import webhook_deliveries as DELIVERIES
from gateway.persistence.tables import webhook_endpoints as ENDPOINTS
from gateway.webhooks.outbound.endpoints import Target
from gateway.webhooks.outbound.sending import Outcome

PENDING, DELIVERED, FAILED, SKIPPED = "pending", "delivered", "failed", "skipped"
"""skipped: the endpoint was disabled."""
PURGED_AT_ONCE = 500


class Claimed(Struct, frozen=True, kw_only=True):
    """A delivery that this process attempts now."""

    id: str
    tenant_id: str
    endpoint_id: str
    event_id: str
    event_type: str
    occurred_at: datetime
    step: int
    attempts: int
    claim: str
    """Names the attempt: who lost it changes nothing any more."""


def new(
    ambient: Ambient, target: Target, event_id: str, type: str, occurred_at: datetime, now: datetime
) -> dict[str, Any]:
    """The row of a delivery, due at once; for a disabled endpoint it waits to be replayed."""
    off = target.disabled_at is not None
    return {
        "id": ambient.ids.new("dlv"),
        "tenant_id": target.tenant_id,
        "endpoint_id": target.id,
        "event_id": event_id,
        "event_type": type,
        "state": SKIPPED if off else PENDING,
        "step": 0,
        "attempts": 0,
        "due_at": None if off else now,
        "occurred_at": occurred_at,
        "created_at": now,
        "finished_at": now if off else None,
    }


async def due_endpoints(session: AsyncSession, now: datetime) -> Sequence[Any]:
    """Enabled endpoints that rest no more and have something due: id, failing_since."""
    waiting = exists().where(
        DELIVERIES.c.endpoint_id == ENDPOINTS.c.id, DELIVERIES.c.state == PENDING, DELIVERIES.c.due_at <= now
    )
    rested = or_(ENDPOINTS.c.resting_until.is_(None), ENDPOINTS.c.resting_until <= now)
    wanted = select(ENDPOINTS.c.id, ENDPOINTS.c.failing_since)
    return (await session.execute(wanted.where(ENDPOINTS.c.disabled_at.is_(None), rested, waiting))).all()


async def claim(
    session: AsyncSession, ambient: Ambient, endpoint_id: str, most: int, now: datetime, until: datetime
) -> list[Claimed]:
    """Take what is due at an endpoint, the longest due first. Who is not done `until` then has lost it."""
    ready = (DELIVERIES.c.state == PENDING, DELIVERIES.c.due_at <= now)
    first = (
        select(DELIVERIES.c.id)
        .where(DELIVERIES.c.endpoint_id == endpoint_id, *ready)
        .order_by(DELIVERIES.c.due_at, DELIVERIES.c.id)
        .limit(most)
    )
    taken = (
        update(DELIVERIES)
        .where(DELIVERIES.c.id.in_(first), *ready)  # again: somebody else may have been quicker
        .values(due_at=until, claim=ambient.ids.new("clm"))
        .returning(*(DELIVERIES.c[name] for name in Claimed.__struct_fields__))
    )
    return [Claimed(**row._mapping) for row in await session.execute(taken)]


async def attempted(
    session: AsyncSession, claimed: Claimed, outcome: Outcome, at: datetime, duration_s: float, **then: Any
) -> bool:
    """Write an attempt down, and what follows. False when the claim had been lost: then nothing follows."""
    held = (DELIVERIES.c.id == claimed.id, DELIVERIES.c.claim == claimed.claim)
    number = claimed.attempts + 1
    kept = await session.execute(
        update(DELIVERIES).where(*held).values(attempts=number, claim=None, **then).returning(DELIVERIES.c.id)
    )
    if kept.scalar_one_or_none() is None:
        return False
    await session.execute(
        insert(ATTEMPTS).values(
            delivery_id=claimed.id,
            tenant_id=claimed.tenant_id,
            number=number,
            at=at,
            duration_ms=round(duration_s * 1000),
            status=outcome.status,
            reason=outcome.reason,
            answer=outcome.answer,
        )
    )
    return True


async def skip(session: AsyncSession, endpoint_id: str, now: datetime) -> None:
    """What was still to be delivered waits to be replayed."""
    pending = (DELIVERIES.c.endpoint_id == endpoint_id, DELIVERIES.c.state == PENDING)
    await session.execute(
        update(DELIVERIES).where(*pending).values(state=SKIPPED, due_at=None, finished_at=now)
    )


async def replay(
    session: AsyncSession,
    endpoint_id: str,
    now: datetime,
    *,
    id: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    only_failed: bool = False,
) -> int:
    """Put deliveries at the beginning of the schedule again; how many. What is on its way is left alone."""
    states = (FAILED, SKIPPED) if only_failed else (FAILED, SKIPPED, DELIVERED)
    chosen = [DELIVERIES.c.endpoint_id == endpoint_id, DELIVERIES.c.state.in_(states)]
    if id is not None:
        chosen.append(DELIVERIES.c.id == id)
    if since is not None:
        chosen.append(DELIVERIES.c.occurred_at >= since)
    if until is not None:
        chosen.append(DELIVERIES.c.occurred_at < until)
    again = {"state": PENDING, "step": 0, "due_at": now, "claim": None, "finished_at": None}
    done = await session.execute(update(DELIVERIES).where(*chosen).values(again))
    return done.rowcount  # pyright: ignore[reportAttributeAccessIssue]


async def page(
    session: AsyncSession, endpoint_id: str, equal: Mapping[str, str], before: str | None, limit: int
) -> Sequence[Row[Any]]:
    """Deliveries of an endpoint, newest first. `equal`: columns by name."""
    own = [
        DELIVERIES.c.endpoint_id == endpoint_id,
        *(DELIVERIES.c[name] == one for name, one in equal.items()),
    ]
    if before is not None:
        own.append(DELIVERIES.c.id < before)
    found = select(DELIVERIES).where(*own).order_by(DELIVERIES.c.id.desc()).limit(limit)
    return (await session.execute(found)).all()


async def one(session: AsyncSession, endpoint_id: str, id: str) -> Row[Any] | None:
    """A delivery of this endpoint."""
    own = (DELIVERIES.c.endpoint_id == endpoint_id, DELIVERIES.c.id == id)
    return (await session.execute(select(DELIVERIES).where(*own))).one_or_none()


async def attempts_of(session: AsyncSession, delivery_id: str) -> Sequence[Row[Any]]:
    """All of them, in order."""
    own = ATTEMPTS.c.delivery_id == delivery_id
    return (await session.execute(select(ATTEMPTS).where(own).order_by(ATTEMPTS.c.number))).all()


async def waiting(session: AsyncSession) -> int:
    """Deliveries that are still to be made, of everybody."""
    count = select(func.count()).select_from(DELIVERIES).where(DELIVERIES.c.state == PENDING)
    return (await session.execute(count)).scalar_one()


async def purge_some(session: AsyncSession, before: datetime) -> int:
    """Delete some of what was made before then, attempts with it; how many deliveries."""
    old = select(DELIVERIES.c.id).where(DELIVERIES.c.created_at < before).limit(PURGED_AT_ONCE)
    ids = list((await session.execute(old)).scalars())
    await session.execute(delete(ATTEMPTS).where(ATTEMPTS.c.delivery_id.in_(ids)))
    await session.execute(delete(DELIVERIES).where(DELIVERIES.c.id.in_(ids)))
    return len(ids)
