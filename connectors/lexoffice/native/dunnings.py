"""`/v1/dunnings`. Source: "Dunnings" (read 2026-11-20)."""

from connectors.lexoffice.native.sales import SalesVoucher, SalesVoucherBody, ShippingConditionsBody


class Dunning(SalesVoucher, kw_only=True, frozen=True):
    """A dunning as `GET /v1/dunnings/{id}` answers it: without a number."""


class DunningBody(SalesVoucherBody, kw_only=True, frozen=True):
    """A dunning to create."""

    shipping_conditions: ShippingConditionsBody
