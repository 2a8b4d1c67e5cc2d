"""Time and chance of the twin: the only module that asks the machine for either."""

import random
import secrets
import string
import time
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Protocol, TypeVar

Thing = TypeVar("Thing")
TOKEN_ALPHABET = string.ascii_letters + string.digits


class Clock(Protocol):
    def now(self) -> datetime:
        """The instant, in UTC, with millisecond precision."""
        ...

    def advance(self, seconds: float) -> None:
        """Move time forward; what hangs on it (overdue, expiry, retries) follows."""
        ...


class Ids(Protocol):
    def uuid(self) -> str: ...

    def token(self, length: int) -> str: ...

    def hex(self, length: int) -> str: ...


class RunningClock:
    """The machine's time plus what has been advanced."""

    def __init__(self, advanced: timedelta = timedelta()) -> None:
        self.advanced = advanced

    def now(self) -> datetime:
        milliseconds = time.time_ns() // 1_000_000
        return datetime.fromtimestamp(milliseconds // 1000, UTC).replace(
            microsecond=milliseconds % 1000 * 1000
        ) + (self.advanced)

    def advance(self, seconds: float) -> None:
        self.advanced += timedelta(seconds=seconds)


class StandingClock:
    """Time that moves only when told to."""

    def __init__(self, start: datetime) -> None:
        self._now = start

    def now(self) -> datetime:
        return self._now

    def advance(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)


class RandomIds:
    """Ids nobody can guess."""

    def uuid(self) -> str:
        return str(uuid.uuid4())

    def token(self, length: int) -> str:
        return "".join(secrets.choice(TOKEN_ALPHABET) for _ in range(length))

    def hex(self, length: int) -> str:
        return secrets.token_hex(length // 2)


class SeededIds:
    """The same ids in the same order for the same seed."""

    def __init__(self, seed: int | str = 0) -> None:
        self._random = random.Random(seed)

    def uuid(self) -> str:
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def token(self, length: int) -> str:
        return "".join(self._random.choices(TOKEN_ALPHABET, k=length))

    def hex(self, length: int) -> str:
        return f"{self._random.getrandbits(length * 4):0{length}x}"


class Dice:
    """Chance for believable books: the same throws in the same order for the same seed."""

    def __init__(self, seed: str) -> None:
        self._random = random.Random(seed)

    def choice(self, among: Sequence[Thing]) -> Thing:
        return self._random.choice(among)

    def between(self, least: int, most: int) -> int:
        return self._random.randint(least, most)

    def chance(self, percent: int) -> bool:
        return self._random.random() * 100 < percent
