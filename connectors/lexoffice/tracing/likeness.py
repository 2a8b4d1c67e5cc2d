"""Whether an object of the vendor's is what was sent. Pure, over the vendor's own JSON.

The vendor gives back more than it was sent, numbers with other zeros and instants in another zone; what was
sent empty may be missing. Whatever else differs is a difference.
"""

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from connectors.lexoffice.days import local_day
from connectors.lexoffice.replacing import AS_SENT

Json = dict[str, Any]
NOTHING = (None, "", [], {}, False)


def sent_body(content: bytes | None) -> Json:
    """What was sent; an empty object when that was none."""
    try:
        return AS_SENT.decode(content or b"{}")
    except msgspec.DecodeError:
        return {}


def contained(sent: Any, held: Any, without: Collection[str] = ()) -> bool:
    """Whether all that was sent is held in the same place. `without`: members that the vendor sets itself."""
    if isinstance(sent, dict):
        if not isinstance(held, dict):
            return not sent
        return all(contained(value, held.get(name)) for name, value in sent.items() if name not in without)
    if isinstance(sent, list):
        held = held or []
        return len(sent) == len(held) and all(map(contained, sent, held))
    if sent in NOTHING or (isinstance(sent, int | Decimal) and not sent):
        return not held
    return same(sent, held)


def same(sent: Any, held: Any) -> bool:
    """Whether two values of the vendor's mean the same."""
    if isinstance(sent, bool) or isinstance(held, bool):
        return sent is held
    first, second = number(sent), number(held)
    if first is not None or second is not None:
        return first == second
    if isinstance(sent, str) and isinstance(held, str):
        then, now = instant(sent), instant(held)
        if then is not None and now is not None:
            return then == now
        return " ".join(sent.split()) == " ".join(held.split())
    return sent == held


def same_day(sent: Any, held: Any) -> bool:
    """Whether two dates, each a day or an instant, fall on the same day in Berlin."""
    return day(sent) is not None and day(sent) == day(held)


def day(value: Any) -> str | None:
    """The day in Berlin as `YYYY-MM-DD`."""
    if not isinstance(value, str):
        return None
    found = instant(value)
    return local_day(found).isoformat() if found is not None else value[:10]


def number(value: Any) -> Decimal | None:
    """An amount; the vendor prints some as texts."""
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return Decimal(value)
    return None


def instant(value: Any) -> datetime | None:
    """A moment with its zone."""
    if not isinstance(value, str) or len(value) < 20 or value[4] != "-" or "T" not in value:
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return None
    return found if found.tzinfo else None
