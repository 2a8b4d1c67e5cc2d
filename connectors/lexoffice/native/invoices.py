"""`/v1/invoices`. Source: "Invoices" (read 2026-11-20)."""

from decimal import Decimal

from connectors.lexoffice.native.base import Instant, Native
from connectors.lexoffice.native.sales import (
    PaymentConditions,
    SalesVoucher,
    SalesVoucherBody,
    ShippingConditionsBody,
    XRechnung,
)


class DownPaymentDeduction(Native, kw_only=True, frozen=True):
    """A down payment that a closing invoice takes off."""

    id: str
    title: str | None = None
    voucher_number: str | None = None
    voucher_date: Instant | None = None
    received_gross_amount: Decimal | None = None
    received_net_amount: Decimal | None = None
    received_tax_amount: Decimal | None = None
    tax_rate_percentage: Decimal | None = None


class Invoice(SalesVoucher, kw_only=True, frozen=True):
    """An invoice as `GET /v1/invoices/{id}` answers it."""

    down_payment_deductions: list[DownPaymentDeduction] | None = None
    recurring_template_id: str | None = None


class InvoiceBody(SalesVoucherBody, kw_only=True, frozen=True):
    """An invoice to create."""

    x_rechnung: XRechnung | None = None
    payment_conditions: PaymentConditions | None = None
    shipping_conditions: ShippingConditionsBody
