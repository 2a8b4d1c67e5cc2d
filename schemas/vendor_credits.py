"""Vendor credits: what suppliers give back."""

from schemas.base import Resource
from schemas.documents import DOCUMENT_SORTS, DOCUMENT_SUMS, PAYMENTS, PURCHASES_RELATIONS, PURCHASES_SEARCHED
from schemas.recorded_documents import (
    RECORDED_OPERATIONS,
    PurchaseFilters,
    PurchaseInput,
    PurchaseSummary,
    RecordedDocument,
)


class VendorCredit(RecordedDocument, kw_only=True, frozen=True):
    """A supplier's credit, recorded with the number that the supplier gave. Amounts are positive."""


class VendorCreditInput(PurchaseInput, kw_only=True, frozen=True):
    """A supplier's credit to record."""


class VendorCreditSummary(PurchaseSummary, kw_only=True, frozen=True):
    """A vendor credit as a list row."""


RESOURCE = Resource(
    name="vendor-credits",
    singular="VendorCredit",
    title="What suppliers give back to the connected company.",
    model=VendorCredit,
    create=VendorCreditInput,
    filters=PurchaseFilters,
    summary=VendorCreditSummary,
    operations=RECORDED_OPERATIONS,
    sorts=DOCUMENT_SORTS,
    sums=DOCUMENT_SUMS,
    searched=PURCHASES_SEARCHED,
    relations=(*PURCHASES_RELATIONS, PAYMENTS),
)
