"""Clock, ids and randomness: the only module that asks the system for them; all else gets an `Ambient`."""

import asyncio
import base64
import os
import random
import time
from datetime import UTC, datetime
from typing import Protocol

from msgspec import Struct


class Clock(Protocol):
    """Two clocks: the calendar's for what people and vendors see, a steady one for durations."""

    def now(self) -> datetime:
        """The instant, aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds on a clock that never steps back."""
        ...

    async def sleep(self, seconds: float) -> None: ...


class Randomness(Protocol):
    """Secrets and jitter."""

    def token(self, nbytes: int = 24) -> str:
        """An unguessable string of URL-safe characters from `nbytes` random bytes."""
        ...

    def token_bytes(self, nbytes: int) -> bytes: ...

    def uniform(self, low: float, high: float) -> float:
        """A number for jitter; not for secrets."""
        ...


class Ids(Protocol):
    """Names of our own rows."""

    def new(self, prefix: str) -> str:
        """`{prefix}_` and 26 characters that sort by time of creation."""
        ...


class SystemClock:
    """The machine's clocks."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class SystemRandomness:
    """The operating system's source for secrets, a seeded generator for jitter."""

    def __init__(self) -> None:
        self._jitter = random.Random()

    def token(self, nbytes: int = 24) -> str:
        return base64.urlsafe_b64encode(os.urandom(nbytes)).rstrip(b"=").decode()

    def token_bytes(self, nbytes: int) -> bytes:
        return os.urandom(nbytes)

    def uniform(self, low: float, high: float) -> float:
        return self._jitter.uniform(low, high)


DIGITS = "0123456789abcdefghijklmnopqrstuv"
PAIRS = tuple(first + second for first in DIGITS for second in DIGITS)
SHIFTS = range(120, -1, -10)
"""Base 32 by two digits at a time: 26 digits hold 130 bits, of which the last two are empty."""


class TimeSortedIds:
    """48 bits of milliseconds and 80 random bits in base 32, lower case: ids of one process sort by time."""

    def __init__(self, clock: Clock, randomness: Randomness) -> None:
        self._clock = clock
        self._randomness = randomness

    def new(self, prefix: str) -> str:
        milliseconds = int(self._clock.now().timestamp() * 1000)
        number = (milliseconds << 80 | int.from_bytes(self._randomness.token_bytes(10), "big")) << 2
        return f"{prefix}_{''.join([PAIRS[number >> shift & 1023] for shift in SHIFTS])}"


class Ambient(Struct, frozen=True, kw_only=True):
    """What a process takes from its surroundings."""

    clock: Clock
    randomness: Randomness
    ids: Ids


def system(clock: Clock | None = None) -> Ambient:
    """The real surroundings; by the machine's clock unless another is given."""
    clock, randomness = clock or SystemClock(), SystemRandomness()
    return Ambient(clock=clock, randomness=randomness, ids=TimeSortedIds(clock, randomness))
