"""Sales vouchers: sales invoiced elsewhere, and what was given back for them, recorded for booking."""

from enum import StrEnum
from typing import Annotated

from msgspec import Meta

from schemas.base import Resource
from schemas.documents import (
    DOCUMENT_SORTS,
    DOCUMENT_SUMS,
    PAYMENTS,
    SALES_RELATIONS,
    SALES_SEARCHED,
    DocumentFilters,
    DocumentSummary,
    PartyId,
)
from schemas.recorded_documents import RECORDED_OPERATIONS, RecordedDocument, RecordedDocumentInput
from schemas.terms import ServicePeriodInput
from schemas.trade_parties import BuyerInput


class SaleKind(StrEnum):
    """`invoice`: a claim; `credit_note`: what is given back. Amounts of both are positive."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"


KindName = Annotated[str, Meta(pattern="^(invoice|credit_note)$", description="`invoice` or `credit_note`.")]


class SalesVoucher(RecordedDocument, kw_only=True, frozen=True):
    """A sale that another system has invoiced, or credited, under a number of its own."""

    kind: SaleKind
    """Invoice or credit note."""


class SalesVoucherInput(RecordedDocumentInput, kw_only=True, frozen=True):
    """A sale to record that was invoiced, or credited, elsewhere. Its PDF is attached afterwards."""

    kind: KindName = "invoice"
    buyer: BuyerInput = BuyerInput()
    """Who bought. May be left out with `collective`."""
    service_period: ServicePeriodInput | None = None


class SalesVoucherFilters(DocumentFilters, kw_only=True, frozen=True):
    """Filters of sales invoiced elsewhere."""

    kind: KindName | None = None
    """Left out: both."""
    customer_id: PartyId | None = None


class SalesVoucherSummary(DocumentSummary, kw_only=True, frozen=True):
    """A sale invoiced elsewhere as a list row."""

    kind: SaleKind
    """Invoice or credit note."""
    customer_id: str | None
    """None for a name used once."""
    customer_name: str | None
    """As the vendor lists it."""


RESOURCE = Resource(
    name="sales-vouchers",
    singular="SalesVoucher",
    title="Sales that were invoiced elsewhere, with the number and file of the other system.",
    model=SalesVoucher,
    create=SalesVoucherInput,
    filters=SalesVoucherFilters,
    summary=SalesVoucherSummary,
    operations=RECORDED_OPERATIONS,
    sorts=DOCUMENT_SORTS,
    sums=DOCUMENT_SUMS,
    searched=SALES_SEARCHED,
    relations=(*SALES_RELATIONS, PAYMENTS),
)
