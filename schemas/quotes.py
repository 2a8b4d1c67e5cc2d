"""Quotes: what is offered to customers, and until when."""

from datetime import date

from schemas.base import Resource
from schemas.documents import DOCUMENT_SORTS, DOCUMENT_SUMS, SALES_RELATIONS, SALES_SEARCHED
from schemas.sales_documents import (
    SALES_OPERATIONS,
    SalesDocument,
    SalesDocumentInput,
    SalesFilters,
    SalesSummary,
)
from schemas.terms import PaymentTermsInput


class Quote(SalesDocument, kw_only=True, frozen=True):
    """An offer. `status` is `accepted` or `rejected` once the customer has answered."""

    valid_until: date | None
    """Last day on which the offer holds."""
    expired: bool
    """True when nobody has answered and `validUntil` has passed."""


class QuoteInput(SalesDocumentInput, kw_only=True, frozen=True):
    """A quote to create. Its lines may be `optional` and have `alternatives`."""

    valid_until: date | None = None
    """Last day on which the offer holds."""
    payment_terms: PaymentTermsInput | None = None
    """Left out: the customer's or the company's default."""


class QuoteSummary(SalesSummary, kw_only=True, frozen=True):
    """A quote as a list row."""


RESOURCE = Resource(
    name="quotes",
    singular="Quote",
    title="What is offered to customers.",
    model=Quote,
    create=QuoteInput,
    filters=SalesFilters,
    summary=QuoteSummary,
    operations=(*SALES_OPERATIONS, "cancel", "convert"),
    sorts=DOCUMENT_SORTS,
    sums=DOCUMENT_SUMS,
    searched=SALES_SEARCHED,
    relations=SALES_RELATIONS,
)
