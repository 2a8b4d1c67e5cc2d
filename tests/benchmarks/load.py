"""A load generator that costs little beside what it measures: one request, over and over, on open lines."""

import asyncio
from collections.abc import Sequence
from functools import partial
from time import perf_counter

import msgspec

PATIENCE_S = 15.0
"""How long answers may take after the time is up."""


class LoadError(RuntimeError):
    """The server answered something else than 200 or 201, or hung up: its speed would mean nothing."""


class Sample(msgspec.Struct, frozen=True):
    """Answers that were whole within `seconds`, each with its time in seconds."""

    seconds: float
    latencies_s: list[float]

    @property
    def requests(self) -> int:
        return len(self.latencies_s)


GOOD = (b"HTTP/1.1 200", b"HTTP/1.1 201")


def get(path: str, host: str, headers: dict[str, str] | None = None) -> bytes:
    """The bytes of a GET over HTTP/1.1."""
    return _head("GET", path, host, headers or {})


def post(path: str, host: str, headers: dict[str, str], body: bytes) -> bytes:
    """The bytes of a POST of JSON over HTTP/1.1."""
    sized = {"Content-Type": "application/json", "Content-Length": str(len(body)), **headers}
    return _head("POST", path, host, sized) + body


def _head(method: str, path: str, host: str, headers: dict[str, str]) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", "Accept: application/json"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def answer_length(head: bytes) -> int | None:
    """Bytes after the empty line, by the head in lower case; None when the body comes in chunks.

    Raises:
        LoadError: neither is said.
    """
    start = head.find(b"\r\ncontent-length:")
    if start >= 0:
        end = head.find(b"\r\n", start + 2)
        return int(head[start + 17 : end if end >= 0 else len(head)])
    if b"\r\ntransfer-encoding: chunked" in head:
        return None
    raise LoadError(f"an answer without length: {head!r}")


class Line(asyncio.Protocol):
    """One connection: the next request leaves when the answer to the last is whole."""

    def __init__(self, request: bytes, until: float) -> None:
        self.latencies_s: list[float] = []
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._request = request
        self._until = until
        self._received = b""
        self._sent_at = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._send()

    def data_received(self, data: bytes) -> None:
        self._received = self._received + data if self._received else data
        try:
            whole = self._whole()
        except LoadError as error:
            self._end(error)
            return
        if whole:
            now = perf_counter()
            if now > self._until:
                self._end(None)
                return
            self.latencies_s.append(now - self._sent_at)
            self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(LoadError(f"the server hung up after {len(self.latencies_s)} answers"))

    def _send(self) -> None:
        self._received = b""
        self._sent_at = perf_counter()
        self._transport.write(self._request)

    def _whole(self) -> bool:
        split = self._received.find(b"\r\n\r\n")
        if split < 0:
            return False
        if not self._received.startswith(GOOD):
            raise LoadError(f"the server answered {self._received[:300]!r}")
        length = answer_length(self._received[:split].lower())
        if length is None:
            return self._received.endswith(b"0\r\n\r\n")
        return len(self._received) >= split + 4 + length

    def _end(self, error: LoadError | None) -> None:
        if self.ended.done():
            return
        if error is None:
            self.ended.set_result(None)
        else:
            self.ended.set_exception(error)
        self._transport.close()


async def load(
    host: str, port: int, requests: Sequence[bytes], *, connections: int, seconds: float
) -> Sample:
    """Keep `connections` lines busy for `seconds`; each sends one of `requests` all the time, in turn.

    Raises:
        LoadError: an answer was neither 200 nor 201, or a line broke.
    """
    loop = asyncio.get_running_loop()
    begin = perf_counter()
    opened = [
        loop.create_connection(partial(Line, requests[number % len(requests)], begin + seconds), host, port)
        for number in range(connections)
    ]
    lines = [line for _, line in await asyncio.gather(*opened)]
    async with asyncio.timeout(seconds + PATIENCE_S):
        await asyncio.gather(*(line.ended for line in lines))
    return Sample(seconds, [latency for line in lines for latency in line.latencies_s])
