"""Lines of waiting calls: first come, first served; only the head of a line holds a slot."""

import asyncio
from collections import deque

from msgspec import Struct, field

from connectors.base.errors import UpstreamBusy
from gateway.ambient import Clock
from gateway.upstream.schedule.slots import Slots, forgettable, next_slot, untouched

MICRO = 1_000_000
SWEEP_FROM = 1024
"""Lines kept before the quiet ones are looked for and dropped."""


class Waiter(Struct, eq=False):
    """A call in the queue. Its turn carries None, or the error that refuses it."""

    turn: "asyncio.Future[UpstreamBusy | None]"
    deadline: float


class Line(Struct, eq=False):
    """One connection's calls in this process."""

    slots: Slots
    pace_s: float
    """Seconds from one slot of this process to the next; more than the interval where processes share."""
    due: float = 0.0
    """When the head leaves."""
    busy: bool = False
    queue: deque[Waiter] = field(default_factory=deque)


def too_long(wait_s: float) -> UpstreamBusy:
    """The refusal of a wait that would end after the deadline."""
    return UpstreamBusy(
        f"The next free slot of this connection is {wait_s:.1f} s away.", retry_after_s=max(wait_s, 0.5)
    )


class Lines:
    """The queues. How the head gets its slot is for `_reserve` of the kinds of scheduler."""

    def __init__(self, clock: Clock, interval_s: float) -> None:
        self._clock = clock
        self._interval_s = interval_s
        self._interval_us = round(interval_s * MICRO)
        self._lines: dict[str, Line] = {}
        self._sweep_at = SWEEP_FROM

    async def slot(self, key: str, *, deadline: float) -> float:
        """See `Scheduler.slot`."""
        arrived = self._clock.monotonic()
        line = self._lines.get(key) or self._add(key, arrived)
        if line.busy:
            await self._queued(line, arrived, deadline)
        else:
            line.busy, line.due, line.pace_s = True, arrived, self._interval_s
        try:
            wait_s = await self._reserve(key, line, deadline)
            if wait_s < 1 / MICRO:  # what rounding leaves; a sleep would cost a turn of the event loop
                return self._clock.monotonic() - arrived
            await self._clock.sleep(wait_s)
            return self._clock.monotonic() - arrived
        finally:
            self._next(line)

    async def aclose(self) -> None:
        """Nothing is held open here."""

    async def _reserve(self, key: str, line: Line, deadline: float) -> float:
        """Seconds until the head's slot, which is then its own; calls `_taken`.

        Raises:
            UpstreamBusy: it would come after the deadline; none was taken. Calls `_refused` before.
        """
        raise NotImplementedError

    def _taken(self, line: Line, due: float, held_up_s: float) -> None:
        """Note the head's slot, and turn away at once those behind it who cannot be served in time.

        `held_up_s` is how much later other processes made it: what they will do to the next ones, too. The
        pace at most doubles each time, since a single large delay can also be a pause.
        """
        line.pace_s = self._interval_s + min(held_up_s, line.pace_s)
        line.due = due
        self._turn_away(line, self._first_free(line))

    def _first_free(self, line: Line) -> float:
        """When the first of the queue can leave, as far as this process knows."""
        own = next_slot(line.slots, 0, self._interval_us) / MICRO
        return max(own, line.due + line.pace_s - self._interval_s)

    def _turn_away(self, line: Line, first: float) -> None:
        kept: deque[Waiter] = deque()
        for waiter in line.queue:
            expected = first + len(kept) * line.pace_s
            if waiter.deadline >= expected:
                kept.append(waiter)
            elif not waiter.turn.done():
                waiter.turn.set_result(too_long(expected - self._clock.monotonic()))
        line.queue = kept

    async def _queued(self, line: Line, arrived: float, deadline: float) -> None:
        expected = max(self._first_free(line), arrived) + len(line.queue) * line.pace_s
        if expected > deadline:
            raise too_long(expected - arrived)
        waiter = Waiter(turn=asyncio.get_running_loop().create_future(), deadline=deadline)
        line.queue.append(waiter)
        try:
            refusal = await waiter.turn
        except asyncio.CancelledError:
            self._abandoned(line, waiter)
            raise
        if refusal is not None:
            raise refusal

    def _abandoned(self, line: Line, waiter: Waiter) -> None:
        """A waiter gave up: take it out of the queue, or pass on the turn it had just been given."""
        if waiter in line.queue:
            line.queue.remove(waiter)
        elif not waiter.turn.cancelled() and waiter.turn.result() is None:
            self._next(line)

    def _next(self, line: Line) -> None:
        while line.queue:
            waiter = line.queue.popleft()
            if not waiter.turn.done():
                waiter.turn.set_result(None)
                return
        line.busy = False

    def _add(self, key: str, now: float) -> Line:
        if len(self._lines) >= self._sweep_at:
            self._sweep(now)
        line = Line(slots=untouched(round(now * MICRO), self._interval_us), pace_s=self._interval_s)
        self._lines[key] = line
        return line

    def _sweep(self, now: float) -> None:
        """Drop lines that have nothing to remember. Cost is spread: the bound doubles with what is in use."""
        at = round(now * MICRO)
        self._lines = {
            key: line
            for key, line in self._lines.items()
            if line.busy or not forgettable(line.slots, at, self._interval_us)
        }
        self._sweep_at = max(SWEEP_FROM, 2 * len(self._lines))
