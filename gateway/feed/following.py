"""How far feeds go: asked of the database once for all who follow the same one."""

import asyncio

from gateway.ambient import Clock
from gateway.feed import reading
from gateway.feed.positions import number
from gateway.persistence.database import Database

EVERY_S = 0.5
"""So old an answer may be: so often at most a feed is looked at in a process."""

Feed = tuple[str, str]


class Following:
    """Asks only while somebody follows: there is no task that would have to be stopped."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._asking: dict[Feed, asyncio.Lock] = {}
        self._seen: dict[Feed, tuple[float, int]] = {}

    async def last(self, tenant_id: str, environment: str) -> int:
        """The last position of this feed, after what is committed was numbered."""
        feed = (tenant_id, environment)
        async with self._asking.setdefault(feed, asyncio.Lock()):
            at, last = self._seen.get(feed, (float("-inf"), 0))
            if self._clock.monotonic() - at < EVERY_S:
                return last
            await number(self._database, tenant_id, environment)
            async with self._database.read() as session:
                last = (await reading.bounds(session, tenant_id, environment)).last
            self._seen[feed] = (self._clock.monotonic(), last)
            return last
