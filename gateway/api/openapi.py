"""OpenAPI 3.1 from the endpoints: schemas by msgspec, error responses and examples on every operation.

Litestar's own generator reads handler signatures; ours look alike by design, so the declarations are read.
"""

from collections.abc import Iterable
from typing import Any

import msgspec

from connectors.base.files import Upload
from gateway.api import openapi_failures, openapi_successes, uploads
from gateway.api.admission import MAX_HEADER, PRINTABLE
from gateway.api.declaration import Endpoint
from gateway.api.field_docs import describe_fields, reachable
from gateway.api.openapi_components import Components, is_struct, reference
from gateway.api.problems import EXTENSIONS, Problem
from schemas.base import Input


def document(endpoints: Iterable[Endpoint], *, version: str, servers: list[dict[str, str]]) -> dict[str, Any]:
    """The whole description, sorted by path, ready to be encoded."""
    endpoints = sorted(endpoints, key=lambda e: (e.path, e.method))
    types = [
        t
        for e in endpoints
        for t in (e.answer, e.summary_answer, e.body, e.dry_run, *e.query)
        if is_struct(t) and t is not Upload
    ]
    types = [*dict.fromkeys([*types, Problem, *openapi_successes.TOLD])]
    _, schemas = msgspec.json.schema_components(types, ref_template=reference("schemas", "{name}")["$ref"])
    describe_fields(schemas, types)
    for struct in reachable(types):
        if issubclass(struct, Input):
            schemas[struct.__name__] = _numbers_too(schemas[struct.__name__])
    schemas[Problem.__name__]["properties"] |= EXTENSIONS
    components = Components(schemas)
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in endpoints:
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = _operation(endpoint, components)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Kontor",
            "version": version,
            "description": "One API and one model in front of accounting systems.",
        },
        "servers": servers,
        "tags": [
            msgspec.to_builtins(tag) for tag in sorted({e.tag for e in endpoints}, key=lambda t: t.name)
        ],
        "paths": paths,
        "components": {**components.used_by(paths), "securitySchemes": SECURITY},
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


def _numbers_too(schema: Any) -> Any:
    """What is written may have decimals as JSON numbers too; they are read from their text."""
    if isinstance(schema, list):
        return [_numbers_too(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    kinds = {"type": ["string", "number"]} if schema.get("format") == "decimal" else {}
    return {name: _numbers_too(part) for name, part in schema.items()} | kinds


def _operation(endpoint: Endpoint, components: Components) -> dict[str, Any]:
    successes = openapi_successes.responses(endpoint, components)
    failures = openapi_failures.responses(endpoint, components)
    operation: dict[str, Any] = {
        "operationId": endpoint.name,
        "tags": [endpoint.tag.name],
        "summary": endpoint.summary,
        "description": endpoint.description,
        "security": _security(endpoint),
        "parameters": [
            components.share("parameters", *parameter) for parameter in _parameters(endpoint, components)
        ],
        "responses": {**successes, **failures},
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
    named = is_struct(endpoint.body)
    schema = reference("schemas", endpoint.body.__name__) if named else {"type": "object"}
    return {"schema": schema, "example": endpoint.example_body}


def _security(endpoint: Endpoint) -> list[dict[str, list[str]]]:
    if endpoint.scope is None:
        return []
    return [{"apiKey": [], "accountKey": []} if endpoint.account_key else {"apiKey": []}]


CACHE_CONTROL = {"type": "string"}
PATH = {
    "id": "Id of the object, as lists tell it.",
    "target": "Name of the target, or an alias.",
    "delivery": "Id of the delivery.",
}
Parameters = Iterable[tuple[str, dict[str, Any]]]
"""Names as components, and what they are."""


def _parameters(endpoint: Endpoint, components: Components) -> Parameters:
    for name in endpoint.parameters:
        text, schema = PATH[name], {"type": "string"}
        described = {"name": name, "in": "path", "required": True, "description": text, "schema": schema}
        yield name.capitalize(), described
    for type in endpoint.query:
        yield from _query(type, components)
    yield from _headers(endpoint)


def _query(type: type[msgspec.Struct], components: Components) -> Parameters:
    schema = components.schemas[type.__name__]
    about = type.__name__.removesuffix("Parameters").removesuffix("Filters")
    for name, field in schema.get("properties", {}).items():
        component = about + name[0].upper() + name[1:]
        described = {"name": name, "in": "query", "required": name in schema.get("required", ())}
        value = _in_query(field)
        text = {"description": value.pop("description", "")}
        if "enum" in value:  # named, lest generated clients have one type for each operation that takes it
            named = {part: value.pop(part) for part in ("enum", "type") if part in value}
            value = {**components.share("schemas", component, named), **value}
        yield component, {**described, **text, "schema": value}


def _in_query(field: dict[str, Any]) -> dict[str, Any]:
    """The schema of a field as a query parameter, which has no null: it is there or it is not."""
    value = {part: said for part, said in field.items() if (part, said) != ("default", None)}
    kinds = [kind for kind in value.pop("anyOf", ()) if kind != {"type": "null"}]
    if len(kinds) > 1:
        return {**value, "anyOf": kinds}
    return {**dict(*kinds), **value}


def _headers(endpoint: Endpoint) -> Parameters:
    key = {"type": "string", "minLength": 1, "maxLength": MAX_HEADER, "pattern": PRINTABLE.pattern}
    text = (
        "Makes a repeated write safe. 1 to 255 printable characters. With `dryRun=true` it may be left out."
    )
    if callable(endpoint.idempotent):
        text = "Makes a repeated write safe. 1 to 255 printable characters. Required when the call writes."
        yield "IdempotencyKeyOfWrites", _header("Idempotency-Key", text, key, required=False)
    elif endpoint.idempotent:
        yield "IdempotencyKey", _header("Idempotency-Key", text, key)
    if endpoint.cacheable:
        text = "How new the answer has to be: `no-cache`, `no-store`, `only-if-cached`, `max-age=60`."
        yield "CacheControl", _header("Cache-Control", text, CACHE_CONTROL, required=False)
    if endpoint.precondition:
        text = "ETag of the object as it was read."
        yield "IfMatch", _header("If-Match", text, {"type": "string"})


def _header(name: str, text: str, schema: dict[str, Any], *, required: bool = True) -> dict[str, Any]:
    return {"name": name, "in": "header", "required": required, "description": text, "schema": schema}
