"""Sessions whose statements run to their end, whoever gives up waiting for them.

Clients hang up at any moment. A statement that is cancelled in its midst leaves its connection in a state
that nobody knows: with SQLite, a transaction stays open, and with it the lock that every writer needs.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

T = TypeVar("T")


async def finished(work: Coroutine[Any, Any, T]) -> T:
    """The result of `work`. Cancelling takes effect when it is done, and not before."""
    task = asyncio.ensure_future(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        if not task.cancelled():
            task.exception()  # seen, though nobody waits for it any more
        raise cancelled
    return task.result()


class WholeSession(AsyncSession):
    """`AsyncSession` for what this house uses of it: Core statements. Each runs to its end."""

    async def execute(self, *args: Any, **kwargs: Any) -> Any:
        return await finished(super().execute(*args, **kwargs))

    async def scalar(self, *args: Any, **kwargs: Any) -> Any:
        return await finished(super().scalar(*args, **kwargs))

    async def scalars(self, *args: Any, **kwargs: Any) -> Any:
        return await finished(super().scalars(*args, **kwargs))

    async def run_sync(self, *args: Any, **kwargs: Any) -> Any:
        return await finished(super().run_sync(*args, **kwargs))

    async def connection(self, *args: Any, **kwargs: Any) -> Any:
        return await finished(super().connection(*args, **kwargs))

    async def commit(self) -> None:
        await finished(super().commit())

    async def rollback(self) -> None:
        await finished(super().rollback())

    async def close(self) -> None:
        await finished(super().close())
