"""Delivery notes: what was handed over or sent to customers."""

from schemas.base import Resource, ShortText
from schemas.documents import DOCUMENT_SORTS, DOCUMENT_SUMS, SALES_RELATIONS, SALES_SEARCHED
from schemas.sales_documents import (
    SALES_OPERATIONS,
    SalesDocument,
    SalesDocumentInput,
    SalesFilters,
    SalesSummary,
)
from schemas.terms import ServicePeriodInput


class DeliveryNote(SalesDocument, kw_only=True, frozen=True):
    """What was delivered. It has no totals, and its lines may have no prices."""

    delivery_terms: str | None
    """How it is delivered, as printed."""


class DeliveryNoteInput(SalesDocumentInput, kw_only=True, frozen=True):
    """A delivery note to create. Lines need no `unitPrice`; without one they need no `taxRate`."""

    service_period: ServicePeriodInput | None = None
    """When it is delivered. Left out: the document states no day."""
    delivery_terms: ShortText | None = None
    """How it is delivered, as printed."""


class DeliveryNoteSummary(SalesSummary, kw_only=True, frozen=True):
    """A delivery note as a list row."""


RESOURCE = Resource(
    name="delivery-notes",
    singular="DeliveryNote",
    title="What was handed over or sent to customers.",
    model=DeliveryNote,
    create=DeliveryNoteInput,
    filters=SalesFilters,
    summary=DeliveryNoteSummary,
    operations=(*SALES_OPERATIONS, "cancel", "convert"),
    sorts=DOCUMENT_SORTS,
    sums=DOCUMENT_SUMS,
    searched=SALES_SEARCHED,
    relations=SALES_RELATIONS,
)
