"""`/v1/delivery-notes`. Source: "Delivery Notes" (read 2026-11-20)."""

from connectors.lexoffice.native.sales import SalesVoucher, ShippingConditionsBody, UnpricedBody


class DeliveryNote(SalesVoucher, kw_only=True, frozen=True):
    """A delivery note as `GET /v1/delivery-notes/{id}` answers it: without totals."""


class DeliveryNoteBody(UnpricedBody, kw_only=True, frozen=True):
    """A delivery note to create."""

    shipping_conditions: ShippingConditionsBody
    delivery_terms: str | None = None
