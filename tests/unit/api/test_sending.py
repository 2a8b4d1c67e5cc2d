"""A file that is handed on: what the caller gets, and what is noted, however it ends."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from connectors.base.errors import UpstreamBroken
from gateway.api import sending
from gateway.api.sending import InPieces

pytestmark = pytest.mark.anyio

HELLO, WORLD = b"hello ", b"world!"


class Pieces:
    """`Rest` of a test."""

    def __init__(self, *pieces: bytes, size: int | None = None, broken: bool = False) -> None:
        self.size = sum(map(len, pieces)) if size is None else size
        self.closed = False
        self.taken = 0
        self._pieces = pieces
        self._broken = broken

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            self.taken += 1
            yield piece
        if self._broken:
            raise UpstreamBroken("cut")

    async def aclose(self) -> None:
        self.closed = True


class Caller:
    """Takes `takes` messages at once, then no more; hangs up when told."""

    def __init__(self, takes: int = 100) -> None:
        self.messages: list[Any] = []
        self.gone = asyncio.Event()
        self._takes = takes

    async def send(self, message: Any) -> None:
        if len(self.messages) >= self._takes:
            await asyncio.Event().wait()
        self.messages.append(message)

    async def receive(self) -> Any:
        await self.gone.wait()
        return {"type": "http.disconnect"}

    @property
    def body(self) -> bytes:
        return b"".join(message["body"] for message in self.messages[1:])

    @property
    def told_that_it_is_whole(self) -> bool:
        return len(self.messages) > 1 and not self.messages[-1]["more_body"]


async def handed(caller: Caller, rest: Pieces, beginning: bytes = HELLO) -> list[str | None]:
    """What was noted at the end."""
    noted: list[str | None] = []
    answer = InPieces(
        200,
        [("content-type", "image/png")],
        rest,
        noted.append,
        beginning=beginning,
        size=len(beginning) + rest.size,
    )
    await answer({}, caller.receive, caller.send)  # type: ignore[typeddict-item]
    return noted


async def test_a_file_arrives_with_its_length_told_first() -> None:
    caller, rest = Caller(), Pieces(WORLD, b"?")

    assert await handed(caller, rest) == [None]
    assert caller.messages[0]["status"] == 200
    assert caller.messages[0]["headers"] == [(b"content-type", b"image/png"), (b"content-length", b"13")]
    assert caller.body == b"hello world!?"
    assert caller.told_that_it_is_whole
    assert rest.closed


@pytest.mark.parametrize("arrived", [(), (WORLD[:3],)])
async def test_a_file_that_breaks_off_never_looks_whole(arrived: tuple[bytes, ...]) -> None:
    caller, rest = Caller(), Pieces(*arrived, size=len(WORLD), broken=True)

    assert await handed(caller, rest) == ["upstream_broken"]
    assert len(caller.body) < len(HELLO + WORLD)
    assert not caller.told_that_it_is_whole
    assert rest.closed


async def test_the_next_piece_is_fetched_once_the_last_was_taken() -> None:
    caller, rest = Caller(takes=3), Pieces(*[WORLD] * 50)

    running = asyncio.create_task(handed(caller, rest))
    await asyncio.sleep(0.05)

    assert rest.taken == 2  # the one that was taken, and the one that waits
    caller.gone.set()
    assert await running == ["abandoned"]


async def test_a_caller_who_hangs_up_ends_it() -> None:
    caller, rest = Caller(takes=2), Pieces(WORLD)
    caller.gone.set()

    assert await handed(caller, rest) == ["abandoned"]
    assert rest.closed


async def test_a_caller_who_has_it_all_may_go() -> None:
    class Hasty(Caller):
        async def send(self, message: Any) -> None:
            await super().send(message)
            if message.get("more_body") is False:
                self.gone.set()

    caller = Hasty()

    assert await handed(caller, Pieces(WORLD)) == [None]


async def test_a_caller_who_takes_nothing_for_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "PATIENCE_S", 0.05)
    caller, rest = Caller(takes=2), Pieces(WORLD)

    assert await handed(caller, rest) == ["abandoned"]
    assert rest.closed
    assert not caller.told_that_it_is_whole
