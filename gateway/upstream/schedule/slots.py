"""Where the next slot of a connection lies. Pure; times are whole microseconds on one clock.

A slot is at least an interval after the last one, and at least two after the one before it. After idleness
two calls may leave together (a person's first two calls feel instant), and the second rule pays that back. So
a vendor's bucket of capacity 2 keeps about one token of slack against jitter on the way.
"""

from typing import NamedTuple

IDLE_US = 1_500_000


class Slots(NamedTuple):
    """The last two slots given out. They can lie in the future: a reservation."""

    last: int
    before: int


def idle_us(interval_us: int) -> int:
    """Quiet time after which two calls may leave together: 1.5 s, more where the interval is long."""
    return max(IDLE_US, interval_us * 5 // 2)


def untouched(now: int, interval_us: int) -> Slots:
    """What a schedule that has long been quiet looks like; nothing need be kept of it."""
    long_ago = now - idle_us(interval_us)
    return Slots(long_ago, long_ago)


def next_slot(slots: Slots, now: int, interval_us: int) -> int:
    """The earliest time at which the next call may leave."""
    after_idleness = slots.last - slots.before >= idle_us(interval_us)
    earliest = slots.last if after_idleness else slots.last + interval_us
    return max(now, earliest, slots.before + 2 * interval_us)


def taken(slots: Slots, slot: int) -> Slots:
    """After `slot` was given out."""
    return Slots(slot, slots.last)


def pushed(slots: Slots, until: int, interval_us: int) -> Slots:
    """So that the next slot is not before `until`, and no two leave together after it."""
    last = max(slots.last, until - interval_us)
    return Slots(last, max(slots.before, last - interval_us))


def forgettable(slots: Slots, now: int, interval_us: int) -> bool:
    """Whether they are as good as `untouched`."""
    return slots.last + idle_us(interval_us) <= now
