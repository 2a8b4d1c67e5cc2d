"""Errors as RFC 9457 problem details: a stable code, what to do next, and whether anything was sent."""

from typing import Any

import msgspec
from litestar.exceptions import HTTPException, MethodNotAllowedException, NotFoundException
from litestar.response import Response
from litestar.response.base import ASGIResponse

from connectors.base.errors import FieldError, KontorError, Upstream
from gateway.errors import Fault, Malformed, MethodNotAllowed, UnknownObject

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "/docs/errors#"


class Problem(msgspec.Struct, kw_only=True, rename="camel", frozen=True):
    """An RFC 9457 problem. `code` never changes its meaning; texts may change."""

    type: str
    """Reference of the documentation of `code`."""
    title: str
    """The kind of problem, the same for each occurrence."""
    status: int
    """HTTP status."""
    code: str
    """Constant name of the kind."""
    detail: str
    """This occurrence, in English."""
    sent: str
    """Whether the accounting system was reached: `no`, `yes`, `unknown`."""
    retry: str
    """`never`, `after_fix`, `after_delay`, `after_reconnect`, `same_key`."""
    hint: str
    """What to do next."""
    errors: tuple[FieldError, ...]
    """Values that do not fit, by path in the unified model."""
    upstream: Upstream | None
    """What the accounting system answered."""
    request_id: str
    """Also in the header Request-Id."""
    doc: str
    """Where this code is explained."""


TEXT: dict[str, Any] = {"type": ["string", "null"]}
TEXTS: dict[str, Any] = {"type": "array", "items": {"type": "string"}}
EXTENSIONS: dict[str, dict[str, Any]] = {
    "alternative": {**TEXT, "description": "What to do instead of what the accounting system cannot do."},
    "link": {**TEXT, "description": "Where a person does it in the accounting system's own application."},
    "available": {**TEXTS, "description": "Media types in which the file exists."},
    "candidates": {
        "type": "array",
        "items": {"$ref": "#/components/schemas/Shown"},
        "description": "Parties that may be meant.",
    },
    "id": {**TEXT, "description": "The object that is there: the one booked, or the one in the way."},
    "currentETag": {**TEXT, "description": "ETag of the object as it stands."},
    "operationId": {**TEXT, "description": "The write's name at `/v1/operations/{id}`."},
    "state": {**TEXT, "description": "State of that operation."},
    "scope": {**TEXT, "description": "Scope that the API key lacks."},
    "violated-policies": {**TEXTS, "description": "Which of the policies in `RateLimit-Policy` was used up."},
}
"""Members that some problems have beside the standard ones."""


def problem(error: KontorError, request_id: str) -> dict[str, Any]:
    """The body; `extra` of the error stands beside the standard members."""
    body = Problem(
        type=TYPE_PREFIX + error.code,
        title=error.title,
        status=error.status,
        code=error.code,
        detail=error.detail,
        sent=error.sent_text,
        retry=error.retry,
        hint=error.hint_text,
        errors=error.errors,
        upstream=error.upstream,
        request_id=request_id,
        doc=TYPE_PREFIX + error.code,
    )
    return {**msgspec.to_builtins(body), **error.extra}


def problem_parts(error: KontorError, request_id: str) -> tuple[int, list[tuple[str, str]], bytes]:
    """Status, headers and body of the answer."""
    headers = [("content-type", MEDIA_TYPE), ("cache-control", "no-store"), *error.headers.items()]
    if error.retry_after_s is not None:
        headers.append(("retry-after", str(max(1, -int(-error.retry_after_s // 1)))))
    return error.status, headers, msgspec.json.encode(problem(error, request_id))


def problem_answer(error: KontorError, request_id: str) -> ASGIResponse:
    """The answer as handlers give it."""
    status, headers, body = problem_parts(error, request_id)
    return ASGIResponse(
        body=body, status_code=status, headers=[*headers, ("request-id", request_id)], media_type=MEDIA_TYPE
    )


def problem_response(error: KontorError, request_id: str) -> Response[bytes]:
    """The answer as Litestar's exception handlers give it."""
    status, headers, body = problem_parts(error, request_id)
    return Response(body, status_code=status, headers={**dict(headers), "request-id": request_id})


def from_framework(exception: Exception) -> KontorError:
    """What the framework raised, in our words. Anything unforeseen is a fault without detail."""
    if isinstance(exception, KontorError):
        return exception
    if isinstance(exception, NotFoundException):
        return UnknownObject("path")
    if isinstance(exception, MethodNotAllowedException):
        return MethodNotAllowed("This path does not have this method.", headers=dict(exception.headers or {}))
    if isinstance(exception, HTTPException) and exception.status_code < 500:
        return Malformed("The request cannot be read.")
    return Fault("An internal error occurred.")


def error_kinds() -> list[type[KontorError]]:
    """Every error code once, by status."""
    found: dict[str, type[KontorError]] = {}

    def visit(kind: type[KontorError]) -> None:
        if "code" in vars(kind):
            found.setdefault(kind.code, kind)
        for child in kind.__subclasses__():
            visit(child)

    for kind in KontorError.__subclasses__():  # the root itself is never raised
        visit(kind)
    return sorted(found.values(), key=lambda kind: (kind.status, kind.code))
