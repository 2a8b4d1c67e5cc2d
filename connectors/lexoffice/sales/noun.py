"""The kinds of documents in the vendor's words: one value a resource, beside its mapping."""

from collections.abc import Callable, Mapping
from datetime import date

from msgspec import Struct

from connectors.base.connector import Session
from connectors.lexoffice.days import local_day
from connectors.lexoffice.sales.following import Trait
from schemas.base import AllowedAction
from schemas.documents import DocumentStatus, DocumentSummary
from schemas.trade_parties import Seller

OPEN = "open,transferred,sepadebit"
"""All that reads as open; `overdue` must stand alone and comes with `open` (measured 2026-07-18)."""
OPEN_AND_OVERDUE = (
    "Open documents past their day are a status of their own at Lexware Office: `open` lists both, and asks "
    "twice where the vendor's answer leaves one out."
)
OWED = {"draft": "draft", "open": OPEN, "paid": "paid", "void": "voided"}
"""Words of documents that ask for money."""


class Noun(Struct, frozen=True, kw_only=True):
    """A kind of document."""

    resource: str
    """Unified name: `sales-orders`."""
    path: str
    """The vendor's, below `/v1/`: `order-confirmations`."""
    singular: str
    """In sentences: `order confirmation`."""
    type_code: str | None
    """UNTDID 1001, whose words are: 310 offer / quotation, 320 acknowledgement of order, 270 delivery note,
    380 commercial invoice, 381 credit note, 386 prepayment invoice. No word fits a dunning.

    A seller's confirmation is 320 rather than 231, purchase order response, which may also refuse.
    Source: UN/EDIFACT, data element 1001 (words read in a printed copy of the list, 2026-11-27).
    """
    voucher_type: str
    """In the voucher list."""
    words: Mapping[str, str]
    """The list's `voucherStatus` for each unified status that documents of this kind can have."""
    summary: type[DocumentSummary]
    priced: bool = True
    """Whether it has totals, and every line a price."""
    line_discounts: bool = True
    """Whether its lines have discounts."""
    choices: bool = False
    """Whether its lines may be optional and have alternatives."""
    always_draft: bool = False
    """Whether it stays a draft for good, which then has a file and is mailed like any other document."""
    owed: bool = True
    """Whether it asks for money, so that the voucher list tells what is open of it."""
    due: bool = False
    """Whether it has a day by which to pay."""
    link_path: str | None = None
    """Of deep links, where it is not `path`."""
    party: str = "customer"
    """Who the contact is: `customer` or `supplier`."""
    undated: bool = False
    """Whether some have no day of issue yet."""
    kinds: Mapping[str, str] = {}
    """Where the resource holds several of the list's types: the type for each unified `kind`."""


class View(Struct, frozen=True, kw_only=True):
    """What a document is read against, beside itself."""

    app: str
    """The vendor's application, for deep links."""
    today: date
    """In Berlin; lateness is reckoned from it."""
    seller: Seller
    """The connected company."""
    actions: Callable[[DocumentStatus, frozenset[Trait]], list[AllowedAction]]
    """What can be done with a document of this kind, by its status and what else stands in the way."""


def view(
    session: Session, actions: Callable[[DocumentStatus, frozenset[Trait]], list[AllowedAction]]
) -> View:
    """The view of one call."""
    return View(
        app=session.hosts.app,
        today=local_day(session.now),
        seller=Seller(
            supplier_id=None, name=session.identity.organization_name, contact_person=None, address=None
        ),
        actions=actions,
    )
