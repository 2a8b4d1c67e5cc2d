"""Credit notes: corrections and reversals of invoices."""

from schemas.base import Resource
from schemas.documents import (
    DOCUMENT_SORTS,
    DocumentFilters,
    DocumentSummary,
    SalesDocument,
    SalesDocumentInput,
)


class CreditNote(SalesDocument, kw_only=True, frozen=True):
    """What the connected company gives back to a customer. Amounts are positive."""


class CreditNoteInput(SalesDocumentInput, kw_only=True, frozen=True):
    """A credit note to create. `precedingDocumentId` names the invoice it corrects; no line discounts."""


class CreditNoteSummary(DocumentSummary, kw_only=True, frozen=True):
    """A credit note as a list row."""


RESOURCE = Resource(
    name="credit-notes",
    singular="CreditNote",
    title="Corrections and reversals of invoices.",
    model=CreditNote,
    create=CreditNoteInput,
    filters=DocumentFilters,
    summary=CreditNoteSummary,
    operations=("list", "get", "create", "update", "delete", "document", "finalize", "send"),
    sorts=DOCUMENT_SORTS,
)
