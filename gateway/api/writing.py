"""The handler of every operation that writes: rehearsed, or found instead, or done once."""

from collections.abc import Awaitable, Callable
from typing import Any

from connectors.base.files import Upload
from connectors.base.operations import OPERATIONS, Operation
from connectors.base.paging import Record
from gateway.api.asked import idempotent_of
from gateway.api.call import Call
from gateway.api.changes import MergePatch
from gateway.api.declaration import PREFIX, Reply
from gateway.api.dry_runs import WriteParameters, rehearse
from gateway.api.envelope import JSON, frame
from gateway.api.finding import Similar, check, find, shown
from gateway.api.performing import etag_of, meta, meta_of, perform_of
from gateway.dispatch import First, Perform
from gateway.errors import Forbidden
from gateway.writes.journal import Effect, StoredAnswer
from schemas.base import Resource


def writing(resource: Resource, operation: Operation) -> Callable[[Call], Awaitable[Reply]]:
    finds = resource.findable and operation.name == "create"

    async def write(call: Call) -> Reply:
        _check_finalize(call)
        if finds:
            check(call.query)
        change = None
        if operation.name in ("update", "delete"):
            change = MergePatch(call.body, call.header("if-match"))
        body = call.body if operation.takes or operation.body in ("create", "file") else None
        how = next((query for query in call.queries if isinstance(query, WriteParameters)), WriteParameters())
        perform = perform_of(call, resource, operation, body=body, change=change, strict=how.strict)
        if how.dry_run:
            return Reply(data=await rehearse(call, perform, resource), status=200, meta=meta(call))
        parsed = {"id": perform.id, "body": _asked(call.body), "match": call.header("if-match")}
        if how.strict:
            parsed["strict"] = True
        first, more = None, {}
        if finds and call.query.match:
            parsed["find"] = call.query
            first, more = _finding(call, perform)
        idempotent = idempotent_of(call, f"{PREFIX}{resource.name}{operation.path}", parsed)
        stored, replayed = await call.rooms.dispatcher.write(
            perform, idempotent, lambda record: _stored(call, operation, record, more), first
        )
        return answered(stored, replayed)

    return write


def _asked(body: Any) -> Any:
    """What tells a request from another; of a file its digest and its name."""
    if not isinstance(body, Upload):
        return body
    return {"sha256": body.sha256, "filename": body.filename}


def _finding(call: Call, perform: Perform) -> tuple[First, dict[str, Any]]:
    """What looks for the party first, and where it puts what a new one's answer tells of namesakes."""
    call.rooms.abilities.require(call.connection, perform.resource, "list")
    more: dict[str, Any] = {}

    async def first(run: Callable[[Perform], Awaitable[Any]]) -> StoredAnswer | None:
        found = await find(call, perform, call.query, run)
        if found.match is None:
            others = (*found.doubtful, *found.namesakes)
            more["warnings"] = [shown(other, Similar) for other in others]
            return None
        matched = {"matched": shown(found.match)}
        return _stored(call, OPERATIONS["get"], found.match.record, matched)

    return first, more


def _check_finalize(call: Call) -> None:
    if getattr(call.body, "finalize", False) and "finalize" not in call.caller.scopes:
        raise Forbidden("finalize")


def _stored(
    call: Call, operation: Operation, record: Record[Any] | None, more: dict[str, Any] | None = None
) -> StoredAnswer:
    effect = Effect(id=call.path.get("id"), record=record, at=call.rooms.ambient.clock.now())
    if record is None:
        return StoredAnswer(status=operation.status, headers=(), body=b"", effect=effect)
    headers = [JSON, *etag_of(record)]
    if operation.name == "create":
        headers.append(("location", f"{call.http.scope['path'].rstrip('/')}/{record.data.id}"))
    if operation.name == "convert":
        made = record.data.document
        headers.append(("location", f"{PREFIX}{made.resource}/{made.id}"))
    if operation.answer == "stored":
        headers.append(("location", f"{PREFIX}files/{record.data.id}"))
    told = meta_of(call, record)
    warnings = [*told["warnings"], *(more or {}).get("warnings", ())]
    told = {**told, **(more or {}), "warnings": warnings}
    body = frame(Reply(data=record.data, meta=told), call.request_id)
    id = record.id or record.data.id
    return StoredAnswer(
        status=operation.status, headers=tuple(headers), body=body, upstream_id=id, effect=effect
    )


def answered(stored: StoredAnswer, replayed: bool) -> Reply:
    marks = (("idempotency-replayed", "true"),) if replayed else ()
    return Reply(content=stored.body, status=stored.status, headers=(*stored.headers, *marks))
