"""Handlers of the operations that read: an object, a page, a file."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Any, Literal
from urllib.parse import quote

import msgspec
from msgspec import Meta

from connectors.base.operations import Operation
from connectors.base.paging import Download, ListQuery, Page, Record
from gateway.api.call import Call
from gateway.api.cursor import Cursors
from gateway.api.declaration import Reply
from gateway.api.performing import etag_of, meta, meta_of, perform_of
from schemas.base import Filters, Resource


class ListParameters(Filters, kw_only=True, frozen=True):
    """Query parameters every list understands."""

    limit: Annotated[int, Meta(ge=1, le=250, description="Objects a page.")] = 25
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


class ReadParameters(Filters, kw_only=True, frozen=True):
    """Query parameters of a single read."""

    raw: Annotated[bool, Meta(description="Add the accounting system's own JSON.")] = False


def reading(resource: Resource, operation: Operation) -> Callable[[Call], Awaitable[Reply]]:
    async def read_one(call: Call) -> Reply:
        record: Record[Any] = await call.rooms.dispatcher.read(perform_of(call, resource, operation))
        raw = record.raw if call.query.raw else None
        return Reply(data=record.data, headers=etag_of(record), meta=meta_of(call, record), raw=raw)

    return read_one


def listing(resource: Resource, operation: Operation) -> Callable[[Call], Awaitable[Reply]]:
    async def read_page(call: Call) -> Reply:
        parameters, filters = call.queries
        cursors = Cursors(call.rooms.lookup.digest)
        bound = _bound(call, resource, parameters, filters)
        query = ListQuery(
            filters=filters,
            limit=parameters.limit,
            sort=parameters.sort,
            summary=parameters.fields == "summary",
            updated_since=parameters.updated_since,
            continuation=cursors.read(bound, parameters.cursor) if parameters.cursor else None,
        )
        page: Page[Any] = await call.rooms.dispatcher.read(perform_of(call, resource, operation, query=query))
        following = cursors.write(bound, page.next) if page.next else None
        return Reply(
            data=[record.data for record in page.records],
            meta={**meta(call), "completeness": page.completeness},
            raw=[record.raw for record in page.records] if parameters.raw else None,
            page={"next": following, "limit": parameters.limit},
        )

    return read_page


def _bound(call: Call, resource: Resource, parameters: ListParameters, filters: Filters) -> tuple[str, ...]:
    """What a cursor is pinned to: source, connection, resource and everything that shapes the list."""
    pinned = msgspec.structs.replace(parameters, cursor=None, limit=1, raw=False)
    return ("live", call.connection.id, resource.name, repr(pinned), repr(filters))


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
