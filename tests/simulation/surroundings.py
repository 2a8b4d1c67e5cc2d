"""Clock, ids and randomness of one virtual process: virtual time, and throws of its own."""

import asyncio
import base64
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from gateway.ambient import Ambient, TimeSortedIds
from tests.simulation.chance import Chance

BEGIN = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
"""What calendars show when the loop's clock stands at 0."""


class VirtualClock:
    """`gateway.ambient.Clock` over the running loop. `wake` is awaited after each sleep."""

    def __init__(self, wake: Callable[[str], Awaitable[None]]) -> None:
        self._loop = asyncio.get_running_loop()
        self._wake = wake

    def now(self) -> datetime:
        return BEGIN + timedelta(seconds=self._loop.time())

    def monotonic(self) -> float:
        return self._loop.time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        await self._wake("woke")


class VirtualRandomness:
    """`gateway.ambient.Randomness` from the seed."""

    def __init__(self, chance: Chance) -> None:
        self._chance = chance

    def token(self, nbytes: int = 24) -> str:
        return base64.urlsafe_b64encode(self._chance.bytes(nbytes)).rstrip(b"=").decode()

    def token_bytes(self, nbytes: int) -> bytes:
        return self._chance.bytes(nbytes)

    def uniform(self, low: float, high: float) -> float:
        return self._chance.uniform(low, high)


def surroundings(chance: Chance, wake: Callable[[str], Awaitable[None]]) -> Ambient:
    clock, randomness = VirtualClock(wake), VirtualRandomness(chance)
    return Ambient(clock=clock, randomness=randomness, ids=TimeSortedIds(clock, randomness))
