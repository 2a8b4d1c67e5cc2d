"""Dunnings over /v1/dunnings. No list: the vendor lists them nowhere, not even in the voucher list.

Each belongs to an invoice and stays a draft for good; its file exists at once. A fee is a line of its own.
Source: "Dunnings" (read 2026-11-20).
"""

from collections.abc import Iterator, Mapping

from msgspec.structs import replace

from connectors.base.connector import Identity
from connectors.base.errors import FieldError
from connectors.base.examination import Limit
from connectors.base.needs import Access
from connectors.base.paging import Record
from connectors.lexoffice.misfits import misfit, unheld
from connectors.lexoffice.native import dunnings as native
from connectors.lexoffice.native.base import decoder
from connectors.lexoffice.native.voucherlist import Row
from connectors.lexoffice.sales import reading, writing
from connectors.lexoffice.sales.checks import document_misfits
from connectors.lexoffice.sales.documents import WrittenDocuments
from connectors.lexoffice.sales.noun import Noun, View
from connectors.lexoffice.sales.terms import period_misfits, shipping_conditions
from schemas.dunnings import Dunning, DunningInput, DunningSummary

NOUN = Noun(
    resource="dunnings",
    path="dunnings",
    singular="dunning",
    type_code=None,
    voucher_type="dunning",
    words={"draft": "draft"},
    summary=DunningSummary,
    always_draft=True,
    owed=False,
)
DECODER = decoder(native.Dunning)
OF_AN_INVOICE = Limit(most=1, required=True, reason="Lexware Office writes a dunning of one invoice only.")
STAYS_DRAFT = Limit(writable=False, reason="Lexware Office keeps dunnings as drafts; with a file.")


def to_unified(raw: native.Dunning, view: View, row: Row | None = None) -> Dunning:
    """A dunning in unified words."""
    return Dunning(**reading.shared_fields(raw, NOUN, view, row))


def to_native(body: DunningInput, identity: Identity) -> native.DunningBody:
    """The dunning in the vendor's words. `misfits` has found nothing."""
    return native.DunningBody(
        **writing.shared_fields(body, identity),
        shipping_conditions=shipping_conditions(body.service_period),
    )


def misfits(body: DunningInput, identity: Identity) -> Iterator[FieldError]:
    """What the vendor is certain to refuse, and what it has no place for."""
    yield from document_misfits(body, identity, NOUN)
    yield from period_misfits(body.service_period)
    if not body.preceding_documents:
        yield misfit("precedingDocuments", "required", OF_AN_INVOICE.reason)
    if body.finalize:
        yield unheld("finalize", STAYS_DRAFT.reason)


class Dunnings(WrittenDocuments[Dunning]):
    """Dunnings of one connection."""

    noun = NOUN
    decoder = DECODER
    to_unified = staticmethod(to_unified)

    @classmethod
    def limits(cls, access: Access) -> Mapping[str, Limit]:
        """As of all sales documents, and the invoice that it reminds of."""
        own = {"precedingDocuments": OF_AN_INVOICE, "finalize": STAYS_DRAFT}
        return {**super().limits(access), **own}

    async def create(self, body: DunningInput) -> Record[Dunning]:
        """A draft, which the vendor never makes final."""
        identity = self._session.identity
        draft = replace(body, finalize=False)
        return await self._create(draft, misfits(body, identity), lambda: to_native(body, identity))
