"""Connections to one origin, kept open: HTTP/1.1 by llhttp over asyncio. A request is written once.

In place of httpx2's own pool, which asks every idle connection at every call whether it still lives: with 32
of them that costs more than the call, and it grows with their number. Here the one used last is taken first,
and only it is looked at.
"""

import asyncio
import select
import ssl
from collections import deque
from collections.abc import AsyncIterator, Callable

import httpx2

from gateway.upstream.answering import Answering, written
from gateway.upstream.carrier import Carried, Headers

UNREAD = 256 * 1024
"""Bytes that may wait to be taken before the vendor is made to wait."""


class Line(asyncio.Protocol):
    """One connection. Between two calls it must be silent: bytes nobody asked for make it useless."""

    def __init__(self) -> None:
        self._answer = Answering()
        self._loop = asyncio.get_running_loop()
        self._arrival: asyncio.Future[None] | None = None
        self._unread = 0
        self._busy = False
        self._failure: Exception | None = None
        self.lost = self._loop.create_future()
        """Done once the socket is closed."""
        self.idle_since = 0.0

    # What asyncio tells.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._look = select.poll()
        self._look.register(transport.get_extra_info("socket").fileno(), select.POLLIN)

    def data_received(self, data: bytes) -> None:
        if not self._busy:
            self.abort()
            return
        self._read(lambda: self._answer.feed(data))
        self._unread += len(data)
        if self._unread > UNREAD:
            self._transport.pause_reading()
        self._wake()

    def eof_received(self) -> None:
        if self._busy:
            self._read(self._answer.end)
            self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        self._failure = self._failure or exc or httpx2.ReadError("the connection was closed")
        if not self.lost.done():
            self.lost.set_result(None)
        self._wake()

    # What a call does, in this order.

    def send(self, request: bytes, *, bodiless: bool) -> None:
        """Write the request; `bodiless`: its answer will have no body."""
        self._answer.start(bodiless=bodiless)
        self._busy = True
        self._transport.write(request)

    async def head(self) -> tuple[int, list[tuple[bytes, bytes]]]:
        """Status and headers of the final answer."""
        while not self._answer.head_read:
            await self._more()
        return self._answer.status, self._answer.headers

    async def body(self) -> AsyncIterator[bytes]:
        """The body as it arrives."""
        answer = self._answer
        while True:
            if answer.parts:
                parts, answer.parts = answer.parts, []
                yield parts[0] if len(parts) == 1 else b"".join(parts)
            elif answer.complete:
                return
            else:
                await self._more()

    def reusable(self) -> bool:
        """Make ready for another call. False when the last one did not end as it should."""
        if not (self._answer.reusable and not self._answer.parts and self.alive):
            return False
        self._busy = False
        self.idle_since = self._loop.time()
        return True

    @property
    def alive(self) -> bool:
        return self._failure is None and not self._transport.is_closing()

    @property
    def silent(self) -> bool:
        """Nothing waits at the socket that the event loop had no time to read: a goodbye, most likely."""
        return not self._look.poll(0)

    def abort(self) -> None:
        """Close at once."""
        self._transport.abort()

    def _read(self, step: Callable[[], None]) -> None:
        try:
            step()
        except httpx2.RemoteProtocolError as error:
            self._failure = self._failure or error

    async def _more(self) -> None:
        """Wait for bytes. Raises what went wrong when there will be none."""
        if isinstance(self._failure, httpx2.RemoteProtocolError):
            raise self._failure
        if self._failure is not None:
            raise httpx2.ReadError(str(self._failure)) from self._failure
        self._unread = 0
        self._transport.resume_reading()
        self._arrival = self._loop.create_future()
        try:
            await self._arrival
        finally:
            self._arrival = None

    def _wake(self) -> None:
        if self._arrival is not None and not self._arrival.done():
            self._arrival.set_result(None)


class Body:
    """An answer's body; closing it gives the line back, or gives it up when something is left."""

    def __init__(self, line: Line, give_back: Callable[[Line], None]) -> None:
        self._line: Line | None = line
        self._give_back = give_back

    async def __aiter__(self) -> AsyncIterator[bytes]:
        if self._line is not None:
            async for part in self._line.body():
                yield part

    async def aclose(self) -> None:
        line, self._line = self._line, None
        if line is not None:
            self._give_back(line)


class Lines:
    """The lines to `origin`, over TLS with `tls` when its scheme is https: a `Carrier`.

    `address`: where they lead instead of what its name resolves to; certificates still have to be the name's.
    """

    def __init__(
        self, origin: httpx2.URL, tls: ssl.SSLContext, limits: httpx2.Limits, address: str | None = None
    ) -> None:
        self._origin = (origin.scheme, origin.netloc)
        self._host = origin.host
        self._port = origin.port or (443 if origin.scheme == "https" else 80)
        self._tls = tls if origin.scheme == "https" else None
        self._dialled = address or origin.host
        self._slots = asyncio.Semaphore(limits.max_connections or 100)
        self._most_idle = limits.max_keepalive_connections or 0
        self._idle_s = limits.keepalive_expiry or 0.0
        self._idle: deque[Line] = deque()
        self._open: set[Line] = set()

    async def carry(
        self, method: str, url: httpx2.URL, headers: Headers, content: bytes, phase_s: float | None
    ) -> Carried:
        """See `Carrier.carry`; TLS counts as making a connection."""
        if (url.scheme, url.netloc) != self._origin:
            raise httpx2.UnsupportedProtocol(f"these lines lead to {self._host} alone")
        asked = written(method.encode(), url.raw_path, headers, content)
        await self._slot(phase_s)
        try:
            line = self._take() or await self._connect(phase_s)
        except BaseException:
            self._slots.release()
            raise
        try:
            line.send(asked, bodiless=method == "HEAD")
            status, received = await line.head()
        except BaseException:
            self._give_back(line)
            raise
        return Carried(status, received, Body(line, self._give_back))

    async def aclose(self) -> None:
        self._idle.clear()
        lines = list(self._open)
        for line in lines:
            line.abort()
        await asyncio.gather(*(line.lost for line in lines))

    async def _slot(self, timeout_s: float | None) -> None:
        if not self._slots.locked():
            await self._slots.acquire()  # returns without giving way
            return
        try:
            async with asyncio.timeout(timeout_s):
                await self._slots.acquire()
        except TimeoutError as error:
            raise httpx2.PoolTimeout(f"all lines to {self._host} are busy") from error

    def _take(self) -> Line | None:
        """The line used last, if it was not idle for too long."""
        oldest = asyncio.get_running_loop().time() - self._idle_s
        while self._idle:
            line = self._idle.pop()
            if line.alive and line.idle_since >= oldest and line.silent:
                return line
            line.abort()
        return None

    async def _connect(self, timeout_s: float | None) -> Line:
        try:
            async with asyncio.timeout(timeout_s):
                _, line = await asyncio.get_running_loop().create_connection(
                    Line,
                    self._dialled,
                    self._port,
                    ssl=self._tls,
                    server_hostname=self._host if self._tls else None,
                    happy_eyeballs_delay=0.25,
                )
        except TimeoutError as error:
            raise httpx2.ConnectTimeout(f"no connection to {self._host}") from error
        except OSError as error:  # TLS errors are among them
            raise httpx2.ConnectError(str(error)) from error
        self._open.add(line)
        line.lost.add_done_callback(lambda _: self._open.discard(line))
        return line

    def _give_back(self, line: Line) -> None:
        self._slots.release()
        if not line.reusable():
            line.abort()
            return
        self._idle.append(line)
        oldest = line.idle_since - self._idle_s
        while self._idle and (len(self._idle) > self._most_idle or self._idle[0].idle_since < oldest):
            self._idle.popleft().abort()
