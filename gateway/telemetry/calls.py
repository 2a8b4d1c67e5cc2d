"""The record of one call to a vendor, as logs and metrics see it."""

from msgspec import Struct


class UpstreamCall(Struct, frozen=True, kw_only=True):
    """One HTTP exchange, or the failed attempt at one. A repeat after a 401 or 429 is a record of its own."""

    target: str
    connection: str
    """The connection's id; `-` for a credential that is being checked before there is one."""
    purpose: str
    method: str
    status: int | None
    """None when no answer came."""
    failure: str | None
    """Code of the error when no usable answer came."""
    duration_s: float
    waited_s: float
    """Time spent waiting for a slot before this call."""
    attempt: int
    received_bytes: int
    trace_id: str | None
