"""`GET /v1/requests`: the caller's own call log."""

import json
from datetime import datetime
from typing import Annotated, Any

from msgspec import Meta, Struct
from sqlalchemy import select

from gateway.api.call import Call
from gateway.api.declaration import Items, Tag, endpoint
from gateway.persistence.tables import request_log as TABLE
from schemas.base import Filters

TAG = Tag("requests", "What this tenant called: the log, without bodies.")


class LoggedRequest(Struct, kw_only=True, rename="camel"):
    """One request of this tenant and environment. Bodies are never kept."""

    id: str
    """The Request-Id."""
    at: datetime
    """When it came in (UTC)."""
    key_id: str | None
    """Which API key called."""
    connection_id: str | None
    """For which connection; None for control calls."""
    method: str
    """HTTP method."""
    route: str
    """Path with parameter names."""
    path_id: str | None
    """The id in the path."""
    status: int
    """HTTP status of the answer."""
    code: str | None
    """The problem's code; None on success. Of a file with status 200: what broke it off midway, `abandoned`
    where it was the caller."""
    duration_ms: int
    """From the first byte in to the answer ready; to its end where a file was handed on as it arrived."""
    upstream_calls: int
    """Calls to the accounting system."""
    upstream_trace_ids: list[str]
    """The accounting system's trace ids, to quote to its support."""


class RequestFilters(Filters, kw_only=True, frozen=True):
    """Filters of the call log, newest first."""

    limit: Annotated[int, Meta(ge=1, le=250, description="Rows a page.")] = 100
    before: Annotated[str, Meta(max_length=100, description="`page.next` of the page before.")] | None = None
    connection_id: Annotated[str, Meta(max_length=100, description="Only this connection.")] | None = None
    status: Annotated[int, Meta(ge=100, le=599, description="Only this HTTP status.")] | None = None


EXAMPLE: dict[str, Any] = {
    "id": "req_0d1na8g0g8fsc6lq3r1ofqhb2k",
    "at": "2026-11-20T09:14:05.317Z",
    "keyId": "key_0d1na8g0g8fsc6lq3r1ofqhb2k",
    "connectionId": "con_0d1na8g0g8fsc6lq3r1ofqhb2k",
    "method": "GET",
    "route": "/v1/accounting/invoices/{id}",
    "pathId": "e9066f04-8cc7-4616-93f8-ac9ecc8479c8",
    "status": 200,
    "code": None,
    "durationMs": 84,
    "upstreamCalls": 1,
    "upstreamTraceIds": ["8f1c2a5e-0f65-4d3c-9c8e-1f4a6b1f2d3c"],
}


@endpoint(
    "GET",
    "/v1/requests",
    scope="read",
    tag=TAG,
    summary="List what was called",
    query=(RequestFilters,),
    answer=LoggedRequest,
    page=True,
    example_answer=EXAMPLE,
)
async def list_requests(call: Call) -> Items:
    """What this tenant called in this environment, newest first. No bodies are kept."""
    query: RequestFilters = call.query
    await call.rooms.request_log.flush_quietly()
    rows = select(TABLE).where(
        TABLE.c.tenant_id == call.caller.tenant_id, TABLE.c.environment == call.caller.environment
    )
    for column, value in ((TABLE.c.connection_id, query.connection_id), (TABLE.c.status, query.status)):
        rows = rows.where(column == value) if value is not None else rows
    rows = rows.where(TABLE.c.id < query.before) if query.before else rows
    async with call.rooms.database.read() as session:
        found = (
            (await session.execute(rows.order_by(TABLE.c.id.desc()).limit(query.limit + 1))).mappings().all()
        )
    page = found[: query.limit]
    following = page[-1]["id"] if len(found) > query.limit else None
    return Items(items=tuple(_logged(row) for row in page), next=following, limit=query.limit)


def _logged(row: Any) -> LoggedRequest:
    values = {field: row[field] for field in LoggedRequest.__struct_fields__}
    return LoggedRequest(**{**values, "upstream_trace_ids": json.loads(row["upstream_trace_ids"])})


ENDPOINTS = (list_requests,)
