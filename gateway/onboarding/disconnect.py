"""The end of a connection: unusable at once, revoked at the vendor as soon as the vendor can be reached."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, Literal

import structlog
from msgspec.structs import replace
from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from connectors.base.errors import KontorError
from gateway.ambient import Ambient
from gateway.credentials.grants import REFUSALS
from gateway.credentials.tokens import Tokens
from gateway.errors import UnknownObject
from gateway.onboarding.completion import Record
from gateway.persistence import outbox
from gateway.persistence.database import Database
from gateway.persistence.tables import connections as CONNECTIONS
from gateway.persistence.tables import credentials as CREDENTIALS
from gateway.persistence.tables import exchange_codes as CODES
from gateway.privacy.copies import erase_copy
from gateway.tenants.connections import Connections
from gateway.tenants.model import Caller, Connection, Environment

log = structlog.get_logger("kontor.onboarding")

REVOKE = "revoke_connection"
"""Kind of the job that makes up for a revocation; its subject is the connection."""

Data = Literal["keep", "erase"]
"""What becomes of the copy of a connection's books when the connection ends."""

GIVE_UP_AFTER = timedelta(days=7)
"""Where the vendor refuses the partner app for so long, the grant is deleted here without being revoked:
nobody but the tenant could do it. A vendor that is away is asked until it has done it."""


class Disconnect:
    """Ends connections. A disconnected one that still has a sealed credential owes its revocation, and before
    it the end of its subscriptions.
    """

    def __init__(
        self,
        database: Database,
        ambient: Ambient,
        connections: Connections,
        tokens: Tokens,
        record: Record,
        unsubscribe: Callable[[Connection], Awaitable[None]],
    ) -> None:
        self._database = database
        self._ambient = ambient
        self._connections = connections
        self._tokens = tokens
        self._record = record
        self._unsubscribe = unsubscribe

    async def disconnect(
        self, caller: Caller, connection_id: str, request_id: str, data: Data = "erase"
    ) -> None:
        """Account key, codes and, unless it is to be kept, the copy end with the commit; the vendor is told
        afterwards. Twice is not an error, and erases what was kept the first time.

        Raises:
            UnknownObject: no such connection for this caller.
        """
        async with self._database.write() as session:
            connection = await self._connections.get(
                session, caller.tenant_id, caller.environment, connection_id
            )
            if connection is None:
                raise UnknownObject("connection")
            ends, erases = connection.state != "disconnected", data == "erase" and connection.keeps_replica
            if not ends and not erases:
                return
            told: dict[str, Any] = {"target": connection.target, "data": data}
            if ends:
                await self._end(session, connection)
            if erases:
                await self._connections.set_replica(session, connection.id, False)
                told["erased"] = await erase_copy(session, connection.tenant_id, connection.id)
            await self._record(
                session,
                tenant_id=caller.tenant_id,
                actor=caller.key_id,
                action="connection.disconnected" if ends else "connection.erased",
                object_type="connection",
                object_id=connection.id,
                environment=caller.environment,
                detail=told,
                request_id=request_id,
                at=self._ambient.clock.now(),
            )
        self._connections.forget_cached(connection.id)
        # What is subscribed to the job ends: many calls.
        if ends and connection.credential_kind == "oauth" and connection.vendor_events != "subscribed":
            await self._revoke(
                replace(connection, state="disconnected", state_since=self._ambient.clock.now())
            )

    async def _end(self, session: AsyncSession, connection: Connection) -> None:
        """Unusable from the commit on."""
        await self._connections.set_state(
            session, connection.id, "disconnected", "Disconnected by an API key of the tenant."
        )
        await session.execute(delete(CODES).where(CODES.c.connection_id == connection.id))
        await session.execute(
            update(CONNECTIONS).where(CONNECTIONS.c.id == connection.id).values(account_key_digest=None)
        )
        if connection.credential_kind == "api_key" and connection.vendor_events != "subscribed":
            await self._tokens.forget(session, connection.id)
            return
        await outbox.put(
            session,
            self._ambient,
            kind=REVOKE,
            subject=connection.id,
            tenant_id=connection.tenant_id,
            environment=connection.environment,
            connection_id=connection.id,
        )

    async def revoke(self, tenant_id: str, environment: Environment, connection_id: str) -> bool:
        """Make up for a revocation that is owed, for a job to call until this tells that nothing is.

        A grant that rests after a failure is left alone for now.
        """
        owed = (
            select(CREDENTIALS.c.resting_until)
            .join(CONNECTIONS, CREDENTIALS.c.connection_id == CONNECTIONS.c.id)
            .where(
                CONNECTIONS.c.id == connection_id,
                CONNECTIONS.c.state == "disconnected",
                CREDENTIALS.c.sealed.is_not(None),
            )
        )
        async with self._database.read() as session:
            row = (await session.execute(owed)).one_or_none()
            if row is None:
                return True
            if row.resting_until is not None and row.resting_until > self._ambient.clock.now():
                return False
            connection = await self._connections.get(session, tenant_id, environment, connection_id)
        return connection is None or await self._revoke(connection)

    async def _revoke(self, connection: Connection) -> bool:
        """Whether the credential is gone for good."""
        try:
            await self._unsubscribe(connection)
        except KontorError as error:  # the vendor drops what is left when it is told that nobody listens
            log.warning("subscriptions_left", connection=connection.id, error=error.code)
        try:
            await self._tokens.revoke_upstream(connection)
        except KontorError as error:
            log.warning("revocation_owed", connection=connection.id, error=error.code)
            if not refused(error) or self._ambient.clock.now() - connection.state_since < GIVE_UP_AFTER:
                return False
        async with self._database.write() as session:
            # Locked, since a reconnect that comes between would lose its new grant.
            state = await session.execute(
                select(CONNECTIONS.c.state).where(CONNECTIONS.c.id == connection.id).with_for_update()
            )
            if state.scalar_one_or_none() == "disconnected":
                await self._tokens.forget(session, connection.id)
        return True


def refused(error: KontorError) -> bool:
    """Whether the vendor answered, and refused the partner app or the token."""
    return error.upstream is not None and error.upstream.status in REFUSALS
