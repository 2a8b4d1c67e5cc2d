"""The replica's rows: what reads and writes leave in them, and what is read of them.

What changes rows holds its resource's state row meanwhile, so changes to one resource of a connection are
numbered in the order in which they are committed, and no two writers miss each other.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Raw
from sqlalchemy import Row, and_, bindparam, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from connectors.base.paging import ListQuery, Record
from gateway.persistence.straight import MARK
from gateway.persistence.tables import replica_rows as ROWS
from gateway.persistence.tables import replica_states as STATES
from gateway.persistence.upsert import upsert, upsert_all
from gateway.replica.contents import Contents
from gateway.replica.differences import standing_after, turned, updated, was_overdue
from gateway.replica.keeping import keeps_replica
from gateway.replica.keys import keys_of, nothing
from gateway.replica.lateness import is_late_still, late_at, overdue
from gateway.replica.order import Seen, newer
from gateway.replica.rows import PLACE, Changed, Gone, Held, HeldPage, OnChanged, Place, State, Walked, here
from gateway.replica.selecting import continuation, fitting, selected
from gateway.replica.sums import NO_AMOUNTS, Counted, amounts, counted
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
LIST = ""
"""Stands for a place's list, where contents are sealed under the name of a row."""
IDS_AT_ONCE = 500
"""Below what SQLite takes as parameters of one statement."""


_STATE = select(STATES).where(*here(STATES)).execution_options(**MARK)
_SAME_PLACE = and_(*(STATES.c[name] == ROWS.c[name] for name in PLACE))
_ONE = (
    select(
        *(ROWS.c[name] for name in ("document", "sealed", "version", "read_at", "untold", "gone_at")),
        ROWS.c.stale_at.label("row_stale_at"),
        ROWS.c.late_at.label("row_late_at"),
        ROWS.c.sequence.label("row_sequence"),
        *(STATES.c[name] for name in State.__struct_fields__),
    )
    .join(STATES, _SAME_PLACE)
    .where(*here(ROWS), ROWS.c.id == bindparam("id"))
    .execution_options(**MARK)
)
_ONE_AND_RAW = _ONE.add_columns(ROWS.c.raw)


def keeps(resource: Resource) -> bool:
    """Whether objects of the resource can be told apart, and so be kept."""
    return not resource.singleton and "id" in resource.model.__struct_fields__


async def unheard(session: AsyncSession, place: Place, changes: Sequence[Changed]) -> None:
    """Nobody listens."""


class Replica:
    """One row a connection, resource and id. Nothing of connections that keep none is stored or found."""

    def __init__(
        self, contents: Contents, resources: Mapping[str, Resource], on_changed: OnChanged = unheard
    ) -> None:
        self.resources = resources
        self._contents = contents
        self._on_changed = on_changed
        self._keys = {name: keys_of(resource) for name, resource in resources.items()}

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

    # --- what is read of them -------------------------------------------------------------------------------

    async def state(self, session: AsyncSession, place: Place) -> State:
        """What is known of the resource as a whole; not complete while its rows have other keys."""
        row = (await session.execute(_STATE, place.columns)).one_or_none()
        return State() if row is None else self._state(place, row)

    async def get(self, session: AsyncSession, place: Place, id: str, *, raw: bool = False) -> Held | None:
        """The object, or its tombstone; with the vendor's own JSON if asked for. None: nothing is known."""
        statement = _ONE_AND_RAW if raw else _ONE
        row = (await session.execute(statement, {**place.columns, "id": id})).one_or_none()
        if row is None:
            return None
        state = self._state(place, row)
        whole = state.as_of if state.complete else None
        overtaken = state.stale_at is not None and row.read_at < state.stale_at
        document, theirs = row.document, row.raw if raw else None
        if row.sealed:
            document = await self._contents.plain(session, place, id, "document", document)
            theirs = await self._contents.plain(session, place, id, "raw", theirs)
        return Held(
            id=id,
            document=document,
            raw=theirs,
            version=row.version,
            as_of=max(row.read_at, whole) if whole is not None else row.read_at,
            stale=row.row_stale_at is not None or overtaken,
            untold=tuple(row.untold.split()),
            gone_at=row.gone_at,
            late_at=row.row_late_at,
            sequence=row.row_sequence,
        )

    def unserved(self, place: Place, query: ListQuery) -> tuple[str, ...]:
        """Parameters of the query that rows have no key for."""
        blind = self.seals(place)
        searched = query.search is None or not (blind or not self.resources[place.resource].searched)
        unserved = self._keys[place.resource].unserved_of(query.filters, query.sort, blind=blind)
        return unserved if searched else (*unserved, "search")

    async def count(self, session: AsyncSession, place: Place, query: ListQuery) -> Counted:
        """What all pages of a list hold together, without what is gone; order and limit do not matter."""
        resource, keys = self.resources[place.resource], self._keys[place.resource]
        statement, values = fitting(place, resource, keys, query, self._contents.blind(place))
        return counted(resource, (await session.execute(statement, values)).all())

    async def page(
        self, session: AsyncSession, place: Place, query: ListQuery, *, raw: bool = False
    ) -> HeldPage:
        """A page of what is held, complete or not; `query` names nothing that is `unserved`."""
        resource, keys = self.resources[place.resource], self._keys[place.resource]
        statement, values = selected(place, resource, keys, query, self._contents.blind(place), raw=raw)
        rows = (await session.execute(statement, values)).all()
        shown, last = rows[: query.limit], rows[query.limit - 1] if len(rows) > query.limit else None
        gone = [row for row in shown if row.gone_at is not None] if query.updated_since else []
        there = [row for row in shown if row.gone_at is None] if gone else shown
        columns: list[Any] = [*zip(*there, strict=True)] or [()] * 7
        _, ids, documents, sealed, untold, *more = columns
        theirs = more[-1] if raw else ()
        if any(sealed):
            documents = await self._opened(session, place, "document", ids, documents, sealed)
            theirs = await self._opened(session, place, "raw", ids, theirs, sealed)
        return HeldPage(
            documents=list(documents),
            raw=[one or b"null" for one in theirs],
            gone=[Gone(id=row.id, deleted_at=row.gone_at) for row in gone],
            untold=tuple(dict.fromkeys(name for names in dict.fromkeys(untold) for name in names.split())),
            next=None if last is None else continuation(last.sorted_by, last.id),
        )

    async def _opened(
        self,
        session: AsyncSession,
        place: Place,
        column: str,
        ids: Sequence[str],
        stored: Sequence[bytes | None],
        sealed: Sequence[bool],
    ) -> list[Any]:
        return [
            await self._contents.plain(session, place, id, column, one) if is_sealed else one
            for id, one, is_sealed in zip(ids, stored, sealed, strict=False)
        ]

    # --- what goes over lists asks -------------------------------------------------------------------------

    def seals(self, place: Place) -> bool:
        """Whether what is kept of this place is sealed."""
        return self._contents.seals(place)

    def shape(self, place: Place) -> str:
        """Names the keys under which rows of this place are kept now."""
        return f"{self._keys[place.resource].shape}{'-sealed' if self.seals(place) else ''}"

    async def holding(
        self, session: AsyncSession, tenant_id: str, connection_id: str, id: str
    ) -> frozenset[str]:
        """The resources that an object is held of under this id."""
        own = (ROWS.c.tenant_id == tenant_id, ROWS.c.connection_id == connection_id, ROWS.c.id == id)
        known = ROWS.c.resource.in_(list(self.resources))  # or the index would be gone through
        found = await session.execute(select(ROWS.c.resource).where(*own, known, ROWS.c.gone_at.is_(None)))
        return frozenset(found.scalars())

    async def held_raw(self, session: AsyncSession, place: Place, ids: Collection[str]) -> dict[str, Raw]:
        """The vendor's JSON of those that are held, and not known to be behind."""
        wanted = select(ROWS.c.id, ROWS.c.raw, ROWS.c.sealed).where(
            *place.within(ROWS), ROWS.c.id.in_(ids), ROWS.c.raw.is_not(None), ROWS.c.stale_at.is_(None)
        )
        found: dict[str, Raw] = {}
        for row in await session.execute(wanted):
            found[row.id] = Raw(await self._raw(session, place, row) or b"")
        return found

    async def trusted(
        self, session: AsyncSession, place: Place, ids: Collection[str]
    ) -> dict[str, tuple[bytes, datetime]]:
        """The unified JSON of those that are held and not known to be behind, and when each was read."""
        doubted = (await self.state(session, place)).stale_at
        wanted = list(ids)
        found: dict[str, tuple[bytes, datetime]] = {}
        columns = [ROWS.c[name] for name in ("id", "document", "sealed", "read_at", "gone_at")]
        for start in range(0, len(wanted), IDS_AT_ONCE):
            some = ROWS.c.id.in_(wanted[start : start + IDS_AT_ONCE])
            sure = () if doubted is None else (ROWS.c.read_at >= doubted,)
            held = select(*columns).where(*place.within(ROWS), some, ROWS.c.stale_at.is_(None), *sure)
            for row in (await session.execute(held)).all():
                document = await self._document(session, place, row)
                if document is not None:
                    found[row.id] = document, row.read_at
        return found

    async def documents(self, session: AsyncSession, place: Place, ids: Collection[str]) -> dict[str, bytes]:
        """The unified JSON of those that are held."""
        rows = await self._held(session, place, ids)
        held = {id: await self._document(session, place, row) for id, row in rows.items()}
        return {id: document for id, document in held.items() if document is not None}

    async def walk(
        self, session: AsyncSession, place: Place, after: str, limit: int
    ) -> tuple[list[Walked], str | None]:
        """Some of all that is held, by id, those behind `after`; and where it goes on, None: nowhere."""
        columns = (ROWS.c.id, ROWS.c.document, ROWS.c.sealed, ROWS.c.gone_at)
        behind = select(*columns).where(*place.within(ROWS), ROWS.c.id > after)
        rows = (await session.execute(behind.order_by(ROWS.c.id).limit(limit))).all()
        found: list[Walked] = []
        for row in rows:
            document = row.document
            if row.sealed:
                document = await self._contents.plain(session, place, row.id, "document", document)
            if document is not None or row.gone_at is not None:
                found.append(Walked(id=row.id, document=document, gone_at=row.gone_at))
        return found, rows[-1].id if len(rows) == limit else None

    async def closed(self, session: AsyncSession, place: Place, rows: bytes) -> bytes:
        """Rows of a list in the form in which they are stored."""
        return await self._contents.kept(session, place, LIST, "rows", rows) or b""

    async def opened(self, session: AsyncSession, place: Place, rows: bytes) -> bytes:
        """What was sealed by `closed`."""
        return await self._contents.plain(session, place, LIST, "rows", rows) or b""

    # --- the rows themselves --------------------------------------------------------------------------------

    async def _locked(self, session: AsyncSession, place: Place) -> State | None:
        """The state row, held until the transaction ends. None: the connection keeps no replica."""
        if not await keeps_replica(session, place.tenant_id, place.connection_id):
            return None
        await upsert(session, STATES, {**place.columns, "sequence": 0, "held": 0, "stale": 0}, {})
        found = await session.execute(select(STATES).where(*place.within(STATES)).with_for_update())
        return self._state(place, found.one())

    def _state(self, place: Place, row: Row[Any]) -> State:
        state = State(**{name: getattr(row, name) for name in State.__struct_fields__})
        return state if row.shape == self.shape(place) else msgspec.structs.replace(state, as_of=None)

    async def _save(self, session: AsyncSession, place: Place, state: State) -> None:
        await session.execute(
            update(STATES).where(*place.within(STATES)).values(msgspec.structs.asdict(state))
        )

    async def _held(self, session: AsyncSession, place: Place, ids: Iterable[str]) -> dict[str, Row[Any]]:
        wanted, found = list(ids), {}
        for start in range(0, len(wanted), IDS_AT_ONCE):
            some = wanted[start : start + IDS_AT_ONCE]
            rows = await session.execute(select(ROWS).where(*place.within(ROWS), ROWS.c.id.in_(some)))
            found |= {row.id: row for row in rows}
        return found

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

    async def _raw(self, session: AsyncSession, place: Place, row: Any) -> bytes | None:
        """The vendor's JSON of a row."""
        return await self._contents.plain(session, place, row.id, "raw", row.raw) if row.sealed else row.raw

    async def _document(self, session: AsyncSession, place: Place, row: Any | None) -> bytes | None:
        """As it is held; None of what is gone, or was never read."""
        if row is None or row.gone_at is not None or not row.sealed:
            return None if row is None or row.gone_at is not None else row.document
        return await self._contents.plain(session, place, row.id, "document", row.document)


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


async def recount(session: AsyncSession, place: Place) -> int:
    """How many objects are held, counted: what `State.held` has to equal."""
    held = (*place.within(ROWS), ROWS.c.gone_at.is_(None), ROWS.c.document.is_not(None))
    return (await session.execute(select(func.count()).select_from(ROWS).where(*held))).scalar_one()
