"""After a backup was restored: finds out whose grants have been used up since, then lets writes in again.

A refresh token that was renewed after the backup is worth nothing now. Each grant is renewed once, so that
whoever has to connect again is known before the first write, and not one by one in the weeks after.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress

from sqlalchemy import select

from connectors.base.errors import KontorError, ReconnectNeeded
from gateway.ambient import Ambient
from gateway.credentials.tokens import Tokens
from gateway.errors import Unavailable
from gateway.persistence.database import Database
from gateway.persistence.tables import connections as CONNECTIONS
from gateway.tenants.connections import Connections
from gateway.tenants.model import Connection
from gateway.writes import recovered

TOGETHER = 8
"""Grants that are renewed at the same time."""
AT_ONCE = 500
AGAIN_S = 5.0
LIVING = ("connected", "degraded", "pending")


class Recovery:
    """One process's part in it. Several may do it at the same time: a renewed grant is renewed once more."""

    def __init__(
        self, database: Database, ambient: Ambient, connections: Connections, tokens: Tokens
    ) -> None:
        self._database = database
        self._ambient = ambient
        self._connections = connections
        self._tokens = tokens
        self._looked: dict[str, bool] = {}
        """Whether each grant that was looked at still works."""

    async def until_open(self) -> None:
        """Done when writes are taken: at once, unless this database was restored."""
        while True:
            with suppress(Unavailable):
                async with self._database.read() as session:
                    if not await recovered.closed(session):
                        return
                if await self.look_at_all():
                    return
            await self._ambient.clock.sleep(AGAIN_S)

    async def look_at_all(self) -> bool:
        """Look at every grant that was not looked at yet. False: some servers did not answer; writes wait."""
        async with self._database.write() as session:
            await recovered.note_restored(session, self._ambient.clock.now())
        waiting, after = 0, ""
        while found := await self._after(after):
            after = found[-1][-1]
            fresh = [one for one in found if one[-1] not in self._looked]
            for start in range(0, len(fresh), TOGETHER):
                looks = await asyncio.gather(*(self._look(*one) for one in fresh[start : start + TOGETHER]))
                waiting += looks.count(False)
        if waiting:
            return False
        lost = list(self._looked.values()).count(False)
        async with self._database.write() as session:
            await recovered.open_writes(session, self._ambient.clock.now(), lost)
        return True

    async def _after(self, id: str) -> Sequence[tuple[str, str, str]]:
        columns = CONNECTIONS.c
        statement = (
            select(columns.tenant_id, columns.environment, columns.id)
            .where(columns.id > id, columns.credential_kind == "oauth", columns.state.in_(LIVING))
            .order_by(columns.id)
            .limit(AT_ONCE)
        )
        async with self._database.read() as session:
            return [tuple(row) for row in await session.execute(statement)]

    async def _look(self, tenant_id: str, environment: str, id: str) -> bool:
        """Renew its grant. False: nobody knows yet whether it works."""
        async with self._database.read() as session:
            connection = await self._connections.get(session, tenant_id, environment, id)  # pyright: ignore[reportArgumentType]
        if connection is not None:
            try:
                await self._renew(connection)
            except ReconnectNeeded:
                self._looked[id] = False  # its state says so by now
                return True
            except KontorError:
                return False
        self._looked[id] = True
        return True

    async def _renew(self, connection: Connection) -> None:
        present = await self._tokens.authorization(connection)
        await self._tokens.refreshed_after_401(connection, present)
