"""What a restored backup does not know: writes since it was made stand in no journal here.

Until every connection was looked at, no write is taken. After that a create is looked for at the vendor
before it leaves, as if it had been sent in the time that is missing: as long as a key of then may come again.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.errors import Unavailable
from gateway.persistence.holdings import HOLDINGS
from gateway.persistence.tables import recoveries as RECOVERIES
from gateway.persistence.tables import write_journal as WRITES

KEPT = HOLDINGS[WRITES.name].age
"""So long keys are kept, and repeated."""
ASK_AGAIN_S = 30.0


class Gap(Struct, frozen=True, kw_only=True):
    """The time of which this database knows nothing."""

    since: datetime
    until: datetime


async def gap(session: AsyncSession, now: datetime) -> Gap | None:
    """The time in which something may have been written that is not known here; None: there is none.

    Raises:
        Unavailable: the database was restored, and not every connection was looked at yet.
    """
    columns = RECOVERIES.c
    row = (
        await session.execute(
            select(
                func.min(columns.backup_at),
                func.max(columns.restored_at),
                func.count().filter(columns.opened_at.is_(None)),
            ).where(columns.opened_at.is_(None) | (columns.opened_at > now - KEPT))
        )
    ).one()
    since, until, closed = row
    if closed:
        raise Unavailable(
            "Kontor was restored from a backup and looks at every connection first; nothing was sent.",
            retry_after_s=ASK_AGAIN_S,
        )
    return None if since is None else Gap(since=since, until=until)


async def note_backup(session: AsyncSession, id: str, at: datetime) -> None:
    """Into a backup: whoever opens it finds out that it is one."""
    await session.execute(insert(RECOVERIES).values(id=id, backup_at=at))


async def begin(session: AsyncSession, id: str, backup_at: datetime, now: datetime) -> None:
    """This database was brought back to `backup_at` by other means."""
    await session.execute(insert(RECOVERIES).values(id=id, backup_at=backup_at, restored_at=now))


async def closed(session: AsyncSession) -> bool:
    """Whether writes wait until every connection was looked at."""
    found = select(RECOVERIES.c.id).where(RECOVERIES.c.opened_at.is_(None)).limit(1)
    return (await session.execute(found)).one_or_none() is not None


async def restored_at(session: AsyncSession, now: datetime) -> datetime:
    """When the backup was brought back that is not open yet: `now`, if it is opened for the first time."""
    opened = update(RECOVERIES).where(RECOVERIES.c.restored_at.is_(None))
    await session.execute(opened.values(restored_at=now))
    last = select(func.max(RECOVERIES.c.restored_at)).where(RECOVERIES.c.opened_at.is_(None))
    return (await session.execute(last)).scalar() or now


async def told(session: AsyncSession) -> Sequence[Any]:
    """Every restore, the newest last."""
    return (await session.execute(select(RECOVERIES).order_by(RECOVERIES.c.backup_at))).all()


async def open_writes(session: AsyncSession, now: datetime, lost: int) -> None:
    """Every connection was looked at; `lost` of them have to be connected again."""
    closed = update(RECOVERIES).where(RECOVERIES.c.opened_at.is_(None), RECOVERIES.c.restored_at.is_not(None))
    await session.execute(closed.values(opened_at=now, lost=lost))
