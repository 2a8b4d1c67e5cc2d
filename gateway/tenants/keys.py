"""API keys: shown once, stored as keyed hashes, revocable within seconds."""

import hmac
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from connectors.base.errors import FieldError
from gateway.ambient import Ambient
from gateway.errors import Invalid
from gateway.persistence.database import Database
from gateway.persistence.tables import api_keys
from gateway.tenants.lookup import LookupHash
from gateway.tenants.model import ENVIRONMENTS, SCOPES, ApiKeyRow, Caller, Environment
from gateway.tenants.recent import Recent

PREFIXES: dict[Environment, str] = {"test": "kontor_test_", "live": "kontor_live_"}

SECRET_BYTES = 24
"""192 random bits behind the prefix."""

LONGEST = 100
"""Characters of a presented key that are worth a look; ours have 44."""

CACHED_S = 2.0
"""How long a key is believed without asking; revocation takes at most this long in other processes."""


class ApiKeys:
    """Issues, lists and revokes keys; tells whose key was presented."""

    def __init__(self, database: Database, ambient: Ambient, lookup: LookupHash) -> None:
        self._database = database
        self._ambient = ambient
        self._lookup = lookup
        self._recent: Recent[bytes, Caller] = Recent(ambient.clock, max_age_s=CACHED_S)
        self._used: dict[str, datetime] = {}

    async def issue(
        self,
        session: AsyncSession,
        tenant_id: str,
        environment: Environment,
        name: str,
        scopes: Sequence[str],
        expires_at: datetime | None = None,
    ) -> tuple[ApiKeyRow, str]:
        """A new key and its secret, which is told here and never again.

        Raises:
            Invalid: an unknown environment or scope, no scope, no name, or an expiry in the past.
        """
        now = self._ambient.clock.now()
        _check(environment, name, scopes, expires_at, now)
        secret = PREFIXES[environment] + self._ambient.randomness.token(SECRET_BYTES)
        row = ApiKeyRow(
            id=self._ambient.ids.new("key"),
            environment=environment,
            name=name,
            scopes=tuple(scope for scope in SCOPES if scope in scopes),
            ending=secret[-4:],
            created_at=now,
            expires_at=expires_at,
            last_used_at=None,
        )
        await session.execute(
            insert(api_keys).values(
                id=row.id,
                tenant_id=tenant_id,
                environment=environment,
                name=name,
                scopes=" ".join(row.scopes),
                digest=self._digest(secret),
                ending=row.ending,
                created_at=now,
                expires_at=expires_at,
            )
        )
        return row, secret

    async def list(self, session: AsyncSession, tenant_id: str, environment: Environment) -> list[ApiKeyRow]:
        """Keys that are not revoked, oldest first; expired ones among them."""
        found = await session.execute(
            select(api_keys).where(*_live_of(tenant_id, environment)).order_by(api_keys.c.id)
        )
        return [_row(row) for row in found]

    async def revoke(
        self, session: AsyncSession, tenant_id: str, environment: Environment, key_id: str
    ) -> bool:
        """Whether there was such a key to revoke. It ends at once here, within seconds in other processes."""
        revoked = await session.execute(
            update(api_keys)
            .where(*_live_of(tenant_id, environment), api_keys.c.id == key_id)
            .values(revoked_at=self._ambient.clock.now())
            .returning(api_keys.c.digest)
        )
        digest = revoked.scalar_one_or_none()
        if digest is None:
            return False
        self._recent.forget(digest)
        return True

    async def authenticate(self, presented: str) -> Caller | None:
        """Whose key this is; None for malformed, unknown, revoked and expired ones alike."""
        if len(presented) > LONGEST or not presented.startswith(tuple(PREFIXES.values())):
            return None
        digest = self._digest(presented)
        caller = await self._recent.get(digest, lambda: self._find(digest))
        if caller is not None:
            self._used[caller.key_id] = self._ambient.clock.now()
        return caller

    async def flush(self) -> int:
        """Write down when keys were last used; the number of keys. To be called at least every minute."""
        used, self._used = self._used, {}
        if not used:
            return 0
        statement = (
            update(api_keys)
            .where(api_keys.c.id == bindparam("key"))
            .where(or_(api_keys.c.last_used_at.is_(None), api_keys.c.last_used_at < bindparam("at")))
            .values(last_used_at=bindparam("at"))
        )
        try:
            async with self._database.write() as session:
                # Sorted: two processes that write the same keys then lock them in one order.
                await session.execute(statement, [{"key": key, "at": used[key]} for key in sorted(used)])
        except BaseException:
            self._used = used | self._used
            raise
        return len(used)

    def _digest(self, secret: str) -> bytes:
        return self._lookup.digest("api_key", secret)

    async def _find(self, digest: bytes) -> Caller | None:
        async with self._database.read() as session:
            row = (await session.execute(select(api_keys).where(api_keys.c.digest == digest))).one_or_none()
        if row is None or not hmac.compare_digest(row.digest, digest):
            return None
        if row.revoked_at is not None or (row.expires_at and row.expires_at <= self._ambient.clock.now()):
            return None
        return Caller(
            tenant_id=row.tenant_id,
            environment=row.environment,
            scopes=frozenset(row.scopes.split()),
            key_id=row.id,
            key_name=row.name,
        )


def _live_of(tenant_id: str, environment: Environment) -> tuple[Any, ...]:
    return (
        api_keys.c.tenant_id == tenant_id,
        api_keys.c.environment == environment,
        api_keys.c.revoked_at.is_(None),
    )


def _check(
    environment: str, name: str, scopes: Sequence[str], expires_at: datetime | None, now: datetime
) -> None:
    checks = (
        ("environment", environment in ENVIRONMENTS, f"It is one of {', '.join(ENVIRONMENTS)}."),
        ("name", name.strip() != "", "A key needs a name."),
        ("scopes", bool(scopes) and set(scopes) <= set(SCOPES), f"Name some of {', '.join(SCOPES)}."),
        ("expiresAt", expires_at is None or expires_at > now, "It is in the past."),
    )
    errors = tuple(
        FieldError(field=field, code="invalid", message=why) for field, fits, why in checks if not fits
    )
    if errors:
        raise Invalid(errors)


def _row(row: Row[tuple[Any, ...]]) -> ApiKeyRow:
    return ApiKeyRow(
        id=row.id,
        environment=row.environment,
        name=row.name,
        scopes=tuple(row.scopes.split()),
        ending=row.ending,
        created_at=row.created_at,
        expires_at=row.expires_at,
        last_used_at=row.last_used_at,
    )
