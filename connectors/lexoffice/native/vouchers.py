"""`/v1/vouchers`, bookkeeping vouchers. Source: "Vouchers" (read 2026-11-20).

Days are written as `yyyy-MM-dd` and read as midnight in Berlin. One made of an upload has neither number nor
items, and what people leave half done in the application may lack anything.
"""

from decimal import Decimal

from connectors.lexoffice.native.base import Instant, Native


class VoucherItem(Native, kw_only=True, frozen=True):
    """An amount on one posting category at one rate. Sales vouchers say `taxRatePercentage` instead."""

    amount: Decimal | None = None
    """Net or gross, as the voucher's `taxType`."""
    tax_amount: Decimal | None = None
    tax_rate_percent: Decimal | None = None
    category_id: str | None = None


class Voucher(Native, kw_only=True, frozen=True):
    """A voucher as `GET /v1/vouchers/{id}` answers it."""

    id: str
    type: str
    voucher_status: str
    voucher_number: str | None = None
    voucher_date: Instant | None = None
    shipping_date: Instant | None = None
    due_date: Instant | None = None
    total_gross_amount: Decimal | None = None
    total_tax_amount: Decimal | None = None
    tax_type: str = "gross"
    use_collective_contact: bool = False
    contact_id: str | None = None
    contact_name: str | None = None
    remark: str | None = None
    voucher_items: list[VoucherItem] = []
    files: list[str] = []
    created_date: Instant | None = None
    updated_date: Instant | None = None
    version: int | None = None


class VoucherParts(Native, kw_only=True, frozen=True):
    """All that can be written but files, status and version. Sales alone have a `shipping_date`."""

    type: str
    voucher_number: str
    voucher_date: str
    shipping_date: str | None = None
    due_date: str | None = None
    total_gross_amount: Decimal
    total_tax_amount: Decimal
    tax_type: str
    use_collective_contact: bool
    contact_id: str | None = None
    contact_name: str | None = None
    remark: str | None = None
    voucher_items: list[VoucherItem]


class VoucherBody(VoucherParts, kw_only=True, frozen=True):
    """A voucher to create. Files are attached afterwards. `version` is 0: so clients send it (2026)."""

    voucher_status: str
    version: int
