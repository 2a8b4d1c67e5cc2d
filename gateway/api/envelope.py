"""The frame of every JSON answer: data, page, meta; raw when asked for."""

from typing import Any

import msgspec

from gateway.api.declaration import Documents, Endpoint, Items, Reply

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
    rest: dict[str, Any] = {} if reply.page is None else {"page": reply.page}
    rest["meta"] = {"requestId": request_id, **reply.meta}
    if reply.expanded is not None:
        rest["expanded"] = reply.expanded
    if reply.raw is not None:
        rest["raw"] = reply.raw
    if not isinstance(reply.data, Documents):
        return ENCODER.encode({"data": reply.data, **rest})
    # Put together once: a page is hundreds of kilobytes, and each copy of it costs as much as reading it.
    pieces = [b",", b""] * len(reply.data.encoded)
    pieces[1::2] = reply.data.encoded
    pieces[:1] = [b'{"data":[']
    return b"".join([*pieces, b"],", ENCODER.encode(rest)[1:]])
