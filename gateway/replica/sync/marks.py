"""What passes leave in the replica's rows beside documents, and what they ask of them."""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from msgspec import Raw, Struct
from sqlalchemy import bindparam, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.persistence.tables import replica_rows as ROWS
from gateway.replica.rows import Place


class Known(Struct, frozen=True, kw_only=True):
    """What is known of an object that a list names."""

    row_digest: str | None
    is_there: bool
    """It was read, and not found to be gone since."""
    shape: str


async def known(session: AsyncSession, place: Place, ids: Collection[str]) -> dict[str, Known]:
    """By id; nothing of those that were never heard of."""
    columns = (ROWS.c.id, ROWS.c.row_digest, ROWS.c.gone_at, ROWS.c.shape)
    there = ROWS.c.document.is_not(None).label("there")
    rows = await session.execute(select(*columns, there).where(*place.within(ROWS), ROWS.c.id.in_(ids)))
    return {
        row.id: Known(
            row_digest=row.row_digest,
            is_there=row.there and row.gone_at is None,
            shape=row.shape,
        )
        for row in rows
    }


async def seen(session: AsyncSession, place: Place, ids: Iterable[str], at: datetime) -> None:
    """A pass that was begun at `at` found them in the list."""
    new = or_(ROWS.c.seen_at.is_(None), ROWS.c.seen_at < at)
    statement = update(ROWS).where(*place.within(ROWS), ROWS.c.id.in_(list(ids)), new)
    await session.execute(statement.values(seen_at=at))


async def read_by(session: AsyncSession, place: Place, digests: Mapping[str, str]) -> None:
    """The rows of the list by which objects were read, as digests by id."""
    if not digests:
        return
    statement = (
        ROWS.update()
        .where(*place.within(ROWS), ROWS.c.id == bindparam("named"))
        .values(row_digest=bindparam("digest"))
    )
    connection = await session.connection()
    await connection.execute(statement, [{"named": id, "digest": digest} for id, digest in digests.items()])


async def behind(session: AsyncSession, place: Place, after: str | None, limit: int) -> list[str]:
    """Objects that were written to and not read since, by id; `after`: the last one that was tried."""
    wanted = select(ROWS.c.id).where(*place.within(ROWS), ROWS.c.stale_at.is_not(None))
    if after is not None:
        wanted = wanted.where(ROWS.c.id > after)
    return list((await session.execute(wanted.order_by(ROWS.c.id).limit(limit))).scalars())


async def missing(session: AsyncSession, place: Place, begun_at: datetime, limit: int) -> list[str]:
    """Objects that were there before a pass over all began, and that it did not find."""
    unseen = or_(ROWS.c.seen_at.is_(None), ROWS.c.seen_at < begun_at)
    wanted = (
        select(ROWS.c.id)
        .where(*place.within(ROWS), ROWS.c.gone_at.is_(None), ROWS.c.read_at < begun_at, unseen)
        .order_by(ROWS.c.id)
        .limit(limit)
    )
    return list((await session.execute(wanted)).scalars())


def digest(row: Raw) -> str:
    """Tells whether a row of the list is the same as before."""
    return hashlib.blake2b(bytes(row), digest_size=12).hexdigest()
