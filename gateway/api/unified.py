"""All routes of the unified model, derived: a loop over resources and operations."""

import re
from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime
from typing import Annotated, Any, Literal
from urllib.parse import quote

import msgspec
from msgspec import Meta

from connectors.base.errors import (
    AlreadyRecorded,
    DocumentNotReady,
    FieldNotHeld,
    InvalidForTarget,
    KontorError,
    NotSupported,
    NotWritable,
    RepresentationNotAvailable,
)
from connectors.base.files import EXTENSIONS, LARGEST, Upload
from connectors.base.operations import OPERATIONS, Operation
from connectors.base.paging import Completeness, Download, ListQuery, Page, Record
from gateway.api.asked import idempotent_of
from gateway.api.call import Call
from gateway.api.changes import MergePatch, etag
from gateway.api.cursor import Cursors
from gateway.api.declaration import Endpoint, Reply, Tag
from gateway.api.dry_runs import DryRun, WriteParameters, rehearse
from gateway.api.envelope import JSON, frame
from gateway.api.examples import example_body, example_of, example_record
from gateway.api.finding import MatchParameters, check, find, shown
from gateway.api.forms import MEDIA_TYPE as FORM
from gateway.api.resource_fields import ResourceMeta, resource_meta
from gateway.dispatch import First, Perform
from gateway.errors import AmbiguousMatch, Forbidden
from gateway.upstream.wire import Ledger
from gateway.writes.journal import StoredAnswer
from schemas.base import Filters, Resource
from schemas.files import StoredFile
from schemas.recorded_documents import RecordedDocumentInput

PREFIX = "/v1/accounting/"
SINGULAR = re.compile(r"(?<=[a-z])([A-Z])")
FOUND = "With `match`: it was there already; `meta.matched` says what proves it."


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


def endpoints(resources: dict[str, Resource]) -> Iterator[Endpoint]:
    """One endpoint for each operation of each resource."""
    for resource in resources.values():
        for name in resource.operations:
            yield _endpoint(resource, OPERATIONS[name])
        yield _meta_endpoint(resource)


def _endpoint(resource: Resource, operation: Operation) -> Endpoint:
    path = operation.path.replace("/{id}", "") if resource.singleton else operation.path
    body, media_type = _BODIES[operation.body]
    return Endpoint(
        method=operation.method,
        path=f"{PREFIX}{resource.name}{path}",
        name=_named(resource, operation),
        tag=Tag(resource.name, resource.title),
        scope=operation.scope,
        summary=operation.summary.format(names=resource.name.replace("-", " ")),
        description=resource.title,
        account_key=True,
        body=operation.takes or (resource.create if operation.body == "create" else body),
        read=resource.model if operation.body == "create" else None,
        body_media_type=media_type,
        body_limit=LARGEST if body is Upload else 1024 * 1024,
        query=_query_types(resource, operation),
        answer=operation.answers
        or {"one": resource.model, "page": resource.model, "stored": StoredFile}.get(operation.answer),
        summary_answer=resource.summary if operation.answer == "page" else None,
        page=operation.answer == "page",
        media_types=_FILES.get(operation.name, ("application/json",)),
        status=operation.status,
        also={200: FOUND} if resource.findable and operation.name == "create" else {},
        dry_run=DryRun if operation.body in ("create", "patch") else None,
        idempotent=operation.method == "POST",
        precondition=operation.method in ("PATCH", "DELETE"),
        errors=(NotSupported, *_ERRORS.get(operation.name, ()), *_creating_errors(resource, operation)),
        example_body=example_body(resource, operation),
        example_answer=example_record(resource, operation),
        gate=_gate(resource, operation),
        handler=_HANDLERS[operation.answer if operation.method == "GET" else "write"](resource, operation),
    )


def _meta_endpoint(resource: Resource) -> Endpoint:
    async def read_meta(call: Call) -> ResourceMeta:
        return resource_meta(call, resource)

    return Endpoint(
        method="GET",
        path=f"{PREFIX}{resource.name}/meta",
        name=f"meta_{resource.name.replace('-', '_')}",
        tag=Tag(resource.name, resource.title),
        scope="read",
        summary=f"Show what this connection takes in the fields of {resource.name.replace('-', ' ')}",
        description=resource.title,
        account_key=True,
        answer=ResourceMeta,
        example_answer=example_of(ResourceMeta),
        handler=read_meta,
    )


def _named(resource: Resource, operation: Operation) -> str:
    """`create_invoice`, `list_invoices`: generated clients name their methods so."""
    many = operation.answer == "page" or operation.name == "batch"
    noun = resource.name if many else SINGULAR.sub(r"-\1", resource.singular).lower()
    return f"{operation.name}_{noun.replace('-', '_')}"


def _query_types(resource: Resource, operation: Operation) -> tuple[type[msgspec.Struct], ...]:
    if operation.body in ("create", "patch"):
        findable = resource.findable and operation.name == "create"
        return (MatchParameters, WriteParameters) if findable else (WriteParameters,)
    return {"page": (ListParameters, resource.filters), "one": (ReadParameters,)}.get(
        operation.answer if operation.method == "GET" else "", ()
    )


def _creating_errors(resource: Resource, operation: Operation) -> tuple[type[KontorError], ...]:
    if operation.name != "create":
        return ()
    recorded = resource.create is not None and issubclass(resource.create, RecordedDocumentInput)
    return (*((AmbiguousMatch,) if resource.findable else ()), *((AlreadyRecorded,) if recorded else ()))


def _gate(resource: Resource, operation: Operation) -> Callable[[Call], None]:
    def gate(call: Call) -> None:
        call.ledger = Ledger()
        call.rooms.dispatcher.require(call.connection, resource.name, operation.name, call.path.get("id"))

    return gate


def _perform(call: Call, resource: Resource, operation: Operation, **more: Any) -> Perform:
    rooms = call.rooms
    return Perform(
        connection=call.connection,
        resource=resource.name,
        operation=operation,
        ledger=call.ledger,
        deadline=rooms.ambient.clock.monotonic() + rooms.settings.deadline_s,
        request_id=call.request_id,
        id=call.path.get("id"),
        fresh="no-cache" in (call.header("cache-control") or ""),
        **more,
    )


def _reading(resource: Resource, operation: Operation) -> Callable[[Call], Awaitable[Reply]]:
    async def read_one(call: Call) -> Reply:
        record: Record[Any] = await call.rooms.dispatcher.read(_perform(call, resource, operation))
        raw = record.raw if call.query.raw else None
        return Reply(data=record.data, headers=_etag(record), meta=_meta_of(call, record), raw=raw)

    return read_one


def _listing(resource: Resource, operation: Operation) -> Callable[[Call], Awaitable[Reply]]:
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
        page: Page[Any] = await call.rooms.dispatcher.read(_perform(call, resource, operation, query=query))
        following = cursors.write(bound, page.next) if page.next else None
        return Reply(
            data=[record.data for record in page.records],
            meta={**_meta(call), "completeness": page.completeness},
            raw=[record.raw for record in page.records] if parameters.raw else None,
            page={"next": following, "limit": parameters.limit},
        )

    return read_page


def _bound(call: Call, resource: Resource, parameters: ListParameters, filters: Filters) -> tuple[str, ...]:
    """What a cursor is pinned to: source, connection, resource and everything that shapes the list."""
    pinned = msgspec.structs.replace(parameters, cursor=None, limit=1, raw=False)
    return ("live", call.connection.id, resource.name, repr(pinned), repr(filters))


def _downloading(resource: Resource, operation: Operation) -> Callable[[Call], Awaitable[Reply]]:
    async def download(call: Call) -> Reply:
        accept = call.header("accept") or "*/*"
        file: Download = await call.rooms.dispatcher.read(_perform(call, resource, operation, accept=accept))
        headers = (
            ("content-type", file.media_type),
            ("content-disposition", disposition(file.filename)),
            ("kontor-representation", "preview" if file.preview else "original"),
            ("x-content-type-options", "nosniff"),
        )
        return Reply(content=file.content, headers=headers)

    return download


def _writing(resource: Resource, operation: Operation) -> Callable[[Call], Awaitable[Reply]]:
    async def write(call: Call) -> Reply:
        _check_finalize(call)
        change = None
        if operation.name in ("update", "delete"):
            change = MergePatch(call.body, call.header("if-match"))
        body = call.body if operation.takes or operation.body in ("create", "file") else None
        how = next((query for query in call.queries if isinstance(query, WriteParameters)), WriteParameters())
        perform = _perform(call, resource, operation, body=body, change=change, strict=how.strict)
        if how.dry_run:
            return Reply(data=await rehearse(call, perform, resource), status=200, meta=_meta(call))
        parsed = {"id": perform.id, "body": _asked(call.body), "match": call.header("if-match")}
        if how.strict:
            parsed["strict"] = True
        first, more = None, {}
        if resource.findable and operation.name == "create" and call.query.match:
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
    check(call.query)
    call.rooms.dispatcher.require(call.connection, perform.resource, "list")
    more: dict[str, Any] = {}

    async def first(run: Callable[[Perform], Awaitable[Any]]) -> StoredAnswer | None:
        found = await find(call, perform, call.query, run)
        if found.match is None:
            others = (*found.doubtful, *found.namesakes)
            more["warnings"] = [{"code": "similar_exists", **shown(other)} for other in others]
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
    if record is None:
        return StoredAnswer(status=operation.status, headers=(), body=b"")
    headers = [JSON, *_etag(record)]
    if operation.name == "create":
        headers.append(("location", f"{call.http.scope['path'].rstrip('/')}/{record.data.id}"))
    if operation.name == "convert":
        made = record.data.document
        headers.append(("location", f"{PREFIX}{made.resource}/{made.id}"))
    if operation.answer == "stored":
        headers.append(("location", f"{PREFIX}files/{record.data.id}"))
    meta = _meta_of(call, record)
    warnings = [*meta["warnings"], *(more or {}).get("warnings", ())]
    meta = {**meta, **(more or {}), "warnings": warnings}
    body = frame(Reply(data=record.data, meta=meta), call.request_id)
    id = record.id or record.data.id
    return StoredAnswer(status=operation.status, headers=tuple(headers), body=body, upstream_id=id)


def answered(stored: StoredAnswer, replayed: bool) -> Reply:
    marks = (("idempotency-replayed", "true"),) if replayed else ()
    return Reply(content=stored.body, status=stored.status, headers=(*stored.headers, *marks))


def disposition(filename: str) -> str:
    """Content-Disposition with the name in ASCII, and as it is by RFC 6266."""
    plain = "".join(c if c.isascii() and (c.isalnum() or c in "._- ") else "_" for c in filename)
    return f"inline; filename=\"{plain}\"; filename*=UTF-8''{quote(filename, safe='')}"


def _etag(record: Record[Any]) -> tuple[tuple[str, str], ...]:
    version = getattr(record.data, "version", None)
    return () if version is None else (("etag", etag(version)),)


def _meta_of(call: Call, record: Record[Any]) -> dict[str, Any]:
    completeness = Completeness(complete=True, fields_unavailable=record.fields_unavailable)
    warnings = [msgspec.structs.asdict(warning) for warning in record.warnings]
    return {**_meta(call), "completeness": completeness, "warnings": warnings}


def _meta(call: Call) -> dict[str, Any]:
    return {"target": call.connection.target, "freshness": {"source": "live"}, "warnings": []}


_BODIES: dict[str | None, tuple[Any, str]] = {
    None: (None, "application/json"),
    "create": (None, "application/json"),
    "patch": (Any, "application/merge-patch+json"),
    "file": (Upload, FORM),
}
"""What is taken in for each kind of body, and its media type."""

_FILES = {"document": ("application/pdf", "application/xml"), "content": tuple(EXTENSIONS)}
"""Media types of downloads."""

_ERRORS: dict[str, tuple[type[KontorError], ...]] = {
    "list": (FieldNotHeld, InvalidForTarget),
    "create": (FieldNotHeld, InvalidForTarget),
    "update": (FieldNotHeld, InvalidForTarget, NotWritable),
    "delete": (NotWritable,),
    "document": (DocumentNotReady, RepresentationNotAvailable),
    "content": (RepresentationNotAvailable,),
    "finalize": (NotWritable,),
    "cancel": (NotWritable, InvalidForTarget),
    "convert": (NotWritable, FieldNotHeld, InvalidForTarget),
    "settle": (NotWritable, InvalidForTarget),
    "send": (NotWritable, InvalidForTarget),
}
"""What connectors raise in an operation beyond what every call can end in."""

_HANDLERS: dict[str, Callable[[Resource, Operation], Callable[[Call], Awaitable[Reply]]]] = {
    "one": _reading,
    "page": _listing,
    "file": _downloading,
    "write": _writing,
}
