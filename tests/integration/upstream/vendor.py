"""A vendor made of a bare socket: it counts what arrives and answers byte for byte what the test says."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from msgspec import Struct, field


class Request(Struct, kw_only=True):
    """A request as it arrived."""

    method: str
    target: str
    headers: list[tuple[str, str]]
    body: bytes
    connection: int
    """Number of the TCP connection, from 0."""

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name), None)


Answering = Callable[[Request, asyncio.StreamWriter], Awaitable[None]]


def answer(status: str = "200 OK", body: bytes = b"{}", *headers: str) -> bytes:
    """A complete answer with its length."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode("latin-1") + body


def saying(raw: bytes, *, hang_up: bool = False) -> Answering:
    """Answers `raw` to everything; with `hang_up` closes the connection after it."""

    async def speak(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(raw)
        await writer.drain()
        if hang_up:
            writer.close()

    return speak


async def hang_up(request: Request, writer: asyncio.StreamWriter) -> None:
    """Reads the request, then closes without a word."""
    writer.close()


async def reset(request: Request, writer: asyncio.StreamWriter) -> None:
    """Reads the request, then resets the connection."""
    writer.transport.abort()


class Vendor(Struct):
    """Where it listens, and what arrived. `script` is used up first, `answering` answers the rest."""

    url: str
    answering: Answering
    script: list[Answering] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    connections: int = 0
    most_body: int | None = None
    """Bytes of a body after which it hangs up without having read the rest."""


@asynccontextmanager
async def vendor(answering: Answering | None = None, host: str = "127.0.0.1") -> AsyncIterator[Vendor]:
    """A vendor on a free port of this machine; `host` is the name in its URL."""
    told = Vendor(url="", answering=answering or saying(answer()))
    serving: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        number = told.connections
        told.connections += 1
        task = asyncio.current_task()
        assert task is not None
        serving.add(task)
        try:
            while not writer.is_closing():
                request = await _read(reader, number, told.most_body)
                told.requests.append(request)
                act = told.script.pop(0) if told.script else told.answering
                await act(request, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        except asyncio.CancelledError:
            pass
        finally:
            serving.discard(task)
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    told.url = f"http://{host}:{server.sockets[0].getsockname()[1]}"
    try:
        yield told
    finally:
        server.close()
        for task in list(serving):
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)
        await server.wait_closed()


async def _read(reader: asyncio.StreamReader, connection: int, most_body: int | None) -> Request:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.rstrip().split("\r\n")
    method, target, _ = first.split(" ", 2)
    headers = [(name, value.strip()) for name, _, value in (line.partition(":") for line in lines)]
    length = next((int(value) for name, value in headers if name.lower() == "content-length"), 0)
    if most_body is not None and length > most_body:
        await reader.readexactly(most_body)
        raise ConnectionResetError
    return Request(
        method=method,
        target=target,
        headers=headers,
        body=await reader.readexactly(length),
        connection=connection,
    )
