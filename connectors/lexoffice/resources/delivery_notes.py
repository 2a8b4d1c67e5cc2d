"""Delivery notes over /v1/delivery-notes and the voucher list. No update, no delete: Lexware offers neither.

They have no sums and no discounts, and their lines may have no prices. Of a customer with an address for
deliveries that one is printed. Source: "Delivery Notes" (read 2026-11-20).
"""

from collections.abc import Iterator, Mapping

from msgspec.structs import replace

from connectors.base.connector import Identity
from connectors.base.errors import FieldError
from connectors.base.examination import Limit
from connectors.base.needs import Access
from connectors.base.paging import Record
from connectors.lexoffice.misfits import unheld
from connectors.lexoffice.native import delivery_notes as native
from connectors.lexoffice.native.base import decoder
from connectors.lexoffice.native.voucherlist import Row
from connectors.lexoffice.sales import reading, writing
from connectors.lexoffice.sales.checks import document_misfits
from connectors.lexoffice.sales.documents import FollowedDocuments, SalesDocuments
from connectors.lexoffice.sales.noun import Noun, View
from connectors.lexoffice.sales.terms import period_misfits, shipping_conditions
from schemas.delivery_notes import DeliveryNote, DeliveryNoteInput, DeliveryNoteSummary

NOUN = Noun(
    resource="delivery-notes",
    path="delivery-notes",
    singular="delivery note",
    type_code="270",
    voucher_type="deliverynote",
    words={"draft": "draft", "open": "open"},
    summary=DeliveryNoteSummary,
    priced=False,
    line_discounts=False,
    owed=False,
)
DECODER = decoder(native.DeliveryNote)
NO_DISCOUNT = Limit(writable=False, reason="A delivery note has no sums, and so no discount on them.")


def to_unified(raw: native.DeliveryNote, view: View, row: Row | None = None) -> DeliveryNote:
    """A delivery note in unified words."""
    return DeliveryNote(**reading.shared_fields(raw, NOUN, view, row), delivery_terms=raw.delivery_terms)


def to_native(body: DeliveryNoteInput, identity: Identity) -> native.DeliveryNoteBody:
    """The delivery note in the vendor's words. `misfits` has found nothing, so any line discount is 0."""
    shared = writing.shared_fields(body, identity)
    del shared["total_price"]
    shared["line_items"] = [replace(line, discount_percentage=None) for line in shared["line_items"]]
    return native.DeliveryNoteBody(
        **shared,
        shipping_conditions=shipping_conditions(body.service_period),
        delivery_terms=body.delivery_terms,
    )


def misfits(body: DeliveryNoteInput, identity: Identity) -> Iterator[FieldError]:
    """What the vendor is certain to refuse, and what it has no place for."""
    yield from document_misfits(body, identity, NOUN)
    yield from period_misfits(body.service_period)
    if body.discount is not None:
        yield unheld("discount", NO_DISCOUNT.reason)


class DeliveryNotes(SalesDocuments[DeliveryNote], FollowedDocuments[DeliveryNote]):
    """Delivery notes of one connection."""

    noun = NOUN
    decoder = DECODER
    to_unified = staticmethod(to_unified)

    @classmethod
    def limits(cls, access: Access) -> Mapping[str, Limit]:
        """As of all sales documents, and no discounts."""
        return {**super().limits(access), "discount": NO_DISCOUNT}

    async def create(self, body: DeliveryNoteInput) -> Record[DeliveryNote]:
        """A draft, or with `finalize` a final note."""
        identity = self._session.identity
        return await self._create(body, misfits(body, identity), lambda: to_native(body, identity))
