"""When documents become overdue by our own clock, and how they then say so. Pure.

Vendors tell it with their next list, if at all; days end without a call.
"""

from datetime import date, datetime
from typing import Any

import msgspec
from msgspec import Struct

from schemas.days import begins_at
from schemas.documents import DocumentStatus, PaymentStatus, overdue_from

_ANY = msgspec.json.Decoder()


class Owed(Struct, frozen=True, kw_only=True, rename="camel"):
    """What of a document decides it."""

    status: DocumentStatus
    payment_status: PaymentStatus | None
    due_on: date | None

    @property
    def begins_at(self) -> datetime | None:
        """The instant from which on it is overdue; None: never, as far as is known."""
        day = overdue_from(self.status, self.payment_status, self.due_on)
        return None if day is None else begins_at(day)


_OWED = msgspec.json.Decoder(Owed)


def late_at(data: Any) -> datetime | None:
    """The instant at which an object turns overdue; None of what is so already, or never is."""
    if getattr(data, "overdue", None) is not False:
        return None
    return Owed(status=data.status, payment_status=data.payment_status, due_on=data.due_on).begins_at


def is_late_still(turned: bool, before: bytes | None, late_at: datetime | None) -> bool:
    """Whether a read of an object that has `turned` overdue here was only begun before that: it is due on the
    same day, and something is open as before.
    """
    return turned and late_at is not None and before is not None and _OWED.decode(before).begins_at == late_at


def overdue(document: bytes) -> bytes:
    """The document, which says that it is overdue; all else as it was."""
    return msgspec.json.encode({**_ANY.decode(document), "overdue": True})
