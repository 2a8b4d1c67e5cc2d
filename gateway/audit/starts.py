"""Where a trail begins whose first entries are kept no longer. Signed, so that nobody makes one up."""

from datetime import UTC, datetime

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.audit.chain import BEGINNING, Head
from gateway.audit.heads import Signing
from gateway.persistence.tables import audit_events, audit_starts
from gateway.persistence.upsert import upsert


async def start_of(session: AsyncSession, signing: Signing, tenant_id: str) -> Head:
    """The entry behind which the trail begins; its very beginning where none is known, or it is not ours."""
    found = await session.execute(select(audit_starts).where(audit_starts.c.tenant_id == tenant_id))
    row = found.one_or_none()
    if row is None:
        return BEGINNING
    start = Head(sequence=row.sequence, hash=row.hash)
    return start if row.signature == _signature(signing, tenant_id, start, row.at) else BEGINNING


async def begin_after(
    session: AsyncSession, signing: Signing, tenant_id: str, start: Head, at: datetime
) -> int:
    """Delete the entries up to this one, for good; how many."""
    values = {
        "tenant_id": tenant_id,
        "sequence": start.sequence,
        "hash": start.hash,
        "at": at,
        "signature": _signature(signing, tenant_id, start, at),
    }
    await upsert(session, audit_starts, values)
    gone = (audit_events.c.tenant_id == tenant_id, audit_events.c.sequence <= start.sequence)
    done = await session.execute(delete(audit_events).where(*gone))
    return done.rowcount  # pyright: ignore[reportAttributeAccessIssue]


async def purge(session: AsyncSession, signing: Signing, before: datetime, at: datetime) -> int:
    """Delete what is older from every trail; how many entries."""
    ends = select(audit_events.c.tenant_id, func.max(audit_events.c.sequence).label("sequence"))
    old = ends.where(audit_events.c.at < before).group_by(audit_events.c.tenant_id)
    total = 0
    for tenant_id, sequence in (await session.execute(old)).all():
        own = (audit_events.c.tenant_id == tenant_id, audit_events.c.sequence == sequence)
        hash = (await session.execute(select(audit_events.c.hash).where(*own))).scalar_one()
        total += await begin_after(session, signing, tenant_id, Head(sequence=sequence, hash=hash), at)
    return total


def _signature(signing: Signing, tenant_id: str, start: Head, at: datetime) -> bytes:
    instant = at.astimezone(UTC).isoformat(timespec="microseconds")
    return signing.digest("audit_start", tenant_id, str(start.sequence), start.hash.hex(), instant)
