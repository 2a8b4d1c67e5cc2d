"""`GET /v1/audit-events`: the caller's own trail."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from gateway.api.call import Call
from gateway.api.declaration import Items, Tag, endpoint
from gateway.audit.chain import Entry
from gateway.audit.log import Wanted, found
from schemas.base import Filters

TAG = Tag("audit-events", "Who did what: append-only, each entry chained to the one before.")


class AuditEvent(Struct, kw_only=True, rename="camel"):
    """One thing that was done, with its place in the chain of hashes."""

    sequence: int
    """Counts the entries of the tenant; others than those of this environment lie between."""
    at: datetime
    """When it was done (UTC)."""
    environment: str | None
    """`test` or `live`; None for what belongs to the tenant as a whole."""
    actor: str
    """Id of an API key, `end_customer`, `operator`, or `kontor` for what Kontor did by itself."""
    action: str
    """What was done: `api_key.revoked`, `connection.created`, …"""
    object_type: str
    """Kind of the object."""
    object_id: str
    """Its id."""
    detail: dict[str, Any]
    """What else there is to know; never a secret."""
    request_id: str | None
    """Request-Id of the call that did it."""
    previous: str
    """Hash of the entry before, in hexadecimal digits."""
    hash: str
    """SHA-256 over this entry and `previous`, in hexadecimal digits."""


class AuditFilters(Filters, kw_only=True, frozen=True):
    """Filters of the trail, newest first."""

    limit: Annotated[int, Meta(ge=1, le=250, description="Entries a page.")] = 100
    before: (
        Annotated[str, Meta(pattern=r"^[0-9]{1,18}$", description="`page.next` of the page before.")] | None
    ) = None
    action: Annotated[str, Meta(max_length=100, description="Only this action.")] | None = None
    actor: Annotated[str, Meta(max_length=100, description="Only this actor.")] | None = None
    object_id: Annotated[str, Meta(max_length=100, description="Only this object.")] | None = None
    request_id: Annotated[str, Meta(max_length=100, description="Only this Request-Id.")] | None = None
    since: Annotated[datetime, Meta(tz=True, description="Done at or after this instant.")] | None = None
    until: Annotated[datetime, Meta(tz=True, description="Done before this instant.")] | None = None


EXAMPLE: dict[str, Any] = {
    "sequence": 42,
    "at": "2026-11-20T09:14:05.317Z",
    "environment": "test",
    "actor": "key_0d1na8g0g8fsc6lq3r1ofqhb2k",
    "action": "api_key.revoked",
    "objectType": "api_key",
    "objectId": "key_0d1na8g0g8fsc6lq3r1ofqhb2m",
    "detail": {},
    "requestId": "req_0d1na8g0g8fsc6lq3r1ofqhb2k",
    "previous": "9f2c1e0b7d5a4c3e8f6b1a2d3c4e5f60718293a4b5c6d7e8f9010203040506ab",
    "hash": "1b4f0e9851971998e732078544c96b36c3d01cedf7caa332359d6f1d83567014",
}


@endpoint(
    "GET",
    "/v1/audit-events",
    scope="admin",
    tag=TAG,
    summary="List what was done",
    query=(AuditFilters,),
    answer=AuditEvent,
    page=True,
    example_answer=EXAMPLE,
)
async def list_audit_events(call: Call) -> Items:
    """Keys, connections, writes: who did what and when, in this environment, newest first."""
    query: AuditFilters = call.query
    wanted = Wanted(
        tenant_id=call.caller.tenant_id,
        environment=call.caller.environment,
        before=int(query.before) if query.before else None,
        equal={
            name: value
            for name in ("action", "actor", "object_id", "request_id")
            if (value := getattr(query, name)) is not None
        },
        since=query.since,
        until=query.until,
    )
    async with call.rooms.database.read() as session:
        rows = await found(session, wanted, query.limit + 1)
    page = rows[: query.limit]
    following = str(page[-1].sequence) if len(rows) > query.limit else None
    return Items(items=tuple(_told(entry) for entry in page), next=following, limit=query.limit)


def _told(entry: Entry) -> AuditEvent:
    values = msgspec.structs.asdict(entry)
    del values["tenant_id"]
    return AuditEvent(
        **{
            **values,
            "detail": msgspec.json.decode(entry.detail),
            "previous": entry.previous.hex(),
            "hash": entry.hash.hex(),
        }
    )


ENDPOINTS = (list_audit_events,)
