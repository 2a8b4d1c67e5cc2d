"""Surroundings that stand still: a clock that only the test moves, and ids in the order they were made."""

import asyncio
import itertools
from datetime import UTC, datetime, timedelta

from gateway.ambient import Ambient, SystemRandomness


class StandingClock:
    """`Clock`. Both of its clocks move together, when a test says so."""

    def __init__(self) -> None:
        self.elapsed_s = 0.0

    def advance(self, seconds: float) -> None:
        self.elapsed_s += seconds

    def now(self) -> datetime:
        return datetime(2026, 11, 20, 12, 0, tzinfo=UTC) + timedelta(seconds=self.elapsed_s)

    def monotonic(self) -> float:
        return 1000.0 + self.elapsed_s

    async def sleep(self, seconds: float) -> None:
        self.advance(seconds)
        await asyncio.sleep(0)


class CountedIds:
    """`Ids`: prefix and number, which sort in the order they were made."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)

    def new(self, prefix: str) -> str:
        return f"{prefix}_{next(self._numbers):06}"


class Standing(Ambient, frozen=True, kw_only=True):
    """`Ambient` with the clock to move."""

    clock: StandingClock  # pyright: ignore[reportIncompatibleVariableOverride]


def standing() -> Standing:
    return Standing(clock=StandingClock(), randomness=SystemRandomness(), ids=CountedIds())
