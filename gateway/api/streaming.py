"""Streams of server-sent events: what is new, for as long as somebody listens.

Source of the format: WHATWG HTML, "Server-sent events" (read 2026-11-28). A block without `data` moves the
listener's last id and is no event to it; so a heartbeat carries the place where to go on.
"""

import asyncio
from typing import TYPE_CHECKING, Annotated, Any, Protocol

import msgspec
from litestar.types import Receive, Scope, Send
from msgspec import Meta, Struct

from connectors.base.errors import KontorError
from gateway.api.call import Call
from gateway.api.declaration import Reply
from gateway.api.problems import from_framework, problem_parts
from gateway.api.sending import PATIENCE_S, encoded, while_there
from gateway.errors import TooManyStreams, Unavailable
from gateway.telemetry.log import fault

if TYPE_CHECKING:
    from gateway.api.sending import Headers

MEDIA_TYPE = "text/event-stream"
HEADERS = (
    ("content-type", MEDIA_TYPE),
    ("cache-control", "no-store, no-transform"),
    ("x-accel-buffering", "no"),  # proxies that would wait until there is more
)
HEARTBEAT_S = 15.0
LOOKS_EVERY_S = 0.5
RETRY_MS = 2_000
"""When a listener whose stream ended comes again."""
AT_ONCE, OF_ONE_KEY = 500, 20
"""Streams of a process: the server holds a place for each, beside those of requests."""

Seconds = Annotated[
    int, Meta(ge=0, le=3600, description="When the stream ends, to be begun anew; 0: with what is there now.")
]
LONGEST_S = 900


class News(Struct, frozen=True):
    """What a look brought."""

    blocks: bytes = b""
    more: bool = False
    """Whether the next look need not wait."""


class Source(Protocol):
    """Where a stream's events come from. No session of the database is kept between looks."""

    async def news(self) -> News:
        """What is new since the last look. An error ends the stream, and is told in it."""
        ...

    def heartbeat(self) -> bytes:
        """A block that is no event."""
        ...


class Stream(Struct, frozen=True):
    """What a handler answers with, as `Reply.stream`."""

    source: Source
    seconds: int


def streamed(call: Call, source: Source, seconds: int) -> Reply:
    """The answer that is a stream.

    Raises:
        TooManyStreams: this API key has too many open in this process.
        Unavailable: all have.
    """
    streams = call.rooms.streams
    if streams[call.caller.key_id] >= OF_ONE_KEY:
        raise TooManyStreams(OF_ONE_KEY)
    if streams.total() >= AT_ONCE:
        raise Unavailable("Too many streams are open here.", retry_after_s=5)
    return Reply(content=b"", headers=HEADERS, stream=Stream(source, seconds))


def block(event: str, data: Any, id: str | None = None) -> bytes:
    """One event; `data` becomes JSON, which has no line breaks."""
    named = b"" if id is None else b"id: %s\n" % id.encode()
    return named + b"event: %s\ndata: %s\n\n" % (event.encode(), msgspec.json.encode(data))


class Told:
    """A stream on its way: until its time is over, the process is told to stop, or the key is taken."""

    def __init__(self, headers: "Headers", stream: Stream, call: Call) -> None:
        self._headers = encoded(headers)
        self._stream = stream
        self._call = call
        self._clock = call.rooms.ambient.clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        streams, key_id = self._call.rooms.streams, self._call.caller.key_id
        streams[key_id] += 1
        try:
            sending = await while_there(self._send(send), receive)
            if not sending.cancelled():
                sending.result()
        finally:
            streams[key_id] -= 1
            if not streams[key_id]:
                del streams[key_id]

    async def _send(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self._headers})
        try:
            await self._pass(send, b"retry: %d\n\n" % RETRY_MS)
            await self._tell(send)
        except TimeoutError:
            return  # taken by nobody; left open, the server sees that it is not whole
        except Exception as exception:
            await self._pass(send, self._problem(exception))
        await self._pass(send, b"", more=False)

    async def _tell(self, send: Send) -> None:
        begun = told = checked = self._clock.monotonic()
        while self._call.rooms.ready:
            found = await self._stream.source.news()
            now = self._clock.monotonic()
            if now - checked >= HEARTBEAT_S:
                checked = now
                if not await self._still_allowed():
                    return
            blocks = found.blocks or (self._stream.source.heartbeat() if now - told >= HEARTBEAT_S else b"")
            if blocks:
                await self._pass(send, blocks)
                told = now
            if not found.more:
                left = begun + self._stream.seconds - now
                if left <= 0:
                    return
                await self._clock.sleep(min(LOOKS_EVERY_S, left))

    async def _still_allowed(self) -> bool:
        call = self._call
        caller = await call.rooms.api_keys.authenticate(call.header("x-api-key") or "")
        return caller is not None and call.endpoint.scope in caller.scopes

    async def _pass(self, send: Send, blocks: bytes, *, more: bool = True) -> None:
        async with asyncio.timeout(PATIENCE_S):
            await send({"type": "http.response.body", "body": blocks, "more_body": more})

    def _problem(self, exception: Exception) -> bytes:
        error = exception if isinstance(exception, KontorError) else from_framework(exception)
        if error.status == 500:
            fault(exception, request_id=self._call.request_id, route=self._call.endpoint.path)
        _, _, body = problem_parts(error, self._call.request_id)
        return block("problem", msgspec.Raw(body))
