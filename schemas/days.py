"""Days are calendar days at the seat of the connected company: all accounting systems so far are German."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

BERLIN = ZoneInfo("Europe/Berlin")


def begins_at(day: date) -> datetime:
    """The instant, in UTC, at which the day begins there."""
    return datetime.combine(day, time(), BERLIN).astimezone(UTC)
