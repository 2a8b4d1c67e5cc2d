"""What sales documents share, in the terms of EN 16931."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated

from msgspec import Meta

from schemas.base import (
    AllowedAction,
    CountryCode,
    Filters,
    Id,
    Input,
    LanguageCode,
    LongText,
    ShortText,
    Text25,
    Traced,
    Unified,
)
from schemas.lines import Line, LineInput
from schemas.money import Amount, Percentage
from schemas.parties import Address
from schemas.tax import TaxShare, TaxTreatment

Lines = Annotated[list[LineInput], Meta(min_length=1, max_length=300)]
TreatmentName = Annotated[
    str, Meta(pattern="^(" + "|".join(t.value for t in TaxTreatment if t is not TaxTreatment.UNKNOWN) + ")$")
]


class DocumentStatus(StrEnum):
    """Where a document stands. `unknown`: a word of the vendor not known yet, see `vendorStatus`."""

    DRAFT = "draft"
    OPEN = "open"
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


class ServicePeriod(Unified, kw_only=True, frozen=True):
    """When goods were delivered or services rendered; decides the VAT rate (BT-72, BG-14)."""

    kind: str
    """`service`, `delivery`, or `none` when the document states no day."""
    starts_on: date | None
    """The day, or first day of the period."""
    ends_on: date | None
    """Last day of a period; None for a single day."""


class ServicePeriodInput(Input, kw_only=True, frozen=True):
    """When goods are delivered or services rendered: a day, or a period with `endsOn`."""

    kind: Annotated[str, Meta(pattern="^(service|delivery)$", description="`service` or `delivery`.")]
    starts_on: date
    ends_on: date | None = None


class Buyer(Unified, kw_only=True, frozen=True):
    """Who the document is addressed to (BG-7), as printed on it."""

    customer_id: str | None
    """The customer; None for an address used once."""
    name: str | None
    """BT-44."""
    contact_person: str | None
    """BT-56."""
    address: Address
    """BG-8."""


class BuyerInput(Input, kw_only=True, frozen=True):
    """Whom to address: a customer by `customerId`, an address used once by `name` and `countryCode`, or both.

    With both, the address overrides the customer's on this document only.
    """

    customer_id: Id | None = None
    name: ShortText | None = None
    supplement: ShortText | None = None
    """Second address line."""
    street: ShortText | None = None
    """Street and house number."""
    postal_code: Annotated[str, Meta(max_length=20)] | None = None
    """Postal code."""
    city: ShortText | None = None
    """Town."""
    country_code: CountryCode | None = None


class Totals(Unified, kw_only=True, frozen=True):
    """Totals in the document's currency (BG-22)."""

    net: Amount | None
    """Sum without VAT (BT-109)."""
    tax: Amount | None
    """VAT (BT-110)."""
    gross: Amount | None
    """Sum with VAT (BT-112)."""
    open: Amount | None
    """Still to be paid (BT-115); None when this answer's source does not tell (see `meta.completeness`)."""


class Discount(Unified, kw_only=True, frozen=True):
    """Discount on the whole document (BG-20): one of both is set."""

    percentage: Percentage | None
    """In per cent."""
    amount: Amount | None
    """In the currency; on the net sum, or the gross sum when `pricesIncludeTax`."""


class DiscountInput(Input, kw_only=True, frozen=True):
    """Discount on the whole document: give exactly one."""

    percentage: Percentage | None = None
    amount: Amount | None = None


class CashDiscount(Unified, kw_only=True, frozen=True):
    """Skonto: what may be deducted when paid early."""

    percentage: Percentage
    """In per cent of the gross sum."""
    days: int
    """Paid within so many days after the issue."""


class CashDiscountInput(Input, kw_only=True, frozen=True):
    """Skonto to write."""

    percentage: Percentage
    days: Annotated[int, Meta(ge=0, le=3650)]


class PaymentTerms(Unified, kw_only=True, frozen=True):
    """When and how to pay (BT-20)."""

    description: str | None
    """As printed."""
    due_days: int | None
    """Days from the issue to the due date."""
    cash_discount: CashDiscount | None
    """Skonto."""


class PaymentTermsInput(Input, kw_only=True, frozen=True):
    """When and how to pay. Without `description` a German sentence is made from the numbers."""

    description: ShortText | None = None
    due_days: Annotated[int, Meta(ge=0, le=3650)]
    cash_discount: CashDiscountInput | None = None


class DocumentReference(Unified, kw_only=True, frozen=True):
    """Another document this one follows or leads to."""

    id: str
    """Id at the vendor."""
    number: str | None
    """Printed number."""
    resource: str | None
    """Unified resource that holds it; None when the vendor's word is not known."""
    vendor_type: str
    """The vendor's own word for its type."""


class DocumentFile(Unified, kw_only=True, frozen=True):
    """A rendered file of the document."""

    id: str
    """The vendor's file id."""


class SalesDocument(Traced, kw_only=True, frozen=True):
    """What every document to a customer carries. Days are calendar days in Europe/Berlin."""

    number: str | None
    """Printed number (BT-1). Vendors may number drafts already; a number is final once the document is."""
    status: DocumentStatus
    """Where it stands."""
    vendor_status: str
    """The vendor's own word for the status."""
    currency: str
    """ISO 4217 (BT-5)."""
    issued_on: date
    """Day of issue (BT-2)."""
    language: str | None
    """ISO 639-1."""
    title: str | None
    """Heading as printed."""
    introduction: str | None
    """Text above the lines."""
    remark: str | None
    """Text below the lines (BT-22)."""
    buyer: Buyer
    """Whom it is addressed to."""
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
    electronic_profile: ElectronicProfile
    """Electronic invoice format."""
    preceding_documents: list[DocumentReference]
    """Documents it was made from or belongs to (BG-3); also later ones where the vendor does not tell."""
    files: list[DocumentFile]
    """Rendered files."""
    print_layout_id: str | None
    """The vendor's layout."""
    allowed_actions: list[AllowedAction]
    """What can be done with it now, and why not."""


class SalesDocumentInput(Input, kw_only=True, frozen=True):
    """What every document to a customer takes. Totals are computed by the vendor and cannot be given."""

    issued_on: date
    buyer: BuyerInput
    lines: Lines
    currency: Annotated[str, Meta(pattern="^EUR$", description="Only EUR.")] = "EUR"
    tax_treatment: TreatmentName = "standard"
    tax_note: LongText | None = None
    prices_include_tax: bool | None = None
    """Whether `unitPrice` includes VAT. Left out: the connected company's own default."""
    discount: DiscountInput | None = None
    language: LanguageCode | None = None
    title: Text25 | None = None
    introduction: LongText | None = None
    remark: LongText | None = None
    print_layout_id: Id | None = None
    preceding_document_id: Id | None = None
    """The document this one follows; the vendor links both."""
    finalize: bool = False
    """False creates a draft. True makes it final and legally binding: needs the scope `finalize`."""


class DocumentFilters(Filters, kw_only=True, frozen=True):
    """Filters of document lists."""

    status: Annotated[str, Meta(pattern="^(draft|open|paid|void)$", description="One status.")] | None = None
    overdue: bool | None = None
    """True: only what is open and past its due day; False: only what is not."""
    customer_id: Annotated[str, Meta(min_length=1, max_length=100, description="Exact customer.")] | None = (
        None
    )
    number: Annotated[str, Meta(min_length=1, max_length=100, description="Exact number.")] | None = None
    issued_from: Annotated[date, Meta(description="Issued on or after this day.")] | None = None
    issued_to: Annotated[date, Meta(description="Issued on or before this day.")] | None = None
    archived: bool | None = None
    """True: only what the vendor's application hides; False: only what it shows."""


DOCUMENT_SORTS = ("issuedOn", "number", "createdAt", "updatedAt")


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
    issued_on: date
    """Day of issue."""
    due_on: date | None
    """Day by which to pay."""
    overdue: bool
    """True when due, not paid."""
    customer_id: str | None
    """None for an address used once."""
    customer_name: str | None
    """As the vendor lists it."""
    total: Amount | None
    """Sum with VAT."""
    open: Amount | None
    """Still to be paid."""
    currency: str
    """ISO 4217."""
    archived: bool
    """True when the vendor's application hides it."""
    created_at: datetime | None
    """When the vendor created it (UTC)."""
    updated_at: datetime | None
    """When the vendor last changed it (UTC)."""
