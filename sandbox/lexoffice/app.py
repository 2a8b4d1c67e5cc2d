"""The HTTP shell: an ASGI application around the twin, with the control API on an application of its own."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl

from sandbox.lexoffice.clock import Clock, Ids, RunningClock
from sandbox.lexoffice.courier import Courier, new_client
from sandbox.lexoffice.events.subscriptions import callback_of
from sandbox.lexoffice.seeds import demo
from sandbox.lexoffice.settings import Identity, TwinSettings, new_identity
from sandbox.lexoffice.twin import Twin
from sandbox.lexoffice.wire import Outcome, Reply, Request

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
LARGEST_BODY = 10 * 1024 * 1024


class TwinApp:
    """Serves one twin. `twin` is open to tests in the same process; `cut` closes a socket under a server.

    Callbacks are carried while the application lives (lifespan); `courier.deliver` does a round on demand.
    """

    def __init__(self, twin: Twin, settings: TwinSettings) -> None:
        self.twin = twin
        self.settings = settings
        self.identity: Identity = settings.identity or new_identity(twin.ids)
        self.cut: Callable[[Any], bool] | None = None
        self.courier: Courier | None = None
        self.snapshots: dict[str, dict[str, bytes]] = {}

    def reset(self) -> None:
        """Back to the first day: the demo companies as they were, their keys and ids included."""
        self.twin.forget()
        demo(self.twin, self.identity)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            body = await read_body(receive)
            if body is None:
                await send_reply(send, self.twin.refuse_size(self._request(scope, b"")))
            else:
                await self._serve(self._request(scope, body), scope, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        self.courier = Courier(self.twin, new_client())
        self.courier.start()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.courier.stop()
        self.courier = None
        await send({"type": "lifespan.shutdown.complete"})

    async def _serve(self, request: Request, scope: Message, send: Send) -> None:
        if self.courier is not None and self.twin.quirks.callback_check and (url := callback_of(request)):
            request.reachable = await self.courier.reachable(url)
        outcome = self.twin.handle(request)
        if self.courier is not None and self.twin.world.tasks:
            self.courier.notice()
        await self._answer(outcome, scope, send)

    def _request(self, scope: Message, body: bytes) -> Request:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        base_url = (
            self.settings.public_url or f"{scope.get('scheme', 'http')}://{headers.get('host', 'twin')}"
        )
        query = scope.get("query_string", b"")
        return Request(
            scope["method"],
            scope["path"],
            parse_qsl(query.decode("latin-1"), keep_blank_values=True) if query else (),
            headers,
            body,
            base_url,
        )

    async def _answer(self, outcome: Outcome, scope: Message, send: Send) -> None:
        if outcome.delay_s:
            await asyncio.sleep(outcome.delay_s)
        if outcome.cut is None:
            await send_reply(send, outcome.reply)
            return
        if outcome.cut == "in_body":
            await _send_half(send, outcome.reply)
        if self.cut is None or not self.cut(scope.get("client")):
            raise self.settings.on_cut()


async def read_body(receive: Receive) -> bytes | None:
    """The whole body, with or without a Content-Length; None when it is larger than the gateway takes."""
    message = await receive()
    if not message.get("more_body"):
        body = message.get("body", b"")
        return body if len(body) <= LARGEST_BODY else None
    parts, size = [], 0
    while True:
        part = message.get("body", b"")
        size += len(part)
        if size > LARGEST_BODY:
            return None
        parts.append(part)
        if not message.get("more_body"):
            return b"".join(parts)
        message = await receive()


async def send_reply(send: Send, reply: Reply) -> None:
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in reply.headers]
    headers.append((b"content-length", str(len(reply.body)).encode()))
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body})


async def _send_half(send: Send, reply: Reply) -> None:
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in reply.headers]
    headers.append((b"content-length", str(len(reply.body)).encode()))
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body[: len(reply.body) // 2], "more_body": True})
    await asyncio.sleep(0.05)


def create_app(
    settings: TwinSettings | None = None, clock: Clock | None = None, ids: Ids | None = None
) -> TwinApp:
    """A twin behind HTTP, seeded with the demo companies unless told otherwise."""
    settings = settings or TwinSettings()
    if settings.world is not None:
        clock = clock or RunningClock(timedelta(seconds=settings.world.advanced_s))
    app = TwinApp(Twin(clock, ids, settings.quirks), settings)
    if settings.world is not None:
        app.twin.go_on_with(settings.world)
    elif settings.seeded:
        app.reset()
    return app
