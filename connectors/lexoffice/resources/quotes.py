"""Quotes over /v1/quotations and the voucher list. No update, no delete: Lexware offers neither.

Accepting and rejecting is done by people in the application; the API only tells. Optional lines and
alternatives are in no sum. Source: "Quotations" (read 2026-11-20).
"""

from collections.abc import Iterator, Mapping

from msgspec.structs import replace

from connectors.base.connector import Identity
from connectors.base.errors import FieldError
from connectors.base.examination import Limit
from connectors.base.needs import Access
from connectors.base.paging import Record
from connectors.lexoffice.days import day_misfits, local_day_or_none, midnight
from connectors.lexoffice.misfits import misfit
from connectors.lexoffice.native import quotations as native
from connectors.lexoffice.native.base import decoder
from connectors.lexoffice.native.sales import LineItem
from connectors.lexoffice.native.voucherlist import Row
from connectors.lexoffice.sales import reading, writing
from connectors.lexoffice.sales.checks import document_misfits
from connectors.lexoffice.sales.documents import FollowedDocuments, SalesDocuments
from connectors.lexoffice.sales.noun import Noun, View
from connectors.lexoffice.sales.terms import payment_conditions
from schemas.documents import DocumentStatus
from schemas.lines import LineInput
from schemas.quotes import Quote, QuoteInput, QuoteSummary

NOUN = Noun(
    resource="quotes",
    path="quotations",
    singular="quotation",
    type_code="310",
    voucher_type="quotation",
    words={"draft": "draft", "open": "open", "accepted": "accepted", "rejected": "rejected"},
    summary=QuoteSummary,
    choices=True,
    owed=False,
)
DECODER = decoder(native.Quotation)
NEEDS_END = Limit(required=True, reason="Lexware Office asks for the day on which a quotation expires.")


def to_unified(raw: native.Quotation, view: View, row: Row | None = None) -> Quote:
    """A quotation in unified words."""
    shared = reading.shared_fields(raw, NOUN, view, row)
    until = local_day_or_none(raw.expiration_date)
    return Quote(
        **shared,
        valid_until=until,
        expired=shared["status"] is DocumentStatus.OPEN and until is not None and until < view.today,
    )


def to_native(body: QuoteInput, identity: Identity) -> native.QuotationBody:
    """The quote in the vendor's words. `misfits` has found nothing, so there is a day on which it expires."""
    assert body.valid_until is not None
    shared = writing.shared_fields(body, identity)
    tax_type = shared["tax_conditions"].tax_type
    shared["line_items"] = [line_item(line, tax_type) for line in body.lines]
    return native.QuotationBody(
        **shared,
        expiration_date=midnight(body.valid_until),
        payment_conditions=payment_conditions(body.payment_terms) if body.payment_terms else None,
    )


def line_item(line: LineInput, tax_type: str) -> LineItem:
    """A line with what could stand in its place."""
    written = writing.line_item(line, tax_type)
    if line.type == "text":
        return written
    below = [
        replace(writing.line_item(other, tax_type), optional=False, alternative=True)
        for other in line.alternatives
    ]
    return replace(written, optional=line.optional, alternative=False, sub_items=below or None)


def misfits(body: QuoteInput, identity: Identity) -> Iterator[FieldError]:
    """What the vendor is certain to refuse."""
    yield from document_misfits(body, identity, NOUN)
    if body.valid_until is None:
        yield misfit("validUntil", "required", NEEDS_END.reason)
    else:
        yield from day_misfits("validUntil", body.valid_until)


class Quotes(SalesDocuments[Quote], FollowedDocuments[Quote]):
    """Quotes of one connection."""

    noun = NOUN
    decoder = DECODER
    to_unified = staticmethod(to_unified)

    @classmethod
    def limits(cls, access: Access) -> Mapping[str, Limit]:
        """As of all sales documents, and a day on which it expires."""
        return {**super().limits(access), "validUntil": NEEDS_END}

    async def create(self, body: QuoteInput) -> Record[Quote]:
        """A draft, or with `finalize` a binding offer."""
        identity = self._session.identity
        return await self._create(body, misfits(body, identity), lambda: to_native(body, identity))
