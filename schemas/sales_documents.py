"""Documents that the connected company writes to its customers in the accounting system."""

from datetime import date
from typing import Annotated

from msgspec import Meta

from schemas.base import Id, Input, LanguageCode, LongText, Text25
from schemas.documents import Document, DocumentFilters, DocumentReferenceInput, DocumentSummary, PartyId
from schemas.lines import LineInput
from schemas.tax import TaxTreatment
from schemas.totals import DiscountInput
from schemas.trade_parties import BuyerInput

Lines = Annotated[list[LineInput], Meta(min_length=1, max_length=300)]
TreatmentName = Annotated[
    str, Meta(pattern="^(" + "|".join(t.value for t in TaxTreatment if t is not TaxTreatment.UNKNOWN) + ")$")
]


class SalesDocument(Document, kw_only=True, frozen=True):
    """What every document to a customer carries beyond what all documents do: how it is printed."""

    issued_on: date
    """Day of issue (BT-2)."""
    language: str | None
    """ISO 639-1."""
    title: str | None
    """Heading as printed."""
    introduction: str | None
    """Text above the lines."""
    print_layout_id: str | None
    """The vendor's layout."""


class SalesDocumentInput(Input, kw_only=True, frozen=True):
    """What every document to a customer takes. Totals are computed by the vendor and cannot be given."""

    issued_on: date
    buyer: BuyerInput
    lines: Lines
    currency: Annotated[str, Meta(pattern="^EUR$", description="Only EUR.")] = "EUR"
    tax_treatment: TreatmentName = "standard"
    tax_note: LongText | None = None
    prices_include_tax: bool | None = None
    """Whether `unitPrice` includes VAT. Left out: the connected company's own default."""
    discount: DiscountInput | None = None
    language: LanguageCode | None = None
    title: Text25 | None = None
    introduction: LongText | None = None
    remark: LongText | None = None
    print_layout_id: Id | None = None
    preceding_documents: Annotated[list[DocumentReferenceInput], Meta(max_length=100)] = []
    """The documents this one follows; the vendor links both."""
    finalize: bool = False
    """False creates a draft. True makes it final and legally binding: needs the scope `finalize`."""


class SalesFilters(DocumentFilters, kw_only=True, frozen=True):
    """Filters of documents to customers."""

    customer_id: PartyId | None = None


class SalesSummary(DocumentSummary, kw_only=True, frozen=True):
    """A document to a customer as a list row."""

    issued_on: date
    """Day of issue."""
    customer_id: str | None
    """None for an address used once."""
    customer_name: str | None
    """As the vendor lists it."""


SALES_OPERATIONS = ("list", "get", "create", "update", "delete", "document", "finalize", "send")
"""What makes sense for any of them; most can be cancelled and converted too."""
