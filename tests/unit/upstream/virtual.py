"""A clock that stands still until the test lets it go on, and then jumps from one sleeper to the next."""

import asyncio
import heapq
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.ambient import Ambient, SystemRandomness, TimeSortedIds
from gateway.persistence.database import Database

T = TypeVar("T")
Transaction = Callable[[], AbstractAsyncContextManager[AsyncSession]]

PATIENCE = 2000

ROUNDS = 25
"""Turns of the event loop after which everybody is taken to be asleep."""


class VirtualClock:
    """`Clock`. Starts at 0; `busy` counts whoever waits for something real, and holds time still."""

    def __init__(self) -> None:
        self.time = 0.0
        self.busy = 0
        self._order = itertools.count()
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []

    def now(self) -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=self.time)

    def monotonic(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        awake = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self.time + seconds, next(self._order), awake))
        await awake

    async def run(self, work: Awaitable[T]) -> T:
        """The result of `work`, with time going on by itself."""
        task = asyncio.ensure_future(work)
        patience = PATIENCE
        while not task.done():
            await self.settle()
            if task.done() or self._wake_next():
                patience = PATIENCE
                continue
            patience -= 1  # somebody waits for something real, and did not say so
            assert patience, "everybody waits, and nobody will wake them"
            await asyncio.sleep(0.002)
        return task.result()

    async def until(self, time: float) -> None:
        """Let time go on to `time`, waking whoever is due."""
        await self.settle()
        while self._sleepers and self._sleepers[0][0] <= time:
            self._wake_next()
            await self.settle()
        self.time = max(self.time, time)

    async def settle(self) -> None:
        """Let everybody run until they sleep."""
        rounds = 0
        while rounds < ROUNDS:
            await asyncio.sleep(0.001 if self.busy else 0)
            rounds = 0 if self.busy else rounds + 1

    def _wake_next(self) -> bool:
        while self._sleepers:
            at, _, awake = heapq.heappop(self._sleepers)
            if not awake.done():
                self.time = max(self.time, at)
                awake.set_result(None)
                return True
        return False


def stand_still(clock: VirtualClock, database: Database) -> None:
    """Time does not go on while a transaction is open: a real database takes real time."""

    def held(transaction: Transaction) -> Transaction:
        @asynccontextmanager
        async def standing() -> AsyncIterator[AsyncSession]:
            clock.busy += 1
            try:
                async with transaction() as session:
                    yield session
            finally:
                clock.busy -= 1

        return standing

    for name in ("read", "write"):
        setattr(database, name, held(getattr(database, name)))


def virtual() -> tuple[VirtualClock, Ambient]:
    """A clock at 0, and surroundings with it."""
    clock, randomness = VirtualClock(), SystemRandomness()
    return clock, Ambient(clock=clock, randomness=randomness, ids=TimeSortedIds(clock, randomness))
