"""A wire that has SENT committed before the first byte of a write leaves, and watches what comes back."""

from collections.abc import Awaitable, Callable

from connectors.base.errors import KontorError, OutcomeUnknown, UpstreamBusy
from connectors.base.wire import Answer, Call, Wire
from gateway.ambient import Clock
from gateway.upstream.wire import ScheduledWire
from gateway.writes.outcome import Traces, of_status
from gateway.writes.rows import CONFIRMED, REJECTED, UNKNOWN
from gateway.writes.tape import Tape

Commit = Callable[[], Awaitable[None]]
Mark = Callable[[Call], Call]


class Recording:
    """What the wires of one write share."""

    def __init__(self, tape: Tape, traces: Traces, clock: Clock, mark: Mark | None, longest_s: float) -> None:
        self.longest_s = longest_s
        """Who takes longer to commit may have been taken for dead meanwhile, and sends nothing."""
        self.tape = tape
        self.traces = traces
        self.clock = clock
        self.mark = mark
        self.sending: Call | None = None
        """The writing call under way, as the caller means it: without a mark."""


class JournaledWire:
    """`Wire`. Waiting for token and slot comes before SENT, so that what waited in vain was never sent."""

    def __init__(self, wire: Wire, recording: Recording, commit_sent: Commit, commit_answer: Commit) -> None:
        self._recording = recording
        self._commit_sent = commit_sent
        self._commit_answer = commit_answer
        self._gated = isinstance(wire, ScheduledWire)
        self._wire = wire.gated(self._before_sending) if isinstance(wire, ScheduledWire) else wire
        self._leaving: Call | None = None
        """The call under way as it leaves, mark and all."""
        self._noted = False
        """Whether it stands on the tape: from its SENT on."""

    async def send(self, call: Call) -> Answer:
        """See `Wire.send`. What was asked before this time is answered from the tape."""
        recording = self._recording
        kept = recording.tape.next(call)
        if kept is not None:
            if call.writes:
                recording.traces.saw(kept)
            return kept
        if not call.writes:
            answer = await self._wire.send(call)
            if of_status(answer.status) in (CONFIRMED, REJECTED):  # else it would be played again for ever
                recording.tape.note(call, answer)
            return answer
        recording.sending, self._noted = call, False
        self._leaving = recording.mark(call) if recording.mark else call
        if not self._gated:
            await self._before_sending()
        return await self._written(self._leaving)

    async def pause(self, seconds: float) -> bool:
        """See `Wire.pause`."""
        return await self._wire.pause(seconds)

    async def _written(self, call: Call) -> Answer:
        recording, traces = self._recording, self._recording.traces
        try:
            answer = await self._wire.send(call)
        except KontorError as error:
            if isinstance(error, OutcomeUnknown):
                traces.doubtful = True
            elif self._noted:
                recording.tape.answer(None)
            raise
        except BaseException:
            traces.doubtful |= self._noted
            raise
        traces.saw(answer)
        state = of_status(answer.status)
        if state != UNKNOWN:
            recording.tape.answer(answer if state == CONFIRMED else None)
        if state == CONFIRMED:
            await self._commit_answer()
        return answer

    async def _before_sending(self) -> None:
        """The gate of each try of a call. One that was answered 401 or 429 comes here again: it leaves later
        than was committed, and another process may have taken it over meanwhile.
        """
        recording = self._recording
        assert self._leaving is not None
        if not self._noted:
            recording.tape.note(self._leaving, None, recording.clock.now())
        began = recording.clock.monotonic()
        try:
            await self._commit_sent()
            if recording.clock.monotonic() - began > recording.longest_s:
                raise UpstreamBusy("The process slept before the write could leave.", retry_after_s=1)
        except BaseException:
            if not self._noted:
                recording.tape.answer(None)
            raise
        recording.traces.sent = self._noted = True
