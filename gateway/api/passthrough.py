"""`POST /v1/passthrough`: a call in the vendor's own words, under the safeguards of every other call."""

import hashlib
from typing import Any

import msgspec

from connectors.base.errors import NotSupported
from connectors.base.wire import Answer
from gateway.api.asked import idempotent_of
from gateway.api.call import Call
from gateway.api.declaration import Endpoint, Reply, Tag, endpoint
from gateway.api.envelope import JSON, frame
from gateway.api.forwarding import (
    READING,
    PassthroughAnswer,
    PassthroughInput,
    call_of,
    fields_of,
    is_write,
    told,
)
from gateway.api.performing import meta
from gateway.api.writing import answered
from gateway.dispatch.forwarding import Forward, forward, forward_write
from gateway.errors import Forbidden
from gateway.upstream.hops import Ledger
from gateway.writes.journal import StoredAnswer
from gateway.writes.outcome import of_status

PATH = "/v1/passthrough"
LARGEST_BODY = 8 * 1024 * 1024
"""A file of 5 MB in base64, and what stands beside it."""

TAG = Tag("passthrough", "Calls in the accounting system's own words, as safe as every other call.")


EXAMPLE: dict[str, Any] = {
    "method": "GET",
    "path": "/v1/voucherlist",
    "query": {"voucherType": "invoice", "voucherStatus": "open"},
}
EXAMPLE_ANSWER: dict[str, Any] = {
    "status": 200,
    "headers": {"content-type": "application/json"},
    "mediaType": "application/json",
    "body": {"content": [], "last": True, "totalElements": 0},
    "content": None,
}


def _gate(call: Call) -> None:
    call.ledger = Ledger()
    call.rooms.abilities.passthrough(call.connection)


@endpoint(
    "POST",
    PATH,
    scope="read",
    tag=TAG,
    summary="Call the accounting system in its own words",
    account_key=True,
    body=PassthroughInput,
    body_limit=LARGEST_BODY,
    idempotent=is_write,
    answer=PassthroughAnswer,
    errors=(NotSupported,),
    gate=_gate,
    example_body=EXAMPLE,
    example_answer=EXAMPLE_ANSWER,
)
async def passthrough(call: Call) -> Reply:
    """For what the unified model does not hold. The accounting system's answer is data, whatever its status;
    a problem is what kept it from answering, and a write whose outcome nobody knows. Reads need the scope
    `read`, writes `write` too, and `finalize` where they make a document binding; writes need an
    Idempotency-Key. Host, credential and cookies cannot be set.
    """
    rules = call.rooms.abilities.passthrough(call.connection)
    request: PassthroughInput = call.body
    if request.method not in READING:
        _demand(call, "write")
        if rules.finalizes(request.method, request.path, fields_of(request)):
            _demand(call, "finalize")
    asked = Forward(
        connection=call.connection,
        call=call_of(request, rules),
        ledger=call.ledger,
        deadline=call.rooms.ambient.clock.monotonic() + call.rooms.settings.deadline_s,
        request_id=call.request_id,
        lane=call.lane,
    )
    if not asked.call.writes:
        return _reply(call, await forward(call.rooms.dispatcher, asked))
    idempotent = idempotent_of(call, PATH, _asked(request))
    stored, replayed = await forward_write(
        call.rooms.dispatcher, asked, idempotent, lambda answer: _stored(call, answer)
    )
    return answered(stored, replayed)


ENDPOINTS: tuple[Endpoint, ...] = (passthrough,)


def _demand(call: Call, scope: str) -> None:
    if scope not in call.caller.scopes:
        raise Forbidden(scope)


def _asked(request: PassthroughInput) -> Any:
    """What tells a request from another; of files their digests."""
    files = [(f.name, f.filename, f.media_type, hashlib.sha256(f.content).hexdigest()) for f in request.files]
    return {"request": msgspec.structs.replace(request, files=[]), "files": files}


def _reply(call: Call, answer: Answer) -> Reply:
    return Reply(data=told(answer), meta=meta(call))


def _stored(call: Call, answer: Answer) -> StoredAnswer:
    body = frame(_reply(call, answer), call.request_id)
    return StoredAnswer(status=200, headers=(JSON,), body=body, outcome=of_status(answer.status))
