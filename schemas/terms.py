"""When a document's supply takes place, and when and how it is to be paid."""

from datetime import date
from typing import Annotated

from msgspec import Meta

from schemas.base import Input, ShortText, Unified
from schemas.money import Amount, Percentage

Days = Annotated[int, Meta(ge=0, le=3650)]


class ServicePeriod(Unified, kw_only=True, frozen=True):
    """When goods were delivered or services rendered; decides the VAT rate (BT-72, BG-14)."""

    kind: str
    """`service`, `delivery`, or `none` when the document states no day."""
    starts_on: date | None
    """The day, or first day of the period (BT-73)."""
    ends_on: date | None
    """Last day of a period (BT-74); None for a single day."""


class ServicePeriodInput(Input, kw_only=True, frozen=True):
    """When goods are delivered or services rendered: a day, a period with `endsOn`, or `none`."""

    kind: Annotated[
        str, Meta(pattern="^(service|delivery|none)$", description="`service`, `delivery` or `none`.")
    ]
    starts_on: date | None = None
    ends_on: date | None = None


class CashDiscount(Unified, kw_only=True, frozen=True):
    """Skonto: what may be deducted when paid early. The days and amounts it comes to are computed."""

    percentage: Percentage
    """In per cent of the gross sum."""
    days: int
    """Paid within so many days after the issue."""
    until: date
    """Last day on which it may be deducted: the day of issue and `days`."""
    amount: Amount | None
    """What may be deducted, VAT included; None where the document has no gross sum."""


class CashDiscountInput(Input, kw_only=True, frozen=True):
    """Skonto to write."""

    percentage: Percentage
    days: Days


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
    due_days: Days
    cash_discount: CashDiscountInput | None = None
