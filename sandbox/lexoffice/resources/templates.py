"""Recurring templates (`/v1/recurring-templates`): read-only here, made by the app's user, run by night."""

import calendar
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sandbox.lexoffice import agenda, dates
from sandbox.lexoffice.call import Call
from sandbox.lexoffice.dates import shown
from sandbox.lexoffice.errors import Refused, not_found
from sandbox.lexoffice.paging import Sort, odd, page, window
from sandbox.lexoffice.routing import get
from sandbox.lexoffice.sales import settling, writing
from sandbox.lexoffice.sales.kinds import KINDS
from sandbox.lexoffice.state import Organization, Task, Template
from sandbox.lexoffice.wire import Reply, json_reply

if TYPE_CHECKING:
    from sandbox.lexoffice.twin import Twin

RUN_AT = time(3, tzinfo=ZoneInfo("Europe/Berlin"))
MONTHS = {"MONTHLY": 1, "QUARTERLY": 3, "BIANNUALLY": 6, "ANNUALLY": 12}
WEEKS = {"WEEKLY": 1, "BIWEEKLY": 2}
INTERVALS = (*WEEKS, *MONTHS)
SORTS = {
    "createdDate": lambda template: template.created,
    "updatedDate": lambda template: template.updated,
    "lastExecutionDate": lambda template: template.last or date.min,
    "nextExecutionDate": lambda template: template.next or date.max,
}
LEFT_OUT = ("shippingConditions", "closingInvoice")


def list_all(call: Call) -> Reply:
    """Rows are shorter than the templates themselves."""
    name, _, direction = call.query.get("sort", "updatedDate,DESC").partition(",")
    if name not in SORTS or (direction := direction.upper() or "ASC") not in ("ASC", "DESC"):
        raise odd(call.quirks, "sort")
    cut = window(call.query, call.quirks)
    rows = sorted(call.organization.templates.values(), key=SORTS[name], reverse=direction == "DESC")
    shown_rows = [_row(call, template) for template in cut.cut(rows)]
    return json_reply(page(rows, shown_rows, cut, Sort(name, direction == "ASC")))


def read(call: Call, id: str) -> Reply:
    template = call.organization.templates.get(id)
    if template is None:
        raise not_found()
    body = {name: value for name, value in template.body.items() if name not in LEFT_OUT}
    head = {
        "id": template.id,
        "organizationId": call.organization.id,
        "createdDate": shown(template.created),
        "updatedDate": shown(template.updated),
        "version": template.version,
        "archived": False,
    }
    return json_reply({**head, **body, "recurringTemplateSettings": settings_of(call, template)})


def _row(call: Call, template: Template) -> dict[str, Any]:
    body = template.body
    price = body["totalPrice"]
    row = {
        "id": template.id,
        "organizationId": call.organization.id,
        "title": template.title,
        "createdDate": shown(template.created),
        "updatedDate": shown(template.updated),
        "address": {name: body["address"][name] for name in ("contactId", "name")},
        "totalPrice": {name: price[name] for name in ("currency", "totalNetAmount", "totalGrossAmount")},
        "paymentConditions": body.get("paymentConditions"),
        "recurringTemplateSettings": settings_of(call, template),
    }
    return {name: value for name, value in row.items() if value is not None}


def settings_of(call: Call, template: Template) -> dict[str, Any]:
    out: dict[str, Any] = {
        "id": template.settings_id,
        "startDate": _text(template.start),
        "endDate": _text(template.end),
        "finalize": template.finalize,
        "shippingType": template.shipping_type,
        "retroactiveInvoice": False,
        "executionInterval": template.interval,
        "nextExecutionDate": _text(template.next),
        "lastExecutionDate": _text(template.last),
        "lastExecutionFailed": template.failure is not None,
        "lastExecutionErrorMessage": template.failure,
        "executionStatus": status_of(template),
    }
    return {name: value for name, value in out.items() if value is not None}


def status_of(template: Template) -> str:
    if template.start is None:
        return "PAUSED"
    return "ACTIVE" if template.next is not None else "ENDED"


def _text(day: date | None) -> str | None:
    return day.isoformat() if day else None


def schedule(twin: "Twin", organization: Organization, template: Template) -> None:
    if template.next is not None:
        at = datetime.combine(template.next, RUN_AT)
        agenda.plan(twin.world, at, "recurring", organization.id, template.id)


def execute(twin: "Twin", task: Task) -> None:
    """The night's run: an invoice of the template's making, and the day of the next."""
    organization = twin.world.organizations[task.organization_id]
    template = organization.templates.get(task.subject)
    day = dates.local_day(task.at)
    if template is None or template.next != day:
        return
    try:
        invoice = writing.write(
            twin, organization, KINDS["invoices"], _body(template, day), finalized=template.finalize
        )
    except Refused as refused:
        template.failure = refused.message
    else:
        template.failure = None
        invoice.template_id = template.id
        settling.touch(twin, invoice)
    template.last, template.next = day, following(template, day)
    template.version += 1
    template.updated = task.at
    twin.emit(organization.id, "recurring-template.changed", template.id, task.at)
    schedule(twin, organization, template)


def following(template: Template, day: date) -> date | None:
    """The next day of execution; months keep the day of the start where they have it."""
    if template.start is None:
        return None
    if template.interval in WEEKS:
        next_day = day + timedelta(weeks=WEEKS[template.interval])
    else:
        month = day.month - 1 + MONTHS[template.interval]
        year, month = day.year + month // 12, month % 12 + 1
        next_day = date(year, month, min(template.start.day, calendar.monthrange(year, month)[1]))
    return next_day if template.end is None or next_day <= template.end else None


def _body(template: Template, day: date) -> dict[str, Any]:
    moment = shown(dates.midnight(day))
    shipping: dict[str, Any] = {"shippingType": template.shipping_type}
    if template.shipping_type != "none":
        shipping["shippingDate"] = moment
    if template.shipping_type.endswith("period"):
        last = (following(template, day) or day + timedelta(days=1)) - timedelta(days=1)
        shipping["shippingEndDate"] = shown(dates.midnight(last))
    return {**template.raw, "voucherDate": moment, "shippingConditions": shipping}


SCOPE = "recurring-templates.read"
ROUTES = [get("/v1/recurring-templates", list_all, SCOPE), get("/v1/recurring-templates/{}", read, SCOPE)]
