"""Purchase orders: what the connected company has ordered from its suppliers."""

from datetime import date
from enum import StrEnum

from schemas.base import AllowedAction, Resource, Traced
from schemas.documents import DocumentReference
from schemas.lines import Line
from schemas.tax import TaxShare
from schemas.totals import Totals
from schemas.trade_parties import Seller


class PurchaseOrderStatus(StrEnum):
    """Where an order stands. `unknown`: a word of the vendor not known yet, see `vendorStatus`."""

    DRAFT = "draft"
    OPEN = "open"
    PARTIALLY_RECEIVED = "partially_received"
    CLOSED = "closed"
    VOID = "void"
    UNKNOWN = "unknown"


class PurchaseOrder(Traced, kw_only=True, frozen=True):
    """An order to a supplier. Days are calendar days at the seat of the company."""

    number: str | None
    """The order's number (BT-13)."""
    status: PurchaseOrderStatus
    """Where it stands."""
    vendor_status: str
    """The vendor's own word for the status."""
    seller: Seller
    """Who is to deliver (BG-4)."""
    supplier_reference: str | None
    """The number under which the supplier keeps the order (BT-14)."""
    ordered_on: date
    """Day of the order."""
    delivery_on: date | None
    """Day by which to deliver; None when the order states none."""
    currency: str
    """ISO 4217 (BT-5)."""
    title: str | None
    """Heading as printed."""
    remark: str | None
    """Text below the lines (BT-22)."""
    lines: list[Line]
    """The lines, in order."""
    prices_include_tax: bool
    """True when unit prices and line amounts include VAT."""
    tax_breakdown: list[TaxShare]
    """VAT by rate."""
    totals: Totals
    """Totals; nothing of an order is open."""
    following_documents: list[DocumentReference]
    """Bills and goods receipts that came of it."""
    allowed_actions: list[AllowedAction]
    """What can be done with it now, and why not."""


RESOURCE = Resource(
    name="purchase-orders",
    singular="PurchaseOrder",
    title="What the connected company has ordered from its suppliers.",
    model=PurchaseOrder,
    operations=("list", "get", "create", "update", "delete"),
)
