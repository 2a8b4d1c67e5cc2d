"""Short lists without pages: `/v1/posting-categories`, `/v1/payment-conditions`, `/v1/print-layouts`,
`/v1/countries`. Sources: the sections of these names (read 2026-11-20).
"""

from msgspec import field

from connectors.lexoffice.native.base import Native
from connectors.lexoffice.native.sales import PaymentDiscountConditions


class PostingCategory(Native, kw_only=True, frozen=True):
    """A category of bookkeeping vouchers. Names occur twice; ids are the same at every company."""

    id: str
    name: str
    type: str
    contact_required: bool | None = None
    split_allowed: bool | None = None
    group_name: str | None = None


class PaymentCondition(Native, kw_only=True, frozen=True):
    """Terms of payment; exactly one of a company is its default."""

    id: str
    organization_default: bool
    payment_term_label_template: str
    payment_term_duration: int
    payment_discount_conditions: PaymentDiscountConditions | None = None


class PrintLayout(Native, kw_only=True, frozen=True):
    id: str
    name: str
    default: bool


class Country(Native, kw_only=True, frozen=True):
    """A country, with how supplies to it are taxed as of today."""

    country_code: str
    country_name: str = field(name="countryNameEN")
    tax_classification: str
