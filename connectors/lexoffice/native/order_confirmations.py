"""`/v1/order-confirmations`. Source: "Order Confirmations" (read 2026-11-20)."""

from connectors.lexoffice.native.sales import (
    PaymentConditions,
    SalesVoucher,
    SalesVoucherBody,
    ShippingConditionsBody,
)


class OrderConfirmation(SalesVoucher, kw_only=True, frozen=True):
    """An order confirmation as `GET /v1/order-confirmations/{id}` answers it."""


class OrderConfirmationBody(SalesVoucherBody, kw_only=True, frozen=True):
    """An order confirmation to create."""

    payment_conditions: PaymentConditions | None = None
    shipping_conditions: ShippingConditionsBody
    delivery_terms: str | None = None
