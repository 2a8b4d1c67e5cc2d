"""All routes of the unified model, derived: a loop over resources and operations."""

import re
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import msgspec

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
from gateway.api.call import Call
from gateway.api.counting import CountParameters, countable, counts, counts_of
from gateway.api.declaration import PREFIX, Endpoint, Reply, Tag
from gateway.api.dry_runs import DryRun, WriteParameters
from gateway.api.examples import example_body, example_of, example_record
from gateway.api.expanding import expanding, parameters
from gateway.api.finding import MatchParameters
from gateway.api.forms import MEDIA_TYPE as FORM
from gateway.api.freshness import wanted
from gateway.api.reading import (
    ListParameters,
    ReadParameters,
    SearchParameters,
    downloading,
    listing,
    reading,
)
from gateway.api.resource_fields import ResourceMeta, resource_meta
from gateway.api.writing import writing
from gateway.errors import AmbiguousMatch, CopyNotReady, NothingHeld
from gateway.upstream.hops import Ledger
from schemas.base import Resource
from schemas.counts import Count
from schemas.files import StoredFile
from schemas.recorded_documents import RecordedDocumentInput

SINGULAR = re.compile(r"(?<=[a-z])([A-Z])")
FOUND = "With `match`: it was there already; `meta.matched` says what proves it."


def endpoints(resources: dict[str, Resource]) -> Iterator[Endpoint]:
    """One endpoint for each operation of each resource."""
    for resource in resources.values():
        for name in resource.operations:
            yield _endpoint(resource, OPERATIONS[name])
        if counts(resource):
            yield _count_endpoint(resource)
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
        body=operation.takes or (operation.body == "create" and resource.create) or body,
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
        dry_run=DryRun if operation.rehearses else None,
        idempotent=operation.method == "POST",
        precondition=operation.method in ("PATCH", "DELETE"),
        cacheable=not operation.writes,
        errors=(
            NotSupported,
            *(() if operation.writes else (NothingHeld,)),
            *((CopyNotReady,) if operation.answer == "page" and resource.searched else ()),
            *_ERRORS.get(operation.name, ()),
            *_creating_errors(resource, operation),
        ),
        example_body=example_body(resource, operation),
        example_answer=example_record(resource, operation),
        gate=_gate(resource, operation),
        handler=_handler(resource, operation),
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


def _count_endpoint(resource: Resource) -> Endpoint:
    return Endpoint(
        method="GET",
        path=f"{PREFIX}{resource.name}/count",
        name=f"count_{resource.name.replace('-', '_')}",
        tag=Tag(resource.name, resource.title),
        scope="read",
        summary=f"Count {resource.name.replace('-', ' ')}, and sum their amounts",
        description=resource.title,
        account_key=True,
        query=(CountParameters, *_searching(resource), resource.filters),
        answer=Count,
        cacheable=True,
        errors=(NotSupported, NothingHeld, CopyNotReady, *_ERRORS["list"]),
        example_answer=example_of(Count),
        gate=_gate(resource, OPERATIONS["list"], countable),
        handler=counts_of(resource),
    )


def _searching(resource: Resource) -> tuple[type[msgspec.Struct], ...]:
    return (SearchParameters,) if resource.searched else ()


def _named(resource: Resource, operation: Operation) -> str:
    """`create_invoice`, `list_invoices`: generated clients name their methods so."""
    many = operation.answer == "page" or operation.name == "batch"
    noun = resource.name if many else SINGULAR.sub(r"-\1", resource.singular).lower()
    return f"{operation.name}_{noun.replace('-', '_')}"


def _query_types(resource: Resource, operation: Operation) -> tuple[type[msgspec.Struct], ...]:
    if operation.rehearses:
        findable = resource.findable and operation.name == "create"
        return (MatchParameters, WriteParameters) if findable else (WriteParameters,)
    expansions = parameters(resource) if operation.name in ("list", "get") else ()
    return {
        "page": (ListParameters, *_searching(resource), *expansions, resource.filters),
        "one": (ReadParameters, *expansions),
    }.get(operation.answer if operation.method == "GET" else "", ())


def _handler(resource: Resource, operation: Operation) -> Callable[[Call], Awaitable[Reply]]:
    if operation.method != "GET":
        return writing(resource, operation)
    handler = _HANDLERS[operation.answer](resource, operation)
    if operation.name not in ("list", "get"):
        return handler
    return expanding(resource, handler, is_list=operation.name == "list")


def _creating_errors(resource: Resource, operation: Operation) -> tuple[type[KontorError], ...]:
    if operation.name != "create":
        return ()
    recorded = resource.create is not None and issubclass(resource.create, RecordedDocumentInput)
    return (*((AmbiguousMatch,) if resource.findable else ()), *((AlreadyRecorded,) if recorded else ()))


def _gate(
    resource: Resource, operation: Operation, *more: Callable[[Call, Resource], None]
) -> Callable[[Call], None]:
    def gate(call: Call) -> None:
        call.ledger = Ledger()
        call.rooms.abilities.require(call.connection, resource.name, operation.name, call.path.get("id"))
        for condition in more:
            condition(call, resource)
        if not operation.writes:
            call.freshness = wanted(call.http)

    return gate


_BODIES: dict[str | None, tuple[Any, str]] = {
    None: (None, "application/json"),
    "create": (Any, "application/json"),
    "patch": (Any, "application/merge-patch+json"),
    "file": (Upload, FORM),
}
"""What is taken in for each kind of body, and its media type. A create has its resource's own, if any."""

_FILES = {"document": ("application/pdf", "application/xml"), "content": tuple(EXTENSIONS)}
"""Media types of downloads."""

_ERRORS: dict[str, tuple[type[KontorError], ...]] = {
    "list": (FieldNotHeld, InvalidForTarget),
    "create": (FieldNotHeld, InvalidForTarget),
    "update": (FieldNotHeld, InvalidForTarget, NotWritable),
    "delete": (NotWritable,),
    "document": (DocumentNotReady, RepresentationNotAvailable),
    "content": (RepresentationNotAvailable,),
    "enclose": (InvalidForTarget,),
    "finalize": (NotWritable,),
    "cancel": (NotWritable, InvalidForTarget),
    "convert": (NotWritable, FieldNotHeld, InvalidForTarget),
    "settle": (NotWritable, InvalidForTarget),
    "send": (NotWritable, InvalidForTarget),
}
"""What connectors raise in an operation beyond what every call can end in."""

_HANDLERS: dict[str, Callable[[Resource, Operation], Callable[[Call], Awaitable[Reply]]]] = {
    "one": reading,
    "page": listing,
    "file": downloading,
}
"""Of reads, by what they answer."""
