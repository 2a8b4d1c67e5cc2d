"""`/v1/recurring-templates`, read-only. Source: "Recurring Templates" (read 2026-11-20)."""

from datetime import date

from connectors.lexoffice.native.base import Instant, Native
from connectors.lexoffice.native.sales import (
    Address,
    LineItem,
    PaymentConditions,
    TaxAmount,
    TaxConditions,
    TotalPrice,
)


class Settings(Native, kw_only=True, frozen=True):
    """When the template runs. Days come without a time here."""

    execution_interval: str
    execution_status: str
    start_date: date | None = None
    end_date: date | None = None
    next_execution_date: date | None = None
    last_execution_date: date | None = None
    last_execution_failed: bool | None = None
    last_execution_error_message: str | None = None
    finalize: bool | None = None
    shipping_type: str | None = None
    retroactive_invoice: bool | None = None


class Row(Native, kw_only=True, frozen=True):
    """A template as the list tells it: no lines, no tax."""

    id: str
    title: str | None = None
    created_date: Instant | None = None
    updated_date: Instant | None = None
    address: Address = Address()
    total_price: TotalPrice = TotalPrice()
    payment_conditions: PaymentConditions | None = None
    recurring_template_settings: Settings


class RecurringTemplate(Row, kw_only=True, frozen=True):
    """A template as `GET /v1/recurring-templates/{id}` answers it: an invoice without status and day."""

    version: int | None = None
    language: str | None = None
    archived: bool | None = None
    electronic_document_profile: str | None = None
    line_items: list[LineItem]
    tax_amounts: list[TaxAmount] | None = None
    tax_conditions: TaxConditions
    print_layout_id: str | None = None
    introduction: str | None = None
    remark: str | None = None
