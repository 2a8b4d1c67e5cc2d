"""`/v1/operations`: what became of each write, and what a person decides where nobody can tell."""

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import Meta
from sqlalchemy import Row, select

from connectors.base.errors import FieldError
from connectors.base.tracing import Candidate
from gateway.api.call import Call
from gateway.api.declaration import Items, Tag, endpoint
from gateway.api.own_ids import own_id
from gateway.errors import AlreadyDecided, Invalid, UnknownObject
from gateway.persistence.tables import write_journal as TABLE
from gateway.reconcile.rule import REASONS
from schemas.base import Filters, Input, Unified

TAG = Tag("operations", "Writes to accounting systems, each with its outcome.")
State = Literal["reserved", "sent", "confirmed", "rejected", "unknown", "needs_decision"]


class OperationCandidate(Unified, kw_only=True, frozen=True):
    """An object of the accounting system that a write may have made."""

    id: str
    """The accounting system's id."""
    equal: bool
    """Whether everything that was sent is there; false: it differs in more than party, day and sums."""
    facts: dict[str, Any]
    """What a person tells it by: number, day, party, total."""


class Operation(Unified, kw_only=True, frozen=True):
    """One write. The header Kontor-Operation of its answer names it."""

    id: str
    """Names the operation."""
    connection_id: str
    """For which connection."""
    resource: str
    """Of the unified model; `passthrough` for calls in the accounting system's own words."""
    action: str
    """What was asked: `create`, `update`, `finalize` …"""
    state: str
    """`reserved`, `sent`, `confirmed`, `rejected`, `unknown` or `needs_decision`."""
    idempotency_key: str | None
    """The key it came with; None without one, and when nothing was done and the key is free again."""
    request_id: str
    """Request-Id of the first request."""
    created_at: datetime
    """When it was asked for (UTC)."""
    sent_at: datetime | None
    """When a call of it left last; None: never."""
    settled_at: datetime | None
    """Since when its outcome is final."""
    status: int | None
    """HTTP status of its final answer, which the same Idempotency-Key gets again."""
    upstream_id: str | None
    """The accounting system's id of what was made or changed. While `unknown`: it is there for certain."""
    resent: int
    """How often it was sent again after it was certain not to have been booked."""
    next_look_at: datetime | None
    """When Kontor looks at the accounting system next; None unless the outcome is unknown."""
    reason: str | None
    """Why a person has to decide."""
    candidates: list[OperationCandidate]
    """Among what; told by the single read."""


class OperationFilters(Filters, kw_only=True, frozen=True):
    """Filters of operations, newest first."""

    limit: Annotated[int, Meta(ge=1, le=250, description="Operations a page.")] = 100
    cursor: Annotated[str, Meta(max_length=100, description="`page.next` of the page before.")] | None = None
    state: Annotated[State, Meta(description="Only this state.")] | None = None
    connection_id: Annotated[str, Meta(max_length=100, description="Only this connection.")] | None = None


class DecisionInput(Input, kw_only=True, frozen=True):
    """What a person says about a write whose outcome nobody else can tell."""

    action: Literal["adopt", "resend", "abandon"]
    """`adopt`: it made the object `candidateId`; `resend`: it was not done, do it; `abandon`: give it up."""
    candidate_id: Annotated[str, Meta(max_length=100)] | None = None
    """One of the operation's `candidates`; with `adopt` only."""


EXAMPLE: dict[str, Any] = {
    "id": "op_0d1na8g0g8fsc6lq3r1ofqhb2k",
    "connectionId": "con_0d1na8g0g8fsc6lq3r1ofqhb2k",
    "resource": "invoices",
    "action": "create",
    "state": "needs_decision",
    "idempotencyKey": "order-10023-invoice",
    "requestId": "req_0d1na8g0g8fsc6lq3r1ofqhb2k",
    "createdAt": "2026-11-20T09:14:05.317Z",
    "sentAt": "2026-11-20T09:14:05.461Z",
    "settledAt": None,
    "status": None,
    "upstreamId": None,
    "resent": 0,
    "nextLookAt": None,
    "reason": REASONS["several_candidates"],
    "candidates": [
        {
            "id": "e9066f04-8cc7-4616-93f8-ac9ecc8479c8",
            "equal": True,
            "facts": {
                "number": "RE1019",
                "status": "open",
                "issuedOn": "2026-11-20",
                "party": "Muster Handel GmbH",
                "total": "119.00",
                "createdAt": "2026-11-20T10:14:05.702+01:00",
            },
        }
    ],
}


@endpoint(
    "GET",
    "/v1/operations",
    scope="read",
    tag=TAG,
    summary="List writes with their outcomes",
    query=(OperationFilters,),
    answer=Operation,
    page=True,
    example_answer={**EXAMPLE, "candidates": []},
)
async def list_operations(call: Call) -> Items:
    """This tenant's writes in this environment, newest first. Settled ones are kept for 30 days."""
    query: OperationFilters = call.query
    rows = _own(call)
    for column, value in ((TABLE.c.state, query.state), (TABLE.c.connection_id, query.connection_id)):
        rows = rows.where(column == value) if value is not None else rows
    rows = rows.where(TABLE.c.id < query.cursor) if query.cursor else rows
    async with call.rooms.database.read() as session:
        found = (await session.execute(rows.order_by(TABLE.c.id.desc()).limit(query.limit + 1))).all()
    page = found[: query.limit]
    following = page[-1].id if len(found) > query.limit else None
    return Items(items=tuple(view(row) for row in page), next=following, limit=query.limit)


@endpoint(
    "GET",
    "/v1/operations/{id}",
    scope="read",
    tag=TAG,
    summary="Show what became of a write",
    answer=Operation,
    errors=(UnknownObject,),
    example_answer=EXAMPLE,
)
async def get_operation(call: Call) -> Operation:
    """Its state, and what it made. Repeat the write with its Idempotency-Key for the whole answer."""
    return await _shown(call, await _found(call))


@endpoint(
    "POST",
    "/v1/operations/{id}/decision",
    scope="write",
    tag=TAG,
    summary="Decide what became of a write",
    body=DecisionInput,
    answer=Operation,
    errors=(UnknownObject, AlreadyDecided),
    example_body={"action": "adopt", "candidateId": "e9066f04-8cc7-4616-93f8-ac9ecc8479c8"},
    example_answer=EXAMPLE,
)
async def decide_operation(call: Call) -> Operation:
    """For operations in the state `needs_decision` only, and once. The decision stands in the audit trail.
    The answer tells the state that it led to: an adopted object may still have to be read back."""
    row = await _found(call)
    body: DecisionInput = call.body
    if (body.action == "adopt") != (body.candidate_id is not None):
        raise _misfit("required", "`adopt` and `candidateId` belong together.")
    try:
        await call.rooms.reconciler.decide(
            row.id,
            body.action,
            body.candidate_id,
            actor=call.caller.key_id,
            request_id=call.request_id,
        )
    except LookupError:
        raise _misfit("not_a_candidate", "Name one of the operation's candidates.") from None
    return await _shown(call, await _found(call))


def view(row: Row[Any], candidates: list[Candidate] | None = None) -> Operation:
    """An operation as callers see it."""
    return Operation(
        id=row.id,
        connection_id=row.connection_id,
        resource=row.resource,
        action=row.operation,
        state=row.state,
        idempotency_key=row.idempotency_key,
        request_id=row.request_id,
        created_at=row.created_at,
        sent_at=row.sent_at,
        settled_at=row.settled_at,
        status=row.answer_status,
        upstream_id=row.upstream_id,
        resent=row.resends,
        next_look_at=row.look_at,
        reason=REASONS.get(row.reason) if row.reason else None,
        candidates=[
            OperationCandidate(id=one.id, equal=one.equal, facts=one.shown) for one in candidates or ()
        ],
    )


def _own(call: Call) -> Any:
    caller = call.caller
    return select(TABLE).where(
        TABLE.c.tenant_id == caller.tenant_id, TABLE.c.environment == caller.environment
    )


async def _found(call: Call) -> Row[Any]:
    id = own_id(call, "operation")
    async with call.rooms.database.read() as session:
        row = (await session.execute(_own(call).where(TABLE.c.id == id))).one_or_none()
    if row is None:
        raise UnknownObject("operation")
    return row


async def _shown(call: Call, row: Row[Any]) -> Operation:
    return view(row, await call.rooms.reconciler.candidates(row))


def _misfit(code: str, message: str) -> Invalid:
    return Invalid((FieldError(field="candidateId", code=code, message=message),))


ENDPOINTS = (list_operations, get_operation, decide_operation)
