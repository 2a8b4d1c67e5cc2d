"""Recurring invoices: templates that the accounting system makes invoices of by itself."""

from datetime import date, datetime
from enum import StrEnum

from schemas.base import Resource, Traced, Unified
from schemas.documents import ElectronicProfile
from schemas.lines import Line
from schemas.money import Amount
from schemas.payment_terms import CashDiscountRule
from schemas.tax import TaxShare, TaxTreatment
from schemas.totals import Discount, Totals
from schemas.trade_parties import Buyer


class RecurrenceStatus(StrEnum):
    """Whether invoices are being made. `unknown`: a word of the vendor not known yet."""

    ACTIVE = "active"
    PAUSED = "paused"
    ENDED = "ended"
    UNKNOWN = "unknown"


class RecurrenceInterval(StrEnum):
    """How often. `unknown`: a word of the vendor not known yet."""

    WEEKLY = "weekly"
    BIWEEKLY = "biweekly"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"
    HALF_YEARLY = "half_yearly"
    YEARLY = "yearly"
    UNKNOWN = "unknown"


class AgreedTerms(Unified, kw_only=True, frozen=True):
    """When and how invoices of the template are to be paid (BT-20)."""

    description: str | None
    """As printed."""
    due_days: int | None
    """Days from the issue to the due date."""
    cash_discount: CashDiscountRule | None
    """Skonto."""


class Recurrence(Unified, kw_only=True, frozen=True):
    """When invoices are made, and how the last time went. Days are calendar days in Europe/Berlin."""

    status: RecurrenceStatus
    """Whether it goes on."""
    vendor_status: str
    """The vendor's own word for the status."""
    interval: RecurrenceInterval
    """How often."""
    vendor_interval: str
    """The vendor's own word for the interval."""
    starts_on: date | None
    """First day; None while paused."""
    ends_on: date | None
    """Last day; None: without end."""
    next_on: date | None
    """Day of the next invoice; None when there will be none."""
    last_on: date | None
    """Day of the last run; None before the first."""
    last_failed: bool | None
    """True when the last run made no invoice."""
    last_error: str | None
    """Why, in the vendor's words; may be German."""
    finalizes: bool | None
    """True: invoices are made final and mailed. False: they are drafts."""
    service_kind: str | None
    """What the invoices state as time of supply: `service`, `delivery`, or `none`."""
    service_is_period: bool | None
    """True when that is a period, False when a single day."""
    in_arrears: bool | None
    """True when an invoice is for the time before it; None where the vendor does not tell."""


class RecurringInvoice(Traced, kw_only=True, frozen=True):
    """A template of invoices to one customer. It has no number, no day and no status of payment."""

    title: str | None
    """Heading as printed."""
    buyer: Buyer
    """Whom the invoices are addressed to."""
    currency: str
    """ISO 4217 (BT-5)."""
    language: str | None
    """ISO 639-1."""
    introduction: str | None
    """Text above the lines."""
    remark: str | None
    """Text below the lines (BT-22)."""
    lines: list[Line]
    """The lines, in order."""
    tax_treatment: TaxTreatment
    """The VAT rule of the invoices."""
    vendor_tax_treatment: str
    """The vendor's own words for it."""
    tax_note: str | None
    """Reason printed on invoices without VAT (BT-120)."""
    prices_include_tax: bool
    """True when unit prices and line amounts include VAT."""
    tax_breakdown: list[TaxShare]
    """VAT by rate."""
    totals: Totals
    """Totals of each invoice; nothing of a template is open."""
    discount: Discount | None
    """Discount on the whole document."""
    payment_terms: AgreedTerms | None
    """When and how to pay."""
    electronic_profile: ElectronicProfile
    """Electronic invoice format."""
    print_layout_id: str | None
    """The vendor's layout."""
    recurrence: Recurrence
    """When invoices are made of it."""


class RecurringInvoiceSummary(Unified, kw_only=True, frozen=True):
    """A template as a list row."""

    id: str
    """The vendor's id."""
    title: str | None
    """Heading as printed."""
    customer_id: str | None
    """The customer."""
    customer_name: str | None
    """As the vendor lists it."""
    net: Amount | None
    """Sum without VAT."""
    total: Amount | None
    """Sum with VAT."""
    currency: str
    """ISO 4217."""
    payment_terms: AgreedTerms | None
    """When and how to pay."""
    recurrence: Recurrence
    """When invoices are made of it."""
    created_at: datetime | None
    """When the vendor created it (UTC)."""
    updated_at: datetime | None
    """When the vendor last changed it (UTC)."""


RESOURCE = Resource(
    name="recurring-invoices",
    singular="RecurringInvoice",
    title="Templates that the accounting system makes invoices of by itself.",
    model=RecurringInvoice,
    summary=RecurringInvoiceSummary,
    operations=("list", "get", "create", "update", "delete"),
    sorts=("createdAt", "updatedAt", "lastOn", "nextOn"),
)
