"""Slots of one process."""

from gateway.ambient import Ambient
from gateway.upstream.schedule.lines import MICRO, Line, Lines, too_long
from gateway.upstream.schedule.slots import next_slot, pushed, taken


class LocalScheduler(Lines):
    """The schedule while one process sends all calls of a connection. Memory follows the lines in use."""

    def __init__(self, ambient: Ambient, interval_s: float) -> None:
        super().__init__(ambient.clock, interval_s)

    async def pause(self, key: str, seconds: float) -> None:
        """See `Scheduler.pause`. A head that has its slot already still leaves."""
        now = self._clock.monotonic()
        line = self._lines.get(key) or self._add(key, now)
        line.slots = pushed(line.slots, round((now + seconds) * MICRO), self._interval_us)
        line.due = max(line.due, line.slots.last / MICRO)
        self._turn_away(line, self._first_free(line))

    async def _reserve(self, key: str, line: Line, deadline: float) -> float:
        return self._reserve_here(line, deadline)

    def _reserve_here(self, line: Line, deadline: float, not_before: float = 0.0) -> float:
        now = self._clock.monotonic()
        own = next_slot(line.slots, round(now * MICRO), self._interval_us)
        slot = next_slot(line.slots, max(own, round(not_before * MICRO)), self._interval_us)
        due = max(now, slot / MICRO)
        if due > deadline:
            self._turn_away(line, due)
            raise too_long(due - now)
        line.slots = taken(line.slots, slot)
        self._taken(line, due, held_up_s=(slot - own) / MICRO)
        return due - now
