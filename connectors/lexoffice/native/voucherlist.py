"""`/v1/voucherlist`: rows of documents, without lines. Source: "Voucherlist" (read 2026-11-20)."""

from decimal import Decimal

from connectors.lexoffice.native.base import Instant, Native


class Row(Native, kw_only=True, frozen=True):
    """A document as the list tells it. Instants have whole seconds here, milliseconds in the object."""

    id: str
    voucher_type: str
    voucher_status: str
    voucher_number: str | None = None
    voucher_date: Instant | None = None
    """None on receipts that nobody has looked at yet."""
    created_date: Instant | None = None
    updated_date: Instant | None = None
    due_date: Instant | None = None
    contact_id: str | None = None
    contact_name: str | None = None
    total_amount: Decimal | None = None
    open_amount: Decimal | None = None
    currency: str = "EUR"
    archived: bool | None = None
