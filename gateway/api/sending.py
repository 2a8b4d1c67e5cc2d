"""An answer's bytes on their way to the caller."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any, Protocol, TypeVar

from litestar.types import Receive, Scope, Send

from connectors.base.errors import KontorError
from gateway.upstream.arriving import ABANDONED

Headers = list[tuple[str, str]]
T = TypeVar("T")

PATIENCE_S = 30.0
"""How long a caller may take nothing of a file that keeps a vendor's connection."""


class Whole:
    """An answer whose bytes are all there. Litestar's own would go over the headers three more times."""

    __slots__ = ("_body", "_headers", "_status")

    def __init__(self, status: int, headers: Headers, body: bytes) -> None:
        self._status = status
        self._headers = encoded(headers)
        if status != 204:
            self._headers.append((b"content-length", b"%d" % len(body)))
        self._body = body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self._status, "headers": self._headers})
        await send({"type": "http.response.body", "body": self._body, "more_body": False})


class Pieces(Protocol):
    """A body that arrives, or is made, while it is taken."""

    def __aiter__(self) -> AsyncIterator[bytes]: ...

    async def aclose(self) -> None: ...


class InPieces:
    """A body that is handed on in pieces: the next is fetched once the caller has taken the last.

    Whatever ends it early leaves it short of the length that was told, or without its end where none could
    be: the server then cuts the connection, and nobody can take it for whole.
    """

    def __init__(
        self,
        status: int,
        headers: Headers,
        pieces: Pieces,
        ended: Callable[[str | None], None],
        *,
        beginning: bytes = b"",
        size: int | None = None,
    ) -> None:
        """`ended` is told what ended it early: a problem's code, or `abandoned` by the caller; else None.
        `size`: of all, `beginning` too, where it is known."""
        self._left = size
        self._headers = encoded(headers)
        if size is not None:
            self._headers.append((b"content-length", b"%d" % size))
        self._status = status
        self._beginning = beginning
        self._pieces = pieces
        self._ended = ended

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        code: str | None = ABANDONED
        try:
            sending = await while_there(self._send(send), receive)
            if not sending.cancelled():
                code = sending.result()
            elif self._left == 0:  # a caller who has it all may go
                code = None
        finally:
            await self._pieces.aclose()
            self._ended(code)

    async def _send(self, send: Send) -> str | None:
        await send({"type": "http.response.start", "status": self._status, "headers": self._headers})
        try:
            if self._beginning:
                await self._pass(send, self._beginning)
            async for piece in self._pieces:
                if piece:
                    await self._pass(send, piece)
        except KontorError as error:
            return error.code
        except TimeoutError:
            return ABANDONED
        if self._left is None:
            await self._pass(send, b"", more=False)
        return None

    async def _pass(self, send: Send, piece: bytes, *, more: bool = True) -> None:
        if self._left is not None:
            more = self._left > len(piece)
        async with asyncio.timeout(PATIENCE_S):
            await send({"type": "http.response.body", "body": piece, "more_body": more})
        if self._left is not None:
            self._left -= len(piece)


async def while_there(sending: Coroutine[Any, Any, T], receive: Receive) -> "asyncio.Task[T]":
    """`sending`, which is over: by itself, or cancelled since the caller has hung up."""
    tasks = asyncio.create_task(sending), asyncio.create_task(_left(receive))
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return tasks[0]


async def _left(receive: Receive) -> None:
    """Returns when the caller has hung up."""
    while (await receive())["type"] != "http.disconnect":
        pass


def encoded(headers: Headers) -> list[tuple[bytes, bytes]]:
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
