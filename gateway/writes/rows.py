"""Statements on the write journal.

Each change names the generation it knows, which others raise when they take a row over: whoever lost the
lease changes nothing.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from msgspec import Struct
from sqlalchemy import CursorResult, Row, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.persistence.tables import write_journal as JOURNAL
from gateway.writes.recovered import Gap

RESERVED, SENT, CONFIRMED, REJECTED, UNKNOWN = "reserved", "sent", "confirmed", "rejected", "unknown"
NEEDS_DECISION = "needs_decision"
"""Unknown, and nothing that Kontor can see tells: a person has to say."""
STATES = (RESERVED, SENT, CONFIRMED, REJECTED, UNKNOWN, NEEDS_DECISION)

NOTHING_PENDING = {
    "asked_sealed": None,
    "tape_sealed": None,
    "call_digest": None,
    "look_at": None,
    "reason": None,
    "candidates_sealed": None,
}
"""What is kept only as long as the outcome is open: it holds the end customer's data."""

OPEN = (RESERVED, SENT, UNKNOWN)
"""States in which whoever holds the lease goes on with it."""

KEY = ("tenant_id", "connection_id", "environment", "method", "route", "idempotency_key")
INSERT = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


class Write(Struct, frozen=True, kw_only=True):
    """A write as it is asked for: the columns that are known before anything happens."""

    tenant_id: str
    connection_id: str
    environment: str
    method: str
    route: str
    idempotency_key: str | None
    fingerprint: bytes
    resource: str
    operation: str
    request_id: str
    actor: str
    """The API key that asks."""


class Claim(Struct, frozen=True, kw_only=True):
    """A row that this task may act on, as long as nobody raises its generation."""

    id: str
    generation: int
    write: Write
    resends: bool = False
    """True when its next call was sent before and is known not to have been booked."""
    gap: Gap | None = None
    """When its next create may have been sent without being known here."""


async def reserve(
    session: AsyncSession, dialect: str, id: str, write: Write, now: datetime, lease_until: datetime
) -> Claim | None:
    """A new row. None when the key has one already, committed or about to be: then it waits for that."""
    values = {
        **{name: getattr(write, name) for name in Write.__struct_fields__},
        "id": id,
        "state": RESERVED,
        "generation": 1,
        "lease_until": lease_until,
        "created_at": now,
    }
    if write.idempotency_key is None:
        await session.execute(insert(JOURNAL).values(values))
        return Claim(id=id, generation=1, write=write)
    statement = INSERT[dialect](JOURNAL).values(values).on_conflict_do_nothing(index_elements=KEY)
    made = await session.execute(statement.returning(JOURNAL.c.id))
    return Claim(id=id, generation=1, write=write) if made.one_or_none() else None


async def found(session: AsyncSession, write: Write) -> Row[Any] | None:
    """The row of this key."""
    same = [JOURNAL.c[name] == getattr(write, name) for name in KEY]
    return (await session.execute(select(JOURNAL).where(*same))).one_or_none()


async def by_id(session: AsyncSession, id: str) -> Row[Any] | None:
    """The row of this id."""
    return (await session.execute(select(JOURNAL).where(JOURNAL.c.id == id))).one_or_none()


async def take_over(
    session: AsyncSession, row: Row[Any], write: Write, now: datetime, lease_until: datetime
) -> Claim | None:
    """The row of a process that died before it sent, for a new try. None when somebody was faster."""
    values = {name: getattr(write, name) for name in Write.__struct_fields__ if name not in KEY}
    statement = (
        update(JOURNAL)
        .where(JOURNAL.c.id == row.id, JOURNAL.c.generation == row.generation, JOURNAL.c.state == RESERVED)
        .values(**values, generation=row.generation + 1, lease_until=lease_until, created_at=now)
    )
    if not await _changed(session, statement):
        return None
    return Claim(id=row.id, generation=row.generation + 1, write=write)


async def give_up(session: AsyncSession, id: str, generation: int, now: datetime) -> bool:
    """The row of a process that died after it sent: nobody knows its outcome, and that one may not tell."""
    statement = (
        update(JOURNAL)
        .where(JOURNAL.c.id == id, JOURNAL.c.generation == generation, JOURNAL.c.state == SENT)
        .values(
            state=UNKNOWN,
            generation=generation + 1,
            lease_until=None,
            unknown_since=func.coalesce(JOURNAL.c.unknown_since, now),
            look_at=now,
        )
    )
    return await _changed(session, statement)


async def take_up(
    session: AsyncSession, id: str, states: Collection[str], now: datetime, lease_until: datetime
) -> Row[Any] | None:
    """A row whose outcome is open, for one look at the vendor. None: settled, or somebody else is at it."""
    free = (JOURNAL.c.lease_until.is_(None)) | (JOURNAL.c.lease_until < now)
    statement = (
        update(JOURNAL)
        .where(JOURNAL.c.id == id, JOURNAL.c.state.in_(states), free)
        .values(generation=JOURNAL.c.generation + 1, lease_until=lease_until)
        .returning(JOURNAL)
    )
    return (await session.execute(statement)).one_or_none()


async def put_off(session: AsyncSession, claim: Claim, look_at: datetime) -> bool:
    """Nothing is settled yet: look again then. Without effect on what was settled or put off already."""
    statement = (
        update(JOURNAL)
        .where(*_owned(claim), JOURNAL.c.state == UNKNOWN, JOURNAL.c.lease_until.is_not(None))
        .values(lease_until=None, look_at=look_at, looks=JOURNAL.c.looks + 1)
    )
    return await _changed(session, statement)


async def ask(session: AsyncSession, claim: Claim, reason: str, candidates_sealed: bytes | None) -> bool:
    """A person has to decide."""
    statement = (
        update(JOURNAL)
        .where(*_owned(claim), JOURNAL.c.state == UNKNOWN)
        .values(
            state=NEEDS_DECISION,
            lease_until=None,
            look_at=None,
            looks=JOURNAL.c.looks + 1,
            reason=reason,
            candidates_sealed=candidates_sealed,
        )
    )
    return await _changed(session, statement)


async def reopen(session: AsyncSession, claim: Claim, now: datetime) -> bool:
    """A person has decided: it is carried on."""
    statement = (
        update(JOURNAL)
        .where(*_owned(claim), JOURNAL.c.state == NEEDS_DECISION)
        .values(state=UNKNOWN, reason=None, candidates_sealed=None, look_at=now)
    )
    return await _changed(session, statement)


async def give_back(session: AsyncSession, claim: Claim) -> bool:
    """Let others take it up at once."""
    return await _changed(session, update(JOURNAL).where(*_owned(claim)).values(lease_until=None))


async def due(session: AsyncSession, now: datetime, limit: int) -> Sequence[str]:
    """Ids of writes to look after at the vendor now, the longest waiting first."""
    statement = (
        select(JOURNAL.c.id)
        .where(
            JOURNAL.c.state == UNKNOWN,
            JOURNAL.c.look_at <= now,
            (JOURNAL.c.lease_until.is_(None)) | (JOURNAL.c.lease_until < now),
        )
        .order_by(JOURNAL.c.look_at)
        .limit(limit)
    )
    return (await session.execute(statement)).scalars().all()


async def open_tapes(session: AsyncSession, connection_id: str, but: str, limit: int) -> Sequence[Any]:
    """Id, tenant and sealed tape of a connection's writes whose outcome is open, the newest first."""
    statement = (
        select(JOURNAL.c.id, JOURNAL.c.tenant_id, JOURNAL.c.tape_sealed)
        .where(
            JOURNAL.c.connection_id == connection_id,
            JOURNAL.c.state.in_((SENT, UNKNOWN, NEEDS_DECISION)),
            JOURNAL.c.id != but,
            JOURNAL.c.tape_sealed.is_not(None),
        )
        .order_by(JOURNAL.c.id.desc())
        .limit(limit)
    )
    return (await session.execute(statement)).all()


async def owned_objects(session: AsyncSession, connection_id: str, ids: Collection[str]) -> set[str]:
    """Those of the vendor's `ids` that are known to be the outcome of some write of this connection."""
    statement = select(JOURNAL.c.upstream_id).where(
        JOURNAL.c.connection_id == connection_id, JOURNAL.c.upstream_id.in_(ids)
    )
    return set((await session.execute(statement)).scalars())


async def mark_sent(
    session: AsyncSession, claim: Claim, now: datetime, lease_until: datetime, pending: Mapping[str, Any]
) -> bool:
    """From here on it may be booked. False: the lease was lost, and nothing may be sent.

    Raises IntegrityError when another create with the same content has no clear answer yet.
    """
    again = {"resends": JOURNAL.c.resends + 1} if claim.resends else {}
    statement = (
        update(JOURNAL)
        .where(*_owned(claim), JOURNAL.c.state.in_(OPEN))
        .values(state=SENT, sent_at=now, lease_until=lease_until, **pending, **again)
    )
    return await _changed(session, statement)


async def presume_sent(
    session: AsyncSession, claim: Claim, gap: Gap, now: datetime, pending: Mapping[str, Any]
) -> bool:
    """It may have been sent in the `gap`: its outcome is unknown. Raises as `mark_sent`."""
    statement = (
        update(JOURNAL)
        .where(*_owned(claim), JOURNAL.c.state.in_(OPEN))
        .values(
            state=UNKNOWN,
            sent_at=gap.until,
            lease_until=None,
            unknown_since=now,
            look_at=now,
            **pending,
        )
    )
    return await _changed(session, statement)


async def answered(session: AsyncSession, claim: Claim, tape_sealed: bytes) -> bool:
    """One of its calls was answered with success; more may follow."""
    statement = (
        update(JOURNAL)
        .where(*_owned(claim), JOURNAL.c.state == SENT)
        .values(tape_sealed=tape_sealed, call_digest=None)
    )
    return await _changed(session, statement)


async def renew(session: AsyncSession, claim: Claim, lease_until: datetime) -> bool:
    """Still at work."""
    statement = (
        update(JOURNAL).where(*_owned(claim), JOURNAL.c.state.in_(OPEN)).values(lease_until=lease_until)
    )
    return await _changed(session, statement)


async def settle(
    session: AsyncSession,
    claim: Claim,
    state: str,
    now: datetime,
    answer: Mapping[str, Any],
) -> Row[Any, Any] | None:
    """The outcome, and columns of `answer`. None: the lease was lost, and somebody else has settled it."""
    statement = (
        update(JOURNAL)
        .where(*_owned(claim), JOURNAL.c.state.in_((*OPEN, NEEDS_DECISION)))
        .values(state=state, settled_at=now, lease_until=None, **NOTHING_PENDING, **answer)
        .returning(JOURNAL.c.sent_at, JOURNAL.c.unknown_since)
    )
    return (await session.execute(statement)).one_or_none()


async def lose_track(
    session: AsyncSession, claim: Claim, now: datetime, look_at: datetime, pending: Mapping[str, Any]
) -> bool:
    """Nobody knows the outcome. `pending`: columns of what is known. False: the lease was lost."""
    statement = (
        update(JOURNAL)
        .where(*_owned(claim), JOURNAL.c.state.in_(OPEN))
        .values(
            state=UNKNOWN,
            lease_until=None,
            unknown_since=func.coalesce(JOURNAL.c.unknown_since, now),
            look_at=look_at,
            **pending,
        )
    )
    return await _changed(session, statement)


async def refuse(session: AsyncSession, claim: Claim, now: datetime) -> Row[Any] | None:
    """It was sent, and nothing was done at the vendor: the key is free again, the row stays on record.

    None: the lease was lost.
    """
    sent = (
        update(JOURNAL)
        .where(*_owned(claim), JOURNAL.c.state.in_((SENT, UNKNOWN, NEEDS_DECISION)))
        .values(state=REJECTED, idempotency_key=None, lease_until=None, settled_at=now, **NOTHING_PENDING)
        .returning(JOURNAL.c.unknown_since)
    )
    return (await session.execute(sent)).one_or_none()


async def abandoned(session: AsyncSession, now: datetime, limit: int) -> Sequence[Any]:
    """Rows whose process has died: their lease is over. Id, generation, state."""
    statement = (
        select(JOURNAL.c.id, JOURNAL.c.generation, JOURNAL.c.state)
        .where(JOURNAL.c.state.in_((RESERVED, SENT)), JOURNAL.c.lease_until < now)
        .limit(limit)
    )
    return (await session.execute(statement)).all()


async def forget(session: AsyncSession, id: str, generation: int) -> bool:
    """Delete a row that never sent anything."""
    statement = delete(JOURNAL).where(
        JOURNAL.c.id == id, JOURNAL.c.generation == generation, JOURNAL.c.state == RESERVED
    )
    return await _changed(session, statement)


def _owned(claim: Claim) -> tuple[Any, Any]:
    return JOURNAL.c.id == claim.id, JOURNAL.c.generation == claim.generation


async def _changed(session: AsyncSession, statement: Any) -> bool:
    result = cast("CursorResult[Any]", await session.execute(statement))
    return result.rowcount == 1
