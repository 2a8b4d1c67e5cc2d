"""Partner apps: a tenant's own OAuth client at a target. Its secret goes in and never comes out again."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import Select, delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from connectors.base.errors import FieldError
from gateway.ambient import Ambient
from gateway.credentials.vault import Vault
from gateway.errors import Invalid
from gateway.persistence.database import Database
from gateway.persistence.tables import partner_apps
from gateway.persistence.upsert import upsert

PRINTABLE = re.compile(r"[\x20-\x7e]{1,512}")  # RFC 6749 appendix A.1 and A.2
SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]{1,128}")  # appendix A.4

PLACE = ("partner_apps", "secret_sealed")


class PartnerApp(Struct, frozen=True, kw_only=True):
    """An OAuth client, for our own use. Empty scopes: the connector's."""

    client_id: str
    client_secret: str
    scopes: tuple[str, ...]

    def __repr__(self) -> str:
        return "PartnerApp(…)"


class PartnerAppDescription(Struct, frozen=True, kw_only=True):
    """What a tenant may read of it."""

    target: str
    client_id_shortened: str
    scopes: tuple[str, ...]
    updated_at: datetime


class PartnerApps:
    """Keeps at most one a tenant and target. `target` is the target's name, never an alias."""

    def __init__(self, database: Database, vault: Vault, ambient: Ambient) -> None:
        self._database = database
        self._vault = vault
        self._ambient = ambient

    async def put(
        self,
        session: AsyncSession,
        tenant_id: str,
        target: str,
        client_id: str,
        client_secret: str,
        scopes: Sequence[str] = (),
    ) -> PartnerAppDescription:
        """Deposit or replace it.

        Raises:
            Invalid: a value that OAuth does not allow.
        """
        _check(client_id, client_secret, scopes)
        sealed = await self._vault.seal(session, tenant_id, *PLACE, target, client_secret.encode())
        now = self._ambient.clock.now()
        await upsert(
            session,
            partner_apps,
            {
                "tenant_id": tenant_id,
                "target": target,
                "client_id": client_id,
                "secret_sealed": sealed,
                "scopes": " ".join(scopes),
                "updated_at": now,
            },
        )
        return PartnerAppDescription(
            target=target, client_id_shortened=_shortened(client_id), scopes=tuple(scopes), updated_at=now
        )

    async def describe(
        self, session: AsyncSession, tenant_id: str, target: str
    ) -> PartnerAppDescription | None:
        row = (await session.execute(_one(tenant_id, target))).one_or_none()
        if row is None:
            return None
        return PartnerAppDescription(
            target=target,
            client_id_shortened=_shortened(row.client_id),
            scopes=tuple(row.scopes.split()),
            updated_at=row.updated_at,
        )

    async def secret(self, tenant_id: str, target: str) -> PartnerApp | None:
        """The app with its secret, read in a transaction of its own.

        Raises:
            Unavailable: the secret cannot be opened.
        """
        async with self._database.read() as session:
            row = (await session.execute(_one(tenant_id, target))).one_or_none()
            if row is None:
                return None
            opened = await self._vault.open(session, tenant_id, *PLACE, target, row.secret_sealed)
        return PartnerApp(
            client_id=row.client_id, client_secret=opened.decode(), scopes=tuple(row.scopes.split())
        )

    async def remove(self, session: AsyncSession, tenant_id: str, target: str) -> bool:
        """Whether there was one to remove."""
        removed = await session.execute(
            delete(partner_apps)
            .where(partner_apps.c.tenant_id == tenant_id, partner_apps.c.target == target)
            .returning(partner_apps.c.target)
        )
        return removed.scalar_one_or_none() is not None


def _one(tenant_id: str, target: str) -> Select[tuple[Any, ...]]:
    return select(partner_apps).where(partner_apps.c.tenant_id == tenant_id, partner_apps.c.target == target)


def _shortened(client_id: str) -> str:
    return f"{client_id[:4]}…{client_id[-4:]}" if len(client_id) > 12 else "…"


def _check(client_id: str, client_secret: str, scopes: Sequence[str]) -> None:
    checks = (
        ("clientId", PRINTABLE.fullmatch(client_id), "It is 1 to 512 printable ASCII characters."),
        ("clientSecret", PRINTABLE.fullmatch(client_secret), "It is 1 to 512 printable ASCII characters."),
        ("scopes", all(map(SCOPE.fullmatch, scopes)), "A scope has no blanks, quotes or backslashes."),
    )
    errors = tuple(
        FieldError(field=field, code="invalid", message=why) for field, fits, why in checks if not fits
    )
    if errors:
        raise Invalid(errors)
