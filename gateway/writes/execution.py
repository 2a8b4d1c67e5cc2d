"""Carries one claimed write to its end, and settles it, whoever still listens."""

import asyncio
from collections.abc import Awaitable, Callable

import msgspec

from connectors.base.errors import KontorError, OutcomeUnknown, WrittenButNotRead
from connectors.base.wire import Wire
from gateway.telemetry.log import fault
from gateway.writes.answers import StoredAnswer
from gateway.writes.journaled import JournaledWire
from gateway.writes.outcome import RELEASED, Traces, outcome
from gateway.writes.rows import UNKNOWN, Claim
from gateway.writes.settlement import Settlement

Act = Callable[[Callable[[Wire], Wire]], Awaitable[StoredAnswer]]


class Execution:
    """One try of one write."""

    def __init__(
        self,
        settlement: Settlement,
        problem_of: Callable[[KontorError, str], StoredAnswer],
        claim: Claim,
    ) -> None:
        self.leaving = False
        """True from the moment in which it may leave: from then on it must not be given up."""
        self._settlement = settlement
        self._problem_of = problem_of
        self._claim = claim
        self._traces = Traces()

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
        return JournaledWire(wire, self._traces, self._sent)

    async def _sent(self) -> None:
        self.leaving = True
        await self._settlement.sent(self._claim)

    async def _finished(self, work: "asyncio.Future[StoredAnswer]") -> None:
        """Wait for it, and renew the lease meanwhile."""
        while not work.done():
            await asyncio.wait((work,), timeout=self._settlement.lease.total_seconds() / 3)
            if not work.done():
                await self._settlement.renew(self._claim)

    async def _failed(self, error: BaseException) -> StoredAnswer:
        state = outcome(error, self._traces)
        if state == RELEASED:
            await self._settlement.release(self._claim)
            raise error
        if state == UNKNOWN:
            await self._settlement.settle(self._claim, UNKNOWN, None)
            raise self._unknown(error)
        assert isinstance(error, KontorError)  # the table of outcomes has no others
        await self._settlement.settle(self._claim, state, self._kept(error))
        raise error

    def _kept(self, error: KontorError) -> StoredAnswer:
        answer = self._problem_of(error, self._claim.write.request_id)
        if isinstance(error, WrittenButNotRead):
            return msgspec.structs.replace(answer, upstream_id=error.id)
        return answer

    def _unknown(self, error: BaseException) -> BaseException:
        if isinstance(error, OutcomeUnknown | asyncio.CancelledError):
            return error
        if not isinstance(error, KontorError):
            fault(error, request_id=self._claim.write.request_id, route=self._claim.write.route)
        unknown = OutcomeUnknown(
            "The write left, and what came back does not tell whether it was booked.",
            upstream=getattr(error, "upstream", None),
        )
        unknown.__cause__ = error
        return unknown
