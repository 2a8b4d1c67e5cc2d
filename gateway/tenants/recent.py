"""Answers from the database that may be a moment old."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

from gateway.ambient import Clock

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Recent(Generic[K, V]):
    """Remembers answers for `max_age_s`, and that there was none.

    The two are bounded apart, so that guesses cannot push out what is in use. Many who ask the same at once
    cause one question. A hit awaits nothing and takes no lock.
    """

    def __init__(
        self, clock: Clock, *, max_age_s: float = 2.0, found: int = 10_000, missing: int = 4_096
    ) -> None:
        self._clock = clock
        self._max_age_s = max_age_s
        self._found: dict[K, tuple[float, V]] = {}
        self._missing: dict[K, tuple[float, None]] = {}
        self._limits = (found, missing)
        self._asking: dict[K, asyncio.Task[V | None]] = {}

    async def get(self, key: K, ask: Callable[[], Awaitable[V | None]]) -> V | None:
        """The answer to `ask`, from memory when it is young enough. Errors are not remembered."""
        held = self._found.get(key) or self._missing.get(key)
        if held is not None and held[0] > self._clock.monotonic():
            return held[1]
        task = self._asking.get(key)
        if task is None:
            task = self._asking[key] = asyncio.ensure_future(self._ask(key, ask))
            task.add_done_callback(
                lambda done: done.cancelled() or done.exception()
            )  # its askers may be gone
        return await asyncio.shield(task)  # one asker who gives up does not take the answer from the others

    async def _ask(self, key: K, ask: Callable[[], Awaitable[V | None]]) -> V | None:
        asked = self._clock.monotonic()
        me = asyncio.current_task()
        try:
            answer = await ask()
            if self._asking.get(key) is me:  # else it was forgotten meanwhile: this answer is from before
                self._remember(key, asked + self._max_age_s, answer)
            return answer
        finally:
            if self._asking.get(key) is me:
                del self._asking[key]

    def _remember(self, key: K, until: float, answer: V | None) -> None:
        self._found.pop(key, None)
        self._missing.pop(key, None)
        if answer is not None:
            _put(self._found, key, (until, answer), self._limits[0])
        else:
            _put(self._missing, key, (until, None), self._limits[1])

    def forget(self, key: K) -> None:
        """Ask anew the next time, also when a question is under way."""
        self._found.pop(key, None)
        self._missing.pop(key, None)
        self._asking.pop(key, None)

    def forget_where(self, matches: Callable[[V], bool]) -> None:
        """Forget every answer that matches, and whatever is being asked. Walks all of them."""
        for key in [key for key, (_, answer) in self._found.items() if matches(answer)]:
            del self._found[key]
        self._asking.clear()

    def __len__(self) -> int:
        return len(self._found) + len(self._missing)


def _put(held: dict[K, tuple[float, V]], key: K, entry: tuple[float, V], limit: int) -> None:
    while len(held) >= limit:
        del held[next(iter(held))]  # dictionaries keep their order: the oldest answer goes
    held[key] = entry
