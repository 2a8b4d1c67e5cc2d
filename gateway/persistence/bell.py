"""Rings when something was committed that loops of this process wait for, so that they need not look often.

Other processes do not hear it: every loop looks by itself too, now and then.
"""

import asyncio
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.ambient import Clock

RINGS = "kontor_rings"
SETTLES_S = 0.05
"""Between two looks at least, however often it rings."""


def ring_after(session: AsyncSession) -> None:
    """Once this transaction is committed."""
    session.info[RINGS] = True


class Bell:
    """A loop takes `rung` before it looks, and then waits until that has changed."""

    def __init__(self) -> None:
        self.rung = 0
        self._waiting: set[asyncio.Event] = set()

    def committed(self, session: AsyncSession) -> None:
        """Ring, if the transaction asked for it."""
        if session.info.pop(RINGS, False):
            self.rung += 1
            for event in self._waiting:
                event.set()

    async def heard(self, since: int, clock: Clock, at_most_s: float, *others: asyncio.Future[Any]) -> None:
        """Until it has rung after `since`, perhaps already, the time is over, or one of `others` is done."""
        ring = asyncio.ensure_future(self._rung(since))
        waits = asyncio.ensure_future(clock.sleep(at_most_s))
        try:
            await asyncio.wait({ring, waits, *others}, return_when=asyncio.FIRST_COMPLETED)
            if ring.done() and not waits.done():
                await clock.sleep(min(SETTLES_S, at_most_s))
        finally:
            for task in (ring, waits):
                task.cancel()
            await asyncio.gather(ring, waits, return_exceptions=True)

    async def _rung(self, since: int) -> None:
        event = asyncio.Event()
        self._waiting.add(event)
        try:
            while self.rung == since:
                event.clear()
                await event.wait()
        finally:
            self._waiting.discard(event)
