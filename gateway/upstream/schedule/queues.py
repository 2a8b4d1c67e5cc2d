"""Queues of waiting calls: first come, first served; only the head of a queue holds a slot."""

import asyncio
from collections import deque

from msgspec import Struct, field

from connectors.base.errors import UpstreamBusy
from gateway.ambient import Clock
from gateway.upstream.schedule.slots import Slots, forgettable, next_slot, untouched

MICRO = 1_000_000
SWEEP_FROM = 1024
"""Queues kept before the quiet ones are looked for and dropped."""


class Waiter(Struct, eq=False):
    """A call in the queue. Its turn carries None, or the error that refuses it."""

    turn: "asyncio.Future[UpstreamBusy | None]"
    deadline: float


class Queue(Struct, eq=False):
    """One connection's calls in this process."""

    slots: Slots
    pace_s: float
    """Seconds from one slot of this process to the next; more than the interval where processes share."""
    due: float = 0.0
    """When the head leaves."""
    busy: bool = False
    waiting: deque[Waiter] = field(default_factory=deque)


def too_long(wait_s: float) -> UpstreamBusy:
    """The refusal of a wait that would end after the deadline."""
    return UpstreamBusy(
        f"The next free slot of this connection is {wait_s:.1f} s away.", retry_after_s=max(wait_s, 0.5)
    )


class Queues:
    """The queues. How the head gets its slot is for `_reserve` of the kinds of scheduler."""

    def __init__(self, clock: Clock, interval_s: float) -> None:
        self._clock = clock
        self._interval_s = interval_s
        self._interval_us = round(interval_s * MICRO)
        self._queues: dict[str, Queue] = {}
        self._sweep_at = SWEEP_FROM

    async def slot(self, key: str, *, deadline: float) -> float:
        """See `Scheduler.slot`."""
        arrived = self._clock.monotonic()
        queue = self._queues.get(key) or self._add(key, arrived)
        if queue.busy:
            await self._queued(queue, arrived, deadline)
        else:
            queue.busy, queue.due, queue.pace_s = True, arrived, self._interval_s
        try:
            wait_s = await self._reserve(key, queue, deadline)
            if wait_s < 1 / MICRO:  # what rounding leaves; a sleep would cost a turn of the event loop
                return self._clock.monotonic() - arrived
            await self._clock.sleep(wait_s)
            return self._clock.monotonic() - arrived
        finally:
            self._next(queue)

    async def aclose(self) -> None:
        """Nothing is held open here."""

    async def _reserve(self, key: str, queue: Queue, deadline: float) -> float:
        """Seconds until the head's slot, which is then its own; calls `_taken`.

        Raises:
            UpstreamBusy: it would come after the deadline; none was taken.
        """
        raise NotImplementedError

    def _taken(self, queue: Queue, due: float, held_up_s: float) -> None:
        """Note the head's slot, and turn away at once those behind it who cannot be served in time.

        `held_up_s` is how much later other processes made it: what they will do to the next ones, too. The
        pace at most doubles each time, since a single large delay can also be a pause.
        """
        queue.pace_s = self._interval_s + min(held_up_s, queue.pace_s)
        queue.due = due
        self._turn_away(queue, self._first_free(queue))

    def _first_free(self, queue: Queue) -> float:
        """When the first of the queue can leave, as far as this process knows."""
        own = next_slot(queue.slots, 0, self._interval_us) / MICRO
        return max(own, queue.due + queue.pace_s - self._interval_s)

    def _turn_away(self, queue: Queue, first: float) -> None:
        kept: deque[Waiter] = deque()
        for waiter in queue.waiting:
            expected = first + len(kept) * queue.pace_s
            if waiter.deadline >= expected:
                kept.append(waiter)
            elif not waiter.turn.done():
                waiter.turn.set_result(too_long(expected - self._clock.monotonic()))
        queue.waiting = kept

    async def _queued(self, queue: Queue, arrived: float, deadline: float) -> None:
        expected = max(self._first_free(queue), arrived) + len(queue.waiting) * queue.pace_s
        if expected > deadline:
            raise too_long(expected - arrived)
        waiter = Waiter(turn=asyncio.get_running_loop().create_future(), deadline=deadline)
        queue.waiting.append(waiter)
        try:
            refusal = await waiter.turn
        except asyncio.CancelledError:
            self._abandoned(queue, waiter)
            raise
        if refusal is not None:
            raise refusal

    def _abandoned(self, queue: Queue, waiter: Waiter) -> None:
        """A waiter gave up: take it out of the queue, or pass on the turn it had just been given."""
        if waiter in queue.waiting:
            queue.waiting.remove(waiter)
        elif not waiter.turn.cancelled() and waiter.turn.result() is None:
            self._next(queue)

    def _next(self, queue: Queue) -> None:
        while queue.waiting:
            waiter = queue.waiting.popleft()
            if not waiter.turn.done():
                waiter.turn.set_result(None)
                return
        queue.busy = False

    def _add(self, key: str, now: float) -> Queue:
        if len(self._queues) >= self._sweep_at:
            self._sweep(now)
        queue = Queue(slots=untouched(round(now * MICRO), self._interval_us), pace_s=self._interval_s)
        self._queues[key] = queue
        return queue

    def _sweep(self, now: float) -> None:
        """Drop queues that have nothing to remember. The bound then is twice what is in use."""
        at = round(now * MICRO)
        self._queues = {
            key: queue
            for key, queue in self._queues.items()
            if queue.busy or not forgettable(queue.slots, at, self._interval_us)
        }
        self._sweep_at = max(SWEEP_FROM, 2 * len(self._queues))
