"""Streams: `/v1/events/stream`, and `/v1/connections/{id}/syncs/stream`."""

from typing import Annotated, Literal

from msgspec import Meta
from msgspec.structs import replace

from gateway.api.call import Call
from gateway.api.connections import TAG as CONNECTIONS
from gateway.api.connections import own_connection
from gateway.api.declaration import Reply, endpoint
from gateway.api.events_api import TAG as EVENTS
from gateway.api.events_api import Wanted, Way
from gateway.api.streaming import LONGEST_S, MEDIA_TYPE, News, Seconds, block, streamed
from gateway.api.syncs_api import SyncView, views
from gateway.errors import EventsPurged, Invalid, TooManyStreams, UnknownObject
from schemas.base import Filters

A_LOOK = 100
"""Events that are read at once."""


class StreamFilters(Wanted, kw_only=True, frozen=True):
    """Which events, from where on, for how long."""

    start: Annotated[
        Literal["oldest", "now"],
        Meta(description="Where to begin without a cursor; kept are 90 days."),
    ] = "now"
    seconds: Seconds = LONGEST_S


class SyncStreamFilters(Filters, kw_only=True, frozen=True):
    """For how long."""

    seconds: Seconds = LONGEST_S


class FeedSource:
    """Events after a position."""

    def __init__(self, call: Call, way: Way, after: int) -> None:
        self._following = call.rooms.following
        self._way = way
        self._after = after

    async def news(self) -> News:
        chosen = self._way.selection
        last = await self._following.last(chosen.tenant_id, chosen.environment)
        if last <= self._after:
            return News()
        shown, self._after, more = await self._way.page(self._after, last, A_LOOK)
        blocks = [block(event.type, event, self._way.cursor(at)) for at, event in shown]
        return News(b"".join(blocks), more)

    def heartbeat(self) -> bytes:
        return f"id: {self._way.cursor(self._after)}\n\n".encode()


class SyncSource:
    """How fresh a connection is, whenever that has changed."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._seen: tuple[SyncView, ...] | None = None

    async def news(self) -> News:
        connection = await own_connection(self._call)
        found = await views(self._call.rooms, connection) if connection.keeps_replica else ()
        seen = tuple(map(_timeless, found))
        if seen == self._seen:
            return News()
        self._seen = seen
        return News(block("syncs", found))

    def heartbeat(self) -> bytes:
        return b":\n\n"


def _timeless(view: SyncView) -> SyncView:
    """Without what changes while nothing happens."""
    return replace(view, lag_seconds=None, rate_per_minute=None, eta_seconds=None)


@endpoint(
    "GET",
    "/v1/events/stream",
    scope="read",
    tag=EVENTS,
    summary="Listen to what happens",
    query=(StreamFilters,),
    media_types=(MEDIA_TYPE,),
    errors=(Invalid, EventsPurged, TooManyStreams),
)
async def follow_events(call: Call) -> Reply:
    """Server-sent events, named by their type, with an event as `GET /v1/events` has it as data and a cursor
    as id: `Last-Event-ID`, or `cursor`, goes on after it. Without either it begins now. A stream ends after
    `seconds`, or when Kontor stops; an error is told as event `problem` before it ends."""
    query: StreamFilters = call.query
    caller = call.caller
    await call.rooms.following.last(caller.tenant_id, caller.environment)
    way = Way(call, query)
    after, _ = await way.begin(call.header("last-event-id") or query.cursor, query.start)
    return streamed(call, FeedSource(call, way, after), query.seconds)


@endpoint(
    "GET",
    "/v1/connections/{id}/syncs/stream",
    scope="read",
    tag=CONNECTIONS,
    summary="Watch how fresh a connection's replica becomes",
    query=(SyncStreamFilters,),
    media_types=(MEDIA_TYPE,),
    errors=(UnknownObject, TooManyStreams),
)
async def follow_syncs(call: Call) -> Reply:
    """Server-sent events `syncs`: all of `GET /v1/connections/{id}/syncs` at once, and again whenever it has
    changed."""
    await own_connection(call)
    query: SyncStreamFilters = call.query
    return streamed(call, SyncSource(call), query.seconds)


ENDPOINTS = (follow_events, follow_syncs)
