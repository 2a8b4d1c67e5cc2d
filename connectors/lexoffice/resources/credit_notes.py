"""Credit notes over /v1/credit-notes and the voucher list. No update, no delete: Lexware offers neither.

Source: "Credit Notes" (read 2026-11-20). One credit note an invoice; made from an invoice and finalized, it
is settled at once and lowers what the invoice still owes.
"""

from collections.abc import Iterator

from msgspec.structs import replace

from connectors.base.connector import Identity, Session
from connectors.base.errors import FieldError
from connectors.base.paging import Download, ListQuery, Page, Record
from connectors.base.wire import Answer
from connectors.lexoffice.client import LexofficeClient, raw_of
from connectors.lexoffice.misfits import misfit, refuse
from connectors.lexoffice.native import credit_notes as native
from connectors.lexoffice.native.base import decoder
from connectors.lexoffice.native.voucherlist import Row
from connectors.lexoffice.paths import DOCUMENT_PATHS
from connectors.lexoffice.sales import reading, writing
from connectors.lexoffice.sales.actions import CREDIT_NOTE_ACTIONS
from connectors.lexoffice.sales.checks import document_misfits
from connectors.lexoffice.sales.download import document
from connectors.lexoffice.sales.listing import Noun, list_documents
from schemas.credit_notes import CreditNote, CreditNoteInput, CreditNoteSummary
from schemas.documents import DocumentStatus

DECODER = decoder(native.CreditNote)
NOUN = Noun(
    path="credit-notes",
    voucher_type="creditnote",
    paid="paidoff",
    summary=CreditNoteSummary,
    has_due_date=False,
)
UNAVAILABLE = ("totals.open",)


class CreditNotes:
    """Credit notes of one connection."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._client = LexofficeClient(session, DOCUMENT_PATHS)

    async def list(self, query: ListQuery) -> Page[CreditNote]:
        """Credit notes in full, or as rows; see `list_documents`."""
        return await list_documents(self._session, self._client, NOUN, query, self._detail)

    async def get(self, id: str) -> Record[CreditNote]:
        """One credit note, one call. What is still open only the list tells, unless it is settled or void."""
        return await self._client.object("credit-notes", id, self._record, "credit-notes.get")

    async def create(self, body: CreditNoteInput) -> Record[CreditNote]:
        """A draft, or with `finalize` a binding credit note; read back after the write."""
        refuse(misfits(body, self._session.identity))
        params = writing.create_params(body)
        created = await self._client.post(
            "credit-notes", to_native(body, self._session.identity), "credit-notes.create", params
        )
        return await self._client.read_back(created.id, self.get)

    async def document(self, id: str, accept: str) -> Download:
        """The PDF or XML; see `download.document`."""
        return await document(self._client, "credit-notes", id, accept, self.get)

    async def _detail(self, row: Row) -> Record[CreditNote]:
        return await self._client.object(
            "credit-notes", row.id, lambda answer: self._record(answer, row), "credit-notes.list"
        )

    def _record(self, answer: Answer, row: Row | None = None) -> Record[CreditNote]:
        data = to_unified(DECODER.decode(answer.content), self._session.hosts.app, row)
        unknown = data.totals.open is None and data.status is not DocumentStatus.DRAFT
        return Record(data=data, raw=raw_of(answer), fields_unavailable=UNAVAILABLE if unknown else ())


def to_unified(raw: native.CreditNote, app: str, row: Row | None = None) -> CreditNote:
    """A credit note in unified words. `row`: the voucher list's of it, which alone tells what is open."""
    still_open = reading.open_amount(raw.voucher_status, row)
    shared = reading.shared_fields(raw, app=app, noun="credit-notes", open_amount=still_open)
    return CreditNote(**shared, allowed_actions=CREDIT_NOTE_ACTIONS[shared["status"]])


def to_native(body: CreditNoteInput, identity: Identity) -> native.CreditNoteBody:
    """The credit note in the vendor's words. `misfits` has found nothing, so any line discount is 0."""
    shared = writing.shared_fields(body, identity)
    shared["line_items"] = [replace(line, discount_percentage=None) for line in shared["line_items"]]
    return native.CreditNoteBody(**shared)


def misfits(body: CreditNoteInput, identity: Identity) -> Iterator[FieldError]:
    """What the vendor is certain to refuse, and the line discounts it has no place for."""
    yield from document_misfits(body, identity)
    for index, line in enumerate(body.lines):
        if line.discount_percentage and line.type != "text":
            yield misfit(
                f"lines[{index}].discountPercentage",
                "field_not_held",
                "Credit notes have no line discounts: give the discounted unitPrice.",
            )
