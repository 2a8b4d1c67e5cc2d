"""Instants and days. The vendor writes a day as midnight in Berlin, with offset and milliseconds."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

from connectors.base.errors import FieldError
from schemas.days import BERLIN

YEARS = range(1901, 2199)
"""Years that books can have; asking for others is sent as the nearest of them, or not at all."""


def local_day(instant: datetime) -> date:
    """The calendar day in Berlin. Read in UTC, every document would move to the day before."""
    return instant.astimezone(BERLIN).date()


def local_day_or_none(instant: datetime | None) -> date | None:
    """`local_day`, passing None through."""
    return None if instant is None else instant.astimezone(BERLIN).date()


def day_before(instant: datetime) -> date:
    """The day before the instant's, in Berlin; for filters, so kept within years that books can have."""
    if instant.year not in YEARS:
        return date(min(max(instant.year, YEARS.start), YEARS.stop), 1, 1)
    return local_day(instant) - timedelta(days=1)


def utc(instant: datetime | None) -> datetime | None:
    """The instant in UTC, passing None through."""
    return None if instant is None else instant.astimezone(UTC)


def midnight(day: date) -> str:
    """The day as the vendor writes it: `2026-03-29` is `2026-03-29T00:00:00.000+01:00`.

    Raises:
        ValueError: before April 1893, when Berlin kept its own mean time and no whole-minute offset exists.
    """
    instant = datetime.combine(day, time(), BERLIN)
    if (instant.utcoffset() or timedelta()).total_seconds() % 60:
        raise ValueError(f"{day} lies before standard time")
    return instant.isoformat(timespec="milliseconds")


def day_misfits(field: str, day: date) -> Iterator[FieldError]:
    """Days that the vendor's notation cannot say."""
    try:
        midnight(day)
    except ValueError:
        message = "Lexware Office cannot hold a day before April 1893."
        yield FieldError(field=field, code="invalid", message=message)
