"""The table of credentials. Every change names the generation it has seen: a late writer changes nothing."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct
from sqlalchemy import Row, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.ambient import Ambient
from gateway.credentials import failing as series
from gateway.credentials.failing import Failing, Rest
from gateway.credentials.grants import Grant
from gateway.credentials.held import DISCONNECTED, NOTHING, Held, Secret, decode, encode
from gateway.credentials.renewal_time import renewal_time
from gateway.credentials.vault import Vault
from gateway.persistence.database import Database
from gateway.persistence.tables import credentials
from gateway.persistence.upsert import upsert

TABLE = "credentials"

RESTED: dict[str, Any] = {"resting_until": None, "rested_at": None, "failing": None}
"""Columns of a credential whose renewals work."""


class Whose(Struct, frozen=True, kw_only=True):
    """The connection a credential belongs to."""

    connection_id: str
    tenant_id: str


class CredentialRows:
    """Reads and writes credentials, sealed."""

    def __init__(
        self, database: Database, vault: Vault, ambient: Ambient, *, turn_s: float, margin: timedelta
    ) -> None:
        self._database = database
        self._vault = vault
        self._ambient = ambient
        self._turn_s = turn_s
        self._margin = margin

    async def read(self, whose: Whose, session: AsyncSession | None = None) -> Held:
        """As it is now. Raises Unavailable when it cannot be opened."""
        if session is None:
            async with self._database.read() as own:
                return await self.read(whose, own)
        return await self._opened(whose, session, lock=False)

    async def put(self, session: AsyncSession, whose: Whose, secret: Secret) -> None:
        """A new authorization: it replaces whatever is there, and outlives a renewal that is under way."""
        values = RESTED | {
            "sealed": await self._seal(session, whose, "sealed", secret),
            "previous_sealed": None,
            "expires_at": secret.expires_at if isinstance(secret, Grant) else None,
            "renew_at": self._renew_at(secret),
            "stored_at": self._ambient.clock.now(),
            "refused": None,
        }
        identity = {"connection_id": whose.connection_id, "tenant_id": whose.tenant_id, "generation": 1}
        next_one = {"generation": credentials.c.generation + 1}
        await upsert(session, credentials, identity | values, next_one | values)

    async def clear(self, session: AsyncSession, connection_id: str) -> None:
        """Delete the secrets. The row stays, so that generations keep growing."""
        values = RESTED | {"sealed": None, "previous_sealed": None, "expires_at": None, "renew_at": None}
        await session.execute(
            update(credentials)
            .where(credentials.c.connection_id == connection_id)
            .values(values | {"generation": credentials.c.generation + 1})
        )

    @asynccontextmanager
    async def turn(self, whose: Whose) -> AsyncIterator["Turn"]:
        """Be the only one who renews this credential.

        On PostgreSQL the row stays locked until the end of the block, for every process; what the block wrote
        is committed then. On SQLite there is one process, whose other tasks the caller keeps away, and each
        write is a transaction of its own: an open one would block every writer.

        Raises:
            Unavailable: the row stayed locked longer than any turn may last.
        """
        if self._database.dialect == "sqlite":
            yield Turn(self, whose, await self.read(whose), None)
            return
        async with self._database.lead() as session:
            await session.execute(
                LIMITS, {"wait": f"{self._turn_s * 1000:.0f}", "idle": f"{self._turn_s * 1000:.0f}"}
            )
            yield Turn(self, whose, await self._opened(whose, session, lock=True), session)

    def afterwards(self, whose: Whose, seen: Held) -> "Turn":
        """A turn that is over, for a late answer: it still writes nothing over what has changed since."""
        return Turn(self, whose, seen, None)

    async def replace(
        self,
        whose: Whose,
        seen: int,
        grant: Grant,
        former: Grant | None,
        session: AsyncSession | None = None,
        resting_until: datetime | None = None,
    ) -> bool:
        """Store a renewed grant, the former one beside it. False: the row has changed since `seen`."""
        async with self._writing(session) as open_session:
            values = RESTED | {
                "sealed": await self._seal(open_session, whose, "sealed", grant),
                "previous_sealed": (
                    await self._seal(open_session, whose, "previous_sealed", former) if former else None
                ),
                "expires_at": grant.expires_at,
                "renew_at": self._renew_at(grant),
                "stored_at": self._ambient.clock.now(),
                "resting_until": resting_until,
                "rested_at": resting_until,
                "generation": seen + 1,
            }
            return await self._change(open_session, whose, seen, values)

    async def rest(
        self,
        whose: Whose,
        seen: int,
        rest: Rest,
        failing: Failing | None,
        session: AsyncSession | None = None,
    ) -> bool:
        """Let nobody renew before the rest is over. False: the row has changed since `seen`."""
        values = {
            "resting_until": rest.until,
            "rested_at": rest.early,
            "failing": series.encode(failing) if failing else None,
        }
        async with self._writing(session) as open_session:
            return await self._change(open_session, whose, seen, values)

    async def refuse(self, whose: Whose, seen: int, reason: str, session: AsyncSession | None = None) -> bool:
        """Note that the vendor's word is final. False: the row has changed since `seen`."""
        async with self._writing(session) as open_session:
            return await self._change(open_session, whose, seen, {"refused": reason, "generation": seen + 1})

    async def disown(self, whose: Whose, grant: Grant, session: AsyncSession | None = None) -> None:
        """A grant that came when the connection had been disconnected: kept until it is revoked, too."""
        async with self._writing(session) as open_session:
            await open_session.execute(
                update(credentials)
                .where(
                    credentials.c.connection_id == whose.connection_id,
                    or_(credentials.c.sealed.is_(None), credentials.c.refused == DISCONNECTED),
                )
                .values(
                    RESTED
                    | {
                        "sealed": await self._seal(open_session, whose, "sealed", grant),
                        "refused": None,
                        "renew_at": None,
                        "generation": credentials.c.generation + 1,
                    }
                )
            )

    def _renew_at(self, secret: Secret) -> datetime | None:
        if not isinstance(secret, Grant):
            return None
        return renewal_time(secret, self._margin, self._ambient.randomness.uniform)

    def _writing(self, session: AsyncSession | None) -> AbstractAsyncContextManager[AsyncSession]:
        return self._database.write() if session is None else nullcontext(session)

    async def _change(self, session: AsyncSession, whose: Whose, seen: int, values: dict[str, Any]) -> bool:
        changed = await session.execute(
            update(credentials)
            .where(
                credentials.c.connection_id == whose.connection_id,
                credentials.c.generation == seen,
            )
            .values(values)
            .returning(credentials.c.generation)
        )
        return changed.scalar_one_or_none() is not None

    async def _opened(self, whose: Whose, session: AsyncSession, *, lock: bool) -> Held:
        statement = select(credentials).where(credentials.c.connection_id == whose.connection_id)
        if lock:
            statement = statement.with_for_update()
        row = (await session.execute(statement)).one_or_none()
        if row is None:
            return NOTHING
        previous = await self._open(session, whose, "previous_sealed", row)
        return Held(
            generation=row.generation,
            secret=await self._open(session, whose, "sealed", row),
            previous=previous if isinstance(previous, Grant) else None,
            stored_at=row.stored_at,
            renew_at=row.renew_at,
            resting_until=row.resting_until,
            rested_at=row.rested_at,
            failing=series.decode(row.failing),
            refused=row.refused,
        )

    async def _open(
        self, session: AsyncSession, whose: Whose, column: str, row: Row[tuple[Any, ...]]
    ) -> Secret | None:
        sealed: bytes | None = getattr(row, column)
        if sealed is None:
            return None
        opened = await self._vault.open(session, whose.tenant_id, TABLE, column, whose.connection_id, sealed)
        return decode(opened)

    async def _seal(self, session: AsyncSession, whose: Whose, column: str, secret: Secret) -> bytes:
        return await self._vault.seal(
            session, whose.tenant_id, TABLE, column, whose.connection_id, encode(secret)
        )


LIMITS = text(
    "SELECT set_config('lock_timeout', :wait, true), "
    "set_config('idle_in_transaction_session_timeout', :idle, true)"
)
"""Nobody waits for the row longer than a turn may last, and a frozen holder loses it, and its late commit."""


class Turn:
    """A credential while it is being renewed: `CredentialRows`, for what this turn has seen."""

    def __init__(self, rows: CredentialRows, whose: Whose, held: Held, session: AsyncSession | None) -> None:
        self.held = held
        self._whose = whose
        self._rows = rows
        self._session = session

    async def replace(self, grant: Grant, former: Grant, resting_until: datetime | None = None) -> bool:
        seen = self.held.generation
        return await self._rows.replace(self._whose, seen, grant, former, self._session, resting_until)

    async def rest(self, rest: Rest, failing: Failing | None) -> bool:
        return await self._rows.rest(self._whose, self.held.generation, rest, failing, self._session)

    async def refuse(self, reason: str) -> bool:
        return await self._rows.refuse(self._whose, self.held.generation, reason, self._session)

    async def disown(self, grant: Grant) -> None:
        await self._rows.disown(self._whose, grant, self._session)

    async def has_changed(self) -> bool:
        """Whether somebody else has written meanwhile."""
        return (await self._rows.read(self._whose, self._session)).generation != self.held.generation
