"""A caller who hangs up: what is read for nobody is read no further. Writes go on; see `gateway.writes`."""

import asyncio
from collections.abc import Awaitable
from typing import Any, TypeVar

from litestar.types import Receive

from gateway.errors import CallerGone

T = TypeVar("T")

NOTICED_AFTER_S = 1.0
"""Who is answered sooner is not watched: most are, and watching takes a task."""


async def unless_gone(reading: Awaitable[T], receive: Receive) -> T:
    """What `reading` gives.

    Raises:
        CallerGone: the connection was closed meanwhile. `reading` is over, whatever it waited for.
    """
    loop, work = asyncio.get_running_loop(), asyncio.current_task()
    assert work is not None
    watching: list[asyncio.Task[bool]] = []
    timer = loop.call_later(
        NOTICED_AFTER_S, lambda: watching.append(loop.create_task(_cancelled_when_gone(work, receive)))
    )
    try:
        return await reading
    except asyncio.CancelledError:
        if not (watching and watching[0].done()):
            raise
        work.uncancel()
        raise CallerGone("The caller hung up while the accounting system was read.") from None
    finally:
        timer.cancel()
        for task in watching:
            task.cancel()


async def _cancelled_when_gone(work: "asyncio.Task[Any]", receive: Receive) -> bool:
    while (await receive())["type"] != "http.disconnect":
        pass
    return work.cancel()
