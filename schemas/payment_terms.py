"""Payment terms: when and how customers pay, as kept for new documents."""

from schemas.base import Resource, Unified
from schemas.money import Percentage


class CashDiscountRule(Unified, kw_only=True, frozen=True):
    """Skonto as agreed, before there is a document with a day and a sum."""

    percentage: Percentage
    """In per cent of the gross sum."""
    days: int
    """Paid within so many days after the issue."""


class PaymentTerm(Unified, kw_only=True, frozen=True):
    """Terms that the company has ready. Documents keep a copy of their values, not a reference."""

    id: str
    """The vendor's id."""
    label: str
    """The sentence printed on documents (BT-20), with the vendor's placeholders for days and per cent."""
    due_days: int
    """Days from the issue to the due date; 0: at once."""
    cash_discount: CashDiscountRule | None
    """Skonto; None when none is granted."""
    default: bool
    """True for the terms of documents that state none."""


RESOURCE = Resource(
    name="payment-terms",
    singular="PaymentTerm",
    title="Payment terms that the company has ready for its documents.",
    model=PaymentTerm,
    fresh_for_s=86_400.0,
    operations=("list", "get", "create"),
)
