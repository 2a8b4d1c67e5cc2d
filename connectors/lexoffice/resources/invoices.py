"""Invoices over /v1/invoices and the voucher list. No update, no delete: Lexware offers neither.

Source: "Invoices" (read 2026-11-20).
"""

from collections.abc import Iterator
from datetime import date

from connectors.base.connector import Identity, Session
from connectors.base.errors import FieldError
from connectors.base.mapping import plain
from connectors.base.paging import Download, ListQuery, Page, Record
from connectors.base.wire import Answer
from connectors.lexoffice.client import LexofficeClient, raw_of
from connectors.lexoffice.days import local_day, local_day_or_none, midnight
from connectors.lexoffice.misfits import misfit, refuse
from connectors.lexoffice.native import invoices as native
from connectors.lexoffice.native.base import decoder
from connectors.lexoffice.native.voucherlist import Row
from connectors.lexoffice.paths import DOCUMENT_PATHS
from connectors.lexoffice.sales import reading, writing
from connectors.lexoffice.sales.actions import INVOICE_ACTIONS
from connectors.lexoffice.sales.checks import day_misfits, document_misfits
from connectors.lexoffice.sales.download import document
from connectors.lexoffice.sales.listing import Noun, list_documents
from connectors.lexoffice.sales.terms import payment_conditions
from schemas.documents import (
    CashDiscount,
    DocumentStatus,
    PaymentTerms,
    ServicePeriod,
    ServicePeriodInput,
)
from schemas.invoices import Invoice, InvoiceInput, InvoiceSummary

DECODER = decoder(native.Invoice)
NOUN = Noun(path="invoices", voucher_type="invoice", paid="paid", summary=InvoiceSummary, has_due_date=True)
UNAVAILABLE = ("totals.open", "paymentStatus")
PERIOD_KIND = {
    "service": "service",
    "serviceperiod": "service",
    "delivery": "delivery",
    "deliveryperiod": "delivery",
}
"""Any other type states no day."""


class Invoices:
    """Invoices of one connection."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._client = LexofficeClient(session, DOCUMENT_PATHS)

    async def list(self, query: ListQuery) -> Page[Invoice]:
        """Invoices in full, or as rows; see `list_documents`. Open amounts come from the list."""
        return await list_documents(self._session, self._client, NOUN, query, self._detail)

    async def get(self, id: str) -> Record[Invoice]:
        """One invoice, one call. What is still open only the list tells, unless it is paid or void."""
        return await self._client.object("invoices", id, self._record, "invoices.get")

    async def create(self, body: InvoiceInput) -> Record[Invoice]:
        """A draft, or with `finalize` a binding invoice; read back after the write."""
        refuse(misfits(body, self._session.identity))
        params = writing.create_params(body)
        created = await self._client.post(
            "invoices", to_native(body, self._session.identity), "invoices.create", params
        )
        return await self._client.read_back(created.id, self.get)

    async def document(self, id: str, accept: str) -> Download:
        """The PDF or XML; see `download.document`."""
        return await document(self._client, "invoices", id, accept, self.get)

    async def _detail(self, row: Row) -> Record[Invoice]:
        return await self._client.object(
            "invoices", row.id, lambda answer: self._record(answer, row), "invoices.list"
        )

    def _record(self, answer: Answer, row: Row | None = None) -> Record[Invoice]:
        today = local_day(self._session.now)
        data = to_unified(DECODER.decode(answer.content), self._session.hosts.app, today, row)
        unknown = data.totals.open is None and data.status is not DocumentStatus.DRAFT
        return Record(data=data, raw=raw_of(answer), fields_unavailable=UNAVAILABLE if unknown else ())


def to_unified(raw: native.Invoice, app: str, today: date, row: Row | None = None) -> Invoice:
    """An invoice in unified words. `row`: the voucher list's of it, which alone tells what is open."""
    still_open = reading.open_amount(raw.voucher_status, row)
    shared = reading.shared_fields(raw, app=app, noun="invoices", open_amount=still_open)
    status, due_on = shared["status"], local_day_or_none(raw.due_date)
    late = status is DocumentStatus.OPEN and due_on is not None and due_on < today
    return Invoice(
        **shared,
        allowed_actions=INVOICE_ACTIONS[status],
        due_on=due_on,
        overdue=late or (row is not None and row.voucher_status == "overdue"),
        payment_status=reading.payment_status(status, raw.total_price.total_gross_amount, still_open),
        service_period=service_period(raw.shipping_conditions),
        payment_terms=payment_terms(raw.payment_conditions),
        buyer_reference=raw.x_rechnung.buyer_reference if raw.x_rechnung else None,
        recurring_invoice_id=raw.recurring_template_id,
        closing=raw.closing_invoice,
    )


def service_period(raw: native.ShippingConditions) -> ServicePeriod:
    """The vendor knows five types: none, and a day or a period of service or delivery."""
    return ServicePeriod(
        kind=PERIOD_KIND.get(raw.shipping_type, "none"),
        starts_on=local_day_or_none(raw.shipping_date),
        ends_on=local_day_or_none(raw.shipping_end_date),
    )


def payment_terms(raw: native.PaymentConditions | None) -> PaymentTerms | None:
    """The conditions as printed and as numbers."""
    if raw is None:
        return None
    early = raw.payment_discount_conditions
    return PaymentTerms(
        description=raw.payment_term_label,
        due_days=raw.payment_term_duration,
        cash_discount=CashDiscount(percentage=plain(early.discount_percentage), days=early.discount_range)
        if early
        else None,
    )


def to_native(body: InvoiceInput, identity: Identity) -> native.InvoiceBody:
    """The invoice in the vendor's words. `misfits` has found nothing."""
    reference = body.buyer_reference
    return native.InvoiceBody(
        **writing.shared_fields(body, identity),
        x_rechnung=None if reference is None else native.XRechnung(buyer_reference=reference),
        payment_conditions=payment_conditions(body.payment_terms) if body.payment_terms else None,
        shipping_conditions=shipping_conditions(body.service_period),
    )


def shipping_conditions(period: ServicePeriodInput | None) -> native.ShippingConditionsBody:
    """Required by the vendor even when the document states no day."""
    if period is None:
        return native.ShippingConditionsBody(shipping_type="none")
    return native.ShippingConditionsBody(
        shipping_type=f"{period.kind}period" if period.ends_on else period.kind,
        shipping_date=midnight(period.starts_on),
        shipping_end_date=midnight(period.ends_on) if period.ends_on else None,
    )


def misfits(body: InvoiceInput, identity: Identity) -> Iterator[FieldError]:
    """What the vendor is certain to refuse."""
    yield from document_misfits(body, identity)
    period = body.service_period
    if period is None:
        return
    yield from day_misfits("servicePeriod.startsOn", period.starts_on)
    if period.ends_on is not None and period.ends_on < period.starts_on:
        yield misfit("servicePeriod.endsOn", "invalid", "A period cannot end before it starts.")
