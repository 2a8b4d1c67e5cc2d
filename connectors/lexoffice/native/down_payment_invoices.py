"""`/v1/down-payment-invoices`, which can only be read. Source: "Down Payment Invoices" (read 2026-11-20)."""

from connectors.lexoffice.native.sales import SalesVoucher


class DownPaymentInvoice(SalesVoucher, kw_only=True, frozen=True):
    """A down payment invoice as `GET /v1/down-payment-invoices/{id}` answers it. It has one line."""

    closing_invoice_id: str | None = None
