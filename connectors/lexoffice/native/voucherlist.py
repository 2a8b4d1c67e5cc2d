"""`/v1/voucherlist`: rows of documents, without lines. Source: "Voucherlist" (read 2026-11-20)."""

from decimal import Decimal

from connectors.lexoffice.native.base import Instant, Native

OVERDUE = "overdue"
UNPAID = ("open", "sepadebit")
"""States of objects whose rows may say `overdue` instead."""


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

    def behind(self, changed_at: Instant | None) -> bool:
        """Whether the object was changed after what the row tells."""
        return (
            changed_at is not None
            and self.updated_date is not None
            and changed_at.replace(microsecond=0) > self.updated_date
        )

    def shows(self, changed_at: Instant | None, status: str) -> bool:
        """Whether an object that was last changed then, and was in this state, still is as it was.

        `overdue` is a state of rows alone: of an object that is open, or to be collected.
        """
        if changed_at is None or changed_at.replace(microsecond=0) != self.updated_date:
            return False
        return self.voucher_status == status or (self.voucher_status == OVERDUE and status in UNPAID)
