"""The load generator against servers of a few lines each."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from tests.benchmarks.load import LoadError, answer_length, get, load

pytestmark = pytest.mark.anyio

REQUEST = get("/", "127.0.0.1", {"X-API-KEY": "bench"})


class Door:
    """Answers every request with the same pieces and counts them."""

    def __init__(self, *pieces: bytes, answers: int = 1_000_000) -> None:
        self.requests: list[bytes] = []
        self.port = 0
        self._pieces = pieces
        self._answers = answers

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            for _ in range(self._answers):
                self.requests.append(await reader.readuntil(b"\r\n\r\n"))
                for piece in self._pieces:
                    writer.write(piece)
                    await writer.drain()
                    await asyncio.sleep(0)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def opened(door: Door) -> AsyncIterator[Door]:
    server = await asyncio.start_server(door.serve, "127.0.0.1", 0)
    door.port = server.sockets[0].getsockname()[1]
    try:
        yield door
    finally:
        server.close()
        await asyncio.sleep(0.01)  # lines that were closed on the other side end


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"


async def test_every_counted_answer_belongs_to_a_request_the_server_saw() -> None:
    async with opened(Door(OK + b"ok")) as door:
        sample = await load("127.0.0.1", door.port, [REQUEST], connections=4, seconds=0.1)

    assert sample.requests > 4
    # Each line has one request more on its way when the time is up.
    assert len(door.requests) == sample.requests + 4


async def test_the_request_arrives_as_written() -> None:
    async with opened(Door(OK + b"ok")) as door:
        await load("127.0.0.1", door.port, [REQUEST], connections=1, seconds=0.01)

    assert door.requests[0] == (
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\nX-API-KEY: bench\r\n\r\n"
    )


@pytest.mark.parametrize(
    "pieces",
    [
        (b"HTTP/1.1 200 OK\r\nCont", b"ent-Length: 2\r\n\r", b"\no", b"k"),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", b"2\r\nok\r\n", b"0\r\n\r\n"),
    ],
    ids=["in pieces", "chunked"],
)
async def test_an_answer_counts_once_when_it_is_whole(pieces: tuple[bytes, ...]) -> None:
    async with opened(Door(*pieces)) as door:
        sample = await load("127.0.0.1", door.port, [REQUEST], connections=2, seconds=0.05)

    assert len(door.requests) == sample.requests + 2


@pytest.mark.parametrize(
    ("door", "said"),
    [
        (lambda: Door(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n"), "401 Unauthorized"),
        (lambda: Door(OK + b"ok", answers=3), "hung up after 3 answers"),
        (lambda: Door(b"HTTP/1.1 200 OK\r\n\r\n"), "without length"),
    ],
)
async def test_a_server_that_does_not_answer_as_it_should_has_no_speed(
    door: Callable[[], Door], said: str
) -> None:
    async with opened(door()) as there:
        with pytest.raises(LoadError, match=said):
            await load("127.0.0.1", there.port, [REQUEST], connections=1, seconds=0.2)


@pytest.mark.parametrize(
    ("head", "length"),
    [(b"http/1.1 200 ok\r\ncontent-length: 42\r\ndate: x", 42), (b"http/1.1 200 ok\r\ncontent-length:7", 7)],
)
def test_the_length_is_read_wherever_it_stands(head: bytes, length: int) -> None:
    assert answer_length(head) == length
