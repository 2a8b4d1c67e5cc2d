"""A calendar that does not step back: a token's life is a duration, whatever is done to the clock."""

from datetime import datetime, timedelta

from gateway.ambient import Clock

LONGEST_LEAD = timedelta(hours=2)
"""A clock that is set back further than this was wrong before, and is believed from then on."""


class SteadyClock:
    """`Clock`. When the calendar is set back, time goes on as the monotonic clock has it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last = clock.now()
        self._last_at = clock.monotonic()

    def now(self) -> datetime:
        told, at = self._clock.now(), self._clock.monotonic()
        steady = self._last + timedelta(seconds=at - self._last_at)
        self._last = steady if told < steady <= told + LONGEST_LEAD else told
        self._last_at = at
        return self._last

    def monotonic(self) -> float:
        return self._clock.monotonic()

    async def sleep(self, seconds: float) -> None:
        await self._clock.sleep(seconds)
