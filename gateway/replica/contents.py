"""What a row holds of the end customer: as it is, or sealed with the tenant's data key."""

from collections.abc import Collection

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.credentials.vault import Vault
from gateway.replica.keys import Blind
from gateway.replica.rows import Place
from gateway.tenants.lookup import LookupHash

TABLE = "replica_rows"
BLIND_DIGITS = 32
"""Hexadecimal: 128 of the hash's bits, so that no two texts are taken for one."""


class Contents:
    """Seals, opens and blinds; nothing of it in environments that are not `sealed`."""

    def __init__(self, vault: Vault, lookup: LookupHash, sealed: Collection[str]) -> None:
        self._vault = vault
        self._lookup = lookup
        self._sealed = frozenset(sealed)

    def seals(self, place: Place) -> bool:
        """Whether new rows of this place are sealed."""
        return place.environment in self._sealed

    def blind(self, place: Place) -> Blind | None:
        """The keyed hash that stands for a text; None where the text itself may."""
        if not self.seals(place):
            return None
        return lambda field, text: self._lookup.digest("replica", place.tenant_id, field, text).hex()[
            :BLIND_DIGITS
        ]

    async def kept(
        self, session: AsyncSession, place: Place, id: str, column: str, plain: bytes | None
    ) -> bytes | None:
        """The form in which it is stored."""
        if plain is None or not self.seals(place):
            return plain
        return await self._vault.seal(session, place.tenant_id, TABLE, column, place.row(id), plain)

    async def plain(
        self, session: AsyncSession, place: Place, id: str, column: str, sealed: bytes | None
    ) -> bytes | None:
        """What was sealed. Raises Unavailable when the key is gone."""
        if sealed is None:
            return None
        return await self._vault.open(session, place.tenant_id, TABLE, column, place.row(id), sealed)
