"""What a connection's replica answers, and what live reads leave in it."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar

from msgspec import Raw
from sqlalchemy.ext.asyncio import AsyncSession

from connectors.base.errors import NotSupported, RecordNotFound
from connectors.base.paging import Completeness, ListQuery, Record
from gateway.api.call import Call
from gateway.api.changes import etag
from gateway.api.declaration import Documents, Reply
from gateway.api.freshness import Freshness
from gateway.api.intake import bad_characters
from gateway.errors import CopyNotReady, Unavailable
from gateway.replica.rows import Held, HeldPage, Place, State, keeps, place_of
from gateway.replica.sums import Counted
from schemas.base import Resource
from schemas.counts import Count, CurrencyTotals

GONE = "The accounting system has no such object any more."
UNSERVED = "The replica of this connection cannot select by {names}."
EQUALITY = "An encrypted copy finds texts whole only: filter by a whole value, such as `number`."
ALTERNATIVE = "Leave out `only-if-cached` to ask the accounting system, or the parameters."


async def held_one(call: Call, resource: Resource) -> Reply | None:
    """The answer from the replica. None: there is none that will do, so the accounting system is to be asked,
    as when the database is away.

    Raises:
        RecordNotFound: it is known to be gone.
        Unavailable: the database is away, and nobody else was to be asked.
    """
    id = call.path.get("id", "")
    if call.freshness.no_cache or bad_characters(id):
        return None
    try:
        held = await _held(call, place_of(call.connection, resource.name), id)
    except Unavailable:
        if call.freshness.only_if_cached:
            raise
        return None
    if held is None or held.stale or not _will_do(call, resource, held.as_of):
        return None
    if held.gone_at is not None:
        raise RecordNotFound(GONE, headers=_age(call, held.as_of))
    if held.document is None or (call.query.raw and held.raw is None):
        return None
    completeness = Completeness(complete=True, fields_unavailable=held.untold)
    tag = (("etag", etag(held.version)),) if held.version is not None else ()
    return Reply(
        data=Raw(held.document),
        raw=Raw(held.raw) if call.query.raw and held.raw is not None else None,
        headers=(*tag, *_age(call, held.as_of).items()),
        meta=_meta(call, held.as_of, completeness),
    )


async def _held(call: Call, place: Place, id: str) -> Held | None:
    """The object as it is today: what midnight made overdue says so, before anybody else has looked."""
    rooms = call.rooms
    async with rooms.database.glance() as session:
        held = await rooms.replica.get(session, place, id, raw=call.query.raw)
    if held is None or held.stale or not _is_past(call, held.late_at):
        return held
    await rooms.days.turn(place)
    async with rooms.database.glance() as session:
        return await rooms.replica.get(session, place, id, raw=call.query.raw)


T = TypeVar("T")
Ask = Callable[[AsyncSession], Awaitable[tuple[State, T | None]]]
"""The state of a list, and what is told of it; None at least where the list is not complete."""


async def held_page(
    call: Call, resource: Resource, query: ListQuery, *, raw: bool, pinned: bool
) -> tuple[Reply, str | None] | None:
    """A page from the replica and where it goes on; None as above. `pinned`: an earlier page came from it.

    Raises:
        NotSupported: only the replica was to be asked, and it has no key for a parameter.
        Unavailable: the database is away, and nobody else was to be asked.
    """
    place, replica = place_of(call.connection, resource.name), call.rooms.replica

    async def ask(session: AsyncSession) -> tuple[State, HeldPage]:
        page = await replica.page(session, place, query, raw=raw)
        return page.state, page

    found = await _of_all(call, resource, query, ask, pinned=pinned)
    return None if found is None else (_page(call, query, *found, raw=raw), found[0].next)


async def held_count(call: Call, resource: Resource, query: ListQuery) -> Reply | None:
    """What a list holds, from the replica; None and errors as above."""
    place, replica = place_of(call.connection, resource.name), call.rooms.replica

    async def ask(session: AsyncSession) -> tuple[State, Counted | None]:
        state = await replica.state(session, place)
        return state, await replica.count(session, place, query) if state.complete else None

    found = await _of_all(call, resource, query, ask, pinned=False)
    if found is None:
        return None
    counted, as_of = found
    by_currency = [
        CurrencyTotals(currency=one.currency or "", count=one.count, sums=one.sums) for one in counted.totals
    ]
    completeness = Completeness(complete=True, fields_unavailable=counted.untold)
    return Reply(
        data=Count(count=counted.count, totals=by_currency),
        headers=tuple(_age(call, as_of).items()),
        meta=_meta(call, as_of, completeness),
    )


async def refuse_unready(call: Call, resource: Resource, query: ListQuery) -> None:
    """For what nobody but the replica can answer, when it did not.

    Raises:
        CopyNotReady: it could, were it whole or fresher.
        NotSupported: it has no key for a parameter, as where it is sealed.
    """
    rooms, place = call.rooms, place_of(call.connection, resource.name)
    kept = call.connection.keeps_replica and resource.name in rooms.synchronizer.courses(call.connection)
    if not kept or call.freshness.no_cache:
        return
    unserved = rooms.replica.unserved(place, query)
    if unserved:
        raise NotSupported(UNSERVED.format(names=", ".join(unserved)), EQUALITY)
    async with rooms.database.glance() as session:
        state = await rooms.replica.state(session, place)
    if state.as_of is None:
        raise CopyNotReady(resource.name, "is not whole yet")
    raise CopyNotReady(resource.name, "is older than asked" if state.complete else "is behind a write")


async def _of_all(
    call: Call, resource: Resource, query: ListQuery, ask: Ask[T], *, pinned: bool
) -> tuple[T, datetime] | None:
    """What is told of a whole list, and as of when; None as above."""
    rooms, place = call.rooms, place_of(call.connection, resource.name)
    if (call.freshness.no_cache and not pinned) or not keeps(resource):
        return None
    unserved = rooms.replica.unserved(place, query)
    if unserved:
        if call.freshness.only_if_cached:
            raise NotSupported(UNSERVED.format(names=", ".join(unserved)), ALTERNATIVE)
        return None
    try:
        async with rooms.database.glance() as session:
            state, found = await ask(session)
        will_do = state.complete and state.as_of is not None and _will_do(call, resource, state.as_of)
        if state.as_of is None or found is None or not (will_do or pinned):
            return None
        if _is_past(call, state.late_at):  # midnight has made some overdue, and nobody has looked yet
            await rooms.days.turn(place)
            async with rooms.database.glance() as session:
                _, found = await ask(session)
        return None if found is None else (found, state.as_of)
    except Unavailable:
        if pinned or call.freshness.only_if_cached:
            raise
        return None


def _page(call: Call, query: ListQuery, page: HeldPage, as_of: datetime, *, raw: bool) -> Reply:
    completeness = Completeness(complete=True, fields_unavailable=page.untold)
    deleted = {} if query.updated_since is None else {"deleted": page.gone}
    return Reply(
        data=Documents(page.documents),
        raw=[Raw(one) for one in page.raw] if raw else None,
        headers=tuple(_age(call, as_of).items()),
        meta={**_meta(call, as_of, completeness), **deleted},
    )


async def keep(call: Call, resource: Resource, records: Sequence[Record[Any]], read_at: datetime) -> None:
    """Leave in the replica what was read live. A database that is away costs nobody the answer.

    An answer that was shared with others may be older than `read_at` says: whoever asked for it keeps it.
    """
    if not _keeps(call, resource) or call.ledger.older or not records:
        return
    rooms = call.rooms
    try:
        async with rooms.database.write() as session:
            place = place_of(call.connection, resource.name)
            await rooms.replica.put(session, place, records, read_at=read_at)
    except Unavailable:
        return


async def bury(call: Call, resource: Resource, found_at: datetime) -> None:
    """Leave in the replica that the accounting system has no such object."""
    id = call.path.get("id", "")
    if not _keeps(call, resource) or call.ledger.older or bad_characters(id):
        return
    rooms = call.rooms
    try:
        async with rooms.database.write() as session:
            await rooms.replica.bury(session, place_of(call.connection, resource.name), (id,), at=found_at)
    except Unavailable:
        return


def _keeps(call: Call, resource: Resource) -> bool:
    return call.connection.keeps_replica and keeps(resource) and not call.freshness.no_store


def _is_past(call: Call, at: datetime | None) -> bool:
    return at is not None and at <= call.rooms.ambient.clock.now()


def _age_s(call: Call, as_of: datetime) -> float:
    return max(0.0, (call.rooms.ambient.clock.now() - as_of).total_seconds())


def _will_do(call: Call, resource: Resource, as_of: datetime) -> bool:
    return call.freshness.content_with(_age_s(call, as_of), resource.fresh_for_s)


def _age(call: Call, as_of: datetime) -> dict[str, str]:
    return {"age": str(int(_age_s(call, as_of)))}


def _meta(call: Call, as_of: datetime, completeness: Completeness) -> dict[str, Any]:
    age_s = int(_age_s(call, as_of))
    return {
        "target": call.connection.target,
        "freshness": Freshness(source="replica", as_of=as_of, age_seconds=age_s),
        "completeness": completeness,
        "warnings": [],
    }
