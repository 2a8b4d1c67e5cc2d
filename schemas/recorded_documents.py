"""Documents that exist elsewhere and are recorded for booking: bills, vendor credits, outside sales.

They carry the number that their issuer gave, amounts by account and rate instead of items, and the original
as a file.
"""

from datetime import date
from typing import Annotated

from msgspec import Meta

from schemas.base import Id, Input, LongText, ShortText
from schemas.documents import Document, DocumentFilters, DocumentSummary, PartyId
from schemas.money import Amount, Percentage


class RecordedDocument(Document, kw_only=True, frozen=True):
    """What every recorded document carries beyond what all documents do."""

    collective: bool
    """True when it is booked on the collective customer or supplier instead of a party of its own."""
    needs_review: bool
    """True for an upload that nobody has completed and booked yet."""


class RecordedLineInput(Input, kw_only=True, frozen=True):
    """An amount on one account at one rate."""

    account_id: Id
    amount: Amount
    """With VAT when `pricesIncludeTax`, else without."""
    tax_rate: Percentage
    tax_amount: Amount | None = None
    """VAT of this line as printed on the original; left out, it is computed from the rate."""


RecordedLines = Annotated[list[RecordedLineInput], Meta(min_length=1, max_length=300)]


class RecordedDocumentInput(Input, kw_only=True, frozen=True):
    """What every recorded document takes."""

    number: ShortText
    """The number its issuer gave."""
    issued_on: date
    due_on: date | None = None
    """Left out: the day of issue."""
    lines: RecordedLines
    currency: Annotated[str, Meta(pattern="^EUR$", description="Only EUR.")] = "EUR"
    prices_include_tax: bool = True
    remark: LongText | None = None


class PurchaseFilters(DocumentFilters, kw_only=True, frozen=True):
    """Filters of documents from suppliers."""

    supplier_id: PartyId | None = None


class PurchaseSummary(DocumentSummary, kw_only=True, frozen=True):
    """A document from a supplier as a list row."""

    supplier_id: str | None
    """None for a name used once."""
    supplier_name: str | None
    """As the vendor lists it."""
