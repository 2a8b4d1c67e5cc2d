"""The replica's rows: what reads and writes leave in them. What is read of them: `reads.py`.

What changes rows holds its resource's state row meanwhile, so changes to one resource of a connection are
numbered in the order in which they are committed, and no two writers miss each other.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Raw
from sqlalchemy import Row, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from connectors.base.paging import Record
from gateway.persistence.tables import replica_rows as ROWS
from gateway.persistence.tables import replica_states as STATES
from gateway.persistence.upsert import upsert, upsert_all
from gateway.replica.contents import Contents
from gateway.replica.differences import standing_after, turned, updated, was_overdue
from gateway.replica.keeping import keeps_replica
from gateway.replica.keys import nothing
from gateway.replica.lateness import is_late_still, late_at, overdue
from gateway.replica.order import Seen, newer
from gateway.replica.reads import Reads
from gateway.replica.rows import Changed, OnChanged, Place, State
from gateway.replica.sums import NO_AMOUNTS, amounts
from gateway.replica.words import words_of
from schemas.base import Resource

ENCODER = msgspec.json.Encoder()
EMPTY: dict[str, Any] = {
    **dict.fromkeys(("document", "raw", "version", "standing", "row_digest", "late_at")),
    **NO_AMOUNTS,
    "words": "",
    "sealed": False,
    "untold": "",
}


async def unheard(session: AsyncSession, place: Place, changes: Sequence[Changed]) -> None:
    """Nobody listens."""


class Replica(Reads):
    """One row a connection, resource and id. Nothing of connections that keep none is stored or found."""

    def __init__(
        self, contents: Contents, resources: Mapping[str, Resource], on_changed: OnChanged = unheard
    ) -> None:
        super().__init__(contents, resources)
        self._on_changed = on_changed

    # --- what changes rows ----------------------------------------------------------------------------------

    async def put(
        self,
        session: AsyncSession,
        place: Place,
        records: Sequence[Record[Any]],
        *,
        read_at: datetime,
        made: bool = False,
    ) -> list[Changed]:
        """What these objects change. `read_at`: the instant before the vendor was asked; `made`: they come
        back from a write.

        What is older than what is held changes nothing. What is the same as before only counts as read anew.
        """
        found: list[Changed] = []
        state = await self._locked(session, place) if records else None
        if state is None:
            return found
        first = "loaded" if state.as_of is None and not made else "created"
        by_id, rows = {record.data.id: record for record in records}, []
        held = await self._held(session, place, by_id)
        for id, record in by_id.items():
            row, values = held.get(id), self._values(place, record, read_at)
            if row is not None and not newer(_seen(values), _seen_of(row)):
                continue
            before = await self._document(session, place, row)
            stood = None if row is None else row.standing
            if is_late_still(was_overdue(stood), before, values["late_at"]):
                record = _overdue(record)
                values = self._values(place, record, read_at)
            document = ENCODER.encode(record.data)
            values["standing"] = standing_after(stood, document)
            if row is not None and before == document and row.shape == values["shape"]:
                values |= {"changed_at": row.changed_at, "sequence": row.sequence}
            else:
                state = msgspec.structs.replace(state, sequence=state.sequence + 1)
                values |= {"sequence": state.sequence, "changed_at": _changed_at(row, values)}
                change = Changed(id=id, sequence=state.sequence, kind=first, version=values["version"])
                found += _told(change, row, before, document, values, record)
            values |= await self._contents_of(session, place, id, document, record.raw)
            values |= _marks(row, record, read_at)
            state = _counted(state, row, values)
            rows.append({**place.columns, "id": id, **values})
        await upsert_all(session, ROWS, rows)
        await self._save(session, place, state)
        await self._on_changed(session, place, found)
        return found

    async def bury(
        self, session: AsyncSession, place: Place, ids: Collection[str], *, at: datetime
    ) -> list[Changed]:
        """Tombstones for what was found to be gone: asked for from `at` on. What was read later stays."""
        found: list[Changed] = []
        state = await self._locked(session, place) if ids else None
        if state is None:
            return found
        for id, row in (await self._held(session, place, ids)).items():
            if row.gone_at is not None or row.read_at > at:
                continue
            state = msgspec.structs.replace(state, sequence=state.sequence + 1)
            values = {
                **EMPTY,
                **nothing(),
                "vendor_at": None,
                "read_at": at,
                "changed_at": at,
                "gone_at": at,
                "stale_at": None,
                "sequence": state.sequence,
                "shape": row.shape,
            }
            state = _counted(state, row, values)
            await session.execute(update(ROWS).where(*place.within(ROWS), ROWS.c.id == id).values(values))
            found.append(Changed(id=id, sequence=state.sequence, kind="deleted"))
        await self._save(session, place, state)
        await self._on_changed(session, place, found)
        return found

    async def mark(
        self, session: AsyncSession, place: Place, ids: Collection[str], *, at: datetime, made: bool = False
    ) -> None:
        """These were written to: what was read of them before `at` is behind. `made`: they are new, so that
        even what was never read is known to be missing.
        """
        state = await self._locked(session, place) if ids else None
        if state is None:
            return
        held = await self._held(session, place, ids)
        for id in ids:
            row = held.get(id)
            if (row is None and not made) or (
                row is not None and (row.read_at > at or row.gone_at is not None)
            ):
                continue
            if row is None:
                unread = {"read_at": at, "changed_at": at, "gone_at": None, "vendor_at": None, "sequence": 0}
                values = {**EMPTY, **nothing(), **unread, "shape": "", "stale_at": at}
                await upsert(session, ROWS, {**place.columns, "id": id, **values})
            else:
                values = {"stale_at": at}
                await session.execute(update(ROWS).where(*place.within(ROWS), ROWS.c.id == id).values(values))
            state = msgspec.structs.replace(state, stale=state.stale + (row is None or row.stale_at is None))
        await self._save(session, place, state)

    async def mark_all(self, session: AsyncSession, tenant_id: str, connection_id: str, at: datetime) -> None:
        """Something was written that names no object: all that was read before `at` may be behind."""
        where = (STATES.c.tenant_id == tenant_id, STATES.c.connection_id == connection_id)
        await session.execute(update(STATES).where(*where).values(stale_at=at))

    async def turn(self, session: AsyncSession, place: Place, now: datetime, limit: int) -> list[Changed]:
        """Documents that have become overdue by now say so from here on, at most `limit` of them. What is
        known to be behind does not: it may be paid.
        """
        found: list[Changed] = []
        state = await self._locked(session, place)
        if state is None or state.late_at is None or state.late_at > now:
            return found
        own = (*place.within(ROWS), ROWS.c.late_at.is_not(None), ROWS.c.stale_at.is_(None))
        sure = () if state.stale_at is None else (ROWS.c.read_at >= state.stale_at,)
        late = select(ROWS).where(*own, *sure, ROWS.c.late_at <= now).order_by(ROWS.c.late_at, ROWS.c.id)
        for row in (await session.execute(late.limit(limit))).all():
            state = msgspec.structs.replace(state, sequence=state.sequence + 1)
            document = overdue(await self._document(session, place, row) or b"")
            raw = await self._raw(session, place, row)
            standing = standing_after(row.standing, document)
            found.append(turned(row.id, state.sequence, row.version, row.standing, standing))
            values = {
                **self._keys[place.resource].of_filter("overdue", True),
                **await self._contents_of(session, place, row.id, document, raw),
                "sealed": self.seals(place),
                "standing": standing,
                "late_at": None,
                "changed_at": now,
                "sequence": state.sequence,
            }
            await session.execute(update(ROWS).where(*place.within(ROWS), ROWS.c.id == row.id).values(values))
        next = (await session.execute(select(func.min(ROWS.c.late_at)).where(*own))).scalar_one()
        await self._save(session, place, msgspec.structs.replace(state, late_at=next))
        await self._on_changed(session, place, found)
        return found

    async def complete(self, session: AsyncSession, place: Place, as_of: datetime) -> bool:
        """Everything that the vendor had at `as_of` is here now: lists can be read. For whoever has read all.

        False, and nothing changes, when rows were kept under other keys than the resource has now, or when
        the connection keeps no replica.
        """
        state = await self._locked(session, place)
        shape = self.shape(place)
        if state is None:
            return False
        read = (*place.within(ROWS), ROWS.c.document.is_not(None))
        others = select(ROWS.c.id).where(*read, ROWS.c.shape != shape).limit(1)
        if (await session.execute(others)).one_or_none() is not None:
            return False
        if state.as_of is not None:
            as_of = max(as_of, state.as_of)
        doubt = state.stale_at if state.stale_at is not None and state.stale_at > as_of else None
        whole = msgspec.structs.replace(state, as_of=as_of, stale_at=doubt, shape=shape)
        await self._save(session, place, whole)
        return True

    # --- the rows themselves --------------------------------------------------------------------------------

    async def _locked(self, session: AsyncSession, place: Place) -> State | None:
        """The state row, held until the transaction ends. None: the connection keeps no replica."""
        if not await keeps_replica(session, place.tenant_id, place.connection_id):
            return None
        await upsert(session, STATES, {**place.columns, "sequence": 0, "held": 0, "stale": 0}, {})
        found = await session.execute(select(STATES).where(*place.within(STATES)).with_for_update())
        return self._state(place, found.one())

    async def _save(self, session: AsyncSession, place: Place, state: State) -> None:
        await session.execute(
            update(STATES).where(*place.within(STATES)).values(msgspec.structs.asdict(state))
        )

    def _values(self, place: Place, record: Record[Any], read_at: datetime) -> dict[str, Any]:
        vendor_at = getattr(record.data, "updated_at", None)
        return {
            "sealed": self.seals(place),
            "version": getattr(record.data, "version", None),
            "vendor_at": vendor_at,
            "read_at": read_at,
            "gone_at": None,
            "untold": " ".join(record.fields_unavailable),
            "late_at": late_at(record.data),
            "shape": self.shape(place),
            **amounts(self.resources[place.resource], record.data),
            "words": "" if self.seals(place) else words_of(self.resources[place.resource], record.data),
            **self._keys[place.resource].values(record.data, self._contents.blind(place)),
        }

    async def _contents_of(
        self, session: AsyncSession, place: Place, id: str, document: bytes, raw: bytes | Raw | None
    ) -> dict[str, bytes | None]:
        plain = {"document": document, "raw": None if raw is None else bytes(raw)}
        return {
            name: await self._contents.kept(session, place, id, name, content)
            for name, content in plain.items()
        }


def _seen(values: Mapping[str, Any]) -> Seen:
    return Seen(version=values["version"], vendor_at=values["vendor_at"], read_at=values["read_at"])


def _seen_of(row: Row[Any]) -> Seen:
    unread = row.gone_at is not None or row.document is None
    return Seen(version=row.version, vendor_at=row.vendor_at, read_at=row.read_at, gone=unread)


def _changed_at(row: Row[Any] | None, values: Mapping[str, Any]) -> datetime:
    """By the vendor's clock, where it tells: it does not of payments, nor of what comes back."""
    untold = row is not None and (row.gone_at is not None or row.vendor_at == values["vendor_at"])
    return values["read_at"] if untold or values["vendor_at"] is None else values["vendor_at"]


def _told(
    change: Changed,
    row: Row[Any] | None,
    before: bytes | None,
    after: bytes,
    values: Mapping[str, Any],
    record: Record[Any],
) -> list[Changed]:
    """The change as it is told; nothing where an update only leaves out what its source does not tell."""
    if row is None or before is None:
        return [change]
    untold = {*record.fields_unavailable, *row.untold.split()}
    told = updated(change, before, after, untold, row.standing, values["standing"])
    return [] if told is None else [told]


def _overdue(record: Record[Any]) -> Record[Any]:
    return msgspec.structs.replace(record, data=msgspec.structs.replace(record.data, overdue=True))


def _marks(row: Row[Any] | None, record: Record[Any], read_at: datetime) -> dict[str, Any]:
    """What a read leaves of the row's marks. One that began before a write shows what was before, or may.

    Where what the list alone tells is missing now, the next look at it has to bring it back.
    """
    stale = row is not None and row.stale_at is not None and row.stale_at > read_at
    return {
        "stale_at": row.stale_at if row is not None and stale else None,
        "row_digest": None if row is None or record.fields_unavailable else row.row_digest,
    }


def _counted(state: State, row: Row[Any] | None, values: Mapping[str, Any]) -> State:
    before = row is not None and row.gone_at is None and row.document is not None
    was_stale = row is not None and row.stale_at is not None
    late = [at for at in (state.late_at, values["late_at"]) if at is not None]
    return msgspec.structs.replace(
        state,
        late_at=min(late, default=None),
        held=state.held + (values["gone_at"] is None) - before,
        stale=state.stale + (values["stale_at"] is not None) - was_stale,
    )
