"""A wire that lets reads pass and keeps the first write back: for dry runs."""

from connectors.base.wire import Answer, Call, Wire


class Withheld(Exception):
    """The write got as far as the wire, and no further."""


class Withholding:
    """What would have been sent."""

    def __init__(self) -> None:
        self.call: Call | None = None

    def around(self, wire: Wire) -> Wire:
        """The wire, without a way out for writes."""
        return _DryWire(wire, self)


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
