"""Payments: how far a document is settled, and by what."""

from datetime import date
from enum import StrEnum
from typing import Annotated

from msgspec import Meta

from schemas.base import Filters, Id, Resource, Unified
from schemas.documents import DocumentStatus, PaymentStatus
from schemas.money import Amount


class PaymentKind(StrEnum):
    """By what a document is settled. `unknown`: a word of the vendor not known yet, see `vendorKind`."""

    BANK_TRANSACTION = "bank_transaction"
    CASH = "cash"
    MANUAL = "manual"
    CREDIT_NOTE = "credit_note"
    CASH_DISCOUNT = "cash_discount"
    DUNNING_COSTS = "dunning_costs"
    CURRENCY_DIFFERENCE = "currency_difference"
    BAD_DEBT = "bad_debt"
    UNKNOWN = "unknown"


class PaymentItem(Unified, kw_only=True, frozen=True):
    """One thing that settles a part of the document."""

    kind: PaymentKind
    """By what: money, a credit note, Skonto …"""
    vendor_kind: str
    """The vendor's own word for it."""
    paid_on: date | None
    """Day of posting, in Europe/Berlin."""
    amount: Amount
    """How much of the document it settles; positive."""
    currency: str
    """ISO 4217."""


class Payment(Unified, kw_only=True, frozen=True):
    """The state of settlement of one document, with everything that was paid on it."""

    id: str
    """Id of the document: payments have none of their own where they are kept with it."""
    document_id: str
    """The document that is settled; the same as `id`."""
    document_resource: str | None
    """Unified resource that holds the document; None when the vendor's word is not known."""
    vendor_document_type: str
    """The vendor's own word for the type of the document."""
    document_status: DocumentStatus
    """Where the document stands. A void one owes nothing and is not paid either."""
    vendor_document_status: str
    """The vendor's own word for the status of the document."""
    payment_status: PaymentStatus | None
    """How much is settled; None when the document is void."""
    vendor_payment_status: str
    """The vendor's own word for it."""
    open: Amount
    """Still to be paid (BT-115); positive on both sides, sales and purchases."""
    currency: str
    """ISO 4217."""
    settled_on: date | None
    """Day on which nothing was left to pay, in Europe/Berlin; None before, or where not told."""
    items: list[PaymentItem]
    """What was paid, credited or deducted, in the vendor's order."""


class PaymentFilters(Filters, kw_only=True, frozen=True):
    """Filters of payments."""

    document_id: (
        Annotated[
            Id,
            Meta(description="Payments of this document. Required where payments are kept with documents."),
        ]
        | None
    ) = None


RESOURCE = Resource(
    name="payments",
    singular="Payment",
    title="How far documents are settled, and by what.",
    model=Payment,
    filters=PaymentFilters,
    operations=("list", "get", "create", "delete"),
)
