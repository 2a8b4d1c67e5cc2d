"""Carries one claimed write to its end, and settles it, whoever still listens."""

import asyncio
from collections.abc import Awaitable, Callable

import msgspec
from msgspec import Struct

from connectors.base.errors import (
    ConnectionProblem,
    KontorError,
    OutcomeUnknown,
    WrittenButNotRead,
)
from connectors.base.wire import Call, Wire
from gateway.telemetry.log import fault
from gateway.writes.answers import StoredAnswer
from gateway.writes.journaled import JournaledWire, Mark, Recording
from gateway.writes.outcome import RELEASED, Traces, outcome
from gateway.writes.rows import CONFIRMED, UNKNOWN, Claim
from gateway.writes.settlement import Pending, Settlement
from gateway.writes.tape import Tape, TapeTorn, creation_digest

Act = Callable[[Callable[[Wire], Wire]], Awaitable[StoredAnswer]]

LOOKS_FOR_AN_ANSWER = 8
"""So often a booked object that cannot be read back is tried again, before that is the answer."""


class PresumedSent(OutcomeUnknown):
    """Nothing left: whether it did before is to be found out first."""


class Resumption(Struct, frozen=True, kw_only=True):
    """A write whose outcome was unknown, to be carried on."""

    claim: Claim
    tape: Tape
    looks: int = 0
    """How often it was looked after before."""


class Execution:
    """One try of one write."""

    def __init__(
        self,
        settlement: Settlement,
        problem_of: Callable[[KontorError, str], StoredAnswer],
        claim: Claim,
        asked: Callable[[], bytes] | None = None,
        mark: Mark | None = None,
        resumed: Resumption | None = None,
        traceable: Callable[[Call], bool] = lambda call: False,
    ) -> None:
        self.leaving = resumed is not None
        """True from the moment in which it may leave: from then on it must not be given up."""
        self._settlement = settlement
        self._problem_of = problem_of
        self._claim = claim
        self._asked = asked
        self._resumed = resumed
        self._traceable = traceable
        tape = resumed.tape if resumed else Tape()
        traces = Traces(sent=resumed is not None)
        longest_s = settlement.lease.total_seconds() / 2
        self._recording = Recording(tape, traces, settlement.clock, mark, longest_s)

    async def run(self, act: Act) -> StoredAnswer:
        """What `act` answers, once that is written down."""
        work = asyncio.ensure_future(act(self._wrap))
        try:
            await self._finished(work)
        except asyncio.CancelledError:
            work.cancel()
            await asyncio.wait((work,))
        error = asyncio.CancelledError() if work.cancelled() else work.exception()
        if error is not None:
            return await self._failed(error)
        answer = work.result()
        if answer.outcome == RELEASED:
            await self._settlement.release(self._claim)
        else:
            await self._settlement.settle(self._claim, answer.outcome, answer)
        return answer

    def _wrap(self, wire: Wire) -> Wire:
        return JournaledWire(wire, self._recording, self._sent, self._answered)

    async def _sent(self) -> None:
        gap, sending = self._claim.gap, self._recording.sending
        if gap is not None and not self._claim.resends and sending is not None and self._traceable(sending):
            self._recording.tape.presume(gap.since)
            await self._settlement.presume_sent(self._claim, gap, self._pending())
            raise PresumedSent("It may have been sent before a backup of Kontor was restored.")
        self.leaving = True
        await self._settlement.sent(self._claim, self._pending())
        self._asked = None  # it is kept by now
        self._claim = msgspec.structs.replace(self._claim, resends=False)

    async def _answered(self) -> None:
        await self._settlement.answered(self._claim, self._recording.tape)

    def _pending(self) -> Pending:
        recording = self._recording
        sending = recording.sending if recording.tape.open else None
        return Pending(
            asked=self._asked() if self._asked else None,
            tape=recording.tape,
            digest=creation_digest(sending) if sending else None,
            purpose=sending.purpose if sending else None,
        )

    async def _finished(self, work: "asyncio.Future[StoredAnswer]") -> None:
        """Wait for it, and renew the lease meanwhile."""
        while not work.done():
            await asyncio.wait((work,), timeout=self._settlement.lease.total_seconds() / 3)
            if not work.done():
                await self._settlement.renew(self._claim)

    async def _failed(self, error: BaseException) -> StoredAnswer:
        if isinstance(error, PresumedSent):
            raise error  # that is written down
        state = self._state_after(error)
        if state == RELEASED:
            await self._settlement.release(self._claim)
            raise error
        if state == UNKNOWN:
            if isinstance(error, OutcomeUnknown) and not self._recording.traces.doubtful:
                self._recording.tape.distrust()
            elif isinstance(error, WrittenButNotRead):
                self._recording.tape.to_be_read_back()
            await self._settlement.lose_track(self._claim, self._pending(), self._looks, _booked_as(error))
            raise self._unknown(error)
        assert isinstance(error, KontorError)  # the table of outcomes has no others
        await self._settlement.settle(self._claim, state, self._kept(error))
        raise error

    @property
    def _looks(self) -> int:
        return self._resumed.looks if self._resumed else 0

    def _state_after(self, error: BaseException) -> str:
        """As the table of outcomes has it; what is carried on later is not over with what will pass."""
        state = outcome(error, self._recording.traces)
        if state == CONFIRMED and self._looks < LOOKS_FOR_AN_ANSWER:
            return UNKNOWN  # booked, and read back later
        if self._resumed is None:
            return state
        if isinstance(error, TapeTorn):
            raise error
        passes = state == RELEASED and not isinstance(error, ConnectionProblem)
        return UNKNOWN if passes else state

    def _kept(self, error: KontorError) -> StoredAnswer:
        answer = self._problem_of(error, self._claim.write.request_id)
        return msgspec.structs.replace(answer, upstream_id=_booked_as(error))

    def _unknown(self, error: BaseException) -> BaseException:
        if isinstance(error, OutcomeUnknown | WrittenButNotRead | asyncio.CancelledError):
            return error
        if not isinstance(error, KontorError):
            fault(error, request_id=self._claim.write.request_id, route=self._claim.write.route)
        unknown = OutcomeUnknown(
            "The write left, and what came back does not tell whether it was booked.",
            upstream=getattr(error, "upstream", None),
        )
        unknown.__cause__ = error
        return unknown


def _booked_as(error: BaseException) -> str | None:
    """Id of an object that is there for certain."""
    return error.id if isinstance(error, WrittenButNotRead) else None
