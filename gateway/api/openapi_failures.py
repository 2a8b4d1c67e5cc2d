"""The errors of an operation of the OpenAPI document: problem documents, one example for each code."""

from collections.abc import Iterable
from typing import Any

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
from gateway.api.declaration import Endpoint
from gateway.api.examples import REQUEST_ID
from gateway.api.openapi_components import Components, reference
from gateway.api.problems import MEDIA_TYPE, Problem, error_kinds, problem
from gateway.errors import (
    Fault,
    Forbidden,
    IdenticalWritePending,
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
    WriteAbandoned,
    WrongContentType,
)


def responses(endpoint: Endpoint, components: Components) -> dict[str, Any]:
    """By status. Operations whose errors of a status are the same share one response."""
    codes: dict[int, set[str]] = {}
    for kind in (*_kinds(endpoint), *endpoint.errors):
        codes.setdefault(kind.status, set()).add(kind.code)
    return {str(status): _shared(codes[status], components) for status in sorted(codes)}


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
        yield from (KeyReused, KeyInProgress, IdenticalWritePending, WriteAbandoned)
    if endpoint.account_key:
        yield from (UnknownConnection, ReconnectNeeded, PermissionMissing, PlanTooSmall)
        yield from (UpstreamBusy, UpstreamUnreachable, UpstreamBroken, UpstreamRefused, RecordNotFound)
        if endpoint.method != "GET":
            yield from (OutcomeUnknown, WrittenButNotRead)


def _shared(codes: set[str], components: Components) -> dict[str, str]:
    kinds = [kind for kind in error_kinds() if kind.code in codes]
    shown = {
        kind.code: components.share("examples", kind.code, {"summary": kind.title, "value": _example(kind)})
        for kind in kinds
    }
    content = {MEDIA_TYPE: {"schema": reference("schemas", Problem.__name__), "examples": shown}}
    text = "; ".join(dict.fromkeys(kind.title for kind in kinds)) + "."
    name = "Or".join("".join(map(str.capitalize, kind.code.split("_"))) for kind in kinds)
    return components.share("responses", name, {"description": text, "content": content})


def _example(kind: type[KontorError]) -> dict[str, Any]:
    error = KontorError(kind.title + ".", hint=kind.hint or None, sent=kind.sent)
    body = problem(error, REQUEST_ID)
    named = {"code": kind.code, "title": kind.title, "status": kind.status, "retry": kind.retry}
    reference = f"/docs/errors#{kind.code}"
    return {**body, **named, "type": reference, "doc": reference}
