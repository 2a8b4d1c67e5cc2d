"""One pass over one list, step by step: whoever dies between two steps loses none of them."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from msgspec import Raw, Struct

from connectors.base.errors import KontorError, RecordNotFound, UpstreamBroken, UpstreamRefused
from connectors.base.paging import ListQuery, Page, Record
from gateway.ambient import Ambient
from gateway.dispatch.copying import Copying
from gateway.persistence.database import Database
from gateway.replica.rows import Changed, Place
from gateway.replica.store import Replica
from gateway.replica.sync import marks, states
from gateway.replica.sync.plan import OVERLAP, Course, is_whole, pause_s
from gateway.replica.sync.states import BEHIND, IDLE, LISTING, MISSING, Sync

ROUNDS = 4
"""So often a list is gone through in one pass; if it moves even then, the next pass begins where this did."""
LAG = timedelta(seconds=30)
"""By which the vendor's lists may trail behind its books."""
AT_ONCE = 4
"""Objects that are read at a time: enough that slow answers leave no slot unused."""
OF_ONE_OBJECT = (UpstreamBroken, UpstreamRefused)
"""Failures that say nothing of other objects."""
ROWS = msgspec.json.Decoder(list[Raw])


class Pass:
    """The pass of a place. `step` does a page, or a few objects, and keeps what came of it."""

    def __init__(
        self,
        database: Database,
        ambient: Ambient,
        replica: Replica,
        course: Course,
        copying: Copying,
        rows_a_page: int,
        whole_every: timedelta,
    ) -> None:
        self._database = database
        self._clock = ambient.clock
        self._replica = replica
        self._course = course
        self._copying = copying
        self._rows_a_page = rows_a_page
        self._whole_every = whole_every

    async def step(self, place: Place, sync: Sync) -> Sync:
        """The pass after one more step of it; `idle` at its end.

        Raises:
            KontorError: the vendor or the database cannot be had; nothing is lost.
        """
        calls = self._copying.ledger.calls
        if sync.phase == IDLE:
            sync = await self._begun(place, sync)
        after = await self._STEPS[sync.phase](self, place, sync)
        after = after.becoming(calls=after.calls + self._copying.ledger.calls - calls, failures=0)
        if after.phase == IDLE:
            return await self._ended(place, after)
        async with self._database.write() as session:
            await states.save(session, place, after)
        return after

    async def _begun(self, place: Place, sync: Sync) -> Sync:
        now = self._clock.now()
        async with self._database.read() as session:
            state = await self._replica.state(session, place)
        whole = is_whole(self._course, sync, state.as_of, now, self._whole_every)
        since = None if whole or state.as_of is None else state.as_of - OVERLAP
        return Sync(
            phase=LISTING,
            whole=whole,
            begun_at=now,
            round_at=now,
            since=since,
            asked_at=sync.asked_at,
            whole_at=sync.whole_at,
            ended_at=sync.ended_at,
            due_at=now,
        )

    # --- rows of the list -----------------------------------------------------------------------------------

    async def _list(self, place: Place, sync: Sync) -> Sync:
        if sync.rows is not None:
            return await self._read_rows(place, sync, await self._opened(place, sync))
        asked_at = self._clock.now()
        page = await self._copying.page(self._query(sync))
        capped = sync.capped or page.completeness.reason == "vendor_limit"
        sync = sync.becoming(continuation=page.next, total=page.total, capped=capped, pages=sync.pages + 1)
        keep = self._keep_rows if self._course.detailed else self._keep_objects
        return await keep(place, sync, page, asked_at)

    def _query(self, sync: Sync) -> ListQuery:
        return ListQuery(
            filters=self._course.resource.filters(),
            limit=self._rows_a_page,
            summary=self._course.detailed,
            updated_since=sync.since,
            continuation=sync.continuation,
        )

    async def _keep_rows(self, place: Place, sync: Sync, page: Page[Any], asked_at: datetime) -> Sync:
        """Rows that lead to the objects. Those of objects that are new, or not what they were, are kept for
        the next steps to read."""
        named = {record.data.id: record for record in page.records}
        async with self._database.write() as session:
            known = await marks.known(session, place, named)
            other = {id: it for id, it in named.items() if not self._is_same(place, known.get(id), it.raw)}
            await marks.seen(session, place, [id for id in named if id not in other], _begin(sync))
        sync = _doubted(sync, [*other.values()])
        rows = [record.raw for record in other.values() if record.raw is not None]
        return await self._left(place, self._done_with(sync, len(named) - len(rows)), rows)

    async def _left(self, place: Place, sync: Sync, rows: Sequence[Raw]) -> Sync:
        """With these rows of the page still to be read; after the last of them the page is turned."""
        if not rows:
            return self._turned(sync.becoming(rows=None))
        async with self._database.write() as session:
            kept = await self._replica.closed(session, place, msgspec.json.encode(rows))
        return sync.becoming(rows=kept, sealed=self._replica.seals(place))

    async def _keep_objects(self, place: Place, sync: Sync, page: Page[Any], asked_at: datetime) -> Sync:
        """Rows that are the objects themselves."""
        named = {record.data.id: record for record in page.records}
        async with self._database.write() as session:
            changed = await self._replica.put(session, place, page.records, read_at=asked_at)
            await marks.seen(session, place, named, _begin(sync))
        sync = _doubted(sync, [named[one.id] for one in changed])
        return self._turned(self._done_with(counted(sync, changed), len(named)))

    async def _read_rows(self, place: Place, sync: Sync, rows: Sequence[Raw]) -> Sync:
        """The objects of the next rows. Whatever becomes of them, these are done with."""
        some, rest = rows[:AT_ONCE], rows[AT_ONCE:]
        changed = await self._read(place, sync, {_id(row): row for row in some})
        return await self._left(place, self._done_with(counted(sync, changed), len(some)), rest)

    def _is_same(self, place: Place, known: marks.Known | None, row: Raw | None) -> bool:
        return (
            known is not None
            and row is not None
            and known.is_there
            and known.row_digest == marks.digest(row)
            and known.shape == self._replica.shape(place)
        )

    async def _read(self, place: Place, sync: Sync, rows: dict[str, Raw]) -> list[Changed]:
        async with self._database.read() as session:
            held = await self._replica.held_raw(session, place, rows)

        def reading(id: str) -> Awaitable[Record[Any]]:
            return self._copying.detail(rows[id], held.get(id))

        digests = {id: marks.digest(row) for id, row in rows.items()}
        return await self._objects(place, sync, list(rows), reading, digests)

    @staticmethod
    def _done_with(sync: Sync, rows: int) -> Sync:
        """So many rows more; further rounds go over the same ones."""
        return sync.becoming(listed=sync.listed + (rows if sync.round == 1 else 0))

    def _turned(self, sync: Sync) -> Sync:
        """After a page: the next one, another round, or what follows the last."""
        if sync.continuation is not None:
            return sync
        if not slipping(sync) or sync.round == ROUNDS:
            return sync.becoming(phase=BEHIND)
        return sync.becoming(
            round=sync.round + 1,
            pages=0,
            doubtful=False,
            settled_at=sync.round_at,
            round_at=self._clock.now(),
        )

    # --- single objects -------------------------------------------------------------------------------------

    async def _look_behind(self, place: Place, sync: Sync) -> Sync:
        """In the order of their ids, so that what cannot be read is tried once in a pass."""
        async with self._database.read() as session:
            ids = await marks.behind(session, place, sync.continuation, AT_ONCE)
        if not ids:
            phase = MISSING if sync.whole and not sync.capped else IDLE
            return sync.becoming(phase=phase, continuation=None)
        changed = await self._objects(place, sync, ids, self._copying.one)
        return counted(sync, changed).becoming(continuation=ids[-1])

    async def _look_for_missing(self, place: Place, sync: Sync) -> Sync:
        """A list may lag behind: only who is asked for by its id, and is not there, is gone."""
        async with self._database.read() as session:
            ids = await marks.missing(session, place, _begin(sync), AT_ONCE)
        if not ids:
            return sync.becoming(phase=IDLE)
        return counted(sync, await self._objects(place, sync, ids, self._copying.one))

    async def _objects(
        self,
        place: Place,
        sync: Sync,
        ids: Collection[str],
        reading: Callable[[str], Awaitable[Record[Any]]],
        digests: dict[str, str] | None = None,
    ) -> list[Changed]:
        """Reads these, keeps what comes, buries what is gone, and marks what cannot be read as behind.

        Raises:
            KontorError: of all of them, after what came has been kept.
        """
        asked_at = self._clock.now()
        results = await asyncio.gather(*(reading(id) for id in ids), return_exceptions=True)
        answers = dict(zip(ids, results, strict=True))
        records = {id: answer for id, answer in answers.items() if isinstance(answer, Record)}
        gone = [id for id, answer in answers.items() if isinstance(answer, RecordNotFound)]
        broken = {id: answer for id, answer in answers.items() if isinstance(answer, OF_ONE_OBJECT)}
        async with self._database.write() as session:
            changed = await self._replica.put(session, place, [*records.values()], read_at=asked_at)
            changed += await self._replica.bury(session, place, gone, at=asked_at)
            await self._replica.mark(session, place, [*broken], at=asked_at, made=True)
            await marks.seen(session, place, [*records, *broken], _begin(sync))
            if digests is not None:
                await marks.read_by(session, place, {id: digests[id] for id in records})
        self.unreadable = next(iter(broken.values()), self.unreadable)
        for answer in answers.values():
            if isinstance(answer, BaseException) and not isinstance(answer, (RecordNotFound, *OF_ONE_OBJECT)):
                raise answer
        return changed

    unreadable: KontorError | None = None
    """An object that the vendor names and that cannot be read: then lists are not complete."""

    # --- the end --------------------------------------------------------------------------------------------

    async def _ended(self, place: Place, sync: Sync) -> Sync:
        begun_at, now = _begin(sync), self._clock.now()
        pause = pause_s(self._course, sync.calls)
        ended = sync.becoming(
            whole_at=begun_at if sync.whole else sync.whole_at,
            ended_at=now,
            since=None,
            due_at=max(now, begun_at + timedelta(seconds=pause)),
            error=None if self.unreadable is None else told(self.unreadable),
        )
        async with self._database.write() as session:
            if not sync.capped and not slipping(sync):
                await self._replica.complete(session, place, begun_at)
            await states.save(session, place, ended)
            await states.answered(session, place, begun_at)
        return ended

    async def _opened(self, place: Place, sync: Sync) -> list[Raw]:
        assert sync.rows is not None
        if not sync.sealed:
            return ROWS.decode(sync.rows)
        async with self._database.read() as session:
            return ROWS.decode(await self._replica.opened(session, place, sync.rows))

    _STEPS = {
        LISTING: _list,
        BEHIND: _look_behind,
        MISSING: _look_for_missing,
    }


def _begin(sync: Sync) -> datetime:
    assert sync.begun_at is not None
    return sync.begun_at


def _doubted(sync: Sync, other: Sequence[Record[Any]]) -> Sync:
    """With these among what is new, or not what it was. In the first round that is no surprise, but what has
    it go on to a second."""
    settled_at = sync.settled_at

    def surprises(record: Record[Any]) -> bool:
        changed_at = getattr(record.data, "updated_at", None)
        return settled_at is None or changed_at is None or changed_at < settled_at - LAG

    return sync.becoming(doubtful=sync.doubtful or any(map(surprises, other)))


def slipping(sync: Sync) -> bool:
    """Whether a row may have slipped through: of one page none can, nor where nothing moves."""
    return sync.doubtful and sync.pages > 1


def _id(row: Raw) -> str:
    return _NAMED.decode(row).id


class _Named(Struct):
    id: str


_NAMED = msgspec.json.Decoder(_Named)


def counted(sync: Sync, changed: Sequence[Changed]) -> Sync:
    """With these among what the pass changed."""
    found = Counter("created" if one.kind == "loaded" else one.kind for one in changed)
    return sync.becoming(**{kind: getattr(sync, kind) + count for kind, count in found.items()})


def told(error: KontorError) -> str:
    """An error as people are shown it beside the pass."""
    return f"{error.code}: {error.detail}"
