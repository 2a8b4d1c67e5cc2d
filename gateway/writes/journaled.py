"""A wire that has SENT committed before the first byte of a write leaves, and watches what comes back."""

from collections.abc import Awaitable, Callable

from connectors.base.errors import KontorError, OutcomeUnknown
from connectors.base.wire import Answer, Call, Wire
from gateway.upstream.wire import ScheduledWire
from gateway.writes.outcome import Traces

Commit = Callable[[], Awaitable[None]]


class JournaledWire:
    """`Wire`. Waiting for token and slot comes before SENT, so that what waited in vain was never sent."""

    def __init__(self, wire: Wire, traces: Traces, commit_sent: Commit) -> None:
        self._traces = traces
        self._commit_sent = commit_sent
        self._gated = isinstance(wire, ScheduledWire)
        self._wire = wire.gated(self._before_sending) if isinstance(wire, ScheduledWire) else wire

    async def send(self, call: Call) -> Answer:
        """See `Wire.send`."""
        if not call.writes:
            return await self._wire.send(call)
        if not self._gated:
            await self._before_sending()
        try:
            answer = await self._wire.send(call)
        except KontorError as error:
            self._traces.doubtful |= isinstance(error, OutcomeUnknown)
            raise
        except BaseException:
            self._traces.doubtful = True
            raise
        self._traces.saw(answer)
        return answer

    async def pause(self, seconds: float) -> bool:
        """See `Wire.pause`."""
        return await self._wire.pause(seconds)

    async def _before_sending(self) -> None:
        if not self._traces.sent:
            await self._commit_sent()
            self._traces.sent = True
