"""Invoices: what customers owe the connected company."""

from datetime import date

from schemas.base import Resource, ShortText
from schemas.documents import (
    DOCUMENT_SORTS,
    DocumentFilters,
    DocumentSummary,
    PaymentStatus,
    PaymentTerms,
    PaymentTermsInput,
    SalesDocument,
    SalesDocumentInput,
    ServicePeriod,
    ServicePeriodInput,
)


class Invoice(SalesDocument, kw_only=True, frozen=True):
    """What a customer owes for goods or services."""

    due_on: date | None
    """Day by which to pay (BT-9); None on drafts."""
    overdue: bool
    """True when open and the due day has passed in Europe/Berlin."""
    payment_status: PaymentStatus | None
    """How much is settled; None on drafts, void documents, and where the source does not tell."""
    service_period: ServicePeriod
    """When goods were delivered or services rendered."""
    payment_terms: PaymentTerms | None
    """When and how to pay."""
    buyer_reference: str | None
    """BT-10; for German authorities the Leitweg-ID."""
    recurring_invoice_id: str | None
    """The template it was made from."""
    closing: bool | None
    """True for the final invoice after down payments."""


class InvoiceInput(SalesDocumentInput, kw_only=True, frozen=True):
    """An invoice to create."""

    service_period: ServicePeriodInput | None = None
    """Left out: the document states no day of supply and the day of issue decides the VAT rate."""
    payment_terms: PaymentTermsInput | None = None
    """Left out: the customer's or the company's default."""
    buyer_reference: ShortText | None = None
    """Leitweg-ID for this invoice; "" forces a plain invoice."""


class InvoiceSummary(DocumentSummary, kw_only=True, frozen=True):
    """An invoice as a list row."""


RESOURCE = Resource(
    name="invoices",
    singular="Invoice",
    title="What customers owe the connected company.",
    model=Invoice,
    create=InvoiceInput,
    filters=DocumentFilters,
    summary=InvoiceSummary,
    operations=("list", "get", "create", "update", "delete", "document", "finalize", "cancel", "send"),
    sorts=DOCUMENT_SORTS,
)
