"""The checks of every request, in this order: 401, 429, 403, 404, 501, 413/415, 400, 428, 422."""

import re
from typing import Any

from litestar import Request

from connectors.base.errors import FieldError
from connectors.base.files import Upload
from gateway.api import forms
from gateway.api.call import Call
from gateway.api.declaration import Endpoint
from gateway.api.intake import fit, fit_query, parse_json, parse_query
from gateway.api.uploads import fit_upload
from gateway.errors import (
    Forbidden,
    Invalid,
    Malformed,
    PreconditionRequired,
    TooLarge,
    Unauthenticated,
    UnknownConnection,
    WrongContentType,
)

MAX_HEADER = 255
PRINTABLE = re.compile(r"^[^\u0000-\u0020\u007f-\u00a0\u00ad][^\u0000-\u001f\u007f-\u00a0\u00ad]*$")
"""What a header can hold that people can read; blanks around a value never arrive."""
DRY_RUN = b"dryRun=true"


async def identify(call: Call, endpoint: Endpoint) -> None:
    """Who calls, how often, and for which connection: 401, 429, 403, 404."""
    if endpoint.scope is None:
        return
    presented = call.header("x-api-key")
    caller = await call.rooms.api_keys.authenticate(presented) if presented else None
    if caller is None:
        raise Unauthenticated
    call.caller = caller
    if call.rooms.quotas is not None:
        allowance = await call.rooms.quotas.spend(caller)
        call.allowance = allowance.headers
        if allowance.error is not None:
            raise allowance.error
    if endpoint.scope not in caller.scopes:
        raise Forbidden(endpoint.scope)
    if not endpoint.account_key:
        return
    account_key = call.header("x-account-key")
    if not account_key:
        raise Malformed(
            "The header X-ACCOUNT-KEY is missing.",
            hint="Send the account key of the connection in X-ACCOUNT-KEY.",
        )
    connection = await call.rooms.connections.by_account_key(caller, account_key)
    if connection is None:
        raise UnknownConnection
    call.connection = connection


async def take_in(call: Call, endpoint: Endpoint) -> None:
    """Body, headers and query: 413, 415, 400, 428, 422."""
    parsed = await _body(call.http, endpoint)
    rehearsed = endpoint.dry_run and DRY_RUN in call.http.scope["query_string"].split(b"&")
    key = call.header("idempotency-key")
    if (endpoint.needs_key(parsed) and not rehearsed) or (endpoint.idempotent and key is not None):
        _check_key(key)
    given = parse_query(call.http.scope["query_string"])
    if endpoint.precondition and call.header("if-match") is None:
        raise PreconditionRequired
    call.queries = fit_query(given, endpoint.query) if given or endpoint.query else ()
    if endpoint.body is not None:
        call.body = _fit(parsed, endpoint)


def _fit(parsed: Any, endpoint: Endpoint) -> Any:
    if endpoint.body is Upload:
        return fit_upload(parsed)
    return _patch(parsed) if endpoint.body is Any else fit(parsed, endpoint.body, endpoint.read)


def _patch(parsed: Any) -> dict[str, Any]:
    """RFC 7396 lets any other value replace the whole object, which no object here takes."""
    if not isinstance(parsed, dict):
        raise Invalid((FieldError(field="", code="type", message="Expected an object."),))
    return parsed


def _check_key(key: str | None) -> None:
    if not key:
        raise Malformed(
            "The header Idempotency-Key is missing.",
            hint="Send a fresh Idempotency-Key with each write, and the same one when you repeat it.",
        )
    if len(key) > MAX_HEADER or not PRINTABLE.fullmatch(key):
        raise Malformed(f"Idempotency-Key takes 1 to {MAX_HEADER} printable characters.")


async def _body(http: Request[Any, Any, Any], endpoint: Endpoint) -> Any:
    if endpoint.body is None:
        return None
    limit = endpoint.body_limit
    declared = http.headers.get("content-length", "0")
    content_type = http.headers.get("content-type", "")
    framing = forms.FRAMING if endpoint.body is Upload else 0
    if declared.isdigit() and int(declared) > limit + framing:
        raise TooLarge(limit)
    if endpoint.body is Upload:
        return await forms.read(http.stream(), content_type, limit)
    _check_type(content_type, endpoint)
    chunks: list[bytes] = []
    size = 0
    async for chunk in http.stream():
        size += len(chunk)
        if size > limit:
            raise TooLarge(limit)
        chunks.append(chunk)
    return parse_json(b"".join(chunks))


def _check_type(content_type: str, endpoint: Endpoint) -> None:
    kind, _, parameters = content_type.partition(";")
    accepted = {endpoint.body_media_type, "application/json"}
    charset = parameters.replace(" ", "").lower()
    if kind.strip().lower() not in accepted or (
        charset and charset not in ("charset=utf-8", 'charset="utf-8"')
    ):
        raise WrongContentType(endpoint.body_media_type)
