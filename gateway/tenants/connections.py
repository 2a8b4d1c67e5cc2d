"""Connections: one end customer's link to one target, and the account key that names it in a call."""

from collections.abc import Collection
from typing import Any

import msgspec
from sqlalchemy import Row, Select, case, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from connectors.base.connector import Identity
from gateway.ambient import Ambient
from gateway.persistence.database import Database
from gateway.persistence.event_log import tell
from gateway.persistence.tables import connections, credentials
from gateway.tenants.lookup import LookupHash
from gateway.tenants.model import Caller, Connection, CredentialKind, Environment, State, VendorEvents
from gateway.tenants.recent import Recent

PREFIX = "kontor_account_"
SECRET_BYTES = 24
LONGEST = 100

CACHED_S = 2.0
"""How old a connection found by its account key may be; other processes' changes show within it."""


class Connections:
    """Makes, finds and changes connections. Everything that looks one up names tenant and environment."""

    def __init__(self, database: Database, ambient: Ambient, lookup: LookupHash) -> None:
        self._database = database
        self._ambient = ambient
        self._lookup = lookup
        self._recent: Recent[tuple[str, str, bytes], Connection] = Recent(ambient.clock, max_age_s=CACHED_S)

    async def create(
        self,
        session: AsyncSession,
        *,
        tenant_id: str,
        environment: Environment,
        target: str,
        credential_kind: CredentialKind,
        state: State = "pending",
        label: str | None = None,
        customer_reference: str | None = None,
        identity: Identity | None = None,
    ) -> Connection:
        """A connection that has neither a credential nor an account key yet."""
        now = self._ambient.clock.now()
        connection = Connection(
            id=self._ambient.ids.new("con"),
            tenant_id=tenant_id,
            environment=environment,
            target=target,
            credential_kind=credential_kind,
            state=state,
            state_since=now,
            state_reason=None,
            label=label,
            customer_reference=customer_reference,
            identity=identity,
            created_at=now,
            generation=0,
        )
        values = msgspec.structs.asdict(connection) | {"identity": _encoded(identity)}
        del values["generation"]
        await session.execute(insert(connections).values(values))
        return connection

    async def get(
        self, session: AsyncSession, tenant_id: str, environment: Environment, id: str
    ) -> Connection | None:
        found = await session.execute(_select(tenant_id, environment).where(connections.c.id == id))
        row = found.one_or_none()
        return _connection(row) if row else None

    async def list(
        self,
        session: AsyncSession,
        tenant_id: str,
        environment: Environment,
        after: str | None = None,
        limit: int = 100,
    ) -> list[Connection]:
        """At most `limit`, newest first, those older than the one called `after`."""
        statement = _select(tenant_id, environment).order_by(connections.c.id.desc()).limit(limit)
        if after is not None:
            statement = statement.where(connections.c.id < after)
        return [_connection(row) for row in await session.execute(statement)]

    async def by_account_key(self, caller: Caller, presented: str) -> Connection | None:
        """The connection of this caller's tenant and environment that the key names, at most 2 s old."""
        if len(presented) > LONGEST or not presented.startswith(PREFIX):
            return None
        key = (caller.tenant_id, caller.environment, self._digest(presented))
        return await self._recent.get(key, lambda: self._find(*key))

    async def new_account_key(self, session: AsyncSession, connection_id: str) -> str:
        """A key told here and never again; the former one ends."""
        secret = PREFIX + self._ambient.randomness.token(SECRET_BYTES)
        await session.execute(
            update(connections)
            .where(connections.c.id == connection_id)
            .values(account_key_digest=self._digest(secret), account_key_at=self._ambient.clock.now())
        )
        self.forget_cached(connection_id)
        return secret

    async def has_account_key(self, session: AsyncSession, connection_id: str) -> bool:
        found = await session.execute(
            select(connections.c.account_key_digest).where(connections.c.id == connection_id)
        )
        return found.scalar_one_or_none() is not None

    async def set_state(
        self,
        session: AsyncSession,
        id: str,
        state: State,
        reason: str | None = None,
        *,
        only_from: Collection[State] | None = None,
    ) -> bool:
        """Whether anything was written. `state_since` moves only when the state does.

        With `only_from`, nothing happens to a connection in any other state.
        """
        now = self._ambient.clock.now()
        statement = update(connections).where(connections.c.id == id)
        if only_from is not None:
            statement = statement.where(connections.c.state.in_(only_from))
        changed = await session.execute(
            statement.values(
                state=state,
                state_reason=reason,
                state_since=case(
                    (connections.c.state == state, connections.c.state_since),
                    else_=now,
                ),
            ).returning(*(connections.c[name] for name in ("tenant_id", "environment", "state_since")))
        )
        self.forget_cached(id)
        row = changed.one_or_none()
        if row is None:
            return False
        if row.state_since == now:
            await self._tell(session, id, row.tenant_id, row.environment, state)
        return True

    async def _tell(
        self, session: AsyncSession, id: str, tenant_id: str, environment: str, state: State
    ) -> None:
        await tell(
            session,
            self._ambient,
            type=f"connection.{state}",
            tenant_id=tenant_id,
            environment=environment,
            connection_id=id,
        )

    async def set_marking(self, session: AsyncSession, id: str, marks_writes: bool) -> None:
        """Whether new documents carry the mark of their write."""
        await session.execute(
            update(connections).where(connections.c.id == id).values(marks_writes=marks_writes)
        )
        self.forget_cached(id)

    async def set_replica(self, session: AsyncSession, id: str, keeps_replica: bool) -> None:
        """Whether a copy is kept of what is read over it; what there is of one, the replica erases."""
        await session.execute(
            update(connections).where(connections.c.id == id).values(keeps_replica=keeps_replica)
        )
        self.forget_cached(id)

    async def set_vendor_events(
        self, session: AsyncSession, id: str, state: VendorEvents, reason: str | None = None
    ) -> None:
        """Whether the vendor tells of changes by calling us; `reason`: why not, or not of all."""
        values = {"vendor_events": state, "vendor_events_reason": reason}
        await session.execute(update(connections).where(connections.c.id == id).values(values))
        self.forget_cached(id)

    async def set_identity(self, session: AsyncSession, id: str, identity: Identity) -> None:
        """Who is behind the credential, as the vendor's profile said last."""
        await session.execute(
            update(connections).where(connections.c.id == id).values(identity=_encoded(identity))
        )
        self.forget_cached(id)

    def forget_cached(self, id: str) -> None:
        """Read it anew at the next call; call it again after a commit, or up to 2 s may pass."""
        self._recent.forget_where(lambda connection: connection.id == id)

    def _digest(self, secret: str) -> bytes:
        return self._lookup.digest("account_key", secret)

    async def _find(self, tenant_id: str, environment: Environment, digest: bytes) -> Connection | None:
        statement = _select(tenant_id, environment).where(connections.c.account_key_digest == digest)
        async with self._database.read() as session:
            row = (await session.execute(statement)).one_or_none()
        return _connection(row) if row else None


def _select(tenant_id: str, environment: Environment) -> Select[tuple[Any, ...]]:
    return (
        select(connections, func.coalesce(credentials.c.generation, 0).label("generation"))
        .outerjoin(credentials, credentials.c.connection_id == connections.c.id)
        .where(connections.c.tenant_id == tenant_id, connections.c.environment == environment)
    )


def _encoded(identity: Identity | None) -> str | None:
    return msgspec.json.encode(identity).decode() if identity else None


def _connection(row: Row[tuple[Any, ...]]) -> Connection:
    return Connection(
        id=row.id,
        tenant_id=row.tenant_id,
        environment=row.environment,
        target=row.target,
        credential_kind=row.credential_kind,
        state=row.state,
        state_since=row.state_since,
        state_reason=row.state_reason,
        label=row.label,
        customer_reference=row.customer_reference,
        identity=msgspec.json.decode(row.identity, type=Identity) if row.identity else None,
        created_at=row.created_at,
        marks_writes=row.marks_writes,
        keeps_replica=row.keeps_replica,
        vendor_events=row.vendor_events,
        vendor_events_reason=row.vendor_events_reason,
        generation=row.generation,
    )
