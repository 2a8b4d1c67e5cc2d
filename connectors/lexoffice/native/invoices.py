"""`/v1/invoices`. Source: "Invoices" (read 2026-11-20)."""

from decimal import Decimal

from connectors.lexoffice.native.base import Instant, Native
from connectors.lexoffice.native.sales import SalesVoucher, SalesVoucherBody


class PaymentDiscountConditions(Native, kw_only=True, frozen=True):
    discount_percentage: Decimal
    discount_range: int


class PaymentConditions(Native, kw_only=True, frozen=True):
    payment_term_label: str | None = None
    payment_term_label_template: str | None = None
    payment_term_duration: int | None = None
    payment_discount_conditions: PaymentDiscountConditions | None = None


class ShippingConditions(Native, kw_only=True, frozen=True):
    shipping_type: str = "none"
    shipping_date: Instant | None = None
    shipping_end_date: Instant | None = None


class XRechnung(Native, kw_only=True, frozen=True):
    buyer_reference: str | None = None


class Invoice(SalesVoucher, kw_only=True, frozen=True):
    """An invoice as `GET /v1/invoices/{id}` answers it."""

    due_date: Instant | None = None
    x_rechnung: XRechnung | None = None
    payment_conditions: PaymentConditions | None = None
    shipping_conditions: ShippingConditions = ShippingConditions()
    closing_invoice: bool | None = None
    recurring_template_id: str | None = None


class ShippingConditionsBody(Native, kw_only=True, frozen=True):
    """When goods or services are supplied; days as midnight in Berlin."""

    shipping_type: str
    shipping_date: str | None = None
    shipping_end_date: str | None = None


class InvoiceBody(SalesVoucherBody, kw_only=True, frozen=True):
    """An invoice to create."""

    x_rechnung: XRechnung | None = None
    payment_conditions: PaymentConditions | None = None
    shipping_conditions: ShippingConditionsBody
