"""Slots of one process."""

from gateway.ambient import Ambient
from gateway.upstream.schedule.queues import MICRO, Queue, Queues, too_long
from gateway.upstream.schedule.slots import next_slot, pushed, taken


class LocalScheduler(Queues):
    """The schedule while one process sends all calls of a connection. Memory follows the queues in use."""

    def __init__(self, ambient: Ambient, interval_s: float) -> None:
        super().__init__(ambient.clock, interval_s)

    async def pause(self, key: str, seconds: float) -> None:
        """See `Scheduler.pause`. A head that has its slot already still leaves."""
        now = self._clock.monotonic()
        queue = self._queues.get(key) or self._add(key, now)
        queue.slots = pushed(queue.slots, round((now + seconds) * MICRO), self._interval_us)
        queue.due = max(queue.due, queue.slots.last / MICRO)
        self._turn_away(queue, self._first_free(queue))

    async def _reserve(self, key: str, queue: Queue, deadline: float) -> float:
        return self._reserve_here(queue, deadline)

    def _reserve_here(self, queue: Queue, deadline: float, not_before: float = 0.0) -> float:
        now = self._clock.monotonic()
        own = next_slot(queue.slots, round(now * MICRO), self._interval_us)
        slot = next_slot(queue.slots, max(own, round(not_before * MICRO)), self._interval_us)
        due = max(now, slot / MICRO)
        if due > deadline:
            self._turn_away(queue, due)
            raise too_long(due - now)
        queue.slots = taken(queue.slots, slot)
        self._taken(queue, due, held_up_s=(slot - own) / MICRO)
        return due - now
