"""`/v1/batches`: many writes with one request, carried out one after another however long it takes."""

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta
from sqlalchemy import Row, select

from gateway.api import batch_keeping as keeping
from gateway.api.batch_items import BatchItemInput, admitted
from gateway.api.batch_progress import told
from gateway.api.call import Call
from gateway.api.declaration import Items, Reply, Tag, endpoint
from gateway.api.own_ids import own_id
from gateway.api.trail import note
from gateway.errors import BatchOver, KeyReused, UnknownObject
from gateway.jobs import batch_rows as rows
from gateway.jobs.batches import ANSWER, place
from gateway.persistence.tables import batch_items as ITEMS
from gateway.persistence.tables import batches as TABLE
from schemas.base import Filters, Input, Unified

TAG = Tag("batches", "Many writes with one request, each with its own outcome.")
LARGEST = 16 * 1024 * 1024
MOST = 1000
State = Literal["running", "paused", "parked", "cancelled", "finished"]
ItemState = Literal["waiting", "running", "done", "failed", "unknown", "cancelled"]


class BatchInput(Input, kw_only=True, frozen=True):
    """Writes to one connection, in the order in which they are to be carried out."""

    items: Annotated[list[BatchItemInput], Meta(min_length=1, max_length=MOST)]
    """At most 1,000. One that fails does not keep the following from being carried out."""


class Batch(Unified, kw_only=True, frozen=True):
    """How far a batch is."""

    id: str
    """Names the batch."""
    connection_id: str
    """For which connection."""
    job_id: str
    """The durable job that carries it out, or did so last."""
    state: str
    """`running`, `paused`, `parked` (its job was given up), `cancelled` or `finished`."""
    reason: str | None
    """Why it was parked, paused or cancelled, where nobody asked for it."""
    total: int
    """Items in all."""
    done: int
    """Carried out."""
    failed: int
    """Ended in a problem; nothing is tried again by itself."""
    unknown: int
    """Got no clear answer, and a person has to decide; see the item's operation."""
    left_out: int
    """Not begun when the batch was cancelled."""
    items_per_minute: str
    """How fast it goes, over the last five minutes."""
    expected_at: datetime | None
    """When it will have finished at this speed; None where that cannot be told."""
    created_at: datetime
    """When it was asked for (UTC)."""
    started_at: datetime | None
    """When the first item was begun."""
    finished_at: datetime | None
    """When it finished or was cancelled. 30 days later it is deleted with all its items."""


class BatchItem(Unified, kw_only=True, frozen=True):
    """What became of one write."""

    index: int
    """Place in the request, from 0."""
    resource: str
    """As asked for."""
    operation: str
    """As asked for."""
    idempotency_key: str
    """Its own or the default. The same write with this key outside the batch gets the same answer."""
    state: str
    """`waiting`, `running`, `done`, `failed`, `unknown` or `cancelled`."""
    status: int | None
    """HTTP status that the write would have answered by itself; None before it was tried."""
    operation_id: str | None
    """The write at `/v1/operations`; None where it never got that far."""
    data: Any
    """What it answered with; null unless it is done."""
    problem: Any
    """The problem that it ended in, or that has it wait; null otherwise."""
    finished_at: datetime | None
    """When it was settled."""


class BatchFilters(Filters, kw_only=True, frozen=True):
    """Filters of batches, newest first."""

    limit: Annotated[int, Meta(ge=1, le=250, description="Batches a page.")] = 100
    cursor: Annotated[str, Meta(max_length=100, description="`page.next` of the page before.")] | None = None
    connection_id: Annotated[str, Meta(max_length=100, description="Only this connection.")] | None = None


class BatchItemFilters(Filters, kw_only=True, frozen=True):
    """Filters of a batch's items, in their order."""

    limit: Annotated[int, Meta(ge=1, le=250, description="Items a page.")] = 100
    cursor: (
        Annotated[str, Meta(pattern=r"^[0-9]{1,9}$", description="`page.next` of the page before.")] | None
    ) = None
    state: Annotated[ItemState, Meta(description="Only this state.")] | None = None


EXAMPLE: dict[str, Any] = {
    "id": "bat_0d1na8g0g8fsc6lq3r1ofqhb2k",
    "connectionId": "con_0d1na8g0g8fsc6lq3r1ofqhb2k",
    "jobId": "job_0d1na8g0g8fsc6lq3r1ofqhb2k",
    "state": "running",
    "reason": None,
    "total": 200,
    "done": 57,
    "failed": 3,
    "unknown": 0,
    "leftOut": 0,
    "itemsPerMinute": "20.0",
    "expectedAt": "2026-11-20T09:24:05.317Z",
    "createdAt": "2026-11-20T09:14:05.317Z",
    "startedAt": "2026-11-20T09:14:06.020Z",
    "finishedAt": None,
}
ITEM_EXAMPLE: dict[str, Any] = {
    "index": 4,
    "resource": "customers",
    "operation": "create",
    "idempotencyKey": "order-10023-customer",
    "state": "done",
    "status": 201,
    "operationId": "op_0d1na8g0g8fsc6lq3r1ofqhb2k",
    "data": {"id": "e9066f04-8cc7-4616-93f8-ac9ecc8479c8"},
    "problem": None,
    "finishedAt": "2026-11-20T09:14:18.120Z",
}
BODY_EXAMPLE: dict[str, Any] = {
    "items": [
        {
            "resource": "customers",
            "operation": "create",
            "body": {"company": {"name": "Muster Handel GmbH"}},
            "idempotencyKey": "order-10023-customer",
        }
    ]
}


@endpoint(
    "POST",
    "/v1/batches",
    scope="write",
    tag=TAG,
    summary="Ask for many writes",
    account_key=True,
    body=BatchInput,
    body_limit=LARGEST,
    answer=Batch,
    status=202,
    idempotent=True,
    errors=(KeyReused,),
    example_body=BODY_EXAMPLE,
    example_answer=EXAMPLE,
)
async def create_batch(call: Call) -> Reply:
    """All items are checked before anything is kept: one that cannot be a request refuses the whole batch.
    Then they are carried out one after another, no faster than the accounting system's fair use allows. Files
    cannot be sent in batches."""
    items = admitted(call, call.body.items)
    id, replayed = await keeping.keep(call, items)
    marks = (("idempotency-replayed", "true"),) if replayed else ()
    batch = await _shown(call, id)
    return Reply(data=batch, status=202, headers=(("location", f"/v1/batches/{id}"), *marks))


@endpoint(
    "GET",
    "/v1/batches",
    scope="read",
    tag=TAG,
    summary="List batches",
    query=(BatchFilters,),
    answer=Batch,
    page=True,
    example_answer=EXAMPLE,
)
async def list_batches(call: Call) -> Items:
    """This tenant's batches in this environment, newest first."""
    query: BatchFilters = call.query
    wanted = _own(call)
    wanted = wanted.where(TABLE.c.connection_id == query.connection_id) if query.connection_id else wanted
    wanted = wanted.where(TABLE.c.id < query.cursor) if query.cursor else wanted
    async with call.rooms.database.read() as session:
        found = (await session.execute(wanted.order_by(TABLE.c.id.desc()).limit(query.limit + 1))).all()
        page = found[: query.limit]
        items = [Batch(**columns) for columns in await told(session, page, call.rooms.ambient.clock.now())]
    following = page[-1].id if len(found) > query.limit else None
    return Items(items=tuple(items), next=following, limit=query.limit)


@endpoint(
    "GET",
    "/v1/batches/{id}",
    scope="read",
    tag=TAG,
    summary="Show how far a batch is",
    answer=Batch,
    errors=(UnknownObject,),
    example_answer=EXAMPLE,
)
async def get_batch(call: Call) -> Batch:
    """Counts by outcome, speed, and when it will have finished."""
    return await _shown(call, own_id(call, "batch"))


@endpoint(
    "GET",
    "/v1/batches/{id}/items",
    scope="read",
    tag=TAG,
    summary="List the items of a batch with their outcomes",
    query=(BatchItemFilters,),
    answer=BatchItem,
    page=True,
    errors=(UnknownObject,),
    example_answer=ITEM_EXAMPLE,
)
async def list_batch_items(call: Call) -> Items:
    """In the order of the request. What was sent is not told again."""
    query: BatchItemFilters = call.query
    batch = await _found(call, own_id(call, "batch"))
    wanted = select(ITEMS).where(ITEMS.c.batch_id == batch.id)
    wanted = wanted.where(ITEMS.c.state == query.state) if query.state else wanted
    wanted = wanted.where(ITEMS.c.position > int(query.cursor)) if query.cursor else wanted
    async with call.rooms.database.read() as session:
        found = (await session.execute(wanted.order_by(ITEMS.c.position).limit(query.limit + 1))).all()
        page = found[: query.limit]
        items = [await _item(call, session, row) for row in page]
    following = str(page[-1].position) if len(found) > query.limit else None
    return Items(items=tuple(items), next=following, limit=query.limit)


def _steering(verb: str, summary: str, description: str) -> Any:
    """A POST that changes what is to become of a batch."""

    async def steer(call: Call) -> Batch:
        batch = await _found(call, own_id(call, "batch"))
        async with call.rooms.database.write() as session:
            if not await keeping.STEER[verb](call, session, batch):
                state = await rows.state_of(session, batch.id)
                raise BatchOver(f"The batch is {state}.")
            await note(call, session, f"batch.{keeping.PAST[verb]}", "batch", batch.id)
        return await _shown(call, batch.id)

    steer.__name__ = f"{verb}_batch"
    steer.__doc__ = description
    return endpoint(
        "POST",
        f"/v1/batches/{{id}}/{verb}",
        scope="write",
        tag=TAG,
        summary=summary,
        answer=Batch,
        errors=(UnknownObject, BatchOver),
        example_answer=EXAMPLE,
    )(steer)


pause_batch = _steering(
    "pause", "Pause a batch", "The item under way is carried to its end; the following wait."
)
resume_batch = _steering(
    "resume", "Resume a batch", "It goes on where it stopped: after a pause, or when its job was parked."
)
cancel_batch = _steering(
    "cancel",
    "Cancel a batch",
    "The item under way is carried to its end, the following are left out. What was written stays.",
)


def _own(call: Call) -> Any:
    caller = call.caller
    return select(TABLE).where(
        TABLE.c.tenant_id == caller.tenant_id, TABLE.c.environment == caller.environment
    )


async def _found(call: Call, id: str) -> Row[Any]:
    async with call.rooms.database.read() as session:
        row = (await session.execute(_own(call).where(TABLE.c.id == id))).one_or_none()
    if row is None:
        raise UnknownObject("batch")
    return row


async def _shown(call: Call, id: str) -> Batch:
    row = await _found(call, id)
    async with call.rooms.database.read() as session:
        (columns,) = await told(session, [row], call.rooms.ambient.clock.now())
    return Batch(**columns)


class _Answer(msgspec.Struct):
    """The part of an envelope that is an item's own."""

    data: msgspec.Raw = msgspec.Raw(b"null")


async def _item(call: Call, session: Any, row: Row[Any]) -> BatchItem:
    body = b""
    if row.answer_sealed is not None:
        where = place(row.batch_id, row.position)
        body = await call.rooms.vault.open(session, row.tenant_id, *ANSWER, where, row.answer_sealed)
    succeeded = row.status is not None and row.status < 400
    return BatchItem(
        index=row.position,
        resource=row.resource,
        operation=row.operation,
        idempotency_key=row.idempotency_key,
        state=row.state,
        status=row.status,
        operation_id=row.operation_id,
        data=msgspec.json.decode(body, type=_Answer).data if body and succeeded else None,
        problem=msgspec.Raw(body) if body and not succeeded else None,
        finished_at=row.finished_at,
    )


ENDPOINTS = (
    create_batch,
    list_batches,
    get_batch,
    list_batch_items,
    pause_batch,
    resume_batch,
    cancel_batch,
)
