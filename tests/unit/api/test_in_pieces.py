"""An answer that is made while it is taken: only what is whole has an end."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

import pytest

from gateway.api.sending import InPieces
from gateway.errors import Unavailable

pytestmark = pytest.mark.anyio


class Made:
    """Pieces, and after them an error if there is one."""

    def __init__(self, *pieces: bytes, error: Exception | None = None) -> None:
        self._pieces = self._made(pieces, error)
        self.closed = 0

    async def _made(self, pieces: tuple[bytes, ...], error: Exception | None) -> AsyncGenerator[bytes]:
        for piece in pieces:
            yield piece
        if error is not None:
            raise error

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._pieces

    async def aclose(self) -> None:
        await self._pieces.aclose()
        self.closed += 1


async def answered(made: Made, *, leaves: bool = False) -> tuple[list[dict[str, Any]], list[str | None]]:
    """What was sent of the body, and how it is said to have ended."""
    sent: list[dict[str, Any]] = []
    ends: list[str | None] = []

    async def receive() -> Any:
        if not leaves:
            await asyncio.Event().wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)
        if leaves:
            await asyncio.Event().wait()

    await InPieces(200, [], made, ends.append)({}, receive, send)  # pyright: ignore[reportArgumentType]
    return sent[1:], ends


async def test_what_is_whole_has_an_end() -> None:
    made = Made(b"a", b"", b"b")
    sent, ends = await answered(made)

    assert [(one["body"], one["more_body"]) for one in sent] == [(b"a", True), (b"b", True), (b"", False)]
    assert (ends, made.closed) == ([None], 1)


async def test_what_fails_on_the_way_has_none() -> None:
    made = Made(b"a", error=Unavailable("The database does not answer."))
    sent, ends = await answered(made)

    assert [(one["body"], one["more_body"]) for one in sent] == [(b"a", True)]
    assert (ends, made.closed) == (["unavailable"], 1)


async def test_who_hangs_up_gives_the_place_back() -> None:
    made = Made(b"a")
    sent, ends = await answered(made, leaves=True)

    assert (sent, ends, made.closed) == ([], ["abandoned"], 1)
