"""The one way a connector reaches its vendor. The gateway supplies it: schedule, credentials, record."""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Protocol

from msgspec import Struct


class Call(Struct, frozen=True, kw_only=True):
    """One HTTP call. `path` is already percent-encoded; the host is the target's and cannot be steered."""

    method: str
    path: str
    params: tuple[tuple[str, str], ...] = ()
    content: bytes | None = None
    content_type: str | None = None
    accept: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()
    """Further request headers; none of those that the gateway writes itself."""
    writes: bool = False
    """True when it may change something at the vendor: then it is sent at most once and journaled."""
    streams: bool = False
    """True when the body is a file that may be handed on while it arrives: only a read's."""
    purpose: str
    """`invoices.create`: what the call is for, in logs and in the ledger."""


class Rest(Protocol):
    """What of a body is still on its way. It keeps a connection until it is read to its end, or closed."""

    @property
    def size(self) -> int:
        """Bytes that are to come."""
        ...

    def __aiter__(self) -> AsyncIterator[bytes]:
        """Exactly `size` bytes, once. Raises UpstreamBroken when it breaks off."""
        ...

    async def aclose(self) -> None:
        """Give up what was not read. Closing twice does nothing."""
        ...


class Answer(Struct, frozen=True, kw_only=True):
    """What the vendor answered, read to the end and decompressed within the size limit."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    content: bytes
    """The body; its beginning where a `rest` follows, which is never empty then."""
    rest: Rest | None = None
    """Of a 2xx to a call that `streams` alone; whoever answers the request closes it at the latest."""
    left_at: datetime | None = None
    """When the call left, its slot's wait behind it, by our clock; None: unknown."""


class Wire(Protocol):
    """Sends calls of one connection, one after another as the vendor's limit allows."""

    async def send(self, call: Call) -> Answer:
        """The vendor's answer, whatever its status.

        An expired token is refreshed, and a 401 on a refreshable credential repeated once, before it returns.

        Raises:
            UpstreamBusy: no slot before the deadline, or the vendor's limit; nothing was done.
            UpstreamUnreachable: no connection; nothing was sent.
            UpstreamBroken: a read was dropped, too large or unreadable.
            OutcomeUnknown: a write left and its answer did not come.
            ReconnectNeeded: the credential is gone.
        """
        ...

    async def pause(self, seconds: float) -> bool:
        """Wait within the deadline. False, at once, when the deadline would pass first."""
        ...
