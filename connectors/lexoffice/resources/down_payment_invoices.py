"""Down payment invoices over /v1/down-payment-invoices and the voucher list. They can only be read.

Source: "Down Payment Invoices" (read 2026-11-20). The application shows them among the invoices.
"""

from connectors.lexoffice.native import down_payment_invoices as native
from connectors.lexoffice.native.base import decoder
from connectors.lexoffice.native.voucherlist import Row
from connectors.lexoffice.sales import reading
from connectors.lexoffice.sales.documents import FollowedDocuments, ListedDocuments
from connectors.lexoffice.sales.noun import OWED, Noun, View
from schemas.down_payment_invoices import DownPaymentInvoice, DownPaymentInvoiceSummary

NOUN = Noun(
    resource="down-payment-invoices",
    path="down-payment-invoices",
    singular="down payment invoice",
    type_code="386",
    voucher_type="downpaymentinvoice",
    words=OWED,
    summary=DownPaymentInvoiceSummary,
    due=True,
    link_path="invoices",
)
DECODER = decoder(native.DownPaymentInvoice)


def to_unified(raw: native.DownPaymentInvoice, view: View, row: Row | None = None) -> DownPaymentInvoice:
    """A down payment invoice in unified words. `row` alone tells what is open."""
    shared = reading.shared_fields(raw, NOUN, view, row)
    return DownPaymentInvoice(**shared, closing_invoice_id=raw.closing_invoice_id)


class DownPaymentInvoices(ListedDocuments[DownPaymentInvoice], FollowedDocuments[DownPaymentInvoice]):
    """Down payment invoices of one connection."""

    noun = NOUN
    decoder = DECODER
    to_unified = staticmethod(to_unified)
