"""Recurring invoices over /v1/recurring-templates. Source: "Recurring Templates" (read 2026-11-20).

Made, paused and ended in the application only. The vendor runs them by night, from 03:00 in Berlin.
"""

import msgspec
from msgspec import Raw

from connectors.base.connector import Session
from connectors.base.mapping import amount_or_none
from connectors.base.paging import ListQuery, Page, Record
from connectors.base.wire import Answer
from connectors.lexoffice import links
from connectors.lexoffice.client import LexofficeClient, mapped, raw_of
from connectors.lexoffice.days import utc
from connectors.lexoffice.gathering import collect
from connectors.lexoffice.misfits import misfit, refuse
from connectors.lexoffice.native import recurring_templates as native
from connectors.lexoffice.native.base import Page as NativePage
from connectors.lexoffice.native.base import decoder
from connectors.lexoffice.native.sales import PaymentConditions
from connectors.lexoffice.paging import Listed, Position, Walk, read_position
from connectors.lexoffice.resources.payment_terms import cash_discount
from connectors.lexoffice.sales import reading, tax
from connectors.lexoffice.sales.lines import Around, line
from connectors.lexoffice.sales.listing import SUMMARY_ONLY
from connectors.lexoffice.sales.terms import PERIOD_KIND
from schemas.recurring_invoices import (
    AgreedTerms,
    Recurrence,
    RecurrenceInterval,
    RecurrenceStatus,
    RecurringInvoice,
    RecurringInvoiceSummary,
)

DECODER = decoder(native.RecurringTemplate)
ROW = decoder(native.Row)
NOUN = "recurring-templates"
SORT = {
    "createdAt": "createdDate",
    "updatedAt": "updatedDate",
    "lastOn": "lastExecutionDate",
    "nextOn": "nextExecutionDate",
}
NEWEST_FIRST = "-updatedAt"
STATUS = {
    "ACTIVE": RecurrenceStatus.ACTIVE,
    "PAUSED": RecurrenceStatus.PAUSED,
    "ENDED": RecurrenceStatus.ENDED,
}
INTERVAL = {
    "WEEKLY": RecurrenceInterval.WEEKLY,
    "BIWEEKLY": RecurrenceInterval.BIWEEKLY,
    "MONTHLY": RecurrenceInterval.MONTHLY,
    "QUARTERLY": RecurrenceInterval.QUARTERLY,
    "BIANNUALLY": RecurrenceInterval.HALF_YEARLY,
    "ANNUALLY": RecurrenceInterval.YEARLY,
}


class RecurringInvoices:
    """Recurring templates of one connection."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._client = LexofficeClient(session)

    async def list(self, query: ListQuery) -> Page[RecurringInvoice]:
        """Templates, last changed first unless asked otherwise: one call a page and one a template.

        With `query.summary` the rows alone, which have no lines and no tax. `updatedSince` reads all rows,
        as the vendor cannot filter by it.
        """
        params = (("sort", sort(query.sort)),)
        start = read_position(query.continuation) if query.continuation else Position()

        async def fetch(number: int, size: int, _: object) -> tuple[NativePage, list[Listed[native.Row]]]:
            paged = (*params, ("page", str(number)), ("size", str(size)))
            return await self._client.page(NOUN, paged, "recurring-invoices.list", _listed)

        async def take(listed: Listed[native.Row]) -> Record | None:
            changed, since = listed.row.updated_date, query.updated_since
            if since and changed and changed < since:
                return None
            if query.summary:
                return Record(data=to_summary(listed.row), raw=listed.raw)
            return await self._one(listed.id, "recurring-invoices.list")

        page = await collect(Walk(fetch, start), query.limit, take, self._session.wire)
        if query.summary and page.completeness.complete:
            return msgspec.structs.replace(page, completeness=SUMMARY_ONLY)
        return page

    async def detail(self, row: Raw, held: Raw | None) -> Record[RecurringInvoice]:
        """See `connectors.base.copying`. One call: rows tell nothing that templates do not."""
        return await self._one(mapped(lambda: ROW.decode(row)).id, "recurring-invoices.list")

    async def get(self, id: str) -> Record[RecurringInvoice]:
        """One template, one call."""
        return await self._one(id, "recurring-invoices.get")

    async def _one(self, id: str, purpose: str) -> Record[RecurringInvoice]:
        return await self._client.object(NOUN, id, self._record, purpose)

    def _record(self, answer: Answer) -> Record[RecurringInvoice]:
        data = to_unified(DECODER.decode(answer.content), self._session.hosts.app)
        return Record(data=data, raw=raw_of(answer))


def sort(asked: str | None) -> str:
    """`updatedDate,DESC`. Raises InvalidForTarget for what the vendor cannot sort by."""
    name = (asked or NEWEST_FIRST).removeprefix("-")
    if name not in SORT:
        refuse([misfit("sort", "invalid", f"Give one of {', '.join(SORT)}, with a leading - to descend.")])
    return f"{SORT[name]},{'DESC' if (asked or NEWEST_FIRST).startswith('-') else 'ASC'}"


def _listed(raw: Raw) -> Listed[native.Row]:
    row = ROW.decode(raw)
    return Listed(id=row.id, row=row, raw=raw)


def to_unified(raw: native.RecurringTemplate, app: str) -> RecurringInvoice:
    """A template in unified words."""
    conditions, price = raw.tax_conditions, raw.total_price
    treatment = tax.treatment(conditions.tax_type, conditions.tax_sub_type)
    around = Around(
        currency=price.currency or reading.EUR,
        gross=conditions.tax_type == "gross",
        treatment=treatment,
        period=None,
    )
    lines = [line(item, place, around) for place, item in enumerate(raw.line_items, 1)]
    return RecurringInvoice(
        id=raw.id,
        version=None if raw.version is None else str(raw.version),
        created_at=utc(raw.created_date),
        updated_at=utc(raw.updated_date),
        archived=raw.archived,
        links=links.recurring_template(app, raw.id),
        title=raw.title,
        buyer=reading.buyer(raw.address),
        currency=around.currency,
        language=raw.language,
        introduction=raw.introduction,
        remark=raw.remark,
        lines=lines,
        tax_treatment=treatment,
        vendor_tax_treatment=tax.vendor_words(conditions.tax_type, conditions.tax_sub_type),
        tax_note=conditions.tax_type_note,
        prices_include_tax=around.gross,
        tax_breakdown=[reading.tax_share(share, treatment) for share in raw.tax_amounts or ()],
        totals=reading.totals(price, None, lines, around.gross, None),
        discount=reading.discount(price),
        payment_terms=payment_terms(raw.payment_conditions),
        electronic_profile=reading.PROFILE.get(
            raw.electronic_document_profile, reading.ElectronicProfile.UNKNOWN
        ),
        print_layout_id=raw.print_layout_id,
        recurrence=recurrence(raw.recurring_template_settings),
    )


def to_summary(row: native.Row) -> RecurringInvoiceSummary:
    """A row of the list in unified words."""
    return RecurringInvoiceSummary(
        id=row.id,
        title=row.title,
        customer_id=row.address.contact_id,
        customer_name=row.address.name,
        net=amount_or_none(row.total_price.total_net_amount),
        total=amount_or_none(row.total_price.total_gross_amount),
        currency=row.total_price.currency or reading.EUR,
        payment_terms=payment_terms(row.payment_conditions),
        recurrence=recurrence(row.recurring_template_settings),
        created_at=utc(row.created_date),
        updated_at=utc(row.updated_date),
    )


def payment_terms(raw: PaymentConditions | None) -> AgreedTerms | None:
    """The terms, without a day to reckon from."""
    if raw is None:
        return None
    return AgreedTerms(
        description=raw.payment_term_label,
        due_days=raw.payment_term_duration,
        cash_discount=cash_discount(raw.payment_discount_conditions),
    )


def recurrence(raw: native.Settings) -> Recurrence:
    """When the template runs, in unified words."""
    shipping = raw.shipping_type
    return Recurrence(
        status=STATUS.get(raw.execution_status, RecurrenceStatus.UNKNOWN),
        vendor_status=raw.execution_status,
        interval=INTERVAL.get(raw.execution_interval, RecurrenceInterval.UNKNOWN),
        vendor_interval=raw.execution_interval,
        starts_on=raw.start_date,
        ends_on=raw.end_date,
        next_on=raw.next_execution_date,
        last_on=raw.last_execution_date,
        last_failed=raw.last_execution_failed,
        last_error=raw.last_execution_error_message,
        finalizes=raw.finalize,
        service_kind=PERIOD_KIND.get(shipping, "none") if shipping else None,
        service_is_period=shipping.endswith("period") if shipping else None,
        in_arrears=raw.retroactive_invoice,
    )
