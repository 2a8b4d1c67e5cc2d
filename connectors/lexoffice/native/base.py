"""What all vendor objects share. Unknown fields are ignored: the vendor may add some any day.

Numbers are decimals read from their text; the vendor prints most as JSON numbers and some as strings.
"""

from datetime import datetime
from typing import TypeVar

import msgspec
from msgspec import Raw, Struct

T = TypeVar("T")


class Native(Struct, kw_only=True, frozen=True, rename="camel", omit_defaults=True, gc=False):
    """A value of the vendor. Absent and null read the same; None is not written."""


class ActionResult(Native, kw_only=True, frozen=True):
    """Answer of POST and PUT: never the object itself."""

    id: str
    version: int | None = None
    created_date: datetime | None = None
    updated_date: datetime | None = None


class Page(Native, kw_only=True, frozen=True):
    """One page of a list. Rows stay encoded, so that each can be handed on as the vendor sent it."""

    content: list[Raw] = []
    last: bool = True
    total_elements: int = 0
    """Never above 10,000, however many there are."""
    number: int = 0
    """Page counted from 0. Contacts answer page 0 when the asked one does not exist."""


def decoder(kind: type[T]) -> msgspec.json.Decoder[T]:
    """A decoder of vendor JSON. Lenient: whole numbers may come as 30.0, amounts as strings."""
    return msgspec.json.Decoder(kind, strict=False)
