"""Reading what may have been made: lists by their window of creation, and objects in full."""

from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Literal

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
SECOND = timedelta(seconds=1)
Ahead = tuple[timedelta, timedelta]
"""Of the vendor's clock: at least and at most so far."""
TOGETHER: Ahead = (timedelta(), timedelta())
MOST = 250
ROW = decoder(Row)
Moment = Literal["before", "meanwhile", "after"]
CREATED = 201


async def rows(
    session: Session, sought: Sought, voucher_type: str, contact_id: str | None
) -> AsyncIterator[Row]:
    """Rows of the voucher list that may be the write's own: made about the window, by no other write of ours.

    Of one contact where there is one.
    """
    asked = {
        "voucherType": voucher_type,
        "voucherStatus": "any",
        "createdDateFrom": local_day(sought.since - BEFORE).isoformat(),
        "createdDateTo": local_day(_latest(sought)).isoformat(),
        "contactId": contact_id,
        "size": str(MOST),
        "sort": "createdDate,DESC",
    }
    params = tuple((name, value) for name, value in asked.items() if value is not None)
    client = LexofficeClient(session)
    number, last = 0, False
    while not last:
        page, found = await client.page("voucherlist", (*params, ("page", str(number))), PURPOSE, ROW.decode)
        near = [row for row in found if _near(row, sought)]
        owned = await sought.owned([row.id for row in near])
        for row in near:
            if row.id not in owned:
                yield row
        number, last = number + 1, page.last or not found


async def held(session: Session, path: str, clock: Callable[[], datetime]) -> tuple[Json, Ahead] | None:
    """An object as the vendor has it, and how far its clock is ahead of ours. None: there is none."""
    asked = clock()
    try:
        answer = await LexofficeClient(session).get(path, PURPOSE)
    except RecordNotFound:
        return None
    found = readable(answer, lambda answer: AS_SENT.decode(answer.content))
    return found, ahead(answer, answer.left_at or asked, clock())


async def ahead_by(session: Session, path: str, sought: Sought) -> Ahead:
    """How far the vendor's clock is ahead of ours, for one call: lists of whole objects tell none."""
    told = await held(session, path, sought.clock)
    return TOGETHER if told is None else told[1]


def ahead(answer: Answer, left: datetime, came: datetime) -> Ahead:
    """How far the vendor's clock is ahead of ours, by the time that its answer tells in whole seconds.

    `left`, `came`: when the call left, and its answer was there.
    """
    try:
        told = parsedate_to_datetime(answer.headers.get("date", ""))
    except (TypeError, ValueError):
        return TOGETHER
    if told.tzinfo is None:
        return TOGETHER
    least, most = told - came, told + SECOND - left
    return TOGETHER if least <= LEEWAY and most >= -LEEWAY else (least, most)


def moment(found: Json, ahead: Ahead, sought: Sought) -> Moment:
    """When it was made, by the times between which the vendor may have been at the write.

    Of what may be either, as the clocks are, it is not said that it was made before, nor that meanwhile.
    """
    created = instant(found.get("createdDate"))
    if created is None:
        return "meanwhile"
    earliest, latest = created - ahead[1], created - ahead[0]
    if latest < sought.since - LEEWAY:
        return "before"
    certain = sought.since - LEEWAY <= earliest and latest <= sought.until + LEEWAY
    return "meanwhile" if certain else "after"


def _near(row: Row, sought: Sought) -> bool:
    """Whether it is worth a call to read the row's object: lists have whole seconds, and clocks differ."""
    created = row.created_date
    return created is None or sought.since - BEFORE <= created <= _latest(sought)


def _latest(sought: Sought) -> datetime:
    """What was made since may be the write's own, of a vendor that was slow."""
    return max(sought.until, sought.clock()) + BEFORE


def created_answer(found: Json) -> Answer:
    """What the vendor answers to a create, made of the object."""
    told = {name: found[name] for name in ("createdDate", "updatedDate", "version") if name in found}
    content = ENCODER.encode({"id": found["id"], **told})
    return Answer(status=CREATED, headers={"content-type": "application/json"}, content=content)
