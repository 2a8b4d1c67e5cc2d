"""What is left of a tenant that was erased: a certificate that it was, which names nobody."""

import hmac
from datetime import datetime

import msgspec
from msgspec import Struct
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.audit.heads import Signing
from gateway.persistence.tables import erasures


class HandedOver(Struct, frozen=True, kw_only=True, rename="camel"):
    """The archive that trail and journal were handed over in."""

    sha256: str
    entries: int
    writes: int


class Certificate(Struct, frozen=True, kw_only=True, rename="camel"):
    """What was destroyed, when, and what proves what was there."""

    id: str
    tenant_id: str
    erased_at: datetime
    rows: dict[str, int]
    """Deleted, by table."""
    data_keys: int
    """Destroyed: what they sealed, stays shut wherever it is."""
    cached: int
    """Keys deleted in Redis."""
    trail_sequence: int
    """Of the audit trail's last entry."""
    trail_hash: str
    handed_over: HandedOver | None
    """None: nothing was inside its retention any more."""
    signature: str = ""
    """By the installation's key file, over all of this."""


def signed(certificate: Certificate, signing: Signing) -> Certificate:
    return msgspec.structs.replace(certificate, signature=_signature(certificate, signing))


def is_ours(certificate: Certificate, signing: Signing) -> bool:
    """Whether it was signed here, and nothing of it was changed since."""
    return hmac.compare_digest(certificate.signature, _signature(certificate, signing))


def written(certificate: Certificate) -> str:
    """As JSON, for people and for `read`."""
    return msgspec.json.format(msgspec.json.encode(certificate), indent=2).decode()


def read(text: str | bytes) -> Certificate:
    """Raises msgspec.DecodeError."""
    return msgspec.json.decode(text, type=Certificate)


async def keep(session: AsyncSession, certificate: Certificate) -> None:
    row = {name: getattr(certificate, name) for name in ("id", "tenant_id", "erased_at")}
    await session.execute(insert(erasures).values(**row, certificate=written(certificate)))


async def of_tenant(session: AsyncSession, tenant_id: str) -> Certificate | None:
    """Its certificate; None: it was not erased."""
    wanted = select(erasures.c.certificate).where(erasures.c.tenant_id == tenant_id)
    text = (await session.execute(wanted)).scalar_one_or_none()
    return None if text is None else read(text)


def _signature(certificate: Certificate, signing: Signing) -> str:
    plain = msgspec.structs.replace(certificate, signature="")
    return signing.digest("erasure", msgspec.json.encode(plain, order="deterministic").decode()).hex()
