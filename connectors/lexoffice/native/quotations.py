"""`/v1/quotations`. Source: "Quotations" (read 2026-11-20)."""

from connectors.lexoffice.native.base import Instant
from connectors.lexoffice.native.sales import PaymentConditions, SalesVoucher, SalesVoucherBody


class Quotation(SalesVoucher, kw_only=True, frozen=True):
    """A quotation as `GET /v1/quotations/{id}` answers it."""

    expiration_date: Instant | None = None


class QuotationBody(SalesVoucherBody, kw_only=True, frozen=True):
    """A quotation to create."""

    expiration_date: str
    payment_conditions: PaymentConditions | None = None
