"""Where virtual processes share their slots: what Redis keeps, without sockets, on the loop's time.

The rule is the product's own (`timeline.py`, which its tests hold equal to the script that Redis runs).
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from redis.exceptions import ConnectionError as Away
from sqlalchemy import BigInteger, func

from gateway.ambient import Ambient
from gateway.persistence.database import Database
from gateway.settings import Settings
from gateway.upstream.schedule import Scheduler, timeline
from gateway.upstream.schedule.books import Book, Budget, Budgets
from gateway.upstream.schedule.database_book import DatabaseBook
from gateway.upstream.schedule.queues import QueuedScheduler
from gateway.upstream.schedule.switching import Switching
from gateway.upstream.schedule.timeline import Asking, Line, Told
from tests.simulation.database import server_us


class Shared:
    """One Redis, for all processes of a run."""

    def __init__(self) -> None:
        self.lines: dict[str, Line] = {}
        self.away = False


class SharedBook:
    """One process's way to it: `RedisBook`, for whoever needs no more than one budget a call."""

    def __init__(self, shared: Shared, step: Callable[[str], Awaitable[None]]) -> None:
        self.shared = shared
        self._step = step

    async def ask(self, budgets: Budgets, asking: Asking, not_before_us: int = 0) -> Told:
        """See `RedisBook.ask`."""
        await self._step("slot")
        now, own = await self._now(), budgets.own
        line = self.shared.lines.get(own.key) or timeline.empty(now, own.interval_us)
        line, told = timeline.ask(line, now, own.interval_us, asking, now + not_before_us)
        self.shared.lines[own.key] = line
        return told

    async def hold(self, budget: Budget, for_us: int) -> None:
        """See `RedisBook.hold`."""
        await self._step("hold")
        now = await self._now()
        line = self.shared.lines.get(budget.key) or timeline.empty(now, budget.interval_us)
        self.shared.lines[budget.key] = timeline.hold(line, now, budget.interval_us, for_us)

    async def answers(self) -> bool:
        """See `RedisBook.answers`."""
        await self._step("ping")
        return not self.shared.away

    async def aclose(self) -> None:
        """Nothing is open."""

    async def _now(self) -> int:
        if self.shared.away:
            raise Away("Connection refused.")
        return server_us(asyncio.get_running_loop())


def shared_scheduler(
    book: SharedBook, ambient: Ambient, database: Database, settings: Settings, *, may_fail: bool
) -> Scheduler:
    """As the settings make it. Only where Redis may be away the database is asked, too: that costs time."""
    interval_s = settings.slot_interval_ms / 1000
    if not may_fail:
        return QueuedScheduler(book, ambient, interval_s)
    rows = DatabaseBook(database)
    rows._clock = func.server_us(type_=BigInteger)
    redis: Any = book
    switching: Book = Switching(redis, rows, ambient.clock)
    return QueuedScheduler(switching, ambient, interval_s)
