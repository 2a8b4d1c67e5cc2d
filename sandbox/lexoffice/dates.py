"""Instants and days as Lexware Office writes them: always at the wall clock of Berlin."""

import re
from datetime import UTC, date, datetime, time
from typing import TypeVar
from zoneinfo import ZoneInfo

BERLIN = ZoneInfo("Europe/Berlin")
# Exactly three digits of milliseconds, and a colon in the offset; anything else is refused (measured 2026).
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}(?:Z|[+-]\d\d:\d\d)", re.ASCII)
DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
YEARS = range(1900, 2200)
Dated = TypeVar("Dated", bound=date)


def read_moment(text: str) -> datetime:
    """`2026-03-02T00:00:00.000+01:00` to an instant in UTC. ValueError for every other form."""
    if not MOMENT.fullmatch(text):
        raise ValueError("not a dateTime of the form yyyy-MM-ddTHH:mm:ss.SSSXXX")
    return _sane(datetime.fromisoformat(text)).astimezone(UTC)


def read_day(text: str) -> date:
    """`2026-03-02` to a day. ValueError for every other form."""
    if not DAY.fullmatch(text):
        raise ValueError("not a date of the form yyyy-MM-dd")
    return _sane(date.fromisoformat(text))


def _sane(value: Dated) -> Dated:
    if value.year not in YEARS:
        raise ValueError("year out of range")
    return value


def shown(instant: datetime) -> str:
    """An instant as the API prints it, milliseconds and the offset of Berlin included."""
    return instant.astimezone(BERLIN).isoformat(timespec="milliseconds")


def shown_to_the_second(instant: datetime) -> str:
    """As the voucher list prints it: the same form, its milliseconds always 000."""
    return shown(instant.replace(microsecond=0))


def local_day(instant: datetime) -> date:
    return instant.astimezone(BERLIN).date()


def midnight(day: date) -> datetime:
    """The instant at which a day begins in Berlin."""
    return datetime.combine(day, time(), BERLIN).astimezone(UTC)
