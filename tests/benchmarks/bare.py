"""The least a gateway in Python does with httpx2: take a GET, ask the vendor, hand on its bytes."""

import os
from collections.abc import Awaitable, Callable
from typing import Any

import httpx2

from gateway.upstream.transport import open_transport

Scope = dict[str, Any]
Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Ask = Callable[[str], Awaitable[httpx2.Response]]

AUTHORIZATION = "Bearer bench"


class Bare:
    """An ASGI application around one way to ask."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _live(receive, send)
            return
        answer = await self._ask(scope["path"])
        headers = [
            (b"content-type", answer.headers["content-type"].encode()),
            (b"content-length", str(len(answer.content)).encode()),
        ]
        await send({"type": "http.response.start", "status": answer.status_code, "headers": headers})
        await send({"type": "http.response.body", "body": answer.content})


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
    return Bare(client.get)


def with_own_lines() -> Bare:
    """Kontor's own connections, without Kontor."""
    upstream = httpx2.URL(os.environ["BENCH_UPSTREAM"])
    transport = open_transport(upstream)
    headers = {"Authorization": AUTHORIZATION, "Host": upstream.netloc.decode()}

    async def ask(path: str) -> httpx2.Response:
        url = upstream.copy_with(path=path)
        response = await transport.handle_async_request(httpx2.Request("GET", url, headers=headers))
        await response.aread()
        await response.aclose()
        return response

    return Bare(ask)
