"""Refusals, and the shapes in which the vendor puts them: gateway, regular, legacy.

Which resource speaks which shape is a property of its routes (`routing.Route.dialect`).
Texts marked (guess) are ours: the status is documented or measured, the wording is not.
"""

from datetime import datetime
from http import HTTPStatus
from typing import Any, Literal

import msgspec

from sandbox.lexoffice import dates
from sandbox.lexoffice.clock import Ids
from sandbox.lexoffice.wire import Reply, json_reply

Dialect = Literal["regular", "legacy"]
SEE_DETAILS = "Validation failed for request. Please see details list for specific causes."
REASONS = {status.value: status.phrase for status in HTTPStatus} | {413: "Payload Too Large"}


class Violation(msgspec.Struct, frozen=True):
    """One thing wrong with one field: `code` and `message` in the regular shape, `key` in the legacy one."""

    field: str | None
    code: str
    message: str
    key: str
    type: str = "validation_failure"


def missing(field: str) -> Violation:
    return Violation(field, "NOTNULL", "darf nicht leer sein", "missing_entity")


def empty(field: str) -> Violation:
    return Violation(field, "NOTEMPTY", "darf nicht leer sein", "missing_entity")


def invalid(field: str, message: str = "ungültiger Wert", code: str = "INVALIDVALUE") -> Violation:
    return Violation(field, code, message, "invalid_value")


def too_long(field: str, most: int) -> Violation:
    return invalid(field, f"Größe muss zwischen 0 und {most} sein", "SIZE")


def legacy(field: str | None, key: str, type: str = "validation_failure") -> Violation:
    """A violation with a key of its own, known in the legacy shape only."""
    return Violation(field, key.upper(), key, key, type)


def bad_request(source: str | None) -> Violation:
    """What is wrong with a call as a whole; in the legacy shape the sentence stands where a field would."""
    return legacy(source, "bad_request_error", "bad_request_error")


class Refused(Exception):
    """The vendor's no: a status, a sentence, and what is wrong with which field."""

    def __init__(
        self, status: int, message: str = SEE_DETAILS, violations: list[Violation] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.violations = violations or []


class GatewayRefused(Exception):
    """A no of the API gateway, before the application is asked."""

    def __init__(
        self, status: int, message: str | None, error_type: str, headers: tuple[tuple[str, str], ...] = ()
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = (("x-amzn-errortype", error_type), *headers)


# What the gateway says itself: status to the sentence and the type of error it names.
OF_GATEWAY: dict[int, tuple[str | None, str]] = {
    401: ("Unauthorized", "UnauthorizedException"),
    413: ("Request Too Long", "RequestEntityTooLargeException"),
    415: ("Unsupported Media Type", "UnsupportedMediaTypeException"),
    429: ("Rate limit exceeded", "LimitExceededException"),
    500: ("Internal server error or rate limit exceeded", "InternalServerErrorException"),
    502: ("Internal server error", "InternalServerErrorException"),
    503: (None, "ServiceUnavailableException"),
    504: ("Endpoint request timed out", "InternalServerErrorException"),
}


def of_gateway(status: int, headers: tuple[tuple[str, str], ...] = ()) -> GatewayRefused:
    """The gateway's own refusal with this status."""
    return GatewayRefused(status, *OF_GATEWAY[status], headers)


class Bare(Exception):
    """An answer outside all shapes (uploads have two of these)."""

    def __init__(self, status: int, body: Any) -> None:
        super().__init__(str(body))
        self.status = status
        self.body = body


def refuse(*violations: Violation) -> Refused:
    """406, the vendor's normal answer to a body that does not fit."""
    return Refused(406, violations=list(violations))


def not_found(message: str = "Not Found") -> Refused:
    return Refused(404, message, [legacy("id", "missing_entity")])


def in_shape(shape: str, status: int, message: str) -> Refused | GatewayRefused:
    """A refusal whose shape no source prints: the application's or the gateway's."""
    if shape == "gateway":
        return GatewayRefused(status, message, "AccessDeniedException")
    return Refused(status, message)


def gateway_reply(refused: GatewayRefused) -> Reply:
    return json_reply({"message": refused.message}, refused.status, refused.headers)


def bare_reply(bare: Bare) -> Reply:
    return json_reply(bare.body, bare.status)


def render(refused: Refused, dialect: Dialect, path: str, now: datetime, ids: Ids, trace_id: str) -> Reply:
    if dialect == "legacy" and (refused.violations or refused.status == 400):
        return json_reply(_legacy(refused, ids), refused.status)
    return json_reply(_regular(refused, path, now, ids, trace_id), refused.status)


def _regular(refused: Refused, path: str, now: datetime, ids: Ids, trace_id: str) -> dict[str, Any]:
    body: dict[str, Any] = {
        "timestamp": dates.shown(now),
        "status": refused.status,
        "error": REASONS.get(refused.status, "Error"),
        "path": path,
        "traceId": trace_id,
        "requestId": ids.uuid(),
        "message": refused.message,
    }
    if refused.violations and refused.message == SEE_DETAILS:
        body["details"] = [
            {"violation": v.code, "field": v.field, "message": v.message} for v in refused.violations
        ]
    return body


def _legacy(refused: Refused, ids: Ids) -> dict[str, Any]:
    issues = [
        {"i18nKey": v.key, "source": v.field, "type": v.type, "additionalData": None, "args": None}
        for v in refused.violations or [bad_request(refused.message)]
    ]
    return {"requestId": ids.uuid(), "IssueList": issues}
