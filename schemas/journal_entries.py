"""Journal entries: postings of the general ledger."""

from datetime import date
from enum import StrEnum

from schemas.base import Resource, Traced, Unified
from schemas.documents import DocumentReference
from schemas.money import Amount, Percentage


class Side(StrEnum):
    """Side of an account: Soll or Haben."""

    DEBIT = "debit"
    CREDIT = "credit"


class JournalLine(Unified, kw_only=True, frozen=True):
    """One leg of an entry."""

    account_id: str
    """The account posted to; see `accounts`."""
    account_code: str | None
    """Its number in the company's chart of accounts."""
    side: Side
    """Debit or credit."""
    amount: Amount
    """In the entry's currency; positive on either side."""
    tax_rate: Percentage | None
    """VAT rate in per cent; None when the line bears no VAT."""
    tax: Amount | None
    """VAT contained in the amount; None when the line bears none."""
    description: str | None
    """Text of the posting."""
    customer_id: str | None
    """The customer whose receivable it is."""
    supplier_id: str | None
    """The supplier whose payable it is."""
    tracking_category_ids: list[str]
    """Cost centres and other dimensions; see `tracking-categories`."""


class JournalEntry(Traced, kw_only=True, frozen=True):
    """A posting whose debits and credits are equal."""

    number: str | None
    """Number in the journal."""
    posted_on: date
    """Day of posting: it decides the period."""
    document_on: date | None
    """Day of the voucher."""
    provisional: bool | None
    """True while it may still be changed; a final one can only be reversed."""
    description: str | None
    """Text of the posting."""
    currency: str
    """ISO 4217."""
    document: DocumentReference | None
    """The voucher it was made from."""
    lines: list[JournalLine]
    """The legs; debits and credits add up to the same."""


RESOURCE = Resource(
    name="journal-entries",
    singular="JournalEntry",
    title="Postings of the general ledger.",
    model=JournalEntry,
    operations=("list", "get", "create"),
)
