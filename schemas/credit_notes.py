"""Credit notes: corrections and reversals of invoices."""

from schemas.base import Resource
from schemas.documents import DOCUMENT_SORTS, DOCUMENT_SUMS, PAYMENTS, SALES_RELATIONS, SALES_SEARCHED
from schemas.sales_documents import (
    SALES_OPERATIONS,
    SalesDocument,
    SalesDocumentInput,
    SalesFilters,
    SalesSummary,
)


class CreditNote(SalesDocument, kw_only=True, frozen=True):
    """What the connected company gives back to a customer. Amounts are positive."""


class CreditNoteInput(SalesDocumentInput, kw_only=True, frozen=True):
    """A credit note to create. `precedingDocuments` names the invoice it corrects; no line discounts."""


class CreditNoteSummary(SalesSummary, kw_only=True, frozen=True):
    """A credit note as a list row."""


RESOURCE = Resource(
    name="credit-notes",
    singular="CreditNote",
    title="Corrections and reversals of invoices.",
    model=CreditNote,
    create=CreditNoteInput,
    filters=SalesFilters,
    summary=CreditNoteSummary,
    operations=SALES_OPERATIONS,
    sorts=DOCUMENT_SORTS,
    sums=DOCUMENT_SUMS,
    searched=SALES_SEARCHED,
    relations=(*SALES_RELATIONS, PAYMENTS),
)
