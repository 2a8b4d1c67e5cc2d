"""What the operations on a single object take and answer with, one struct each."""

from datetime import date
from enum import StrEnum
from typing import Annotated

from msgspec import Meta

from schemas.base import Id, Input, LongText, ShortText, Unified
from schemas.documents import DocumentReference
from schemas.money import Amount
from schemas.parties import EmailAddress
from schemas.terms import PaymentTermsInput, ServicePeriodInput
from schemas.totals import DiscountInput
from schemas.transactions import CounterpartyInput


class CancelInput(Input, kw_only=True, frozen=True):
    """How a document is cancelled. All may be left out: send `{}`."""

    finalize: bool = True
    """False leaves the correction as a draft, for somebody to check and finalize in the accounting system."""
    issued_on: date | None = None
    """Day of the correction. Left out: today in Europe/Berlin."""
    introduction: LongText | None = None
    """Text above its lines. Left out: a sentence that names the cancelled document."""


class Cancellation(Unified, kw_only=True, frozen=True):
    """What stands for the cancellation."""

    document: DocumentReference
    """The correcting document."""
    final: bool
    """True when it is binding; a draft cancels nothing yet."""
    method: str
    """`credit_note`: the cancelled document stays and owes nothing more; `void`: it is void itself."""
    workaround: str | None
    """What was done instead, where the accounting system knows no cancellation; None where it does."""


class ConvertInput(Input, kw_only=True, frozen=True):
    """What is made of a document. Buyer, lines, tax, discount and terms are taken over."""

    to: Annotated[
        str,
        Meta(
            pattern="^(sales-orders|delivery-notes|invoices|credit-notes|dunnings)$",
            description="Resource of the new document.",
        ),
    ]
    finalize: bool = False
    """True makes the new document final: needs the scope `finalize`."""
    issued_on: date | None = None
    """Day of the new document. Left out: today in Europe/Berlin."""
    service_period: ServicePeriodInput | None = None
    """Left out: the preceding document's."""
    payment_terms: PaymentTermsInput | None = None
    """Left out: the preceding document's."""
    delivery_terms: ShortText | None = None
    """Left out: the preceding document's."""
    discount: DiscountInput | None = None
    """On the whole document. Left out: the preceding document's."""
    title: Annotated[str, Meta(max_length=25)] | None = None
    """Left out: the accounting system's default."""
    introduction: LongText | None = None
    """Left out: the accounting system's default."""
    remark: LongText | None = None
    """Left out: the accounting system's default."""


class Conversion(Unified, kw_only=True, frozen=True):
    """The document that came of it."""

    document: DocumentReference
    """The new document; `precedingDocuments` of it name the old one."""
    final: bool
    """False for a draft."""


class SettleInput(Input, kw_only=True, frozen=True):
    """A payment that was received or made elsewhere, for one document."""

    amount: Amount
    """In the document's currency; positive, whoever paid."""
    paid_on: date
    """Day of the payment."""
    bank_account_id: Id | None = None
    """The account that it went over; see `bank-accounts`. Needed where payments are bank transactions."""
    external_reference: Annotated[str, Meta(min_length=1, max_length=255)]
    """Your own id of the payment. The accounting system books each once, so telling it again does no harm."""
    payment_reference: ShortText | None = None
    """Remittance information, as the payer wrote it. Left out: `externalReference`."""
    counterparty: CounterpartyInput = CounterpartyInput()
    """Who paid, or was paid."""


class SettlementState(StrEnum):
    """`pushed`: told, and not matched yet; `confirmed`: the accounting system counts it as paid."""

    PUSHED = "pushed"
    CONFIRMED = "confirmed"


class Settlement(Unified, kw_only=True, frozen=True):
    """What became of a payment that was told. It is not paid before the accounting system says so."""

    id: str
    """The vendor's id of the payment: of the bank transaction that stands for it; see `transactions`."""
    document_id: str
    """The document that it is for; how far that is settled, `payments` tells."""
    state: SettlementState
    """How far it got."""
    reason: str | None
    """What is missing for `confirmed`; None when nothing is."""
    assignment: str
    """Whether the vendor knows which document it is for: `hinted`, `refused`, `not_sent`, or `unknown`."""
    amount: Amount
    """In the document's currency; positive."""
    paid_on: date
    """Day of the payment."""
    bank_account_id: str | None
    """The account that it went over."""
    external_reference: str
    """Your own id of the payment."""


class MailAttachmentInput(Input, kw_only=True, frozen=True):
    """A further file to mail along, uploaded before."""

    file_id: Id
    """As the upload to `/v1/accounting/files/attachments` answered."""
    filename: Annotated[str, Meta(max_length=255, pattern=r"^[^/\\]+\.(pdf|png|jpg|jpeg)$")]
    """With its extension: pdf, png, jpg or jpeg."""


class SendInput(Input, kw_only=True, frozen=True):
    """How a document is mailed. The document itself is attached by the accounting system."""

    recipients: Annotated[list[EmailAddress], Meta(min_length=1, max_length=50)]
    """E-mail addresses."""
    subject: ShortText | None = None
    """Left out: the accounting system's template."""
    message: Annotated[str, Meta(max_length=10_000)] | None = None
    """Left out: the accounting system's template."""
    signature: LongText | None = None
    """Left out: the accounting system's template."""
    attachments: Annotated[list[MailAttachmentInput], Meta(max_length=20)] = []
    """Further files."""
