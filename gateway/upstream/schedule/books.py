"""Where the lines are kept: what a scheduler asks. One process's own book is here."""

from typing import Protocol

from msgspec import Struct

from gateway.ambient import Clock
from gateway.upstream.schedule import timeline
from gateway.upstream.schedule.slots import forgettable
from gateway.upstream.schedule.timeline import Asking, Line, Told

MICRO = 1_000_000
SWEEP_FROM = 1024
"""Lines kept before the quiet ones are looked for and dropped."""
BEGIN_US = 3600 * MICRO
"""A clock may start at 0; times in lines are greater."""


class Budget(Struct, frozen=True):
    """What is rationed: one slot an interval."""

    key: str
    interval_us: int


class Budgets(Struct, frozen=True):
    """What one call needs slots of."""

    own: Budget
    """The connection's."""
    shared: Budget | None = None
    """The partner client's, if its connections have a limit together."""


class Book(Protocol):
    """Keeps the line before each budget."""

    async def ask(self, budgets: Budgets, asking: Asking) -> Told:
        """Stand in line, take a turn that is due, or leave.

        Raises:
            Unavailable: nobody can tell at present whether a call may leave.
        """
        ...

    async def hold(self, budget: Budget, for_us: int) -> None:
        """No slot of the budget before `for_us` from now."""
        ...

    async def aclose(self) -> None:
        """Give up what it holds open."""
        ...


class Memory:
    """The book of a process that sends all calls itself. Its size follows the lines in use."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lines: dict[str, Line] = {}
        self._sweep_at = SWEEP_FROM

    async def ask(self, budgets: Budgets, asking: Asking) -> Told:
        """See `Book.ask`."""
        own, shared = budgets.own, budgets.shared
        now = self._now()
        line = self._line(own, now)
        if shared is None:
            self._lines[own.key], told = timeline.ask(line, now, own.interval_us, asking)
            return told
        self._lines[own.key], self._lines[shared.key], told = timeline.ask_both(
            line, self._line(shared, now), now, (own.interval_us, shared.interval_us), asking, own.key
        )
        return told

    async def hold(self, budget: Budget, for_us: int) -> None:
        """See `Book.hold`."""
        now = self._now()
        self._lines[budget.key] = timeline.hold(self._line(budget, now), now, budget.interval_us, for_us)

    async def aclose(self) -> None:
        """Nothing is held open."""

    def _now(self) -> int:
        return BEGIN_US + round(self._clock.monotonic() * MICRO)

    def _line(self, budget: Budget, now: int) -> Line:
        line = self._lines.get(budget.key)
        if line is None:
            if len(self._lines) >= self._sweep_at:
                self._sweep(now, budget.interval_us)
            line = timeline.empty(now, budget.interval_us)
        return line

    def _sweep(self, now: int, interval_us: int) -> None:
        """Drop lines that have nothing to remember. The bound then is twice what is in use."""
        self._lines = {
            key: line
            for key, line in self._lines.items()
            if line.heads or not forgettable(line.slots, now, interval_us)
        }
        self._sweep_at = max(SWEEP_FROM, 2 * len(self._lines))
