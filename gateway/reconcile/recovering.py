"""After a backup was restored: finds out whose grants have been used up since, then lets writes in again.

A refresh token that was renewed after the backup is worth nothing now. Each grant is renewed once, so that
whoever has to connect again is known before the first write, and not one by one in the weeks after.
"""

import asyncio
from contextlib import suppress
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from connectors.base.errors import KontorError
from gateway.ambient import Ambient
from gateway.credentials.ahead import Renews
from gateway.credentials.due import DueRenewals, make_due
from gateway.errors import Unavailable
from gateway.persistence.database import Database
from gateway.persistence.tables import connections as CONNECTIONS
from gateway.tenants.model import Connection
from gateway.writes import recovered

TOGETHER = 8
"""Grants that are renewed at the same time."""
AGAIN_S, WATCHED_EVERY_S = 5.0, 60.0


class Recovery:
    """One process's part in it. What is left to do stands in the database, so any number may do it."""

    def __init__(self, database: Database, ambient: Ambient, due: DueRenewals, tokens: Renews) -> None:
        self._database = database
        self._clock = ambient.clock
        self._due = due
        self._tokens = tokens

    async def watch(self) -> None:
        """Never done: somebody may say at any time that the database was brought back."""
        while True:
            await self.until_open()
            await self._clock.sleep(WATCHED_EVERY_S)

    async def until_open(self) -> None:
        """Done when writes are taken: at once, unless this database was restored."""
        while True:
            with suppress(Unavailable):
                async with self._database.read() as session:
                    if not await recovered.closed(session):
                        return
                await self.look_at_all()
                return
            await self._clock.sleep(AGAIN_S)

    async def look_at_all(self) -> None:
        """Try each grant that is older than the restore, then take writes again.

        One whose server does not answer keeps nobody waiting: it is due, and tried again like any other.
        """
        async with self._database.write() as session:
            now = self._clock.now()
            since = await recovered.restored_at(session, now)
            await make_due(session, since, now)
        after = ""
        while found := await self._due.older_than(since, after, TOGETHER):
            await asyncio.gather(*map(self._look, found))
            after = found[-1].id
        async with self._database.write() as session:
            await recovered.open_writes(session, self._clock.now(), await _lost(session, since))

    async def _look(self, connection: Connection) -> None:
        """Renewed, or over: both stand in its row."""
        with suppress(KontorError):
            await self._tokens.renew_ahead(connection, rested=True)


async def _lost(session: AsyncSession, since: datetime) -> int:
    """Connections that have to be connected again since then."""
    columns = CONNECTIONS.c
    lost = select(func.count()).where(columns.state == "reconnect_required", columns.state_since >= since)
    return (await session.execute(lost)).scalar_one()
