"""Lines that processes share through Redis. Its TIME is the only clock."""

from pathlib import Path

from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError

from gateway.upstream.schedule.books import Budget, Budgets
from gateway.upstream.schedule.lanes import FAIR
from gateway.upstream.schedule.timeline import GRACE_US, LATE_TENTHS, LATE_US, LEAD_US, Asking, Told

SCRIPT = Path(__file__).with_name("timeline.lua")
PREFIX = "kontor:slots:"
REMEMBERS = "kontor:slots"
"""Since when this Redis remembers. No call that a Redis with another memory let go was later than that."""
CONSTANTS = (FAIR, f"{LEAD_US},{LATE_US},{LATE_TENTHS},{GRACE_US}")
AWAY = (RedisError, OSError, TimeoutError)


class RedisBook:
    """Raises one of `AWAY` when Redis does not answer. A connection that was lost is made again once: the
    script then at most spends a slot that nobody uses.
    """

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._script = redis.register_script(SCRIPT.read_text())

    async def ask(self, budgets: Budgets, asking: Asking, not_before_us: int = 0) -> Told:
        """See `Book.ask`; no slot is given out before `not_before_us` from now."""
        own, shared = budgets.own, budgets.shared
        keys = [PREFIX + own.key, REMEMBERS]
        asked = (own.interval_us, asking.owner, asking.lanes, asking.more, 0, not_before_us)
        arguments: list[int | str] = [*asked, *CONSTANTS]
        if shared is not None:
            keys.append(PREFIX + shared.key)
            arguments += [shared.interval_us, f"{asking.owner}/{own.key}"]
        lane, leave_us, back_us, heads, slot = await self._twice(keys, arguments)
        back = None if back_us < 0 else back_us
        return Told(None, leave_us, back, heads) if lane < 0 else Told(lane, leave_us, back, heads, slot)

    async def hold(self, budget: Budget, for_us: int) -> None:
        """See `Book.hold`."""
        keys = [PREFIX + budget.key, REMEMBERS]
        await self._twice(keys, [budget.interval_us, "-", 0, 0, max(1, for_us), 0, *CONSTANTS])

    async def answers(self) -> bool:
        """Whether Redis is there."""
        try:
            await self._redis.ping()
        except AWAY:
            return False
        return True

    async def aclose(self) -> None:
        """Close the connections."""
        await self._redis.aclose()

    async def _twice(self, keys: list[str], arguments: list[int | str]) -> list[int]:
        try:
            return await self._call(keys, arguments)
        except (ConnectionError, RedisConnectionError):
            return await self._call(keys, arguments)

    async def _call(self, keys: list[str], arguments: list[int | str]) -> list[int]:
        return await self._script(keys=keys, args=arguments)
