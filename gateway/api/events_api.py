"""`GET /v1/events`: every change once, in an order without gaps."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import Meta, Raw, Struct

from gateway.api.call import Call
from gateway.api.cursor import Cursors
from gateway.api.declaration import Reply, Tag, endpoint
from gateway.errors import EventsPurged, Invalid
from gateway.feed import reading
from gateway.feed.positions import number
from gateway.feed.reading import Event, Selection
from gateway.replica.rows import Place
from schemas.base import Filters, Unified

TAG = Tag("events", "Changes of accounting data, connections and operations, each once.")


class EventView(Unified, kw_only=True, frozen=True):
    """One thing that happened."""

    id: str
    """Names the event; whoever delivers it twice, delivers it under this id."""
    type: str
    """`invoice.created`, `invoice.paid`, `connection.reconnect_required` …"""
    occurred_at: datetime
    """When Kontor saw it (UTC)."""
    connection_id: str | None
    """Over which connection."""
    resource: str | None
    """Of the unified model; None where it is about no object."""
    resource_id: str | None
    """The accounting system's id of the object."""
    sequence: int | None
    """Number of the change among those of this resource of this connection: the larger one is the later."""
    version: str | None
    """The object's version after it, where the accounting system has versions."""
    changed_fields: list[str]
    """Paths of what an `updated` changed: `totals.open`, `lines[0].quantity`; a list that grew is one."""
    data: Any
    """With `include=data`: the object as it is held now, which may be later than the event; else null."""


class EventFilters(Filters, kw_only=True, frozen=True):
    """Which events, and from where on."""

    limit: Annotated[int, Meta(ge=1, le=250, description="Events a page.")] = 100
    cursor: Annotated[str, Meta(max_length=200, description="`page.next` of the page before.")] | None = None
    start: Annotated[
        Literal["oldest", "now"],
        Meta(description="Where to begin without a cursor; kept are 90 days."),
    ] = "oldest"
    types: (
        Annotated[
            str,
            Meta(
                max_length=1000,
                pattern=r"^[a-z_-]+\.([a-z_]+|\*)(,[a-z_-]+\.([a-z_]+|\*))*$",
                description="Only these: `invoice.paid`, or `invoice.*` for all of a noun; comma separated.",
            ),
        ]
        | None
    ) = None
    connection_id: Annotated[str, Meta(max_length=100, description="Only of this connection.")] | None = None
    resource: Annotated[str, Meta(max_length=100, description="Only of this resource.")] | None = None
    include: Annotated[Literal["data"], Meta(description="Add each object as it is held now.")] | None = None


EXAMPLE: dict[str, Any] = {
    "id": "evt_0d1na8g0g8fsc6lq3r1ofqhb2k",
    "type": "invoice.updated",
    "occurredAt": "2026-11-20T09:15:40Z",
    "connectionId": "con_0d1na8g0g8fsc6lq3r1ofqhb2k",
    "resource": "invoices",
    "resourceId": "e9066f04-8cc7-4616-93f8-ac9ecc8479c8",
    "sequence": 1207,
    "version": "4",
    "changedFields": ["paymentStatus", "totals.open"],
    "data": None,
}


@endpoint(
    "GET",
    "/v1/events",
    scope="read",
    tag=TAG,
    summary="List what happened",
    query=(EventFilters,),
    answer=EventView,
    page=True,
    errors=(Invalid, EventsPurged),
    example_answer=EXAMPLE,
)
async def list_events(call: Call) -> Reply:
    """Oldest first, of this tenant and environment. `page.next` is always there: keep it, and go on from it
    when there is more; `page.more` says whether there is now. Nothing is ever inserted before it."""
    query: EventFilters = call.query
    rooms, caller = call.rooms, call.caller
    selection = Selection(
        tenant_id=caller.tenant_id,
        environment=caller.environment,
        types=tuple(query.types.split(",")) if query.types else (),
        connection_id=query.connection_id,
        resource=query.resource,
    )
    await number(rooms.database, caller.tenant_id, caller.environment)
    cursors = Cursors(rooms.lookup.digest)
    bound_to = ("events", *map(repr, (selection,)))
    async with rooms.database.read() as session:
        bounds = await reading.bounds(session, caller.tenant_id, caller.environment)
        after = _begin(query, cursors, bound_to, bounds)
        if after < bounds.purged:
            raise EventsPurged
        found = await reading.page(session, selection, after, query.limit + 1)
    shown, more = found[: query.limit], len(found) > query.limit
    # Where a filter leaves the rest of the feed out, it need not be gone over again.
    end = shown[-1].position if more else bounds.last
    documents = await _documents(call, shown) if query.include else {}
    return Reply(
        data=[view(event, documents.get(_key(event))) for event in shown],
        page={"next": cursors.write(bound_to, str(end)), "limit": query.limit, "more": more},
    )


def _begin(query: EventFilters, cursors: Cursors, bound_to: tuple[str, ...], bounds: reading.Bounds) -> int:
    if query.cursor is not None:
        return int(cursors.read(bound_to, query.cursor))
    return bounds.last if query.start == "now" else bounds.purged


def view(event: Event, document: bytes | None = None) -> EventView:
    """An event as callers see it."""
    return EventView(
        id=event.id,
        type=event.type,
        occurred_at=event.occurred_at,
        connection_id=event.connection_id,
        resource=event.resource,
        resource_id=event.resource_id,
        sequence=event.sequence,
        version=event.version,
        changed_fields=list(event.changed),
        data=None if document is None else Raw(document),
    )


class _Key(Struct, frozen=True):
    connection_id: str | None
    resource: str | None
    resource_id: str | None


def _key(event: Event) -> _Key:
    return _Key(event.connection_id, event.resource, event.resource_id)


async def _documents(call: Call, events: Sequence[Event]) -> dict[_Key, bytes]:
    """What is held now of the objects that they are about."""
    places: dict[tuple[str, str], set[str]] = defaultdict(set)
    for event in events:
        if event.connection_id and event.resource and event.resource_id:
            places[event.connection_id, event.resource].add(event.resource_id)
    caller, found = call.caller, {}
    async with call.rooms.database.read() as session:
        for (connection_id, resource), ids in places.items():
            place = Place(
                tenant_id=caller.tenant_id,
                connection_id=connection_id,
                environment=caller.environment,
                resource=resource,
            )
            held = await call.rooms.replica.documents(session, place, ids)
            found |= {_Key(connection_id, resource, id): document for id, document in held.items()}
    return found


ENDPOINTS = (list_events,)
