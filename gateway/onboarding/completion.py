"""The last step of every way to connect: one short transaction, or nothing at all."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from urllib.parse import urlencode

from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncSession

from connectors.base.connector import Identity
from gateway.ambient import Ambient
from gateway.onboarding.refusals import LinkUsed, OrganizationMismatch, ReturnUrlWithdrawn
from gateway.onboarding.sessions import SECRET_BYTES, SUCCEEDED, ConnectSession, Sessions
from gateway.persistence.database import Database
from gateway.persistence.tables import connections as CONNECTIONS
from gateway.persistence.tables import exchange_codes as CODES
from gateway.tenants.connections import Connections
from gateway.tenants.lookup import LookupHash
from gateway.tenants.model import Connection, CredentialKind
from gateway.tenants.return_urls import ReturnUrls

CODE_LIFE = timedelta(minutes=10)

Store = Callable[[AsyncSession, Connection], Awaitable[None]]
"""Puts the fresh credential into the transaction."""
Record = Callable[..., Awaitable[object]]
"""`gateway.audit.log.record`."""


class Completion:
    """Turns a session and a checked credential into a connection."""

    def __init__(
        self,
        *,
        database: Database,
        ambient: Ambient,
        lookup: LookupHash,
        sessions: Sessions,
        connections: Connections,
        return_urls: ReturnUrls,
        record: Record,
    ) -> None:
        self._database = database
        self._ambient = ambient
        self._lookup = lookup
        self._sessions = sessions
        self._connections = connections
        self._return_urls = return_urls
        self._record = record

    async def succeed(
        self,
        found: ConnectSession,
        kind: CredentialKind,
        identity: Identity,
        store: Store,
        request_id: str,
    ) -> str:
        """Where to send the browser, with the one-time code in it.

        Raises:
            OrganizationMismatch: the connection belonged to another organization, and that was to stay.
            ReturnUrlWithdrawn: the return URL is no longer registered.
            LinkUsed: the session was finished meanwhile.
        """
        code = self._ambient.randomness.token(SECRET_BYTES)
        async with self._database.write() as session:
            if not await self.may_return(session, found):
                raise ReturnUrlWithdrawn("The return URL is not registered any more.")
            connection = await self._connection(session, found, kind, identity)
            if not await self._sessions.finish(session, found.id, SUCCEEDED, connection.id):
                raise LinkUsed("The link was used in this very moment.")
            await store(session, connection)
            await self._issue(session, found, connection, code)
            await self._audit(
                session,
                found,
                "connection.reconnected" if found.reconnects else "connection.created",
                connection.id,
                {
                    "target": found.target,
                    "session": found.id,
                    "credential": kind,
                    "organization": identity.organization_id,
                },
                request_id,
            )
        self._connections.forget_cached(connection.id)
        return back(found, code=code)

    async def fail(self, found: ConnectSession, code: str, request_id: str, *, final: bool = True) -> None:
        """Note what went wrong; `final` ends the session."""
        async with self._database.write() as session:
            if not final:
                await self._sessions.note_problem(session, found.id, code)
                return
            if await self._sessions.finish(session, found.id, code):
                await self._audit(
                    session,
                    found,
                    "connect_session.failed",
                    found.connection_id or found.id,
                    {"target": found.target, "session": found.id, "problem": code},
                    request_id,
                )

    async def may_return(self, session: AsyncSession, found: ConnectSession) -> bool:
        """Whether the session's return URL is registered at this moment, byte for byte."""
        return await self._return_urls.registered(
            session, found.tenant_id, found.environment, found.return_url
        )

    async def _connection(
        self, session: AsyncSession, found: ConnectSession, kind: CredentialKind, identity: Identity
    ) -> Connection:
        if found.connection_id is None:
            return await self._connections.create(
                session,
                tenant_id=found.tenant_id,
                environment=found.environment,
                target=found.target,
                credential_kind=kind,
                label=found.label,
                customer_reference=found.customer_reference,
                identity=identity,
            )
        return await self._renewed(session, found, found.connection_id, kind, identity)

    async def _renewed(
        self,
        session: AsyncSession,
        found: ConnectSession,
        id: str,
        kind: CredentialKind,
        identity: Identity,
    ) -> Connection:
        """The same connection under the new credential; its id stays, and its account key if it has one."""
        former = await self._connections.get(session, found.tenant_id, found.environment, id)
        if former is None:
            raise LinkUsed("The connection does not exist any more.")
        check_organization(found, former.identity, identity)
        changes = {"credential_kind": kind} | {
            name: value
            for name, value in (("label", found.label), ("customer_reference", found.customer_reference))
            if value is not None
        }
        await session.execute(update(CONNECTIONS).where(CONNECTIONS.c.id == id).values(changes))
        await self._connections.set_identity(session, id, identity)
        keeps_key = await self._connections.has_account_key(session, id)
        await self._connections.set_state(session, id, "connected" if keeps_key else "pending")
        renewed = await self._connections.get(session, found.tenant_id, found.environment, id)
        assert renewed is not None
        return renewed

    async def _issue(
        self, session: AsyncSession, found: ConnectSession, connection: Connection, code: str
    ) -> None:
        now = self._ambient.clock.now()
        await session.execute(
            insert(CODES).values(
                code_hash=self._lookup.digest("exchange_code", code),
                tenant_id=found.tenant_id,
                environment=found.environment,
                connection_id=connection.id,
                session_id=found.id,
                created_at=now,
                expires_at=now + CODE_LIFE,
            )
        )

    async def _audit(
        self,
        session: AsyncSession,
        found: ConnectSession,
        action: str,
        object_id: str,
        detail: dict[str, object],
        request_id: str,
    ) -> None:
        await self._record(
            session,
            tenant_id=found.tenant_id,
            actor="end_customer",
            action=action,
            object_type="connection" if object_id.startswith("con_") else "connect_session",
            object_id=object_id,
            environment=found.environment,
            detail=detail,
            request_id=request_id,
            at=self._ambient.clock.now(),
        )


def check_organization(found: ConnectSession, former: Identity | None, identity: Identity) -> None:
    """Whether the company may change with this session. Raises OrganizationMismatch."""
    if former is None or former.organization_id == identity.organization_id:
        return
    if not found.accept_other_organization:
        raise OrganizationMismatch("The end customer granted access for another organization than before.")


def back(found: ConnectSession, **parameters: str) -> str:
    """The session's return URL with an answer for the program behind it; never a token or an account key."""
    joint = "&" if "?" in found.return_url else "?"
    return f"{found.return_url}{joint}{urlencode({**parameters, 'connectSession': found.id})}"
