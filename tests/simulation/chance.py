"""One seed's chance: a generator for each actor by its name, so that none disturbs another's throws."""

import random
from typing import TypeVar

T = TypeVar("T")


class Chance:
    """Throws of one actor. The same seed and name give the same throws, in every process."""

    def __init__(self, seed: int, name: str) -> None:
        self._random = random.Random(f"{seed}/{name}")
        self.below = self._random.randrange
        self.uniform = self._random.uniform
        self.bytes = self._random.randbytes

    def happens(self, probability: float) -> bool:
        return self._random.random() < probability

    def one_of(self, among: tuple[T, ...] | list[T]) -> T:
        return self._random.choice(among)

    def some_of(self, among: tuple[T, ...], least: int, most: int) -> tuple[T, ...]:
        """So many different ones, in the order in which they stand."""
        chosen = self._random.sample(range(len(among)), self._random.randint(least, min(most, len(among))))
        return tuple(among[index] for index in sorted(chosen))

    def between(self, least: int, most: int) -> int:
        return self._random.randint(least, most)

    def about(self, seconds: float) -> float:
        """A wait: seldom much longer than `seconds`, often shorter."""
        return min(self._random.expovariate(1 / seconds), 5 * seconds)
