"""Handlers of the operations that read: an object, a page, a file."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime
from typing import Annotated, Any, Literal
from urllib.parse import quote

import msgspec
from msgspec import Meta

from connectors.base.errors import NotSupported, RecordNotFound
from connectors.base.operations import Operation
from connectors.base.paging import Download, ListQuery, Page, Record
from gateway.api.call import Call
from gateway.api.cursor import Cursors, not_a_cursor
from gateway.api.declaration import Reply
from gateway.api.holding import bury, held_one, held_page, keep, refuse_unready
from gateway.api.performing import NOTHING_WOULD_DO, etag_of, meta, meta_of, perform_of
from gateway.dispatch import Perform
from gateway.errors import Invalid, NothingHeld
from gateway.replica.rows import keeps
from schemas.base import Filters, Resource


class ListParameters(Filters, kw_only=True, frozen=True):
    """Query parameters every list understands."""

    limit: (
        Annotated[int, Meta(ge=1, le=250, description="Objects a page; left out: 25 read live, 100 kept.")]
        | None
    ) = None
    cursor: Annotated[str, Meta(max_length=4096, description="`page.next` of the page before.")] | None = None
    sort: (
        Annotated[str, Meta(max_length=30, description="Field, with a leading `-` for descending.")] | None
    ) = None
    fields: Annotated[
        Literal["full", "summary"], Meta(description="`summary`: rows without lines, at one call a page.")
    ] = "full"
    raw: Annotated[bool, Meta(description="Add the accounting system's own JSON.")] = False
    updated_since: (
        Annotated[datetime, Meta(tz=True, description="Changed at or after this instant.")] | None
    ) = None


class SearchParameters(Filters, kw_only=True, frozen=True):
    """The query parameter of lists whose texts Kontor's copy can be searched for."""

    search: (
        Annotated[
            str,
            Meta(
                min_length=1,
                max_length=100,
                description="Words or parts of words, each of which stands in number, name or "
                "remark, whatever their case and accents. From Kontor's copy alone.",
            ),
        ]
        | None
    ) = None


class ReadParameters(Filters, kw_only=True, frozen=True):
    """Query parameters of a single read."""

    raw: Annotated[bool, Meta(description="Add the accounting system's own JSON.")] = False


UNSEARCHED = "Kontor searches its own copy, and none is kept of this connection, or none was to be asked."
SEARCHED_BY = "Turn on `keepsReplica` of the connection, or filter: by `number`, parties by part of `name`."
LIVE, REPLICA = "live", "replica"
LIMITS = {LIVE: 25, REPLICA: 100}
"""Objects a page, unless told. Read live, each may take a call."""


def reading(resource: Resource, operation: Operation) -> Callable[[Call], Awaitable[Reply]]:
    is_kept = operation.name == "get" and keeps(resource)

    async def read_one(call: Call) -> Reply:
        if is_kept and call.connection.keeps_replica:
            held = await held_one(call, resource)
            if held is not None:
                return held
        perform = perform_of(call, resource, operation)
        asked_at = call.rooms.ambient.clock.now()
        try:
            record: Record[Any] = await call.rooms.dispatcher.read(perform)
        except RecordNotFound:
            if is_kept:
                await bury(call, resource, asked_at)
            raise
        if is_kept:
            await keep(call, resource, (record,), asked_at)
        raw = record.raw if call.query.raw else None
        return Reply(data=record.data, headers=etag_of(record), meta=meta_of(call, record, asked_at), raw=raw)

    return read_one


def listing(resource: Resource, operation: Operation) -> Callable[[Call], Awaitable[Reply]]:
    async def read_page(call: Call) -> Reply:
        parameters, *searching, filters = call.queries
        cursors = Cursors(call.rooms.lookup.digest)
        source, continuation = _pinned(call, resource, cursors)
        query = ListQuery(
            filters=filters,
            limit=parameters.limit or LIMITS[source or REPLICA],
            sort=parameters.sort,
            summary=parameters.fields == "summary" and resource.summary is not None,
            updated_since=parameters.updated_since,
            search=_search(searching),
            continuation=continuation,
        )
        if source != LIVE and call.connection.keeps_replica and not query.summary:
            pinned = source == REPLICA
            found = await held_page(call, resource, query, raw=parameters.raw, pinned=pinned)
            if found is not None:
                return _paged(call, resource, cursors, REPLICA, found[0], found[1])
        if source == REPLICA:
            raise not_a_cursor()
        if query.search is not None:
            await refuse_search(call, resource, query)
        query = msgspec.structs.replace(query, limit=parameters.limit or LIMITS[LIVE])
        reply, following = await _live_page(
            call, resource, perform_of(call, resource, operation, query=query)
        )
        return _paged(call, resource, cursors, LIVE, reply, following)

    return read_page


def _search(queries: list[Any]) -> str | None:
    """What is searched for; None where nothing is, or cannot be."""
    return next((query.search for query in queries if isinstance(query, SearchParameters)), None)


async def refuse_search(call: Call, resource: Resource, query: ListQuery) -> None:
    """Always raises: the accounting system is not asked with a search.

    Raises:
        NothingHeld: nobody was to be asked but the replica, and it holds nothing that would do.
        CopyNotReady: the replica could, were it whole or fresher.
        NotSupported: there is none, or it cannot, or it was not to be asked.
    """
    if call.freshness.only_if_cached:
        raise NothingHeld(NOTHING_WOULD_DO)
    if query.summary:
        raise NotSupported("Rows of `fields=summary` are live, and not searched.", "Leave out `fields`.")
    await refuse_unready(call, resource, query)
    raise NotSupported(UNSEARCHED, SEARCHED_BY)


async def _live_page(call: Call, resource: Resource, perform: Perform) -> tuple[Reply, str | None]:
    """A page as the accounting system has it, and where it goes on."""
    asked_at = call.rooms.ambient.clock.now()
    page: Page[Any] = await call.rooms.dispatcher.read(perform)
    if perform.query is not None and not perform.query.summary:
        await keep(call, resource, page.records, asked_at)
    reply = Reply(
        data=[record.data for record in page.records],
        meta={**meta(call, asked_at), "completeness": page.completeness},
        raw=[record.raw for record in page.records] if call.query.raw else None,
    )
    return reply, page.next


def _pinned(call: Call, resource: Resource, cursors: Cursors) -> tuple[str | None, str | None]:
    """Where the page before came from, and what comes next there; nothing for the first page.

    Raises:
        Invalid: not a cursor of this list.
    """
    cursor = call.query.cursor
    if cursor is None:
        return None, None
    if call.connection.keeps_replica:
        with suppress(Invalid):
            return REPLICA, cursors.read(_bound(call, resource, REPLICA), cursor)
    return LIVE, cursors.read(_bound(call, resource, LIVE), cursor)


def _paged(
    call: Call, resource: Resource, cursors: Cursors, source: str, reply: Reply, next: str | None
) -> Reply:
    following = cursors.write(_bound(call, resource, source), next) if next else None
    limit = call.query.limit or LIMITS[source]
    return msgspec.structs.replace(reply, page={"next": following, "limit": limit})


def _bound(call: Call, resource: Resource, source: str) -> tuple[str, ...]:
    """What a cursor is pinned to: source, connection, resource and everything that shapes the list."""
    parameters, *others = call.queries
    pinned = msgspec.structs.replace(parameters, cursor=None, limit=1, raw=False)
    return (source, call.connection.id, resource.name, repr(pinned), *map(repr, others))


def downloading(resource: Resource, operation: Operation) -> Callable[[Call], Awaitable[Reply]]:
    async def download(call: Call) -> Reply:
        accept = call.header("accept") or "*/*"
        perform = perform_of(call, resource, operation, accept=accept)
        file: Download = await call.rooms.dispatcher.read(perform)
        headers = (
            ("content-type", file.media_type),
            ("content-disposition", disposition(file.filename)),
            ("kontor-representation", "preview" if file.preview else "original"),
            ("x-content-type-options", "nosniff"),
        )
        return Reply(content=file.content, rest=file.rest, headers=headers)

    return download


def disposition(filename: str) -> str:
    """Content-Disposition with the name in ASCII, and as it is by RFC 6266."""
    plain = "".join(c if c.isascii() and (c.isalnum() or c in "._- ") else "_" for c in filename)
    return f"inline; filename=\"{plain}\"; filename*=UTF-8''{quote(filename, safe='')}"
