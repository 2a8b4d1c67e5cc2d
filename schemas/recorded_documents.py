"""Documents that exist elsewhere and are recorded for booking: bills, vendor credits, outside sales.

They carry the number that their issuer gave, amounts by account and rate instead of items, and the original
as a file.
"""

from datetime import date
from typing import Annotated

from msgspec import Meta

from schemas.base import Id, Input, LongText, Name
from schemas.documents import Document, DocumentFilters, DocumentSummary, PartyId
from schemas.money import Amount, Percentage
from schemas.trade_parties import SellerInput


class RecordedDocument(Document, kw_only=True, frozen=True):
    """What every recorded document carries beyond what all documents do."""

    collective: bool
    """True when it is booked on the collective customer or supplier instead of a party of its own."""
    needs_review: bool
    """True for one that nobody has checked and booked yet, such as an upload; its status is `draft`."""


class RecordedLineInput(Input, kw_only=True, frozen=True):
    """An amount on one account at one rate."""

    account_id: Id
    """Account to book it on; see `accounts`."""
    amount: Amount
    """With VAT when `pricesIncludeTax`, else without."""
    tax_rate: Percentage
    amount_tax: Amount | None = None
    """VAT of this line as printed on the original; left out, it is computed from the rate."""


RecordedLines = Annotated[list[RecordedLineInput], Meta(min_length=1, max_length=300)]


class RecordedDocumentInput(Input, kw_only=True, frozen=True):
    """What every recorded document takes."""

    number: Name
    """The number its issuer gave."""
    issued_on: date
    due_on: date | None = None
    """Left out: the day of issue."""
    lines: RecordedLines
    currency: Annotated[str, Meta(pattern="^EUR$", description="Only EUR.")] = "EUR"
    prices_include_tax: bool = True
    remark: LongText | None = None
    collective: bool | None = None
    """True books it on the collective customer or supplier. Left out: so when no party is named by its id."""
    needs_review: bool = False
    """True leaves it for a person to check; false, on one that waits for that, books it."""


class PurchaseInput(RecordedDocumentInput, kw_only=True, frozen=True):
    """What every document from a supplier takes. Its files are attached afterwards."""

    seller: SellerInput = SellerInput()
    """Who sold. May be left out with `collective`."""


class PurchaseFilters(DocumentFilters, kw_only=True, frozen=True):
    """Filters of documents from suppliers."""

    supplier_id: PartyId | None = None


class PurchaseSummary(DocumentSummary, kw_only=True, frozen=True):
    """A document from a supplier as a list row."""

    supplier_id: str | None
    """None for a name used once."""
    supplier_name: str | None
    """As the vendor lists it."""


RECORDED_OPERATIONS = ("list", "get", "create", "update", "delete", "document", "attach", "settle")
"""What makes sense for any of them."""
