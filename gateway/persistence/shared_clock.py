"""One clock for all processes of an installation: the database's.

Leases, the time a write left and when it must have shown stand in rows that one process writes and another
reads. Were their hosts' clocks apart, one would take over what the other is still at, and look in the wrong
minute for what it has booked.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta

from sqlalchemy import func, select

from gateway.ambient import Clock, SystemClock
from gateway.errors import Unavailable
from gateway.persistence.database import Database

logger = logging.getLogger("kontor.clock")

EVERY_S, AGAIN_S = 30.0, 1.0
SLOWEST_S = 1.0
"""An answer that took longer tells the time too roughly."""
TOLERATED_S = 2.0
"""A host whose clock is further off is told of."""


class SharedClock:
    """`Clock`. Between two looks at the database it goes with the host's steady clock, so that setting the
    host's calendar changes nothing. Before the first look it is the host's.
    """

    def __init__(self, host: Clock, database: Database, note: Callable[[float], None]) -> None:
        self._host = host
        self._database = database
        self._note = note
        self._anchor = host.now(), host.monotonic()
        self._off = False

    def now(self) -> datetime:
        told, at = self._anchor
        return told + timedelta(seconds=self._host.monotonic() - at)

    def monotonic(self) -> float:
        return self._host.monotonic()

    async def sleep(self, seconds: float) -> None:
        await self._host.sleep(seconds)

    async def set(self) -> bool:
        """Take over the database's time. False: it took too long to tell.

        Raises:
            Unavailable: the database is away.
        """
        async with self._database.read() as session:
            began = self._host.monotonic()
            told: datetime = (await session.execute(select(func.clock_timestamp()))).scalar_one()
            took = self._host.monotonic() - began
        if took > SLOWEST_S:
            return False
        self._anchor = told + timedelta(seconds=took / 2), began + took
        self._tell((self._host.now() - self.now()).total_seconds())
        return True

    async def keep(self) -> None:
        """Set it again and again; never done."""
        while True:
            is_set = False
            with suppress(Unavailable):
                is_set = await self.set()
            await self._host.sleep(EVERY_S if is_set else AGAIN_S)

    def _tell(self, ahead_s: float) -> None:
        self._note(ahead_s)
        off = abs(ahead_s) > TOLERATED_S
        if off and not self._off:
            logger.warning("This host's clock is %+.1f s off the database's, which counts.", ahead_s)
        self._off = off


def clock_of(database: Database, note: Callable[[float], None]) -> Clock:
    """The clock of a process with this database. `note` hears how far the host's is ahead of a shared one."""
    host = SystemClock()
    return host if database.dialect == "sqlite" else SharedClock(host, database, note)


@asynccontextmanager
async def in_step(clock: Clock) -> AsyncIterator[None]:
    """Keeps a clock that is shared in step, and lets any other be."""
    if not isinstance(clock, SharedClock):
        yield
        return
    with suppress(Unavailable):
        await clock.set()
    keeping = asyncio.create_task(clock.keep())
    try:
        yield
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
