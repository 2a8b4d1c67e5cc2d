"""`/hooks/{target}/{connection}`: where accounting systems tell of events. Who signs is heard, nobody else.

What is answered follows from what vendors make of it: 5xx has them come again, 410 ends the subscription, 404
too after a while, and any other 4xx neither.
"""

from typing import Any

from litestar import HttpMethod, Request
from litestar.handlers import HTTPRouteHandler
from litestar.response.base import ASGIResponse

from gateway.api.rooms import Rooms
from gateway.errors import Unavailable
from gateway.telemetry.log import fault
from gateway.webhooks.inbound import receiving

PATH = "/hooks/{target:str}/{connection:str}"
LARGEST = 64 * 1024
"""Bytes of a body; an event has a few hundred."""
STATUS = {
    receiving.STORED: 204,
    receiving.DOUBLE: 204,
    receiving.LATE: 204,
    receiving.FORGED: 400,
    receiving.UNREADABLE: 400,
    receiving.FOREIGN: 400,
    receiving.GONE: 410,
}
TOO_LARGE, UNAVAILABLE, FAULT = 413, 503, 500


def handlers(rooms: Rooms) -> list[HTTPRouteHandler]:
    """One handler a method: vendors look with HEAD whether somebody is there."""

    async def take(request: Request[Any, Any, Any]) -> ASGIResponse:
        rooms.under_way += 1
        started = rooms.ambient.clock.monotonic()
        request_id = rooms.ambient.ids.new("req")
        request.scope["state"]["request_id"] = request_id
        try:
            status = await _taken(rooms, request)
        except Exception as exception:
            fault(exception, request_id=request_id, route=PATH)
            status = FAULT
        finally:
            rooms.under_way -= 1
        rooms.metrics.request("POST", PATH, status, rooms.ambient.clock.monotonic() - started)
        return _answer(status, request_id)

    async def tell(request: Request[Any, Any, Any]) -> ASGIResponse:
        return _answer(200, rooms.ambient.ids.new("req"))

    return [
        _handler(HttpMethod.POST, take),
        _handler(HttpMethod.HEAD, tell),
        _handler(HttpMethod.GET, tell),
    ]


async def _taken(rooms: Rooms, request: Request[Any, Any, Any]) -> int:
    if rooms.overloaded:
        return UNAVAILABLE
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST:
            return TOO_LARGE
    parameters = request.path_params
    try:
        came = await rooms.receiver.receive(
            parameters["target"], parameters["connection"], request.headers, body
        )
    except Unavailable:
        return UNAVAILABLE
    return STATUS[came]


def _answer(status: int, request_id: str) -> ASGIResponse:
    """Without a body: nobody reads it."""
    return ASGIResponse(status_code=status, headers=[("request-id", request_id)])


def _handler(method: HttpMethod, handle: Any) -> HTTPRouteHandler:
    return HTTPRouteHandler(PATH, http_method=method, status_code=200, include_in_schema=False)(handle)
