"""An event loop whose time is virtual: when nothing is ready, it jumps to the next timer.

`asyncio.sleep`, `asyncio.timeout` and `call_later` follow, since all of them ask the loop. Time is kept in
whole nanoseconds from 0: with the seconds of an epoch in a float, small steps are lost in rounding.
"""

import asyncio
import contextvars
import selectors
from collections.abc import Callable, Coroutine
from typing import Any, NoReturn, TypeVar

T = TypeVar("T")

NANO = 1_000_000_000
RESOLUTION_S = 1e-6
"""Timers so close together are one moment. It is more than what a float of seconds rounds away: else the loop
looks for ever at a timer that has come, and never sees it as due.
"""

OnTask = Callable[["asyncio.Task[Any]"], None]
on_task: contextvars.ContextVar[OnTask | None] = contextvars.ContextVar("on_task", default=None)
"""Told of every task that is made in this context, and in those it is copied to."""


class Stalled(RuntimeError):
    """Everybody waits, and no timer will wake anybody."""


class Jumping(selectors.SelectSelector):
    """Asks no descriptor and never waits: whoever selects gets the time it would have waited for."""

    def __init__(self, advance: Callable[[float], None]) -> None:
        super().__init__()
        self._advance = advance

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout is None:
            raise Stalled("nothing is ready and nothing is planned")
        if timeout > 0:
            self._advance(timeout)
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """Begins at 0. Threads are refused: nobody knows how long they take."""

    def __init__(self) -> None:
        self.nanoseconds = 0
        self.jumps = 0
        """How often time has moved."""
        super().__init__(Jumping(self._advance))
        self._clock_resolution = RESOLUTION_S

    def time(self) -> float:
        return self.nanoseconds / NANO

    def create_task(self, coro: Coroutine[Any, Any, T], **more: Any) -> "asyncio.Task[T]":  # pyright: ignore[reportIncompatibleMethodOverride]
        task = super().create_task(coro, **more)
        context = more.get("context")
        note = on_task.get() if context is None else context.get(on_task)
        if note is not None:
            note(task)
        return task

    def run_in_executor(self, executor: Any, func: Any, *args: Any) -> NoReturn:  # pyright: ignore[reportIncompatibleMethodOverride]
        raise RuntimeError(f"a thread would be needed for {func!r}")

    def _advance(self, seconds: float) -> None:
        # Never by nothing: rounding must not leave a timer waiting for the moment before its own.
        self.nanoseconds += max(1, round(seconds * NANO))
        self.jumps += 1


def run(work: Coroutine[Any, Any, T]) -> T:
    """The result of `work` on a virtual clock of its own. Tasks that are left over are cancelled."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(work)
