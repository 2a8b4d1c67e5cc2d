"""Endpoints: where a tenant wants to be told what. Their secrets go out once and are sealed at rest."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import ColumnElement, Row, delete, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.ambient import Ambient
from gateway.credentials.vault import Vault
from gateway.errors import Conflict
from gateway.feed.positions import number_some
from gateway.persistence.tables import webhook_attempts as ATTEMPTS
from gateway.persistence.tables import webhook_deliveries as DELIVERIES
from gateway.persistence.tables import webhook_endpoints as ENDPOINTS
from gateway.persistence.tables import webhook_positions as TOLD
from gateway.persistence.tables import webhook_secrets as SECRETS
from gateway.persistence.upsert import upsert
from gateway.webhooks.outbound.selecting import Wanted
from gateway.webhooks.outbound.signing import new_secret

MOST = 20
"""Endpoints of a tenant in an environment."""
MOST_SECRETS = 5
"""Of one endpoint that are valid at a time: each is one signature more on every delivery."""
SEALED = ("webhook_secrets", "sealed")


class Owner(Struct, frozen=True):
    """Whose endpoints: every statement names both."""

    tenant_id: str
    environment: str


class Target(Struct, frozen=True, kw_only=True):
    """An endpoint."""

    id: str
    tenant_id: str
    environment: str
    url: str
    description: str | None
    wanted: Wanted
    payload: str
    """`full`: with the document; `ids`: without."""
    begins_after: int
    """The feed's position when it was made."""
    failing_since: datetime | None
    resting_until: datetime | None
    disabled_at: datetime | None
    disabled_reason: str | None
    created_at: datetime


class Endpoints:
    """Adds, changes, reads and removes them; keeps and opens their secrets."""

    def __init__(self, ambient: Ambient, vault: Vault) -> None:
        self._ambient = ambient
        self._vault = vault

    async def add(
        self, session: AsyncSession, owner: Owner, plain: Mapping[str, Any], wanted: Wanted
    ) -> tuple[Target, str]:
        """A new one and its secret. It is told what happens from now on. `plain`: url, description, payload.

        Raises:
            Conflict: there are as many as there may be.
        """
        last = await number_some(session, owner.tenant_id, owner.environment)  # holds back others who add
        await upsert(session, TOLD, {**msgspec.structs.asdict(owner), "position": last}, {})
        count = select(func.count()).select_from(ENDPOINTS).where(*_of(owner))
        if (await session.execute(count)).scalar_one() >= MOST:
            raise Conflict(f"There are {MOST} webhook endpoints in this environment, which is the most.")
        values = {
            "id": self._ambient.ids.new("whe"),
            **msgspec.structs.asdict(owner),
            "created_at": self._ambient.clock.now(),
            "begins_after": last,
            **columns(plain, wanted),
        }
        await session.execute(insert(ENDPOINTS).values(values))
        secret = await self._new_secret(session, owner.tenant_id, values["id"])
        return await self.one(session, owner, values["id"]), secret

    async def list(self, session: AsyncSession, owner: Owner) -> "Sequence[Target]":
        """All of them, oldest first."""
        found = await session.execute(select(ENDPOINTS).where(*_of(owner)).order_by(ENDPOINTS.c.id))
        return [target_of(row) for row in found]

    async def find(self, session: AsyncSession, owner: Owner, id: str) -> Target | None:
        """None: the owner has no such endpoint."""
        found = await session.execute(select(ENDPOINTS).where(*_of(owner), ENDPOINTS.c.id == id))
        row = found.one_or_none()
        return None if row is None else target_of(row)

    async def one(self, session: AsyncSession, owner: Owner, id: str) -> Target:
        """The endpoint, which has to be there."""
        found = await self.find(session, owner, id)
        assert found is not None
        return found

    async def change(self, session: AsyncSession, owner: Owner, id: str, changes: Mapping[str, Any]) -> None:
        """Set columns of it; see `columns`."""
        if changes:
            own = (*_of(owner), ENDPOINTS.c.id == id)
            await session.execute(update(ENDPOINTS).where(*own).values(dict(changes)))

    async def remove(self, session: AsyncSession, owner: Owner, id: str) -> bool:
        """Whether there was one to remove, with all that was kept of it."""
        if await self.find(session, owner, id) is None:
            return False
        mine = select(DELIVERIES.c.id).where(DELIVERIES.c.endpoint_id == id)
        await session.execute(delete(ATTEMPTS).where(ATTEMPTS.c.delivery_id.in_(mine)))
        await session.execute(delete(DELIVERIES).where(DELIVERIES.c.endpoint_id == id))
        await session.execute(delete(SECRETS).where(SECRETS.c.endpoint_id == id))
        await session.execute(delete(ENDPOINTS).where(*_of(owner), ENDPOINTS.c.id == id))
        return True

    async def rotate(self, session: AsyncSession, target: Target, overlap: timedelta) -> tuple[str, datetime]:
        """A new secret, and until when those before it sign too.

        Raises:
            Conflict: too many are valid still.
        """
        now = self._ambient.clock.now()
        mine = SECRETS.c.endpoint_id == target.id
        await session.execute(select(ENDPOINTS.c.id).where(ENDPOINTS.c.id == target.id).with_for_update())
        await session.execute(delete(SECRETS).where(mine, SECRETS.c.ends_at <= now))
        count = (await session.execute(select(func.count()).select_from(SECRETS).where(mine))).scalar_one()
        if count >= MOST_SECRETS:
            raise Conflict(f"{count} secrets of this endpoint are valid still; wait until one has ended.")
        ends_at = now + overlap
        current = update(SECRETS).where(mine, SECRETS.c.ends_at.is_(None))
        await session.execute(current.values(ends_at=ends_at))
        return await self._new_secret(session, target.tenant_id, target.id), ends_at

    async def secrets(self, session: AsyncSession, target: Target) -> "Sequence[str]":
        """All that are valid now, the current one first."""
        valid = or_(SECRETS.c.ends_at.is_(None), SECRETS.c.ends_at > self._ambient.clock.now())
        found = await session.execute(
            select(SECRETS.c.id, SECRETS.c.sealed)
            .where(SECRETS.c.endpoint_id == target.id, valid)
            .order_by(SECRETS.c.id.desc())
        )
        return [
            (await self._vault.open(session, target.tenant_id, *SEALED, row.id, row.sealed)).decode()
            for row in found
        ]

    async def _new_secret(self, session: AsyncSession, tenant_id: str, endpoint_id: str) -> str:
        id, secret = self._ambient.ids.new("whs"), new_secret(self._ambient.randomness)
        sealed = await self._vault.seal(session, tenant_id, *SEALED, id, secret.encode())
        values = {"id": id, "tenant_id": tenant_id, "endpoint_id": endpoint_id, "sealed": sealed}
        await session.execute(insert(SECRETS).values(created_at=self._ambient.clock.now(), **values))
        return secret


def columns(plain: Mapping[str, Any], wanted: Wanted) -> dict[str, Any]:
    """The columns of what a caller sets."""
    filters = msgspec.structs.asdict(wanted)
    return {**plain, **{name: msgspec.json.encode(value).decode() for name, value in filters.items()}}


def target_of(row: Row[Any]) -> Target:
    """A row as a value."""
    filters = {name: msgspec.json.decode(getattr(row, name)) for name in Wanted.__struct_fields__}
    rest = {name: getattr(row, name) for name in Target.__struct_fields__ if name != "wanted"}
    wanted = msgspec.convert(filters, Wanted)
    return Target(wanted=wanted, **rest)


def _of(owner: Owner) -> tuple[ColumnElement[bool], ...]:
    return (ENDPOINTS.c.tenant_id == owner.tenant_id, ENDPOINTS.c.environment == owner.environment)
