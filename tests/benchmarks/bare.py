"""The least a gateway in Python does with httpx2: take a GET, ask the vendor, hand on its bytes."""

import os
from collections.abc import Awaitable, Callable
from typing import Any

import httpx2

from gateway.upstream.transport import open_lines

Scope = dict[str, Any]
Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Answered = tuple[int, bytes]
Ask = Callable[[str], Awaitable[Answered]]

AUTHORIZATION = "Bearer bench"


class Bare:
    """An ASGI application around one way to ask."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _live(receive, send)
            return
        status, content = await self._ask(scope["path"])
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(content))]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": content})


async def _live(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


def with_client() -> Bare:
    """The client as its documentation shows it."""
    client = httpx2.AsyncClient(
        base_url=os.environ["BENCH_UPSTREAM"],
        headers={"Authorization": AUTHORIZATION},
        limits=httpx2.Limits(max_connections=200, max_keepalive_connections=100),
    )

    async def ask(path: str) -> Answered:
        answer = await client.get(path)
        return answer.status_code, answer.content

    return Bare(ask)


def with_own_lines() -> Bare:
    """Kontor's own connections, without Kontor."""
    upstream = httpx2.URL(os.environ["BENCH_UPSTREAM"])
    lines = open_lines(upstream)
    headers = [(b"Host", upstream.netloc), (b"Authorization", AUTHORIZATION.encode())]

    async def ask(path: str) -> Answered:
        carried = await lines.carry("GET", upstream.copy_with(path=path), headers, b"", None)
        content = b"".join([part async for part in carried.body])
        await carried.body.aclose()
        return carried.status, content

    return Bare(ask)
