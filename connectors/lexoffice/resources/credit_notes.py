"""Credit notes over /v1/credit-notes and the voucher list. No update, no delete: Lexware offers neither.

Source: "Credit Notes" (read 2026-11-20). One credit note an invoice; made from an invoice and finalized, it
is settled at once and lowers what the invoice still owes.
"""

from collections.abc import Iterator

from msgspec.structs import replace

from connectors.base.connector import Identity
from connectors.base.errors import FieldError
from connectors.base.paging import Record
from connectors.lexoffice.native import credit_notes as native
from connectors.lexoffice.native.base import decoder
from connectors.lexoffice.native.voucherlist import Row
from connectors.lexoffice.sales import reading, writing
from connectors.lexoffice.sales.checks import document_misfits
from connectors.lexoffice.sales.documents import SalesDocuments
from connectors.lexoffice.sales.noun import OWED, Noun, View
from schemas.credit_notes import CreditNote, CreditNoteInput, CreditNoteSummary

NOUN = Noun(
    resource="credit-notes",
    path="credit-notes",
    singular="credit note",
    type_code="381",
    voucher_type="creditnote",
    words=OWED | {"paid": "paidoff"},
    summary=CreditNoteSummary,
    line_discounts=False,
)
DECODER = decoder(native.CreditNote)


def to_unified(raw: native.CreditNote, view: View, row: Row | None = None) -> CreditNote:
    """A credit note in unified words. `row`: the voucher list's of it, which alone tells what is open."""
    return CreditNote(**reading.shared_fields(raw, NOUN, view, row))


def to_native(body: CreditNoteInput, identity: Identity) -> native.CreditNoteBody:
    """The credit note in the vendor's words. `misfits` has found nothing, so any line discount is 0."""
    shared = writing.shared_fields(body, identity)
    shared["line_items"] = [replace(line, discount_percentage=None) for line in shared["line_items"]]
    return native.CreditNoteBody(**shared)


def misfits(body: CreditNoteInput, identity: Identity) -> Iterator[FieldError]:
    """What the vendor is certain to refuse, and the line discounts it has no place for."""
    return document_misfits(body, identity, NOUN)


class CreditNotes(SalesDocuments[CreditNote]):
    """Credit notes of one connection."""

    noun = NOUN
    decoder = DECODER
    to_unified = staticmethod(to_unified)

    async def create(self, body: CreditNoteInput) -> Record[CreditNote]:
        """A draft, or with `finalize` a binding credit note."""
        identity = self._session.identity
        return await self._create(body, misfits(body, identity), lambda: to_native(body, identity))
