"""Ends of trails, signed, to be kept where whoever can rewrite the database cannot reach.

Without one, a trail that was rewritten from some entry to its end looks whole.
"""

from datetime import UTC, datetime
from typing import Protocol

import msgspec
from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.audit.chain import Head
from gateway.persistence.tables import audit_heads


class Signing(Protocol):
    """A keyed hash under a key that lives outside the database."""

    def digest(self, purpose: str, *parts: str) -> bytes: ...


class SignedHead(Struct, frozen=True, kw_only=True, rename="camel"):
    """One line of what is kept. `hash` and `signature` in hexadecimal digits."""

    tenant_id: str
    sequence: int
    hash: str
    at: datetime
    signature: str

    @property
    def head(self) -> Head:
        return Head(sequence=self.sequence, hash=bytes.fromhex(self.hash))


class BadHead(ValueError):
    """A line that is no head, or whose signature is not ours."""


async def signed_heads(session: AsyncSession, signing: Signing, now: datetime) -> list[SignedHead]:
    """The end of every trail as it is now."""
    rows = await session.execute(select(audit_heads).order_by(audit_heads.c.tenant_id))
    return [
        SignedHead(
            tenant_id=row.tenant_id,
            sequence=row.sequence,
            hash=row.hash.hex(),
            at=now,
            signature=_signature(signing, row.tenant_id, row.sequence, row.hash.hex(), now),
        )
        for row in rows
        if row.sequence
    ]


def lines(heads: list[SignedHead]) -> str:
    """JSON Lines."""
    return "".join(msgspec.json.encode(head).decode() + "\n" for head in heads)


def read_heads(text: str, signing: Signing) -> list[SignedHead]:
    """What `lines` wrote, whoever kept it.

    Raises:
        BadHead: with the number of the line.
    """
    heads: list[SignedHead] = []
    for number, line in enumerate(text.splitlines(), 1):
        try:
            head = msgspec.json.decode(line, type=SignedHead)
        except msgspec.DecodeError as error:
            raise BadHead(f"line {number} is no head: {error}") from error
        if head.signature != _signature(signing, head.tenant_id, head.sequence, head.hash, head.at):
            raise BadHead(f"line {number}: the signature is not of this installation's key file")
        heads.append(head)
    return heads


def _signature(signing: Signing, tenant_id: str, sequence: int, hash: str, at: datetime) -> str:
    instant = at.astimezone(UTC).isoformat(timespec="microseconds")
    return signing.digest("audit_head", tenant_id, str(sequence), hash, instant).hex()
