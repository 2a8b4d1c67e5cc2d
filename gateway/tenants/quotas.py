"""How many requests an API key may make a minute: counted for all processes together, told with each answer.

The time is cut into windows; a key's requests in a window are counted where all processes see them: in Redis,
else in PostgreSQL, else in this process. Who waits as long as it is told finds a new window.
"""

import math
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct
from sqlalchemy import BigInteger, case, cast, extract, func
from sqlalchemy.dialects.postgresql import insert

from gateway.ambient import Clock
from gateway.errors import QuotaExceeded, Unavailable
from gateway.persistence.database import Database
from gateway.persistence.tables import request_counts
from gateway.settings import Settings
from gateway.tenants.model import Caller

if TYPE_CHECKING:
    from redis.asyncio import Redis

POLICY = "requests"
WINDOW_S = 60
AWAY_S = 5.0
"""A Redis that does not answer is left alone for so long; each process then counts for itself."""

REQUESTS = "kontor:requests:"
"""Begins the keys in Redis; then the API key's id and the window."""

SCRIPT = """
local time, window = redis.call('TIME'), tonumber(ARGV[1])
local key = KEYS[1] .. ':' .. math.floor(time[1] / window)
local used = redis.call('INCR', key)
if used == 1 then redis.call('EXPIRE', key, window) end
return {used, (window - time[1] % window) * 1000 - math.floor(time[2] / 1000)}
"""
MICRO = 1_000_000
NOW_US = cast(extract("epoch", func.clock_timestamp()) * MICRO, BigInteger)


class Counted(Struct, frozen=True):
    """A request among those of its window."""

    used: int
    """With this one."""
    left_s: float
    """Until the window ends."""


class Counter(Protocol):
    """Counts requests by key, in windows."""

    async def count(self, key: str) -> Counted: ...

    async def aclose(self) -> None: ...


class Allowance(Struct, frozen=True):
    """What is left of a quota, as answers tell it (RateLimit header fields for HTTP, IETF draft)."""

    headers: tuple[tuple[str, str], ...]
    error: QuotaExceeded | None
    """Set when nothing was left for this request."""


class Quotas:
    """The requests of each API key."""

    def __init__(self, counter: Counter, limit: int) -> None:
        self._counter = counter
        self._limit = limit
        self._policy = ("ratelimit-policy", f'"{POLICY}";q={limit};w={WINDOW_S}')

    async def spend(self, caller: Caller) -> Allowance:
        """Count one request of this key."""
        counted = await self._counter.count(caller.key_id)
        left, reset_s = max(0, self._limit - counted.used), max(1, math.ceil(counted.left_s))
        headers = (self._policy, ("ratelimit", f'"{POLICY}";r={left};t={reset_s}'))
        exceeded = counted.used > self._limit
        return Allowance(headers, QuotaExceeded(POLICY, self._limit, reset_s) if exceeded else None)

    async def aclose(self) -> None:
        """Give up what the counter holds open."""
        await self._counter.aclose()


class MemoryCounter:
    """Of one process. Only the window that runs is kept."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._window = -1.0
        self._used: dict[str, int] = {}

    async def count(self, key: str) -> Counted:
        window, passed_s = divmod(self._clock.monotonic(), WINDOW_S)
        if window != self._window:
            self._window, self._used = window, {}
        used = self._used[key] = self._used.get(key, 0) + 1
        return Counted(used, WINDOW_S - passed_s)

    async def aclose(self) -> None:
        """Nothing is held open."""


class DatabaseCounter:
    """In PostgreSQL, one row a key, on the database's clock. While that takes no writes the process counts
    for itself: the limit is our own, and reads need not end with it.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._alone = MemoryCounter(clock)

    async def count(self, key: str) -> Counted:
        try:
            return await self._counted(key)
        except Unavailable:
            return await self._alone.count(key)

    async def _counted(self, key: str) -> Counted:
        window = NOW_US / (WINDOW_S * MICRO)
        made = insert(request_counts).values(key=key, window=cast(func.floor(window), BigInteger), used=1)
        same = request_counts.c.window == made.excluded.window
        statement = made.on_conflict_do_update(
            index_elements=["key"],
            set_={
                "window": made.excluded.window,
                "used": case((same, request_counts.c.used + 1), else_=1),
            },
        )
        async with self._database.write() as session:
            told = statement.returning(request_counts.c.used, request_counts.c.window, NOW_US.label("now"))
            row = (await session.execute(told)).one()
        return Counted(row.used, (row.window + 1) * WINDOW_S - row.now / MICRO)

    async def aclose(self) -> None:
        """The database is not this counter's to close."""


class RedisCounter:
    """In Redis, on its clock. While it is away the process counts for itself: the limit is our own."""

    def __init__(self, redis: "Redis", clock: Clock) -> None:
        self._redis = redis
        self._script = redis.register_script(SCRIPT)
        self._clock = clock
        self._alone = MemoryCounter(clock)
        self._away_until = -math.inf

    async def count(self, key: str) -> Counted:
        from redis.exceptions import RedisError

        if self._clock.monotonic() >= self._away_until:
            try:
                used, left_ms = await self._script(keys=[REQUESTS + key], args=[WINDOW_S])
                return Counted(used, left_ms / 1000)
            except (RedisError, OSError, TimeoutError):
                self._away_until = self._clock.monotonic() + AWAY_S
        return await self._alone.count(key)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._redis.aclose()


def open_quotas(settings: Settings, clock: Clock, database: Database) -> Quotas | None:
    """What the settings ask for; None without a limit."""
    if not settings.request_limit:
        return None
    if settings.embedded:
        return Quotas(MemoryCounter(clock), settings.request_limit)
    if not settings.redis_url:
        return Quotas(DatabaseCounter(database, clock), settings.request_limit)
    from gateway.persistence.redis_client import connect

    return Quotas(RedisCounter(connect(settings.redis_url), clock), settings.request_limit)
