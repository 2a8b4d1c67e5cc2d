"""Redis keeps the lines; while it is away or in doubt, PostgreSQL does. Never both at the same time.

Which of them counts stands in PostgreSQL, where every process reads it before it asks, at most `HEARD_S` old.
Who finds Redis away writes there for how long it does not count. The first slot on the other side comes only
when the last ones of this side are long enough ago, whoever may have got them. A pause that the vendor asked
for stands there, too: it holds on both sides, and when Redis has lost its memory.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress

from gateway.ambient import Clock
from gateway.errors import Unavailable
from gateway.persistence.redis_client import TIMEOUT_S
from gateway.upstream.schedule.books import MICRO, Budget, Budgets
from gateway.upstream.schedule.database_book import DatabaseBook, Doubt
from gateway.upstream.schedule.redis_book import AWAY, RedisBook
from gateway.upstream.schedule.timeline import Asking, Told

HEARD_S = 0.5
"""How old a process's knowledge of what counts may be."""
AWAY_S = 5.0
"""For so long Redis does not count once it did not answer."""
LOOK_S = 2.0
"""So long before the end of that somebody looks whether it is back."""
MARGIN_S = 0.2
"""What two processes' ideas of one instant may differ by: the time a statement takes."""
NOTICE_US = round((HEARD_S + MARGIN_S) * MICRO)

Degraded = Callable[[bool], None]


class Switching:
    """`Book`. `on_degraded` hears True when this process leaves Redis, False when it is back there."""

    def __init__(
        self, redis: RedisBook, database: DatabaseBook, clock: Clock, on_degraded: Degraded | None = None
    ) -> None:
        self._redis = redis
        self._database = database
        self._clock = clock
        self._on_degraded = on_degraded or (lambda _: None)
        self._degraded = False
        self._since = self._until = float("-inf")
        """When Redis does not count, on the monotonic clock."""
        self._heard = float("-inf")
        self._paused: dict[str, float] = {}
        """Until when budgets have no slots, on the monotonic clock."""
        self._telling = asyncio.Lock()

    async def ask(self, budgets: Budgets, asking: Asking) -> Told:
        """See `Book.ask`."""
        await self._hear()
        paused_until = self._paused.get(budgets.own.key, 0.0)
        # Two intervals, since two may have left together and two may follow; one more for late arrivals.
        quiet_s = 3 * budgets.own.interval_us / MICRO + MARGIN_S
        if self._redis_counts():
            try:
                told = await self._redis.ask(
                    budgets, asking, self._from_now(max(paused_until, self._until + quiet_s))
                )
            except AWAY:
                await self._doubt_redis()
            else:
                self._tell(degraded=False)
                return told
        elif self._clock.monotonic() > self._until - LOOK_S and not self._telling.locked():
            await self._look()
        quiet_s += HEARD_S + 2 * TIMEOUT_S
        not_before = self._from_now(max(paused_until, self._since + quiet_s))
        return await self._database.ask(budgets, asking, not_before)

    async def hold(self, budget: Budget, for_us: int) -> None:
        """See `Book.hold`."""
        with suppress(Unavailable):
            await self._database.note_pause(budget, for_us)
        self._paused[budget.key] = self._clock.monotonic() + for_us / MICRO
        await self._hear()
        if self._redis_counts():
            try:
                await self._redis.hold(budget, for_us)
            except AWAY:
                await self._doubt_redis()
            else:
                return
        await self._database.hold(budget, for_us)

    async def aclose(self) -> None:
        """See `Book.aclose`."""
        await self._redis.aclose()

    def _redis_counts(self) -> bool:
        return self._clock.monotonic() >= self._until

    def _from_now(self, at: float) -> int:
        return max(0, round((at - self._clock.monotonic()) * MICRO)) if at > 0 else 0

    async def _hear(self) -> None:
        """Read what counts. A database that is away changes nothing: nobody can write there either."""
        if self._clock.monotonic() - self._heard < HEARD_S:
            return
        async with self._telling:
            if self._clock.monotonic() - self._heard < HEARD_S:
                return
            try:
                heard = await self._database.heard()
            except Unavailable:
                self._heard = self._clock.monotonic()
            else:
                now = self._clock.monotonic()
                self._paused = {key: now + left / MICRO for key, left in heard.pauses_us.items()}
                self._note(heard.doubt)

    async def _doubt_redis(self) -> None:
        """Say that Redis does not count, once for all who found out at the same time."""
        async with self._telling:
            if self._redis_counts():
                self._note(await self._database.raise_doubt(round(AWAY_S * MICRO), NOTICE_US))
        self._tell(degraded=True)

    async def _look(self) -> None:
        """Whether Redis is back before its time is over; if not, that time goes on without a pause."""
        async with self._telling:
            if not await self._redis.answers():
                self._note(await self._database.raise_doubt(round(AWAY_S * MICRO), NOTICE_US))

    def _note(self, doubt: Doubt) -> None:
        now = self._clock.monotonic()
        self._since = now + (doubt.since_us - doubt.read_us) / MICRO
        self._until = now + (doubt.until_us - doubt.read_us) / MICRO
        self._heard = now
        if not self._redis_counts():
            self._tell(degraded=True)

    def _tell(self, *, degraded: bool) -> None:
        if degraded != self._degraded:
            self._degraded = degraded
            self._on_degraded(degraded)
