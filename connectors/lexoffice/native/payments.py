"""`/v1/payments/{voucherId}`, read-only. Source: "Payments" (read 2026-11-20)."""

from decimal import Decimal

from connectors.lexoffice.native.base import Instant, Native


class PaymentItem(Native, kw_only=True, frozen=True):
    payment_item_type: str
    posting_date: Instant | None = None
    amount: Decimal
    currency: str = "EUR"


class Payments(Native, kw_only=True, frozen=True):
    """What is settled of one document. One official sample prints `openAmount` as a string."""

    open_amount: Decimal
    currency: str = "EUR"
    payment_status: str
    voucher_type: str
    voucher_status: str
    paid_date: Instant | None = None
    payment_items: list[PaymentItem] = []
