"""The frame of every JSON answer: data, page, meta; raw when asked for."""

from typing import Any

import msgspec

from gateway.api.declaration import Endpoint, Items, Reply

ENCODER = msgspec.json.Encoder()
JSON = ("content-type", "application/json")
Answered = tuple[int, list[tuple[str, str]], bytes]


def render(endpoint: Endpoint, result: Any, request_id: str) -> Answered:
    """Status, headers and body for what a handler returned."""
    if isinstance(result, Reply):
        status = result.status or endpoint.status
        if result.content is not None:
            return status, list(result.headers), result.content
        return status, [*result.headers, JSON], frame(result, request_id)
    if result is None:
        return 204, [], b""
    if isinstance(result, Items):
        page = {"next": result.next, "limit": result.limit}
        return endpoint.status, [JSON], frame(Reply(data=result.items, page=page), request_id)
    return endpoint.status, [JSON], frame(Reply(data=result), request_id)


def frame(reply: Reply, request_id: str) -> bytes:
    """The envelope as bytes."""
    body: dict[str, Any] = {"data": reply.data}
    if reply.page is not None:
        body["page"] = reply.page
    body["meta"] = {"requestId": request_id, **reply.meta}
    if reply.raw is not None:
        body["raw"] = reply.raw
    return ENCODER.encode(body)
