"""Reading what may have been made: lists by their window of creation, and objects in full."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

from connectors.base.connector import Session
from connectors.base.errors import RecordNotFound
from connectors.base.tracing import Sought
from connectors.base.wire import Answer
from connectors.lexoffice.client import ENCODER, LexofficeClient, readable
from connectors.lexoffice.days import local_day
from connectors.lexoffice.native.base import decoder
from connectors.lexoffice.native.voucherlist import Row
from connectors.lexoffice.replacing import AS_SENT
from connectors.lexoffice.tracing.likeness import Json, instant

PURPOSE = "reconcile.look"
BEFORE = timedelta(minutes=5)
"""The list is asked from so long before: its days are Berlin's, and clocks differ."""
LEEWAY = timedelta(seconds=2)
"""Clocks that run together are not further apart."""
MOST = 250
ROW = decoder(Row)
CREATED = 201


async def rows(
    session: Session, sought: Sought, voucher_type: str, contact_id: str | None
) -> AsyncIterator[Row]:
    """Rows of the voucher list made in the days of the window, for one contact where there is one."""
    asked = {
        "voucherType": voucher_type,
        "voucherStatus": "any",
        "createdDateFrom": local_day(sought.since - BEFORE).isoformat(),
        "createdDateTo": local_day(sought.until + BEFORE).isoformat(),
        "contactId": contact_id,
        "size": str(MOST),
        "sort": "createdDate,DESC",
    }
    params = tuple((name, value) for name, value in asked.items() if value is not None)
    client = LexofficeClient(session)
    number, last = 0, False
    while not last:
        page, found = await client.page("voucherlist", (*params, ("page", str(number))), PURPOSE, ROW.decode)
        for row in found:
            yield row
        number, last = number + 1, page.last or not found


async def held(session: Session, path: str) -> tuple[Json, datetime] | None:
    """An object as the vendor has it, and the vendor's clock at that moment. None: there is none."""
    try:
        answer = await LexofficeClient(session).get(path, PURPOSE)
    except RecordNotFound:
        return None
    return readable(answer, lambda answer: AS_SENT.decode(answer.content)), told_time(answer, session.now)


def told_time(answer: Answer, now: datetime) -> datetime:
    """The vendor's clock at its answer; ours where it tells none, or runs with it."""
    try:
        told = parsedate_to_datetime(answer.headers.get("date", ""))
    except (TypeError, ValueError):
        return now
    return told if told.tzinfo and abs(told - now) > LEEWAY else now


def made_meanwhile(found: Json, vendor_now: datetime, now: datetime, sought: Sought) -> bool:
    """Whether it was made after the call left, and while the vendor may have been at it."""
    created = instant(found.get("createdDate"))
    if created is None:
        return True
    created -= vendor_now - now
    return sought.since - LEEWAY <= created <= sought.until + LEEWAY


def within_days(row: Row, sought: Sought) -> bool:
    """Whether it is worth a call to read the row's object: lists have whole seconds, and clocks differ."""
    created = row.created_date
    return created is None or sought.since - BEFORE <= created <= sought.until + BEFORE


def created_answer(found: Json) -> Answer:
    """What the vendor answers to a create, made of the object."""
    told = {name: found[name] for name in ("createdDate", "updatedDate", "version") if name in found}
    content = ENCODER.encode({"id": found["id"], **told})
    return Answer(status=CREATED, headers={"content-type": "application/json"}, content=content)
