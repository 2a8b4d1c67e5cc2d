"""Which grants are to be renewed ahead, and how many there are at each target."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct
from sqlalchemy import Select, and_, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.credentials.outcomes import APP_REASONS, EXHAUSTED
from gateway.persistence.database import Database
from gateway.persistence.tables import connections, credentials
from gateway.tenants.connections import Connections
from gateway.tenants.model import Connection


class Standing(Struct, frozen=True):
    """The grants at one target."""

    grants: int
    lately: int
    """Those that were given or renewed since the moment asked for, by whatever process."""
    last: datetime
    """When the last of all was."""


class DueRenewals:
    """Reads the table of credentials for whoever renews ahead."""

    def __init__(self, database: Database, connections_: Connections, margin: timedelta) -> None:
        self._database = database
        self._connections = connections_
        self._margin = margin

    async def standing(self, since: datetime) -> dict[str, Standing]:
        """Every target with living grants."""
        lately = func.count().filter(credentials.c.stored_at >= since)
        target = connections.c.target
        statement = (
            select(target, func.count(), lately, func.max(credentials.c.stored_at))
            .join(credentials)
            .where(*LIVING)
            .group_by(target)
        )
        async with self._database.read() as session:
            rows = (await session.execute(statement)).all()
        return {name: Standing(grants, renewed, last) for name, grants, renewed, last in rows}

    async def due(self, target: str, now: datetime, limit: int, without: Collection[str]) -> list[Connection]:
        """Those whose time has come, but for the tenants `without`. Who failed before comes last: it must not
        keep the others waiting."""
        time_has_come = or_(
            credentials.c.renew_at <= now,
            and_(credentials.c.renew_at.is_(None), credentials.c.expires_at < now + self._margin),
        )
        rested = or_(credentials.c.resting_until.is_(None), credentials.c.resting_until <= now)
        statement = (
            _of(target)
            .where(time_has_come, rested, connections.c.tenant_id.not_in(without))
            .order_by(credentials.c.failing.is_not(None), credentials.c.renew_at, credentials.c.expires_at)
        )
        return await self._found(statement.limit(limit))

    async def resting(self, target: str, now: datetime, limit: int) -> list[Connection]:
        """Those that rest after a failure and may be tried before its end, now that others are answered."""
        statement = (
            _of(target)
            .where(
                credentials.c.failing.is_not(None),
                credentials.c.resting_until > now,
                credentials.c.rested_at <= now,
                or_(connections.c.state_reason.is_(None), connections.c.state_reason.not_in(APP_REASONS)),
            )
            .order_by(credentials.c.rested_at)
        )
        return await self._found(statement.limit(limit))

    async def older_than(self, moment: datetime, after: str, limit: int) -> list[Connection]:
        """Those that were stored before, by the ids of their connections."""
        statement = _living().where(credentials.c.stored_at < moment, connections.c.id > after)
        return await self._found(statement.order_by(connections.c.id).limit(limit))

    async def _found(self, statement: Select[Any, Any, Any]) -> list[Connection]:
        async with self._database.read() as session:
            rows = (await session.execute(statement)).all()
            found = [await self._connections.get(session, *row) for row in rows]
        return [connection for connection in found if connection is not None]


LIVING = (
    connections.c.credential_kind == "oauth",
    credentials.c.sealed.is_not(None),
    or_(
        connections.c.state.in_(("connected", "degraded")),
        and_(connections.c.state == "reconnect_required", connections.c.state_reason == EXHAUSTED),
    ),
)
"""What is worth renewing: also those that were given up, should the vendor come round after all."""


def _of(target: str) -> Select[Any, Any, Any]:
    return _living().where(connections.c.target == target)


def _living() -> Select[Any, Any, Any]:
    columns = select(connections.c.tenant_id, connections.c.environment, connections.c.id)
    return columns.join(credentials).where(*LIVING)


async def make_due(session: AsyncSession, moment: datetime, now: datetime) -> None:
    """Let all that were stored before the moment be renewed now, whatever time was drawn for them."""
    statement = update(credentials).where(credentials.c.stored_at < moment, credentials.c.renew_at > now)
    await session.execute(statement.values(renew_at=now))
