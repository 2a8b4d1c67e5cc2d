"""What all vendor objects share. Unknown fields are ignored: the vendor may add some any day.

Numbers are decimals read from their text; the vendor prints most as JSON numbers and some as strings.
"""

from datetime import datetime
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta, Raw, Struct

T = TypeVar("T")

Instant = Annotated[datetime, Meta(tz=True)]
"""A dateTime with its offset; without one nobody could tell the day."""


class Native(Struct, kw_only=True, frozen=True, rename="camel", omit_defaults=True, gc=False):
    """A value of the vendor. Absent and null read the same; None is not written."""


class ActionResult(Native, kw_only=True, frozen=True):
    """Answer of POST and PUT: never the object itself."""

    id: str = ""
    financial_account_id: str | None = None
    """The id where a finance account answers whole instead (recorded 2025)."""
    version: int | None = None
    created_date: Instant | None = None
    updated_date: Instant | None = None


class Page(Native, kw_only=True, frozen=True):
    """One page of a list. Rows stay encoded, so that each can be handed on as the vendor sent it.

    All is required: an answer that is no page must not read as an empty one.
    """

    content: list[Raw]
    last: bool
    total_elements: int
    """Never above 10,000, however many there are."""
    number: int
    """Page counted from 0. Contacts answer page 0 when the asked one does not exist."""


def decoder(kind: type[T]) -> msgspec.json.Decoder[T]:
    """A decoder of vendor JSON. Lenient: whole numbers may come as 30.0, amounts as strings."""
    return msgspec.json.Decoder(kind, strict=False)
