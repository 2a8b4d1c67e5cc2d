"""An answer as it is kept with its write, to be given again."""

from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from connectors.base.paging import Record
from gateway.writes.rows import CONFIRMED


class Effect(Struct, frozen=True, kw_only=True):
    """What a write did, as far as its answer tells: for whoever keeps a copy of the object."""

    id: str | None
    """The object that the request named."""
    record: Record[Any] | None
    """What came back."""
    at: datetime
    """When it had come back."""


class StoredAnswer(Struct, frozen=True, kw_only=True):
    """Status, headers and body exactly as the caller got them."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    outcome: str = CONFIRMED
    """What became of the write: CONFIRMED, REJECTED or RELEASED. Not part of the answer."""
    upstream_id: str | None = None
    """Id of the object at the vendor, where the write made or changed one. Not part of the answer."""
    effect: Effect | None = None
    """What it did; None: the answer does not tell. Neither part of the answer nor stored."""


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(tuple[tuple[tuple[str, str], ...], bytes])


def packed(answer: StoredAnswer) -> bytes:
    """Headers and body in one value, to be sealed: they hold the end customer's data."""
    return _ENCODER.encode((answer.headers, answer.body))


def unpacked(status: int, upstream_id: str | None, plain: bytes) -> StoredAnswer:
    """What `packed` made, with the columns that stand beside it."""
    headers, body = _DECODER.decode(plain)
    return StoredAnswer(status=status, headers=headers, body=body, upstream_id=upstream_id)
