"""Endpoints as Litestar handlers: one path through the door for all of them."""

from collections.abc import Iterable
from typing import Any

from litestar import HttpMethod, Request
from litestar.handlers import HTTPRouteHandler
from litestar.types import ASGIApp

from connectors.base.errors import KontorError
from gateway.api.admission import identify, take_in
from gateway.api.call import Call
from gateway.api.declaration import PARAMETER, Endpoint, Reply
from gateway.api.envelope import render
from gateway.api.hanging_up import unless_gone
from gateway.api.problems import from_framework, problem_parts
from gateway.api.request_log import Entry
from gateway.api.rooms import Rooms
from gateway.api.sending import InPieces, Whole
from gateway.api.streaming import Told
from gateway.errors import Unavailable
from gateway.telemetry.log import fault

OVERLOADED_S = 1.0
"""When to come again to a process that has too much to do."""


def handlers(endpoints: Iterable[Endpoint], rooms: Rooms) -> list[HTTPRouteHandler]:
    """One Litestar handler an endpoint."""
    return [_handler(endpoint, rooms) for endpoint in endpoints]


def _handler(endpoint: Endpoint, rooms: Rooms) -> HTTPRouteHandler:
    async def answer(request: Request[Any, Any, Any]) -> ASGIApp:
        rooms.under_way += 1
        try:
            return await serve(endpoint, rooms, request)
        finally:
            rooms.under_way -= 1

    async def handle() -> ASGIApp:
        raise AssertionError("before_request has answered: that spares the framework reading a signature")

    handle.__name__ = endpoint.name
    return HTTPRouteHandler(
        PARAMETER.sub(r"{\1:str}", endpoint.path),
        http_method=HttpMethod(endpoint.method),
        status_code=200,
        name=f"{endpoint.method} {endpoint.path}",
        opt={"endpoint": endpoint},
        include_in_schema=False,
        before_request=answer,
    )(handle)


async def serve(endpoint: Endpoint, rooms: Rooms, request: Request[Any, Any, Any]) -> ASGIApp:
    """Admit, run, answer, record. Every error becomes a problem; a bug of ours one without detail."""
    clock = rooms.ambient.clock
    started = clock.monotonic()
    request_id = rooms.ambient.ids.new("req")
    request.scope["state"]["request_id"] = request_id
    call = Call(request, rooms, request_id, endpoint)
    code = rest = stream = pieces = None
    try:
        if rooms.overloaded and endpoint.scope is not None:
            raise Unavailable("Kontor has more to do than it can in time.", retry_after_s=OVERLOADED_S)
        await identify(call, endpoint)
        if endpoint.gate is not None:
            endpoint.gate(call)
        await take_in(call, endpoint)
        handling = endpoint.handler(call)
        reply = await (unless_gone(handling, request.receive) if endpoint.reads_upstream else handling)
        status, headers, body = render(endpoint, reply, request_id)
        if isinstance(reply, Reply):
            rest, stream, pieces = reply.rest, reply.stream, reply.pieces
    except Exception as exception:
        error = exception if isinstance(exception, KontorError) else from_framework(exception)
        if error.status == 500:
            fault(exception, request_id=request_id, route=endpoint.path)
        code = error.code
        rooms.refusals.add(call, endpoint, error)
        status, headers, body = problem_parts(error, request_id)
    headers += (("request-id", request_id), *call.allowance)
    if endpoint.account_key:
        calls, waited_s = (0, 0.0) if call.ledger is None else (call.ledger.calls, call.ledger.waited_s)
        headers += (("kontor-upstream-calls", str(calls)), ("kontor-queue-wait", f"{waited_s:.3f}"))
    if not rooms.ready:
        headers += (("connection", "close"),)
    for other in call.ledger.arriving if call.ledger is not None else ():
        if other is not rest:
            await other.aclose()

    def answered(code: str | None) -> None:
        seconds = clock.monotonic() - started
        rooms.request_log.add(Entry.of(call, endpoint, status, code, seconds))
        rooms.metrics.request(endpoint.method, endpoint.path, status, seconds)

    if rest is not None:
        size = len(body) + rest.size
        return InPieces(status, headers, rest, answered, beginning=body, size=size)
    if pieces is not None:
        return InPieces(status, headers, pieces, answered)
    answered(code)  # of a stream: that it began
    if stream is not None:
        return Told(headers, stream, call)
    return Whole(status, headers, body)
