"""One vocabulary for all documents, sales and purchases alike, in the terms of EN 16931."""

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Annotated

from msgspec import Meta

from schemas.base import AllowedAction, Filters, Id, Input, Relation, Traced, Unified, selects
from schemas.lines import Line
from schemas.money import Amount
from schemas.tax import TaxShare, TaxTreatment
from schemas.terms import PaymentTerms, ServicePeriod
from schemas.totals import Discount, Totals
from schemas.trade_parties import Buyer, Seller


class DocumentStatus(StrEnum):
    """Where a document stands. `unknown`: a word of the vendor not known yet, see `vendorStatus`."""

    DRAFT = "draft"
    OPEN = "open"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    PAID = "paid"
    VOID = "void"
    UNKNOWN = "unknown"


class PaymentStatus(StrEnum):
    """How much of a document is settled."""

    OPEN = "open"
    PARTIALLY_PAID = "partially_paid"
    PAID = "paid"


class ElectronicProfile(StrEnum):
    """Format of the electronic invoice the vendor made."""

    NONE = "none"
    ZUGFERD = "zugferd"
    XRECHNUNG = "xrechnung"
    UNKNOWN = "unknown"


class DocumentReference(Unified, kw_only=True, frozen=True):
    """Another document this one belongs to."""

    id: str
    """Id at the vendor."""
    number: str | None
    """Printed number (BT-25)."""
    resource: str | None
    """Unified resource that holds it; None when the vendor's word is not known."""
    vendor_type: str
    """The vendor's own word for its type."""


class DocumentReferenceInput(Input, kw_only=True, frozen=True):
    """Another document, by its id."""

    id: Id


class DocumentFile(Unified, kw_only=True, frozen=True):
    """A file of the document."""

    id: str
    """The vendor's file id."""
    kind: str
    """`rendered`: made from the document by the vendor; `attachment`: somebody's own file."""


class Document(Traced, kw_only=True, frozen=True):
    """What every document carries. Days are calendar days at the seat of the connected company."""

    number: str | None
    """Printed number (BT-1). Vendors may number drafts already; a number is final once the document is."""
    type_code: str | None
    """What it is by UNTDID 1001 (BT-3): 380 invoice, 381 credit note, 386 down payment invoice, 310 quote,
    320 sales order, 270 delivery note; None where the list has no word.
    """
    status: DocumentStatus
    """Where it stands."""
    vendor_status: str
    """The vendor's own word for the status."""
    currency: str
    """ISO 4217 (BT-5)."""
    issued_on: date | None
    """Day of issue (BT-2); None only on receipts that nobody has looked at yet."""
    due_on: date | None
    """Day by which to pay (BT-9); None on drafts and where nothing is to be paid."""
    overdue: bool
    """True when open and the due day has passed."""
    payment_status: PaymentStatus | None
    """How much is settled; None on drafts, void documents, and where the source does not tell."""
    service_period: ServicePeriod | None
    """When goods were delivered or services rendered; None where documents of this kind do not say."""
    seller: Seller
    """Who sells."""
    buyer: Buyer
    """Who buys."""
    lines: list[Line]
    """The lines, in order."""
    tax_treatment: TaxTreatment
    """The VAT rule of the whole document."""
    vendor_tax_treatment: str
    """The vendor's own words for it."""
    tax_note: str | None
    """Reason printed for a document without VAT (BT-120)."""
    prices_include_tax: bool
    """True when unit prices and line amounts include VAT."""
    tax_breakdown: list[TaxShare]
    """VAT by rate."""
    totals: Totals
    """Totals."""
    discount: Discount | None
    """Discount on the whole document."""
    payment_terms: PaymentTerms | None
    """When and how to pay."""
    buyer_reference: str | None
    """BT-10; for German authorities the Leitweg-ID."""
    electronic_profile: ElectronicProfile | None
    """Electronic invoice format; None where the vendor does not tell."""
    remark: str | None
    """Text below the lines (BT-22); on recorded documents the bookkeeper's note."""
    preceding_documents: list[DocumentReference]
    """Documents it was made from, corrects or reminds of (BG-3)."""
    following_documents: list[DocumentReference]
    """Documents made from it, that correct it or remind of it."""
    related_documents: list[DocumentReference]
    """Documents it is linked with, where the vendor does not tell which of both came first."""
    files: list[DocumentFile]
    """Its files."""
    allowed_actions: list[AllowedAction]
    """What can be done with it now, and why not."""


def overdue_from(
    status: DocumentStatus, payment_status: PaymentStatus | None, due_on: date | None
) -> date | None:
    """The day from which on it is overdue, unless it is settled before: the one after it is due. None where
    nothing is owed (any more), or no day is told.
    """
    owed = status is DocumentStatus.OPEN and payment_status is not PaymentStatus.PAID
    return due_on + timedelta(days=1) if owed and due_on is not None and due_on < date.max else None


StatusName = Annotated[
    str, Meta(pattern="^(draft|open|accepted|rejected|paid|void)$", description="One status.")
]
PartyId = Annotated[str, Meta(min_length=1, max_length=100, description="Exact party.")]


class DocumentFilters(Filters, kw_only=True, frozen=True):
    """Filters of document lists."""

    status: StatusName | None = None
    overdue: bool | None = None
    """True: only what is open and past its due day; False: only what is not."""
    number: Annotated[str, Meta(min_length=1, max_length=100, description="Exact number.")] | None = None
    issued_from: (
        Annotated[date, Meta(description="Issued on or after this day.", extra=selects("from", "issued_on"))]
        | None
    ) = None
    issued_to: (
        Annotated[date, Meta(description="Issued on or before this day.", extra=selects("to", "issued_on"))]
        | None
    ) = None
    archived: bool | None = None
    """True: only what the vendor's application hides; False: only what it shows."""


DOCUMENT_SORTS = ("issuedOn", "number", "createdAt", "updatedAt")
DOCUMENT_SUMS = ("totals.net", "totals.gross", "totals.open")
PAYMENTS = Relation(name="payments", resource="payments", ids="id")
"""Payments have the id of what they settle."""
FILES = Relation(name="files", resource="files", ids="files.id")
SALES_RELATIONS = (Relation(name="customer", resource="customers", ids="buyer.customerId"), FILES)
PURCHASES_RELATIONS = (Relation(name="supplier", resource="suppliers", ids="seller.supplierId"), FILES)
SALES_SEARCHED = ("number", "buyer.name", "remark")
PURCHASES_SEARCHED = ("number", "seller.name", "remark")


class SummaryTotals(Unified, kw_only=True, frozen=True):
    """What lists tell of a document's totals."""

    gross: Amount | None
    """Sum with VAT (BT-112)."""
    open: Amount | None
    """Still to be paid."""


class DocumentSummary(Unified, kw_only=True, frozen=True):
    """A row of the vendor's document list: no lines, no tax split. Costs no call a document."""

    id: str
    """The vendor's id."""
    number: str | None
    """Printed number."""
    status: DocumentStatus
    """Where it stands."""
    vendor_status: str
    """The vendor's own word for the status."""
    currency: str
    """ISO 4217."""
    issued_on: date | None
    """Day of issue; None only on receipts that nobody has looked at yet."""
    due_on: date | None
    """Day by which to pay."""
    overdue: bool
    """True when due, not paid."""
    payment_status: PaymentStatus | None
    """How much is settled; None on drafts, void documents, and where nothing is owed."""
    totals: SummaryTotals
    """What lists tell of the totals."""
    archived: bool
    """True when the vendor's application hides it."""
    created_at: datetime | None
    """When the vendor created it (UTC)."""
    updated_at: datetime | None
    """When the vendor last changed it (UTC)."""
