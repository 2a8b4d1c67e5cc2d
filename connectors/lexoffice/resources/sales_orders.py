"""Sales orders over /v1/order-confirmations and the voucher list. Lexware offers neither update nor delete.

Source: "Order Confirmations" (read 2026-11-20).
"""

from collections.abc import Iterator

from connectors.base.connector import Identity
from connectors.base.errors import FieldError
from connectors.base.paging import Record
from connectors.lexoffice.native import order_confirmations as native
from connectors.lexoffice.native.base import decoder
from connectors.lexoffice.native.voucherlist import Row
from connectors.lexoffice.sales import reading, writing
from connectors.lexoffice.sales.checks import document_misfits
from connectors.lexoffice.sales.documents import FollowedDocuments, SalesDocuments
from connectors.lexoffice.sales.noun import Noun, View
from connectors.lexoffice.sales.terms import payment_conditions, period_misfits, shipping_conditions
from schemas.sales_orders import SalesOrder, SalesOrderInput, SalesOrderSummary

NOUN = Noun(
    resource="sales-orders",
    path="order-confirmations",
    singular="order confirmation",
    type_code="320",
    voucher_type="orderconfirmation",
    words={"draft": "draft", "open": "open"},
    summary=SalesOrderSummary,
    owed=False,
)
DECODER = decoder(native.OrderConfirmation)


def to_unified(raw: native.OrderConfirmation, view: View, row: Row | None = None) -> SalesOrder:
    """An order confirmation in unified words."""
    return SalesOrder(**reading.shared_fields(raw, NOUN, view, row), delivery_terms=raw.delivery_terms)


def to_native(body: SalesOrderInput, identity: Identity) -> native.OrderConfirmationBody:
    """The order in the vendor's words. `misfits` has found nothing."""
    return native.OrderConfirmationBody(
        **writing.shared_fields(body, identity),
        payment_conditions=payment_conditions(body.payment_terms) if body.payment_terms else None,
        shipping_conditions=shipping_conditions(body.service_period),
        delivery_terms=body.delivery_terms,
    )


def misfits(body: SalesOrderInput, identity: Identity) -> Iterator[FieldError]:
    """What the vendor is certain to refuse."""
    yield from document_misfits(body, identity, NOUN)
    yield from period_misfits(body.service_period)


class SalesOrders(SalesDocuments[SalesOrder], FollowedDocuments[SalesOrder]):
    """Sales orders of one connection."""

    noun = NOUN
    decoder = DECODER
    to_unified = staticmethod(to_unified)

    async def create(self, body: SalesOrderInput) -> Record[SalesOrder]:
        """A draft, or with `finalize` a binding confirmation."""
        identity = self._session.identity
        return await self._create(body, misfits(body, identity), lambda: to_native(body, identity))
