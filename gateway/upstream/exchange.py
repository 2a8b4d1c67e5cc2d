"""One request, one answer, within a time; and what is known when there is none."""

import asyncio

import httpx2

from connectors.base.wire import Answer
from gateway.upstream.body import LIMIT, Unreadable, read
from gateway.upstream.carrier import Carried, Carrier, Headers

NOT_SENT = (
    httpx2.ConnectError,
    httpx2.ConnectTimeout,
    httpx2.PoolTimeout,
    httpx2.UnsupportedProtocol,
    httpx2.LocalProtocolError,
)
"""Failures before the first byte: no connection was made, or the request could not be written down."""

PHASES = 4
"""Waiting for the pool, TCP and TLS each get a quarter of the time, so that they end before the whole does:
running out of it then always means that a connection was up."""


class NotSent(Exception):
    """No connection: the vendor cannot have seen anything."""


class NoAnswer(Exception):
    """The request left, or may have left, and no usable answer came."""

    def __init__(
        self,
        reason: str,
        status: int | None = None,
        headers: dict[str, str] | None = None,
        *,
        broken: bool = True,
    ) -> None:
        super().__init__(reason)
        self.broken = broken
        """False when an answer came, but one that cannot be used; it would come again."""
        self.reason = reason
        self.status = status
        self.headers = headers or {}


async def exchange(
    carrier: Carrier,
    method: str,
    url: httpx2.URL,
    headers: Headers,
    content: bytes | None,
    *,
    timeout_s: float,
    limit: int = LIMIT,
) -> Answer:
    """Send once and read the answer to its end, all within `timeout_s`, however slowly bytes arrive.

    Raises:
        NotSent: certain that nothing left.
        NoAnswer: anything else that went wrong.
    """
    carried: Carried | None = None
    try:
        async with asyncio.timeout(timeout_s):
            carried = await carrier.carry(method, url, headers, content or b"", timeout_s / PHASES)
            try:
                body = await read(carried.body, carried.headers, limit)
            finally:
                await carried.body.aclose()
    except NOT_SENT as error:
        raise NotSent(type(error).__name__) from error
    except TimeoutError as error:
        raise _no_answer(f"no answer within {timeout_s:.0f} s", carried) from error
    except Unreadable as error:
        raise _no_answer(str(error), carried, broken=False) from error
    except (httpx2.TransportError, httpx2.StreamError, OSError) as error:
        raise _no_answer(f"the connection broke ({type(error).__name__})", carried) from error
    return Answer(status=carried.status, headers=lowered(carried.headers), content=body)


def _no_answer(reason: str, carried: Carried | None, *, broken: bool = True) -> NoAnswer:
    if carried is None:
        return NoAnswer(reason)
    return NoAnswer(reason, carried.status, lowered(carried.headers), broken=broken)


def lowered(raw: Headers) -> dict[str, str]:
    """Names in lower case, text as Latin-1 (any byte is allowed there); the last of equal names wins."""
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in raw}
