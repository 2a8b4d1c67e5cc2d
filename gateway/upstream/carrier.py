"""What carries a request to a vendor: connections of our own, or any transport of httpx2."""

from collections.abc import AsyncIterator
from typing import Protocol

import httpx2
from msgspec import Struct

Headers = list[tuple[bytes, bytes]]


class Stream(Protocol):
    """An answer's body as it arrives. Closing it frees, or gives up, the connection it comes over."""

    def __aiter__(self) -> AsyncIterator[bytes]: ...

    async def aclose(self) -> None: ...


class Carried(Struct, frozen=True):
    """The head of an answer; its body has to be closed."""

    status: int
    headers: Headers
    """As they came: names in any case."""
    body: Stream


class Carrier(Protocol):
    """One origin's."""

    async def carry(
        self, method: str, url: httpx2.URL, headers: Headers, content: bytes, phase_s: float | None
    ) -> Carried:
        """Send once. Waiting for a free connection, and making one, may each take `phase_s`.

        Raises ConnectError, ConnectTimeout, PoolTimeout, UnsupportedProtocol and LocalProtocolError only
        while nothing has left; other exceptions of httpx2 or OSError when something may have.
        """
        ...

    async def aclose(self) -> None:
        """Close every connection; calls under way fail."""
        ...


class OverTransport:
    """A carrier over a transport of httpx2's interface, e.g. `httpx2.ASGITransport`."""

    def __init__(self, transport: httpx2.AsyncBaseTransport) -> None:
        self._transport = transport
        self.aclose = transport.aclose

    async def carry(
        self, method: str, url: httpx2.URL, headers: Headers, content: bytes, phase_s: float | None
    ) -> Carried:
        """See `Carrier.carry`."""
        request = httpx2.Request(
            method,
            url,
            headers=headers,
            stream=httpx2.ByteStream(content),
            extensions={"timeout": {"connect": phase_s, "pool": phase_s, "read": None, "write": None}},
        )
        response = await self._transport.handle_async_request(request)
        assert isinstance(response.stream, httpx2.AsyncByteStream)
        return Carried(response.status_code, response.headers.raw, response.stream)
