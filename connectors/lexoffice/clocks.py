"""What day it is: the request's instant, else the vendor's own clock. Mappings get the day, never a clock."""

from datetime import date
from email.utils import parsedate_to_datetime

from connectors.base.connector import Session
from connectors.base.wire import Answer
from connectors.lexoffice.days import local_day


def today(session: Session, answer: Answer) -> date | None:
    """The day in Berlin; None when nobody tells."""
    if session.now is not None:
        return local_day(session.now)
    try:
        return local_day(parsedate_to_datetime(answer.headers.get("date", "")))
    except (ValueError, TypeError, OverflowError):
        return None
