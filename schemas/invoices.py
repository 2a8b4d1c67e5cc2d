"""Invoices: what customers owe the connected company."""

from datetime import date

from schemas.base import Resource, ShortText, Unified
from schemas.documents import DOCUMENT_SORTS, DOCUMENT_SUMS, PAYMENTS, SALES_RELATIONS, SALES_SEARCHED
from schemas.money import Amount, Percentage
from schemas.sales_documents import (
    SALES_OPERATIONS,
    SalesDocument,
    SalesDocumentInput,
    SalesFilters,
    SalesSummary,
)
from schemas.terms import PaymentTermsInput, ServicePeriodInput


class DownPayment(Unified, kw_only=True, frozen=True):
    """A down payment that a closing invoice takes off."""

    id: str
    """The down-payment invoice."""
    number: str | None
    """Its printed number."""
    title: str | None
    """Its heading."""
    issued_on: date | None
    """Its day of issue."""
    tax_rate: Percentage | None
    """Its VAT rate in per cent."""
    net: Amount | None
    """Received without VAT."""
    tax: Amount | None
    """VAT in what was received."""
    gross: Amount | None
    """Received with VAT."""


class Invoice(SalesDocument, kw_only=True, frozen=True):
    """What a customer owes for goods or services."""

    recurring_invoice_id: str | None
    """The template it was made from."""
    closing: bool | None
    """True for the final invoice after down payments."""
    down_payments: list[DownPayment]
    """What a closing invoice takes off; their sum is `totals.prepaid`."""


class InvoiceInput(SalesDocumentInput, kw_only=True, frozen=True):
    """An invoice to create."""

    service_period: ServicePeriodInput | None = None
    """Left out: the document states no day of supply and the day of issue decides the VAT rate."""
    payment_terms: PaymentTermsInput | None = None
    """Left out: the customer's or the company's default."""
    buyer_reference: ShortText | None = None
    """Leitweg-ID for this invoice; "" forces a plain invoice."""


class InvoiceSummary(SalesSummary, kw_only=True, frozen=True):
    """An invoice as a list row."""


RESOURCE = Resource(
    name="invoices",
    singular="Invoice",
    title="What customers owe the connected company.",
    model=Invoice,
    create=InvoiceInput,
    filters=SalesFilters,
    summary=InvoiceSummary,
    operations=(*SALES_OPERATIONS, "cancel", "convert", "settle"),
    sorts=DOCUMENT_SORTS,
    sums=DOCUMENT_SUMS,
    searched=SALES_SEARCHED,
    relations=(*SALES_RELATIONS, PAYMENTS),
)
