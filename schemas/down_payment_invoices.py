"""Down payment invoices: what customers owe in advance; a closing invoice takes it off."""

from schemas.base import Resource
from schemas.documents import DOCUMENT_SORTS, DOCUMENT_SUMS, PAYMENTS, SALES_RELATIONS, SALES_SEARCHED
from schemas.sales_documents import (
    SALES_OPERATIONS,
    SalesDocument,
    SalesDocumentInput,
    SalesFilters,
    SalesSummary,
)
from schemas.terms import PaymentTermsInput, ServicePeriodInput


class DownPaymentInvoice(SalesDocument, kw_only=True, frozen=True):
    """What a customer owes in advance of goods or services."""

    closing_invoice_id: str | None
    """The invoice that takes it off; None until there is one."""


class DownPaymentInvoiceInput(SalesDocumentInput, kw_only=True, frozen=True):
    """A down payment invoice to create."""

    service_period: ServicePeriodInput | None = None
    """Left out: the document states no day of supply."""
    payment_terms: PaymentTermsInput | None = None
    """Left out: the customer's or the company's default."""


class DownPaymentInvoiceSummary(SalesSummary, kw_only=True, frozen=True):
    """A down payment invoice as a list row."""


RESOURCE = Resource(
    name="down-payment-invoices",
    singular="DownPaymentInvoice",
    title="What customers owe in advance.",
    model=DownPaymentInvoice,
    create=DownPaymentInvoiceInput,
    filters=SalesFilters,
    summary=DownPaymentInvoiceSummary,
    operations=(*SALES_OPERATIONS, "cancel", "convert"),
    sorts=DOCUMENT_SORTS,
    sums=DOCUMENT_SUMS,
    searched=SALES_SEARCHED,
    relations=(*SALES_RELATIONS, PAYMENTS),
)
