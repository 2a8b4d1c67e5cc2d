"""A write as it was asked for: the request as the door understood it, kept until its outcome is known."""

from typing import Any

import msgspec
from msgspec import Struct

from gateway.api.call import Call
from gateway.dispatch import Idempotent

KEPT_HEADERS = ("if-match", "idempotency-key")
ENCODER = msgspec.json.Encoder(decimal_format="number")


class Asked(Struct, frozen=True, kw_only=True):
    """One request that was admitted."""

    endpoint: str
    """Its name."""
    path: dict[str, str]
    queries: list[msgspec.Raw]
    body: msgspec.Raw
    headers: list[tuple[str, str]]
    scopes: list[str]
    """Of the API key at that time."""
    key_id: str
    request_id: str


def idempotent_of(call: Call, route: str, parsed: Any) -> Idempotent:
    """How this call is told from its repetition, and what is kept to carry it out again."""
    return Idempotent(
        method=call.endpoint.method,
        route=route,
        key=call.header("idempotency-key"),
        parsed=parsed,
        actor=call.caller.key_id,
        asked=lambda: kept(call),
        resumed=call.resumed,
    )


def kept(call: Call) -> bytes:
    """The request as bytes, to be sealed: it holds the end customer's data."""
    asked = Asked(
        endpoint=call.endpoint.name,
        path=dict(call.path),
        queries=[msgspec.Raw(ENCODER.encode(query)) for query in call.queries],
        body=msgspec.Raw(ENCODER.encode(call.body)),
        headers=[(name, value) for name in KEPT_HEADERS if (value := call.header(name)) is not None],
        scopes=sorted(call.caller.scopes),
        key_id=call.caller.key_id,
        request_id=call.request_id,
    )
    return ENCODER.encode(asked)
