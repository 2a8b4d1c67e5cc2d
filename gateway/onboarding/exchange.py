"""The one-time code that a browser carried back, against the account key that no browser ever sees."""

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.ambient import Ambient
from gateway.onboarding.completion import Record
from gateway.onboarding.refusals import CodeUsed, UnknownCode
from gateway.persistence.database import Database
from gateway.persistence.tables import connections as CONNECTIONS
from gateway.persistence.tables import exchange_codes as TABLE
from gateway.tenants.connections import Connections
from gateway.tenants.lookup import LookupHash
from gateway.tenants.model import Caller, Connection

LONGEST = 128


class Exchange:
    """Exchanges each code once, for the tenant and environment it was made for."""

    def __init__(
        self,
        database: Database,
        ambient: Ambient,
        lookup: LookupHash,
        connections: Connections,
        record: Record,
    ) -> None:
        self._database = database
        self._ambient = ambient
        self._lookup = lookup
        self._connections = connections
        self._record = record

    async def exchange(self, caller: Caller, code: str, request_id: str) -> tuple[Connection, str | None]:
        """The connection and its account key; None where it has one already, which goes on working.

        Raises:
            UnknownCode: never issued, expired, or of another tenant or environment.
            CodeUsed: the caller exchanged it before.
        """
        async with self._database.write() as session:
            connection_id = await self._take(session, caller, code)
            account_key = await self._first_account_key(session, connection_id)
            await self._connections.set_state(session, connection_id, "connected", only_from=("pending",))
            connection = await self._connections.get(
                session, caller.tenant_id, caller.environment, connection_id
            )
            assert connection is not None
            await self._record(
                session,
                tenant_id=caller.tenant_id,
                actor=caller.key_id,
                action="connection.exchanged",
                object_type="connection",
                object_id=connection_id,
                environment=caller.environment,
                detail={"newAccountKey": account_key is not None},
                request_id=request_id,
                at=self._ambient.clock.now(),
            )
        self._connections.forget_cached(connection_id)
        return connection, account_key

    async def _take(self, session: AsyncSession, caller: Caller, code: str) -> str:
        """The connection of an unused code of the caller's, which is used up by this."""
        now = self._ambient.clock.now()
        own = (
            TABLE.c.code_hash == self._lookup.digest("exchange_code", code[:LONGEST]),
            TABLE.c.tenant_id == caller.tenant_id,
            TABLE.c.environment == caller.environment,
        )
        taken = await session.execute(
            update(TABLE)
            .where(*own, TABLE.c.used_at.is_(None), TABLE.c.expires_at > now)
            .values(used_at=now)
            .returning(TABLE.c.connection_id)
        )
        connection_id = taken.scalar_one_or_none()
        if connection_id is not None:
            return connection_id
        used = await session.execute(select(TABLE.c.used_at).where(*own))
        if used.scalar_one_or_none() is not None:
            raise CodeUsed("This code was exchanged before.")
        raise UnknownCode("There is no such code.")

    async def _first_account_key(self, session: AsyncSession, connection_id: str) -> str | None:
        """A new account key, unless there is one. The lock keeps a second code from replacing it at once."""
        await session.execute(
            select(CONNECTIONS.c.id).where(CONNECTIONS.c.id == connection_id).with_for_update()
        )
        if await self._connections.has_account_key(session, connection_id):
            return None
        return await self._connections.new_account_key(session, connection_id)
