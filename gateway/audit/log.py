"""Writes and reads trails: one a tenant."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.audit.chain import BEGINNING, START, Entry, Head, digest, first_break
from gateway.persistence.tables import audit_events, audit_heads
from gateway.persistence.upsert import upsert

HOUSE = "kontor"
"""The trail of what belongs to no tenant, such as a rotation of master keys."""

PAGE = 1000
KONTOR = "kontor"
"""The actor behind what nobody asked for, such as a connection found to be cut off."""


async def record(
    session: AsyncSession,
    *,
    tenant_id: str,
    actor: str,
    action: str,
    object_type: str,
    object_id: str,
    detail: Mapping[str, object],
    request_id: str | None,
    at: datetime,
    environment: str | None = None,
) -> None:
    """Append one entry, in the caller's transaction: what was done and its trace are committed together.

    `detail` holds no secrets. The trail's head stays locked until the commit, so call this last.
    """
    previous = await _locked_head(session, tenant_id)
    entry = Entry(
        tenant_id=tenant_id,
        environment=environment,
        sequence=previous.sequence + 1,
        at=at,
        actor=actor,
        action=action,
        object_type=object_type,
        object_id=object_id,
        detail=msgspec.json.encode(detail, order="deterministic").decode(),
        request_id=request_id,
        previous=previous.hash,
        hash=b"",
    )
    entry = msgspec.structs.replace(entry, hash=digest(entry))
    await session.execute(insert(audit_events).values(msgspec.structs.asdict(entry)))
    await session.execute(
        update(audit_heads)
        .where(audit_heads.c.tenant_id == tenant_id)
        .values(sequence=entry.sequence, hash=entry.hash)
    )


async def head(session: AsyncSession, tenant_id: str) -> Head:
    """The end of the trail as the database has it."""
    row = (await session.execute(_head_row(tenant_id))).one_or_none()
    return Head(sequence=row.sequence, hash=row.hash) if row else Head(sequence=0, hash=START)


async def entries(session: AsyncSession, tenant_id: str, after: int = 0, limit: int = 1000) -> list[Entry]:
    """At most `limit` entries behind the sequence number `after`, oldest first."""
    found = await session.execute(
        select(audit_events)
        .where(audit_events.c.tenant_id == tenant_id, audit_events.c.sequence > after)
        .order_by(audit_events.c.sequence)
        .limit(limit)
    )
    return [Entry(**row._mapping) for row in found]


class Wanted(Struct, frozen=True, kw_only=True):
    """Which entries of a trail. `equal`: columns by name; entries of no environment belong to each."""

    tenant_id: str
    environment: str
    before: int | None
    equal: Mapping[str, str]
    since: datetime | None
    until: datetime | None


async def found(session: AsyncSession, wanted: Wanted, limit: int) -> list[Entry]:
    """At most `limit` of them, newest first."""
    columns = audit_events.c
    conditions = [
        columns.tenant_id == wanted.tenant_id,
        or_(columns.environment == wanted.environment, columns.environment.is_(None)),
        *(columns[name] == value for name, value in wanted.equal.items()),
    ]
    if wanted.before is not None:
        conditions.append(columns.sequence < wanted.before)
    if wanted.since is not None:
        conditions.append(columns.at >= wanted.since)
    if wanted.until is not None:
        conditions.append(columns.at < wanted.until)
    rows = await session.execute(
        select(audit_events).where(*conditions).order_by(columns.sequence.desc()).limit(limit)
    )
    return [Entry(**row._mapping) for row in rows]


async def tenants(session: AsyncSession) -> list[str]:
    """Whose trails there are, the house's among them."""
    heads = select(audit_heads.c.tenant_id)
    entries_ = select(audit_events.c.tenant_id)
    return sorted((await session.execute(heads.union(entries_))).scalars())


async def verify(
    session: AsyncSession, tenant_id: str, kept: Iterable[Head] = (), start: Head = BEGINNING
) -> int | None:
    """The sequence number at which the trail was tampered with; None when it is whole.

    `kept` are heads of former days from outside the database: without one, a trail that was rewritten from
    some point to its end, head included, looks whole. `start`: the entry behind which it begins now.
    """
    kept = tuple(kept)
    if any(one.sequence == start.sequence and one.hash != start.hash for one in kept):
        return start.sequence
    kept = tuple(one for one in kept if one.sequence > start.sequence)
    end = await head(session, tenant_id)
    while page := await entries(session, tenant_id, start.sequence, PAGE):
        last = Head(sequence=page[-1].sequence, hash=page[-1].hash)
        within = [one for one in kept if one.sequence <= last.sequence]
        if (position := first_break(page, last, within, start)) is not None:
            return position
        if last.sequence > end.sequence:
            return end.sequence + 1
        start = last
    return first_break((), end, kept, start)


async def _locked_head(session: AsyncSession, tenant_id: str) -> Head:
    await upsert(session, audit_heads, {"tenant_id": tenant_id, "sequence": 0, "hash": START}, change={})
    row = (await session.execute(_head_row(tenant_id).with_for_update())).one()
    return Head(sequence=row.sequence, hash=row.hash)


def _head_row(tenant_id: str) -> Any:
    return select(audit_heads).where(audit_heads.c.tenant_id == tenant_id)
