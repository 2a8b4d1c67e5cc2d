"""Where each pass stands, in rows: one a connection and resource."""

from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Row, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.persistence.tables import replica_syncs as SYNCS
from gateway.persistence.upsert import upsert
from gateway.replica.keeping import keeps_replica
from gateway.replica.rows import Place

IDLE = "idle"
LISTING = "listing"
"""All of the list, or what changed, page by page."""
BEHIND = "behind"
"""Objects that were written to and not read since."""
MISSING = "missing"
"""Objects that are held, and that the list did not name."""


class Sync(Struct, frozen=True, kw_only=True):
    """A pass that is under way; between passes the last one."""

    phase: str = IDLE
    whole: bool = True
    """Whether it goes over all, and finds what is gone."""
    begun_at: datetime | None = None
    since: datetime | None = None
    """What changed before is not looked for."""
    continuation: str | None = None
    """Where the list goes on; of objects that are behind, the last one that was tried."""
    rows: bytes | None = None
    """Rows of the list that lead to objects which are still to be read; sealed where `sealed`."""
    sealed: bool = False
    capped: bool = False
    """The vendor lists no further, so nothing can be said of what is missing."""
    round: int = 1
    """So often the list was begun: while one goes through it, a row may slip to a page that was read."""
    pages: int = 0
    """Of this round."""
    round_at: datetime | None = None
    """Begin of this round."""
    settled_at: datetime | None = None
    """Begin of the round before: what was changed since is no sign of a row that slipped."""
    doubtful: bool = False
    """This round found what an undisturbed one before it would have."""
    listed: int = 0
    """Rows that are done with."""
    total: int | None = None
    """By the vendor's count; None where it does not count."""
    calls: int = 0
    created: int = 0
    updated: int = 0
    deleted: int = 0
    failures: int = 0
    """Since something succeeded."""
    error: str | None = None
    """Of the last failure, as code and sentence; None: none since."""
    asked_at: datetime | None = None
    """Somebody wants it now."""
    whole_at: datetime | None = None
    """Begin of the last pass over all that came to its end."""
    ended_at: datetime | None = None
    """Of the last pass."""
    due_at: datetime

    def becoming(self, **changes: Any) -> "Sync":
        """The same with these changes."""
        return msgspec.structs.replace(self, **changes)


def _sync(row: Row[Any]) -> Sync:
    return Sync(**{name: getattr(row, name) for name in Sync.__struct_fields__})


async def of_connection(session: AsyncSession, tenant_id: str, connection_id: str) -> dict[str, Sync]:
    """By resource."""
    own = (SYNCS.c.tenant_id == tenant_id, SYNCS.c.connection_id == connection_id)
    return {row.resource: _sync(row) for row in await session.execute(select(SYNCS).where(*own))}


async def of(session: AsyncSession, place: Place) -> Sync | None:
    """None: there never was a pass."""
    row = (await session.execute(select(SYNCS).where(*place.within(SYNCS)))).one_or_none()
    return None if row is None else _sync(row)


async def save(session: AsyncSession, place: Place, sync: Sync) -> None:
    """As it stands now, unless the copy was erased meanwhile. That somebody asked for it since, stays."""
    if not await keeps_replica(session, place.tenant_id, place.connection_id):
        return
    values = {**place.columns, **msgspec.structs.asdict(sync)}
    change = {name: value for name, value in values.items() if name not in ("asked_at", *place.columns)}
    await upsert(session, SYNCS, values, change)


async def ask(session: AsyncSession, place: Place, now: datetime) -> None:
    """Somebody wants a pass now."""
    first = {**place.columns, **msgspec.structs.asdict(Sync(due_at=now, asked_at=now))}
    await upsert(session, SYNCS, first, {"asked_at": now})


async def answered(session: AsyncSession, place: Place, asked_at: datetime) -> None:
    """What was asked for up to then is done."""
    own = (*place.within(SYNCS), SYNCS.c.asked_at <= asked_at)
    await session.execute(update(SYNCS).where(*own).values(asked_at=None))
