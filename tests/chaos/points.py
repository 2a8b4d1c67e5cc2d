"""A gateway that ends, or stops, at a named point of the write path: whatever a power cut can leave behind;
or whose host's clock is wrong.

The point is armed by a file that the first process to come there takes away; what it holds is the signal.
"""

import os
import signal
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from gateway.ambient import SystemClock
from gateway.launch.serving import serve_alone
from gateway.settings import from_environment
from gateway.upstream import wire
from gateway.writes import rows
from gateway.writes.journal import Journal
from gateway.writes.settlement import Settlement

APP = "tests.chaos.points:create"
ARMED = "CHAOS_ARMED"
"""Variable that names the directory of armed points."""
AHEAD = "CHAOS_CLOCK_AHEAD_S"
"""Variable that says how far the calendar of this process's host is ahead."""

Around = tuple[str | None, str | None]
"""Points before and after a call."""

PLACES: tuple[tuple[Any, str, Around], ...] = (
    (Journal, "_try_claim", ("before it is reserved", "reserved")),
    (rows, "mark_sent", (None, "about to commit that it is sent")),
    (Settlement, "sent", (None, "sent, nothing has left")),
    (wire, "begin", (None, "answered by the vendor")),
    (rows, "answered", (None, "about to commit the answer")),
    (Settlement, "answered", (None, "answer kept")),
    (Settlement, "settle", ("read back", "settled, the caller not told")),
    (rows, "settle", (None, "about to commit the outcome")),
)
POINTS = tuple(point for _, _, around in PLACES for point in around if point)


def create() -> Any:
    """The application, with its points in place. Runs in the process that serves."""
    from gateway import app

    for owner, name, (before, after) in PLACES:
        setattr(owner, name, _watched(getattr(owner, name), before, after))
    _put_forward(timedelta(seconds=float(os.environ.get(AHEAD, "0"))))
    return app.create()


def _put_forward(by: timedelta) -> None:
    told = SystemClock.now
    SystemClock.now = lambda self: told(self) + by


def _watched(call: Callable[..., Awaitable[Any]], before: str | None, after: str | None) -> Any:
    async def watched(*args: Any, **more: Any) -> Any:
        if before:
            _reach(before)
        result = await call(*args, **more)
        if after and not (call.__name__ == "begin" and args[1] != "POST"):
            _reach(after)
        return result

    return watched


def _reach(point: str) -> None:
    armed = Path(os.environ[ARMED]) / point
    try:
        number = int(armed.read_text())
        armed.unlink()
    except (FileNotFoundError, ValueError):
        return
    if number == signal.SIGKILL:
        os.killpg(os.getpgid(0), signal.SIGKILL)
    else:
        os.kill(os.getpid(), number)


if __name__ == "__main__":
    serve_alone(from_environment(), APP)
