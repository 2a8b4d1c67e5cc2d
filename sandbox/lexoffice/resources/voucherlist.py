"""The voucher list (`/v1/voucherlist`): the one way to find sales documents and bookkeeping vouchers."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec

from sandbox.lexoffice import dates
from sandbox.lexoffice.call import Call
from sandbox.lexoffice.errors import Refused
from sandbox.lexoffice.paging import Sort, odd, page, window
from sandbox.lexoffice.quirks import Quirks
from sandbox.lexoffice.routing import get
from sandbox.lexoffice.sales.kinds import KINDS
from sandbox.lexoffice.search import encoded
from sandbox.lexoffice.shapes import UUID_TEXT
from sandbox.lexoffice.state import Document, Organization, Template, Voucher
from sandbox.lexoffice.wire import Reply, json_reply

TYPES = (
    "salesinvoice", "salescreditnote", "purchaseinvoice", "purchasecreditnote", "invoice",
    "downpaymentinvoice", "creditnote", "orderconfirmation", "quotation", "deliverynote",
)  # fmt: skip
STATUSES = (
    "draft", "open", "overdue", "paid", "paidoff", "voided", "transferred", "sepadebit", "accepted",
    "rejected", "unchecked",
)  # fmt: skip


class Row(msgspec.Struct, frozen=True):
    """One line of the list, before it is printed. `status` is never `overdue`: that depends on today."""

    id: str
    type: str
    status: str
    number: str | None
    voucher_date: datetime | None
    created: datetime
    updated: datetime
    due: datetime | None
    contact_id: str | None
    contact_name: str | None
    total: Decimal | None
    open_amount: Decimal | None
    archived: bool

    def shown_status(self, today: date) -> str:
        late = self.due is not None and dates.local_day(self.due) < today
        return "overdue" if late and self.status in ("open", "sepadebit") else self.status

    def printed(self, today: date) -> dict[str, Any]:
        return {
            "id": self.id,
            "voucherType": self.type,
            "voucherStatus": self.shown_status(today),
            "voucherNumber": self.number,
            "voucherDate": _day(self.voucher_date),
            "createdDate": dates.shown_to_the_second(self.created),
            "updatedDate": dates.shown_to_the_second(self.updated),
            "dueDate": _day(self.due),
            "contactId": self.contact_id,
            "contactName": self.contact_name,
            "totalAmount": self.total,
            "openAmount": self.open_amount,
            "currency": "EUR",
            "archived": self.archived,
        }


def _day(moment: datetime | None) -> str | None:
    """The day at 00:00 local time, whatever instant was stored."""
    return dates.shown(dates.midnight(dates.local_day(moment))) if moment else None


def rows_of(organization: Organization, unlisted: bool = False) -> Iterator[Row]:
    """All that is listed; with `unlisted` also what one client claims to have seen under `any`."""
    for document in organization.documents.values():
        if unlisted or document.kind != "dunnings":
            yield _of_document(document)
    if unlisted:
        yield from map(_of_template, organization.templates.values())
    for voucher in organization.vouchers.values():
        yield _of_voucher(organization, voucher)


def _of_document(document: Document) -> Row:
    kind = KINDS[document.kind]
    return Row(
        document.id, kind.listed_as, document.status, document.number, document.voucher_date,
        document.created, document.updated, document.due, document.contact_id, document.contact_name,
        document.total,
        document.open_amount if kind.settled and document.status != "draft" else None, document.archived,
    )  # fmt: skip


def _of_template(template: Template) -> Row:
    address, total = template.body["address"], template.body["totalPrice"]["totalGrossAmount"]
    return Row(
        template.id, "recurringtemplate", "draft", None, None, template.created, template.updated, None,
        address.get("contactId"), address["name"], total, None, False,
    )  # fmt: skip


def _of_voucher(organization: Organization, voucher: Voucher) -> Row:
    contact = organization.contacts.get(voucher.contact_id or "")
    name = contact.listed_name if contact else voucher.body.get("contactName", voucher.collective_contact)
    return Row(
        voucher.id, voucher.type, voucher.status, voucher.number, voucher.voucher_date, voucher.created,
        voucher.updated, voucher.due, voucher.contact_id, name, voucher.total, voucher.open_amount,
        voucher.archived,
    )  # fmt: skip


def voucherlist(call: Call) -> Reply:
    query, today = call.query, dates.local_day(call.now)
    tests = _tests(query, today)
    sort, key = _sort(query.get("sort"), call.quirks)
    cut = window(query, call.quirks)
    horizon = call.now - timedelta(seconds=call.quirks.list_lag_s)
    rows = [
        row
        for row in _sorted_rows(call, sort, key)
        if all(test(row) for test in tests) and (row.updated <= horizon or not call.quirks.list_lag_s)
    ]
    return json_reply(page(rows, [row.printed(today) for row in cut.cut(rows)], cut, sort))


def _sorted_rows(call: Call, sort: Sort, key: Callable[[Row], Any]) -> list[Row]:
    """All rows in order, kept until the books change: who pages through them asks for the same again."""
    unlisted = call.quirks.unlisted_in_voucherlist
    place = (call.organization.id, sort, unlisted)
    stamp, rows = call.twin.listed.get(place, (-1, []))
    if stamp != call.twin.changes:
        rows = sorted(rows_of(call.organization, unlisted), key=key, reverse=not sort.ascending)
        call.twin.listed[place] = (call.twin.changes, rows)
    return rows


def _tests(query: dict[str, str], today: date) -> list[Callable[[Row], bool]]:
    types = _choices(query, "voucherType", TYPES)
    statuses = _choices(query, "voucherStatus", STATUSES)
    tests = [_status_test(statuses, today)]
    if types is not None:
        tests.append(lambda row: row.type in types)
    for name, read in (("archived", _archived), ("contactId", _contact), ("voucherNumber", _number)):
        if query.get(name):
            tests.append(read(query[name]))
    ends = [(field, end) for field in DAYS_OF for end in ("From", "To") if query.get(field + end)]
    return tests + [_day_test(field, end, query[field + end]) for field, end in ends]


def _choices(query: dict[str, str], name: str, known: tuple[str, ...]) -> frozenset[str] | None:
    """The values of a mandatory filter; None for `any`."""
    if not query.get(name):
        raise Refused(400, f"Required parameter '{name}' is not present.")
    chosen = [value.strip().lower() for value in query[name].split(",")]
    if chosen == ["any"]:
        return None
    if unknown := [value for value in chosen if value not in known]:
        raise Refused(400, f"parameter '{name}' is invalid: {unknown[0]}")
    if "overdue" in chosen and len(chosen) > 1:
        raise Refused(400, "voucherStatus 'overdue' must not be combined with other values")
    return frozenset(chosen)


def _status_test(statuses: frozenset[str] | None, today: date) -> Callable[[Row], bool]:
    """`open` finds the overdue ones too, which then say so."""
    if statuses is None:
        return lambda row: row.status != "blank"
    if "overdue" in statuses:
        return lambda row: row.shown_status(today) == "overdue"
    return lambda row: row.status in statuses


def _archived(text: str) -> Callable[[Row], bool]:
    if text not in ("true", "false"):
        raise Refused(400, "parameter 'archived' is invalid")
    return lambda row: row.archived == (text == "true")


def _contact(text: str) -> Callable[[Row], bool]:
    if not UUID_TEXT.fullmatch(text):
        raise Refused(400, "parameter 'contactId' is invalid")
    return lambda row: row.contact_id == text.lower()


def _number(text: str) -> Callable[[Row], bool]:
    """The whole number without regard to case, HTML-encoded like every text filter here."""
    return lambda row: row.number is not None and encoded(row.number).casefold() == text.casefold()


DAYS_OF: dict[str, Callable[[Row], datetime | None]] = {
    "voucherDate": lambda row: row.voucher_date,
    "createdDate": lambda row: row.created,
    "updatedDate": lambda row: row.updated,
}


def _day_test(field: str, end: str, text: str) -> Callable[[Row], bool]:
    """Whole days in Berlin, both ends included."""
    try:
        day = dates.read_day(text)
    except ValueError:
        raise Refused(400, f"parameter '{field}{end}' is invalid") from None
    of = DAYS_OF[field]
    if end == "From":
        start = dates.midnight(day)
        return lambda row: (moment := of(row)) is not None and moment >= start
    stop = dates.midnight(day + timedelta(days=1))
    return lambda row: (moment := of(row)) is not None and moment < stop


EPOCH = dates.midnight(date(1970, 1, 1))
SORTS: dict[str, Callable[[Row], Any]] = {
    "voucherdate": lambda row: (row.voucher_date or EPOCH, row.created),
    "vouchernumber": lambda row: row.number or "",
    "createddate": lambda row: row.created,
    "updateddate": lambda row: row.updated,
}


def _sort(text: str | None, quirks: Quirks) -> tuple[Sort, Callable[[Row], Any]]:
    name, _, direction = (text or "voucherDate,DESC").partition(",")
    key, direction = name.strip().lower(), direction.strip().upper() or "ASC"
    if key not in SORTS or direction not in ("ASC", "DESC"):
        raise odd(quirks, "sort")
    return Sort(key, direction == "ASC"), SORTS[key]


ROUTES = [get("/v1/voucherlist", voucherlist, "voucherlist.read")]
