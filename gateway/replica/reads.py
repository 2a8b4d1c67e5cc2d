"""What is read of the replica's rows."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Raw
from sqlalchemy import Row, and_, bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from connectors.base.paging import ListQuery
from gateway.persistence.glancing import is_near
from gateway.persistence.straight import MARK, unnamed
from gateway.persistence.tables import replica_rows as ROWS
from gateway.persistence.tables import replica_states as STATES
from gateway.replica.contents import Contents
from gateway.replica.keys import keys_of
from gateway.replica.rows import PLACE, Gone, Held, HeldPage, Place, State, Walked, here
from gateway.replica.selecting import continuation, fitting, selected
from gateway.replica.sums import Counted, counted
from schemas.base import Resource

LIST = ""
"""Stands for a place's list, where contents are sealed under the name of a row."""
IDS_AT_ONCE = 500
"""Below what SQLite takes as parameters of one statement."""


IN_EACH = ("id", "document", "sealed", "untold")
"""What a page is made of, by column."""


class _Carried(State, frozen=True, kw_only=True, array_like=True):
    """As the rows of a page carry it."""


_CARRIED = msgspec.json.Decoder(_Carried)
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


class Reads:
    """One row a connection, resource and id. Nothing of connections that keep none is found."""

    def __init__(self, contents: Contents, resources: Mapping[str, Resource]) -> None:
        self.resources = resources
        self._contents = contents
        self._keys = {name: keys_of(resource) for name, resource in resources.items()}

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
        blind, near = self._contents.blind(place), is_near(session)
        state = await self.state(session, place) if near else None
        form, values = selected(place, resource, keys, query, blind, raw=raw, carried=not near)
        rows = unnamed(await session.execute(form.statement, values))
        if state is None:
            state = await self._carried(session, place, rows, form.at["state"])
        shown, last = rows[: query.limit], rows[query.limit - 1] if len(rows) > query.limit else None
        id, gone_at = form.at["id"], form.at.get("gone_at", 0)
        gone = [row for row in shown if row[gone_at] is not None] if query.updated_since else []
        there = [row for row in shown if row[gone_at] is None] if gone else shown
        columns: list[Any] = [*zip(*there, strict=True)] or [()] * len(form.at)
        ids, documents, sealed, untold = (columns[form.at[name]] for name in IN_EACH)
        theirs = columns[form.at["raw"]] if raw else ()
        if any(sealed):
            documents = await self._opened(session, place, "document", ids, documents, sealed)
            theirs = await self._opened(session, place, "raw", ids, theirs, sealed)
        return HeldPage(
            documents=list(documents),
            raw=[one or b"null" for one in theirs],
            gone=[Gone(id=row[id], deleted_at=row[gone_at]) for row in gone],
            untold=tuple(dict.fromkeys(name for names in dict.fromkeys(untold) for name in names.split())),
            next=None if last is None else continuation(last[form.at["sorted_by"]], last[id]),
            state=state,
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

    def _state(self, place: Place, row: Row[Any]) -> State:
        return self._settled(place, State(**{name: getattr(row, name) for name in State.__struct_fields__}))

    def _settled(self, place: Place, state: State) -> State:
        return state if state.shape == self.shape(place) else msgspec.structs.replace(state, as_of=None)

    async def _carried(self, session: AsyncSession, place: Place, rows: Sequence[Any], at: int) -> State:
        """The state that the rows of a page carry; a page without rows carries none."""
        if not rows or rows[0][at] is None:
            return await self.state(session, place)
        told = _CARRIED.decode(rows[0][at])
        return self._settled(place, State(**msgspec.structs.asdict(told)))

    async def _held(self, session: AsyncSession, place: Place, ids: Iterable[str]) -> dict[str, Row[Any]]:
        wanted, found = list(ids), {}
        for start in range(0, len(wanted), IDS_AT_ONCE):
            some = wanted[start : start + IDS_AT_ONCE]
            rows = await session.execute(select(ROWS).where(*place.within(ROWS), ROWS.c.id.in_(some)))
            found |= {row.id: row for row in rows}
        return found

    async def _raw(self, session: AsyncSession, place: Place, row: Any) -> bytes | None:
        """The vendor's JSON of a row."""
        return await self._contents.plain(session, place, row.id, "raw", row.raw) if row.sealed else row.raw

    async def _document(self, session: AsyncSession, place: Place, row: Any | None) -> bytes | None:
        """As it is held; None of what is gone, or was never read."""
        if row is None or row.gone_at is not None or not row.sealed:
            return None if row is None or row.gone_at is not None else row.document
        return await self._contents.plain(session, place, row.id, "document", row.document)
