"""Connections to one origin, kept open: HTTP/1.1 by h11 over asyncio. A request is written once.

In place of httpx2's own pool, which asks every idle connection at every call whether it still lives: with 32
of them that costs more than the call, and it grows with their number. Here the one used last is taken first,
and only it is looked at.
"""

import asyncio
import select
import ssl
from collections import deque
from collections.abc import AsyncIterator, Callable

import h11
import httpx2

LARGEST_HEAD = 100 * 1024
"""Bytes of an answer's head, or of one chunk's line."""
UNREAD = 256 * 1024
"""Bytes that may wait to be taken before the vendor is made to wait."""


class Line(asyncio.Protocol):
    """One connection. Between two calls it must be silent: bytes nobody asked for make it useless."""

    def __init__(self) -> None:
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=LARGEST_HEAD)
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
        self._http.receive_data(data)
        self._unread += len(data)
        if self._unread > UNREAD:
            self._transport.pause_reading()
        self._wake()

    def eof_received(self) -> None:
        self._http.receive_data(b"")
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        self._failure = exc or httpx2.ReadError("the connection was closed")
        if not self.lost.done():
            self.lost.set_result(None)
        self._wake()

    # What a call does, in this order.

    def send(self, request: h11.Request, body: bytes) -> None:
        """Write the request. Raises h11.LocalProtocolError, before anything left, when it cannot be."""
        parts = [self._http.send(request), self._http.send(h11.Data(body)) if body else b""]
        parts.append(self._http.send(h11.EndOfMessage()))
        self._busy = True
        self._transport.write(b"".join(part for part in parts if part))

    async def head(self) -> h11.Response:
        """The head of the final answer."""
        while True:
            event = await self._event()
            if isinstance(event, h11.Response):
                return event
            if not isinstance(event, h11.InformationalResponse):
                raise httpx2.RemoteProtocolError("the connection was closed without an answer")

    async def body(self) -> AsyncIterator[bytes]:
        """The body as it arrives."""
        while isinstance(event := await self._event(), h11.Data):
            yield bytes(event.data)

    def reusable(self) -> bool:
        """Make ready for another call. False when the last one did not end as it should."""
        http = self._http
        whole = http.our_state is h11.DONE and http.their_state is h11.DONE and not http.trailing_data[0]
        if whole and self.alive:
            http.start_next_cycle()
            self._busy = False
            self.idle_since = self._loop.time()
        return whole and self.alive

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

    async def _event(self) -> h11.Event | type[h11.PAUSED]:
        while True:
            try:
                event = self._http.next_event()
            except h11.RemoteProtocolError as error:
                raise httpx2.RemoteProtocolError(str(error)) from error
            if event is not h11.NEED_DATA:
                return event  # pyright: ignore[reportReturnType]
            if self._failure is not None:
                raise httpx2.ReadError(str(self._failure)) from self._failure
            await self._more()

    async def _more(self) -> None:
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


class Body(httpx2.AsyncByteStream):
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


class Lines(httpx2.AsyncBaseTransport):
    """The lines to `origin`, over TLS with `tls` when its scheme is https.

    Raises ConnectError, ConnectTimeout, PoolTimeout and LocalProtocolError only while nothing has left. Of
    the timeouts of a request `pool` and `connect` (TLS included) are kept; whoever calls limits the whole.
    """

    def __init__(self, origin: httpx2.URL, tls: ssl.SSLContext, limits: httpx2.Limits) -> None:
        self._origin = (origin.scheme, origin.netloc)
        self._host = origin.host
        self._port = origin.port or (443 if origin.scheme == "https" else 80)
        self._tls = tls if origin.scheme == "https" else None
        self._slots = asyncio.Semaphore(limits.max_connections or 100)
        self._most_idle = limits.max_keepalive_connections or 0
        self._idle_s = limits.keepalive_expiry or 0.0
        self._idle: deque[Line] = deque()
        self._open: set[Line] = set()

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        url = request.url
        if (url.scheme, url.netloc) != self._origin:
            raise httpx2.UnsupportedProtocol(f"these lines lead to {self._host} alone")
        timeouts = request.extensions.get("timeout", {})
        asked = _asked(request)
        body = b"".join([part async for part in request.stream])  # pyright: ignore[reportGeneralTypeIssues]
        await self._slot(timeouts.get("pool"))
        try:
            line = self._take() or await self._connect(timeouts.get("connect"))
        except BaseException:
            self._slots.release()
            raise
        try:
            line.send(asked, body)
            head = await line.head()
        except h11.LocalProtocolError as error:
            self._give_back(line)
            raise httpx2.LocalProtocolError(str(error)) from error
        except BaseException:
            self._give_back(line)
            raise
        return httpx2.Response(
            head.status_code, headers=head.headers.raw_items(), stream=Body(line, self._give_back)
        )

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
                    Line, self._host, self._port, ssl=self._tls, happy_eyeballs_delay=0.25
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


def _asked(request: httpx2.Request) -> h11.Request:
    try:
        return h11.Request(method=request.method, target=request.url.raw_path, headers=request.headers.raw)
    except h11.LocalProtocolError as error:
        raise httpx2.LocalProtocolError(str(error)) from error
