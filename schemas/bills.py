"""Bills: what the connected company owes its suppliers."""

from schemas.base import Resource
from schemas.documents import DOCUMENT_SORTS, DOCUMENT_SUMS, PAYMENTS, PURCHASES_RELATIONS, PURCHASES_SEARCHED
from schemas.recorded_documents import (
    RECORDED_OPERATIONS,
    PurchaseFilters,
    PurchaseInput,
    PurchaseSummary,
    RecordedDocument,
)


class Bill(RecordedDocument, kw_only=True, frozen=True):
    """A supplier's invoice, recorded with the number that the supplier gave."""


class BillInput(PurchaseInput, kw_only=True, frozen=True):
    """A supplier's invoice to record."""


class BillSummary(PurchaseSummary, kw_only=True, frozen=True):
    """A bill as a list row."""


RESOURCE = Resource(
    name="bills",
    singular="Bill",
    title="What the connected company owes its suppliers.",
    model=Bill,
    create=BillInput,
    filters=PurchaseFilters,
    summary=BillSummary,
    operations=RECORDED_OPERATIONS,
    sorts=DOCUMENT_SORTS,
    sums=DOCUMENT_SUMS,
    searched=PURCHASES_SEARCHED,
    relations=(*PURCHASES_RELATIONS, PAYMENTS),
)
