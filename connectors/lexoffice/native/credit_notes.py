"""`/v1/credit-notes`. Source: "Credit Notes" (read 2026-11-20)."""

from connectors.lexoffice.native.sales import SalesVoucher, SalesVoucherBody


class CreditNote(SalesVoucher, kw_only=True, frozen=True):
    """A credit note as `GET /v1/credit-notes/{id}` answers it."""


class CreditNoteBody(SalesVoucherBody, kw_only=True, frozen=True):
    """A credit note to create."""
