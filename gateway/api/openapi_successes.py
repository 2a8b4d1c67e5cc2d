"""What an operation of the OpenAPI document answers with when all goes well."""

from typing import Any

from connectors.base.errors import FieldError
from connectors.base.paging import Completeness
from gateway.api.declaration import Endpoint
from gateway.api.examples import REQUEST_ID, example_of
from gateway.api.expanding import Expansion
from gateway.api.finding import Shown, Similar
from gateway.api.freshness import Freshness
from gateway.api.openapi_components import Components, reference
from gateway.replica.rows import Gone

JSON = "application/json"


def responses(endpoint: Endpoint, components: Components) -> dict[str, Any]:
    """By status."""
    told = {endpoint.status: endpoint.summary + ".", **endpoint.also}
    if endpoint.status == 204:
        told = {204: "Done."}
    answer: dict[str, Any] = {"headers": _headers(endpoint, components)}
    if content := _content(endpoint, components):
        answer["content"] = content
    answers = {str(status): {"description": text, **answer} for status, text in told.items()}
    return _with_dry_run(answers, endpoint.dry_run, components) if endpoint.dry_run else answers


def _headers(endpoint: Endpoint, components: Components) -> dict[str, Any]:
    names = ["Request-Id"]
    if endpoint.scope is not None:
        names += ["RateLimit-Policy", "RateLimit"]
    if endpoint.account_key:
        names += ["Kontor-Upstream-Calls", "Kontor-Queue-Wait"]
    if endpoint.cacheable and endpoint.answer is not None:
        names.append("Age")
    if endpoint.answer is None and endpoint.media_types != (JSON,):
        names.append("Kontor-Representation")
    if endpoint.account_key and endpoint.method != "GET":
        names.append("Kontor-Operation")
    return headers_of(names, components)


def headers_of(names: list[str], components: Components) -> dict[str, Any]:
    """Headers of an answer, each described once."""
    return {name: components.share("headers", name.replace("-", ""), HEADERS[name]) for name in names}


def _content(endpoint: Endpoint, components: Components) -> dict[str, Any] | None:
    if endpoint.status == 204 or (endpoint.answer is None and endpoint.media_types == (JSON,)):
        return None
    if endpoint.answer is None:
        return {media: {"schema": {"type": "string", "format": "binary"}} for media in endpoint.media_types}
    if endpoint.page:
        return _page(endpoint, components)
    return _envelope(endpoint.answer, endpoint.example_answer, components)


def _envelope(type: Any, example: Any, components: Components) -> dict[str, Any]:
    """One object in its frame, as content."""
    data = reference("schemas", type.__name__)
    schema = _framed({"data": data}, components)
    return _shared(f"{type.__name__}Envelope", schema, {"data": example}, components)


def _page(endpoint: Endpoint, components: Components) -> dict[str, Any]:
    """A list in its frame, as content."""
    rows = [
        reference("schemas", type.__name__) for type in (endpoint.answer, endpoint.summary_answer) if type
    ]
    data = {
        "type": "array",
        "items": {"anyOf": rows} if len(rows) > 1 else rows[0],
        "description": "Objects of this page.",
    }
    page = components.share("schemas", "Page", PAGE)
    example = {"data": [endpoint.example_answer], "page": {"next": None, "limit": 25}}
    schema = _framed({"data": data, "page": page}, components)
    return _shared(f"{endpoint.answer.__name__}Page", schema, example, components)


def _framed(properties: dict[str, Any], components: Components) -> dict[str, Any]:
    properties = {**properties, "meta": components.share("schemas", "Meta", META)}
    more = {"raw": RAW, "expanded": components.share("schemas", "Expanded", EXPANDED)}
    return {"type": "object", "required": [*properties], "properties": {**properties, **more}}


def _shared(
    name: str, schema: dict[str, Any], example: dict[str, Any], components: Components
) -> dict[str, Any]:
    value = {**example, "meta": {"requestId": REQUEST_ID}}
    shown = {name: components.share("examples", name, {"value": value})}
    return {JSON: {"schema": components.share("schemas", name, schema), "examples": shown}}


def _with_dry_run(answers: dict[str, Any], type: Any, components: Components) -> dict[str, Any]:
    """200 also answers `dryRun=true`."""
    rehearsed = _envelope(type, example_of(type), components)
    done = answers.get("200")
    if done is None:
        headers = next(iter(answers.values()))["headers"]
        told = {"description": "Nothing was sent: a dry run.", "headers": headers, "content": rehearsed}
        return {**answers, "200": told}
    parts = [done["content"][JSON], rehearsed[JSON]]
    schema = {"anyOf": [part["schema"] for part in parts]}
    examples = {name: shown for part in parts for name, shown in part["examples"].items()}
    text = f"{done['description']} Or, with `dryRun=true`, what would be."
    content = {JSON: {"schema": schema, "examples": examples}}
    return {**answers, "200": {**done, "description": text, "content": content}}


HEADERS: dict[str, dict[str, Any]] = {
    "Request-Id": {"schema": {"type": "string"}, "description": "Finds this call in all logs."},
    "RateLimit-Policy": {
        "schema": {"type": "string"},
        "description": 'Requests of an API key (`q`) in so many seconds (`w`): `"requests";q=6000;w=60`.',
    },
    "RateLimit": {
        "schema": {"type": "string"},
        "description": "How many of them are left (`r`) and in how many seconds there are new ones (`t`).",
    },
    "Kontor-Upstream-Calls": {
        "schema": {"type": "integer"},
        "description": "Calls to the accounting system that this answer took.",
    },
    "Kontor-Queue-Wait": {
        "schema": {"type": "number"},
        "description": "Seconds those calls waited for the accounting system's rate limit.",
    },
    "Age": {
        "schema": {"type": "integer"},
        "description": "Seconds since the accounting system had it so; only on answers from the replica.",
    },
    "Retry-After": {"schema": {"type": "integer"}, "description": "Seconds to wait before the next try."},
    "Kontor-Operation": {
        "schema": {"type": "string"},
        "description": "The write's name at `/v1/operations/{id}`; errors of a write carry it too.",
    },
    "Kontor-Representation": {
        "schema": {"type": "string", "enum": ["original", "preview"]},
        "description": "`preview`: it only shows what the original says, as the PDF of an XRechnung does.",
    },
}
PAGE: dict[str, Any] = {
    "type": "object",
    "description": "Where the list goes on.",
    "required": ["next", "limit"],
    "properties": {
        "next": {"type": ["string", "null"], "description": "`cursor` of the next page; null at the end."},
        "limit": {"type": "integer", "description": "Objects a page."},
        "more": {"type": "boolean", "description": "Of events: whether there are more of them now."},
    },
}
META: dict[str, Any] = {
    "type": "object",
    "description": "What there is to know about this answer; all but `requestId` with accounting data.",
    "required": ["requestId"],
    "properties": {
        "requestId": {"type": "string", "description": "Also in the header Request-Id."},
        "target": {"type": "string", "description": "Target of the connection."},
        "freshness": {**reference("schemas", Freshness.__name__), "description": "How new the data is."},
        "completeness": {
            **reference("schemas", Completeness.__name__),
            "description": "What is missing, and why.",
        },
        "warnings": {
            "type": "array",
            "items": {"anyOf": [reference("schemas", kind.__name__) for kind in (FieldError, Similar)]},
            "description": "What was left out of a write, and who else may be meant.",
        },
        "deleted": {
            "type": "array",
            "items": reference("schemas", Gone.__name__),
            "description": "With `updatedSince`, from the replica: what is gone since; counts for `limit`.",
        },
        "expanded": {
            "type": "object",
            "additionalProperties": reference("schemas", Expansion.__name__),
            "description": "With `expand`: how old what stands in `expanded` is, and what is missing there.",
        },
        "matched": {
            **reference("schemas", Shown.__name__),
            "description": "With `match`: what proves that the party was there already.",
        },
    },
}
TOLD = (Completeness, Expansion, FieldError, Freshness, Gone, Similar, Shown)
"""The structs in it."""
EXPANDED: dict[str, Any] = {
    "type": "object",
    "description": "What `expand` asked for: by the relation's name, objects of its resource by their ids.",
    "additionalProperties": {
        "type": "object",
        "additionalProperties": {"type": ["object", "null"]},
    },
}
RAW: dict[str, Any] = {"description": "The accounting system's own JSON, when asked for."}
