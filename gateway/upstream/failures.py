"""Why there is no answer, and what is known then."""

import httpx2

from gateway.upstream.body import Unreadable
from gateway.upstream.carrier import Carried, Headers

NOT_SENT = (
    httpx2.ConnectError,
    httpx2.ConnectTimeout,
    httpx2.PoolTimeout,
    httpx2.UnsupportedProtocol,
    httpx2.LocalProtocolError,
)
"""Failures before the first byte: no connection was made, or the request could not be written down."""
FAILED = (Unreadable, httpx2.TransportError, httpx2.StreamError, OSError)
"""Failures later on; TimeoutError is an OSError."""


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


def no_answer(error: Exception, timeout_s: float, carried: Carried | None) -> NoAnswer:
    """What one of `FAILED` means; `carried` is the head, if it came."""
    if isinstance(error, TimeoutError):
        reason = f"no answer within {timeout_s:.0f} s"
    elif isinstance(error, Unreadable):
        reason = str(error)
    else:
        reason = f"the connection broke ({type(error).__name__})"
    if carried is None:
        return NoAnswer(reason)
    broken = not isinstance(error, Unreadable)
    return NoAnswer(reason, carried.status, lowered(carried.headers), broken=broken)


def lowered(raw: Headers) -> dict[str, str]:
    """Names in lower case, text as Latin-1 (any byte is allowed there); the last of equal names wins."""
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in raw}
