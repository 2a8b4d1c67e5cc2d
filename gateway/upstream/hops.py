"""Each try of each call: what it tells the request that asked for it, logs and metrics."""

from collections.abc import Callable, Mapping
from time import perf_counter

from msgspec import Struct, field

from connectors.base.wire import Call, Rest
from gateway.telemetry.calls import UpstreamCall
from gateway.upstream.headers import trace_id

OnCall = Callable[[UpstreamCall], None]


class Ledger(Struct):
    """What one request of a caller cost at the vendor; the wire fills it."""

    calls: int = 0
    """Calls that reached the vendor, or may have."""
    waited_s: float = 0.0
    """Time spent waiting for slots."""
    trace_ids: list[str] = field(default_factory=list)
    """The vendor's own names for those calls, for its support."""
    sent: bool = False
    """True when anything has, or may have, reached the vendor."""
    older: bool = False
    """True when an answer was taken to a call that had left before it was asked for."""
    arriving: list[Rest] = field(default_factory=list)
    """Files still on their way: to be closed when the request has been answered."""

    def joined(self) -> None:
        """An answer was taken to a call that had left before it was asked for."""
        self.older = True


class Hop(Struct, kw_only=True):
    """One try of one call."""

    call: Call
    target: str
    connection: str
    attempt: int
    waited_s: float
    started: float
    ledger: Ledger
    on_call: OnCall

    def note(
        self,
        *,
        status: int | None = None,
        headers: Mapping[str, str] | None = None,
        failure: str | None = None,
        size: int = 0,
    ) -> None:
        """It left, or may have, and has ended."""
        self.record(status, failure, size, self.left(headers))

    def left(self, headers: Mapping[str, str] | None) -> str | None:
        """Tell the request of a call that left; the vendor's name for it."""
        trace = trace_id(headers) if headers else None
        self.ledger.calls += 1
        self.ledger.sent = True
        if trace is not None:
            self.ledger.trace_ids.append(trace)
        return trace

    def record(
        self, status: int | None, failure: str | None, size: int = 0, trace: str | None = None
    ) -> None:
        """Tell logs and metrics how it ended."""
        self.on_call(
            UpstreamCall(
                target=self.target,
                connection=self.connection,
                purpose=self.call.purpose,
                method=self.call.method,
                status=status,
                failure=failure,
                duration_s=perf_counter() - self.started,
                waited_s=self.waited_s,
                attempt=self.attempt,
                received_bytes=size,
                trace_id=trace,
            )
        )
