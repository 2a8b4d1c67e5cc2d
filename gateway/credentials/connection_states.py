"""Turns connections to the state that their credential puts them in, with a line in the audit trail."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.ambient import Ambient
from gateway.audit.log import KONTOR, record
from gateway.persistence.database import Database
from gateway.persistence.tables import credentials
from gateway.tenants.connections import Connections
from gateway.tenants.model import Connection, State

LIVING: frozenset[State] = frozenset({"connected", "degraded"})


class ConnectionStates:
    """Writes each change once, whoever else finds out at the same time."""

    def __init__(self, database: Database, connections: Connections, ambient: Ambient) -> None:
        self._database = database
        self._connections = connections
        self._ambient = ambient

    async def turn(
        self,
        connection: Connection,
        state: State,
        reason: str | None,
        *,
        generation: int,
        only_from: Collection[State] = LIVING,
    ) -> None:
        """Unless the credential has changed since `generation`: then what was found out of it is old news."""
        if connection.state == state:
            return
        async with self._database.write() as session:
            states = frozenset(only_from) - {state}
            # First, since it locks the row: a new authorization is either before this or after it.
            if not await self._connections.set_state(session, connection.id, state, reason, only_from=states):
                return
            if await self._generation(session, connection.id) != generation:
                await session.rollback()
                return
            await record(
                session,
                tenant_id=connection.tenant_id,
                environment=connection.environment,
                actor=KONTOR,
                action=f"connection.{state}",
                object_type="connection",
                object_id=connection.id,
                detail={"reason": reason, "target": connection.target},
                request_id=None,
                at=self._ambient.clock.now(),
            )
        self._connections.forget_cached(connection.id)

    async def _generation(self, session: AsyncSession, connection_id: str) -> int:
        found = await session.execute(
            select(credentials.c.generation).where(credentials.c.connection_id == connection_id)
        )
        return found.scalar_one_or_none() or 0
