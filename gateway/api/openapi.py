"""OpenAPI 3.1 from the endpoints: schemas by msgspec, error responses and examples on every operation.

Litestar's own generator reads handler signatures; ours look alike by design, so the declarations are read.
"""

from collections.abc import Iterable
from typing import Any

import msgspec

from connectors.base.errors import (
    KontorError,
    OutcomeUnknown,
    PermissionMissing,
    PlanTooSmall,
    ReconnectNeeded,
    RecordNotFound,
    StaleVersion,
    UpstreamBroken,
    UpstreamBusy,
    UpstreamRefused,
    UpstreamUnreachable,
    WrittenButNotRead,
)
from connectors.base.files import Upload
from gateway.api import uploads
from gateway.api.admission import MAX_HEADER
from gateway.api.declaration import Endpoint
from gateway.api.examples import example_of
from gateway.api.field_docs import describe_fields
from gateway.api.problems import MEDIA_TYPE, Problem, problem
from gateway.errors import (
    Fault,
    Forbidden,
    Invalid,
    KeyInProgress,
    KeyReused,
    Malformed,
    PreconditionRequired,
    TooLarge,
    Unauthenticated,
    Unavailable,
    UnknownConnection,
    UnknownObject,
    WrongContentType,
)

REFERENCE = "#/components/schemas/{name}"
REQUEST_ID = "req_0d1na8g0g8fsc6lq3r1ofqhb2k"
Kinds = Iterable[type[KontorError]]


def document(endpoints: Iterable[Endpoint], *, version: str, servers: list[dict[str, str]]) -> dict[str, Any]:
    """The whole description, sorted by path, ready to be encoded."""
    endpoints = sorted(endpoints, key=lambda e: (e.path, e.method))
    types = [
        t
        for e in endpoints
        for t in (e.answer, e.summary_answer, e.body, e.dry_run, *e.query)
        if _is_struct(t)
    ]
    _, schemas = msgspec.json.schema_components([*dict.fromkeys([*types, Problem])], ref_template=REFERENCE)
    describe_fields(schemas, [*types, Problem])
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in endpoints:
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = _operation(endpoint, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Kontor",
            "version": version,
            "description": "One API and one model in front of accounting systems.",
        },
        "servers": servers,
        "tags": [{"name": tag} for tag in sorted({e.tag for e in endpoints})],
        "paths": paths,
        "components": {"schemas": schemas, "securitySchemes": SECURITY},
    }


SECURITY: dict[str, Any] = {
    "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-KEY", "description": "Who calls."},
    "accountKey": {
        "type": "apiKey",
        "in": "header",
        "name": "X-ACCOUNT-KEY",
        "description": "Which end customer's connection is meant.",
    },
}


def _is_struct(candidate: Any) -> bool:
    return isinstance(candidate, type) and issubclass(candidate, msgspec.Struct) and candidate is not Upload


def _operation(endpoint: Endpoint, schemas: dict[str, Any]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": endpoint.name,
        "tags": [endpoint.tag],
        "summary": endpoint.summary,
        "description": endpoint.description,
        "security": _security(endpoint),
        "parameters": [*_path(endpoint), *_query(endpoint, schemas), *_headers(endpoint)],
        "responses": {**_success(endpoint), **_failures(endpoint)},
        "x-kontor-scope": endpoint.scope,
    }
    if endpoint.body is not None:
        content = {endpoint.body_media_type: _body(endpoint)}
        operation["requestBody"] = {"required": True, "content": content}
        operation["x-kontor-body-limit"] = endpoint.body_limit
    return operation


def _body(endpoint: Endpoint) -> dict[str, Any]:
    if endpoint.body is Upload:
        form = {"schema": uploads.SCHEMA, "encoding": uploads.ENCODING}
        return {**form, "example": endpoint.example_body}
    schema = _reference(endpoint.body) if _is_struct(endpoint.body) else {"type": "object"}
    return {"schema": schema, "example": endpoint.example_body}


def _security(endpoint: Endpoint) -> list[dict[str, list[str]]]:
    if endpoint.scope is None:
        return []
    return [{"apiKey": [], "accountKey": []} if endpoint.account_key else {"apiKey": []}]


def _reference(type: Any) -> dict[str, str]:
    return {"$ref": REFERENCE.format(name=type.__name__)}


def _path(endpoint: Endpoint) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in endpoint.parameters
    ]


def _query(endpoint: Endpoint, schemas: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for type in endpoint.query:
        schema = schemas[type.__name__]
        for name, field in schema.get("properties", {}).items():
            described = {"name": name, "in": "query", "required": name in schema.get("required", ())}
            found.append({**described, "description": field.get("description", ""), "schema": field})
    return found


def _headers(endpoint: Endpoint) -> list[dict[str, Any]]:
    key = "Makes a repeated write safe. 1 to 255 printable characters."
    if callable(endpoint.idempotent):
        key += " Required when the call writes."
    wanted = [
        (
            endpoint.idempotent,
            "Idempotency-Key",
            key,
            {"type": "string", "minLength": 1, "maxLength": MAX_HEADER},
        ),
        (
            endpoint.precondition,
            "If-Match",
            "ETag of the object as it was read.",
            {"type": "string", "minLength": 1},
        ),
    ]
    return [
        {"name": name, "in": "header", "required": needed is True, "description": text, "schema": schema}
        for needed, name, text, schema in wanted
        if needed
    ]


def _success(endpoint: Endpoint) -> dict[str, Any]:
    if endpoint.status == 204:
        return {"204": {"description": "Done."}}
    if endpoint.answer is None and endpoint.media_types == ("application/json",):
        return {str(endpoint.status): {"description": endpoint.summary + "."}}
    if endpoint.answer is None:
        binary = {media: {"schema": {"type": "string", "format": "binary"}} for media in endpoint.media_types}
        file = {"description": endpoint.summary + ".", "headers": FILE_HEADERS, "content": binary}
        return {str(endpoint.status): file}
    data: dict[str, Any] = _reference(endpoint.answer)
    if endpoint.summary_answer is not None:
        data = {"anyOf": [data, _reference(endpoint.summary_answer)]}
    properties: dict[str, Any] = {"data": {"type": "array", "items": data} if endpoint.page else data}
    meta: dict[str, Any] = {"requestId": REQUEST_ID}
    example: dict[str, Any] = {"data": endpoint.example_answer, "meta": meta}
    if endpoint.page:
        example = {"data": [endpoint.example_answer], "page": {"next": None, "limit": 25}, "meta": meta}
        properties["page"] = PAGE
    properties["meta"] = META
    schema = {"type": "object", "required": [*properties], "properties": {**properties, "raw": {}}}
    content = {"application/json": {"schema": schema, "example": example}}
    headers = {"Request-Id": {"schema": {"type": "string"}, "description": "Finds this call in all logs."}}
    told = {endpoint.status: endpoint.summary + ".", **endpoint.also}
    answers = {
        str(status): {"description": text, "headers": headers, "content": content}
        for status, text in told.items()
    }
    return _with_dry_run(answers, headers, endpoint.dry_run) if endpoint.dry_run else answers


def _with_dry_run(answers: dict[str, Any], headers: dict[str, Any], type: Any) -> dict[str, Any]:
    """200 also answers `dryRun=true`."""
    properties = {"data": _reference(type), "meta": META}
    rehearsed: dict[str, Any] = {"type": "object", "required": [*properties], "properties": properties}
    example = {"data": example_of(type), "meta": {"requestId": REQUEST_ID}}
    done = answers.get("200")
    if done is None:
        content = {"application/json": {"schema": rehearsed, "example": example}}
        told = {"description": "Nothing was sent: a dry run.", "headers": headers, "content": content}
        return {**answers, "200": told}
    told = done["content"]["application/json"]
    schema = {"anyOf": [told["schema"], rehearsed]}
    content = {"application/json": {"schema": schema, "example": told["example"]}}
    text = f"{done['description']} Or, with `dryRun=true`, what would be."
    return {**answers, "200": {**done, "description": text, "content": content}}


FILE_HEADERS: dict[str, Any] = {
    "Kontor-Representation": {
        "schema": {"type": "string", "enum": ["original", "preview"]},
        "description": "`preview`: it only shows what the original says, as the PDF of an XRechnung does.",
    }
}
PAGE: dict[str, Any] = {
    "type": "object",
    "required": ["next", "limit"],
    "properties": {"next": {"type": ["string", "null"]}, "limit": {"type": "integer"}},
}
META: dict[str, Any] = {
    "type": "object",
    "required": ["requestId"],
    "properties": {"requestId": {"type": "string"}},
    "additionalProperties": True,
}


def _failures(endpoint: Endpoint) -> dict[str, Any]:
    by_status: dict[int, list[type[KontorError]]] = {}
    for kind in dict.fromkeys([*_kinds(endpoint), *endpoint.errors]):
        by_status.setdefault(kind.status, []).append(kind)
    return {str(status): _failure(kinds) for status, kinds in sorted(by_status.items())}


def _kinds(endpoint: Endpoint) -> Iterable[type[KontorError]]:
    """What any endpoint of this form can answer."""
    yield from (Malformed, Invalid, Fault, Unavailable)
    if endpoint.scope is not None:
        yield from (Unauthenticated, Forbidden)
    if endpoint.parameters:
        yield UnknownObject
    if endpoint.body is not None:
        yield from (TooLarge, WrongContentType)
    if endpoint.precondition:
        yield from (PreconditionRequired, StaleVersion)
    if endpoint.idempotent:
        yield from (KeyReused, KeyInProgress)
    if endpoint.account_key:
        yield from (UnknownConnection, ReconnectNeeded, PermissionMissing, PlanTooSmall)
        yield from (UpstreamBusy, UpstreamUnreachable, UpstreamBroken, UpstreamRefused, RecordNotFound)
        if endpoint.method != "GET":
            yield from (OutcomeUnknown, WrittenButNotRead)


def _failure(kinds: list[type[KontorError]]) -> dict[str, Any]:
    examples = {kind.code: {"summary": kind.title, "value": _example(kind)} for kind in kinds}
    content = {MEDIA_TYPE: {"schema": _reference(Problem), "examples": examples}}
    return {"description": "; ".join(dict.fromkeys(kind.title for kind in kinds)) + ".", "content": content}


def _example(kind: type[KontorError]) -> dict[str, Any]:
    error = KontorError(kind.title + ".", hint=kind.hint or None, sent=kind.sent)
    body = problem(error, REQUEST_ID)
    named = {"code": kind.code, "title": kind.title, "status": kind.status, "retry": kind.retry}
    reference = f"/docs/errors#{kind.code}"
    return {**body, **named, "type": reference, "doc": reference}
