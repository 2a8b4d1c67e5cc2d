"""Dunnings: reminders of invoices that are not paid."""

from schemas.base import Resource
from schemas.documents import DOCUMENT_SORTS, DOCUMENT_SUMS, SALES_RELATIONS, SALES_SEARCHED
from schemas.sales_documents import (
    SALES_OPERATIONS,
    SalesDocument,
    SalesDocumentInput,
    SalesFilters,
    SalesSummary,
)
from schemas.terms import ServicePeriodInput


class Dunning(SalesDocument, kw_only=True, frozen=True):
    """A reminder; `precedingDocuments` names the invoice. What is still owed, the invoice tells."""


class DunningInput(SalesDocumentInput, kw_only=True, frozen=True):
    """A dunning to create. `precedingDocuments` names the invoice; a fee is a line of its own."""

    service_period: ServicePeriodInput | None = None
    """As on the invoice. Left out: the document states no day of supply."""


class DunningSummary(SalesSummary, kw_only=True, frozen=True):
    """A dunning as a list row."""


RESOURCE = Resource(
    name="dunnings",
    singular="Dunning",
    title="Reminders of invoices that are not paid.",
    model=Dunning,
    create=DunningInput,
    filters=SalesFilters,
    summary=DunningSummary,
    operations=SALES_OPERATIONS,
    sorts=DOCUMENT_SORTS,
    sums=DOCUMENT_SUMS,
    searched=SALES_SEARCHED,
    relations=SALES_RELATIONS,
)
