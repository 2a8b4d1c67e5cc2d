"""Invoices over /v1/invoices and the voucher list. No update, no delete: Lexware offers neither.

Source: "Invoices" (read 2026-11-20).
"""

from collections.abc import Iterator

from connectors.base.connector import Identity
from connectors.base.errors import FieldError
from connectors.base.mapping import amount_or_none, plain_or_none
from connectors.base.paging import Record
from connectors.lexoffice.days import local_day_or_none
from connectors.lexoffice.native import invoices as native
from connectors.lexoffice.native.base import decoder
from connectors.lexoffice.native.voucherlist import Row
from connectors.lexoffice.sales import reading, writing
from connectors.lexoffice.sales.checks import document_misfits
from connectors.lexoffice.sales.documents import SalesDocuments
from connectors.lexoffice.sales.noun import OWED, Noun, View
from connectors.lexoffice.sales.terms import payment_conditions, period_misfits, shipping_conditions
from schemas.invoices import DownPayment, Invoice, InvoiceInput, InvoiceSummary

NOUN = Noun(
    resource="invoices",
    path="invoices",
    singular="invoice",
    type_code="380",
    voucher_type="invoice",
    words=OWED,
    summary=InvoiceSummary,
    due=True,
)
DECODER = decoder(native.Invoice)


def to_unified(raw: native.Invoice, view: View, row: Row | None = None) -> Invoice:
    """An invoice in unified words. `row`: the voucher list's of it, which alone tells what is open."""
    return Invoice(
        **reading.shared_fields(raw, NOUN, view, row),
        recurring_invoice_id=raw.recurring_template_id,
        closing=raw.closing_invoice,
        down_payments=[down_payment(deduction) for deduction in raw.down_payment_deductions or ()],
    )


def down_payment(raw: native.DownPaymentDeduction) -> DownPayment:
    """What a closing invoice takes off."""
    return DownPayment(
        id=raw.id,
        number=raw.voucher_number,
        title=raw.title,
        issued_on=local_day_or_none(raw.voucher_date),
        tax_rate=plain_or_none(raw.tax_rate_percentage),
        net=amount_or_none(raw.received_net_amount),
        tax=amount_or_none(raw.received_tax_amount),
        gross=amount_or_none(raw.received_gross_amount),
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


def misfits(body: InvoiceInput, identity: Identity) -> Iterator[FieldError]:
    """What the vendor is certain to refuse."""
    yield from document_misfits(body, identity)
    yield from period_misfits(body.service_period)


class Invoices(SalesDocuments[Invoice]):
    """Invoices of one connection."""

    noun = NOUN
    decoder = DECODER
    to_unified = staticmethod(to_unified)

    async def create(self, body: InvoiceInput) -> Record[Invoice]:
        """A draft, or with `finalize` a binding invoice."""
        identity = self._session.identity
        return await self._create(body, misfits(body, identity), lambda: to_native(body, identity))
