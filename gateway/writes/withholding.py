"""A wire that lets reads pass and keeps the first write back: for dry runs."""

from typing import TypeVar

from connectors.base.connector import Change
from connectors.base.errors import FieldError
from connectors.base.wire import Answer, Call, Wire
from schemas.base import Input, Unified

I = TypeVar("I", bound=Input)  # noqa: E741


class Withheld(Exception):
    """The write got as far as the wire, and no further."""


class Withholding:
    """What would have been sent."""

    def __init__(self) -> None:
        self.call: Call | None = None
        self.merged: Input | None = None
        """What an update comes to, once it was merged."""
        self.noted: tuple[FieldError, ...] = ()
        """What is left out of what was read."""

    def around(self, wire: Wire) -> Wire:
        """The wire, without a way out for writes."""
        return _DryWire(wire, self)

    def note(self, errors: tuple[FieldError, ...]) -> None:
        """Keeps what a connector says of the write."""
        self.noted += errors

    def watching(self, change: Change) -> Change:
        """The change, whose result is kept."""
        return _WatchedChange(change, self)


class _DryWire:
    def __init__(self, wire: Wire, withholding: Withholding) -> None:
        self._wire = wire
        self._withholding = withholding

    async def send(self, call: Call) -> Answer:
        if call.writes:
            self._withholding.call = call
            raise Withheld
        return await self._wire.send(call)

    async def pause(self, seconds: float) -> bool:
        return await self._wire.pause(seconds)


class _WatchedChange:
    def __init__(self, change: Change, withholding: Withholding) -> None:
        self._change = change
        self._withholding = withholding

    def merged(self, current: Unified, writable: I) -> I:
        merged = self._change.merged(current, writable)
        self._withholding.merged = merged
        return merged

    def check(self, current: Unified) -> None:
        self._change.check(current)
