"""What carries a request to a vendor and brings the answer, whatever it is made of."""

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
