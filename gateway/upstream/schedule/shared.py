"""Slots that several processes share through Redis. Its TIME is the only clock."""

from collections.abc import Callable
from pathlib import Path

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from gateway.ambient import Ambient
from gateway.upstream.schedule.local import LocalScheduler
from gateway.upstream.schedule.queues import MICRO, Queue, too_long
from gateway.upstream.schedule.slots import idle_us

SCRIPT = Path(__file__).with_name("slots.lua")
PREFIX = "kontor:slots:"
TIMEOUT_S = 1.0
"""A Redis that needs longer is as good as away."""
AWAY_S = 5.0
"""After a failure Redis is left alone for so long."""

Degraded = Callable[[bool], None]


def connect(url: str) -> Redis:
    """A client that fails fast and repeats nothing: a repeated script would take a second slot."""
    return Redis.from_url(
        url, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S, retry=Retry(NoBackoff(), 0)
    )


class RedisScheduler(LocalScheduler):
    """One schedule a connection over all processes; in each process only the head of the queue asks Redis.

    While Redis is away every process keeps to the interval by itself, so several together can exceed the
    vendor's limit; its 429 then pauses the queue. `on_degraded` hears of it when it begins and when it ends.
    The process's own slots bind when Redis is there, too: one that lost its memory cannot cause a burst.
    """

    def __init__(
        self,
        redis: Redis,
        ambient: Ambient,
        interval_s: float,
        on_degraded: Degraded | None = None,
    ) -> None:
        super().__init__(ambient, interval_s)
        self._redis = redis
        self._script = redis.register_script(SCRIPT.read_text())
        self._on_degraded = on_degraded or (lambda _: None)
        self._away_until: float | None = None

    async def pause(self, key: str, seconds: float) -> None:
        """See `Scheduler.pause`."""
        await super().pause(key, seconds)
        await self._ask(key, longest_s=0.0, push_s=seconds)

    async def aclose(self) -> None:
        """Close the connections to Redis."""
        await self._redis.aclose()

    async def _reserve(self, key: str, queue: Queue, deadline: float) -> float:
        answer = await self._ask(key, longest_s=max(0.0, deadline - self._clock.monotonic()))
        if answer is None:
            return self._reserve_here(queue, deadline)
        taken, wait_s = answer
        due = self._clock.monotonic() + wait_s
        if not taken:
            self._turn_away(queue, due)
            raise too_long(wait_s)
        return self._reserve_here(queue, deadline, not_before=due)

    async def _ask(self, key: str, *, longest_s: float, push_s: float = 0.0) -> tuple[bool, float] | None:
        """What the script says, waits in seconds; None while Redis is away."""
        if self._away_until is not None and self._clock.monotonic() < self._away_until:
            return None
        interval = self._interval_us
        waits = (round(longest_s * MICRO), round(push_s * MICRO))
        try:
            taken, wait_us = await self._call(PREFIX + key, interval, idle_us(interval), *waits)
        except (RedisError, OSError, TimeoutError):
            self._lost()
            return None
        if self._away_until is not None:
            self._away_until = None
            self._on_degraded(False)
        return bool(taken), wait_us / MICRO

    async def _call(self, key: str, *arguments: int) -> tuple[int, int]:
        taken, wait_us = await self._script(keys=[key], args=arguments)
        return taken, wait_us

    def _lost(self) -> None:
        if self._away_until is None:
            self._on_degraded(True)
        self._away_until = self._clock.monotonic() + AWAY_S
