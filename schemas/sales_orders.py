"""Sales orders: orders of customers that the connected company has confirmed."""

from schemas.base import Resource, ShortText
from schemas.documents import DOCUMENT_SORTS, DOCUMENT_SUMS, SALES_RELATIONS, SALES_SEARCHED
from schemas.sales_documents import (
    SALES_OPERATIONS,
    SalesDocument,
    SalesDocumentInput,
    SalesFilters,
    SalesSummary,
)
from schemas.terms import PaymentTermsInput, ServicePeriodInput


class SalesOrder(SalesDocument, kw_only=True, frozen=True):
    """A confirmed order."""

    delivery_terms: str | None
    """How it is delivered, as printed."""


class SalesOrderInput(SalesDocumentInput, kw_only=True, frozen=True):
    """An order confirmation to create."""

    service_period: ServicePeriodInput | None = None
    """Left out: the document states no day of supply."""
    payment_terms: PaymentTermsInput | None = None
    """Left out: the customer's or the company's default."""
    delivery_terms: ShortText | None = None
    """How it is delivered, as printed."""


class SalesOrderSummary(SalesSummary, kw_only=True, frozen=True):
    """A sales order as a list row."""


RESOURCE = Resource(
    name="sales-orders",
    singular="SalesOrder",
    title="Orders of customers, as confirmed to them.",
    model=SalesOrder,
    create=SalesOrderInput,
    filters=SalesFilters,
    summary=SalesOrderSummary,
    operations=(*SALES_OPERATIONS, "cancel", "convert"),
    sorts=DOCUMENT_SORTS,
    sums=DOCUMENT_SUMS,
    searched=SALES_SEARCHED,
    relations=SALES_RELATIONS,
)
