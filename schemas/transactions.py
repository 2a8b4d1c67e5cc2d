"""Transactions: movements on bank accounts, brought in to be matched with documents."""

from datetime import date
from enum import StrEnum
from typing import Annotated

from msgspec import Meta

from schemas.bank_accounts import Bic, Iban
from schemas.base import Filters, Id, Input, Resource, ShortText, Traced, Unified
from schemas.documents import DocumentReference
from schemas.money import Amount, Percentage
from schemas.parties import EmailAddress

Text = Annotated[str, Meta(max_length=2000)]


class AssignmentStatus(StrEnum):
    """How much of a transaction is matched with documents. `unknown`: a word of the vendor not known yet."""

    UNASSIGNED = "unassigned"
    PARTIALLY_ASSIGNED = "partially_assigned"
    ASSIGNED = "assigned"
    HIDDEN = "hidden"
    UNKNOWN = "unknown"


class Counterparty(Unified, kw_only=True, frozen=True):
    """Who sent or received the money, as the bank tells it."""

    name: str | None
    """Name of the account's holder."""
    email: str | None
    """E-mail address; payment providers tell it."""
    iban: str | None
    """IBAN (ISO 13616)."""
    bic: str | None
    """BIC (ISO 9362)."""


class CounterpartyInput(Input, kw_only=True, frozen=True):
    """Who sent or received the money."""

    name: ShortText | None = None
    email: EmailAddress | None = None
    iban: Iban | None = None
    bic: Bic | None = None


class Fee(Unified, kw_only=True, frozen=True):
    """What a payment provider keeps of the money, or gives back."""

    amount: Amount
    """Of the other sign than the transaction's: negative when kept of money received."""
    tax_rate: Percentage
    """VAT rate contained in it, in per cent."""
    account_id: str
    """What it is posted to; see `accounts`."""


class FeeInput(Input, kw_only=True, frozen=True):
    """What a payment provider keeps of the money, or gives back."""

    amount: Amount
    tax_rate: Percentage
    account_id: Id


class Transaction(Traced, kw_only=True, frozen=True):
    """A movement on a bank account. Days are calendar days in Europe/Berlin."""

    bank_account_id: str
    """The account; see `bank-accounts`."""
    amount: Amount
    """Positive when money came in, negative when it went out."""
    currency: str
    """ISO 4217."""
    valued_on: date | None
    """Value date (Wertstellung): from then on it bears interest."""
    booked_on: date | None
    """Booking date (Buchungstag)."""
    purpose: str
    """Remittance information (Verwendungszweck), as the payer wrote it."""
    description: str | None
    """More about it, by whoever brought it in."""
    counterparty: Counterparty
    """Who sent or received the money."""
    end_to_end_id: str | None
    """The payer's own id of a SEPA payment (EREF, ISO 20022 EndToEndId)."""
    external_reference: str | None
    """Your own id of it; the vendor takes each once."""
    fee: Fee | None
    """The provider's fee; None without one."""
    assignment_status: AssignmentStatus
    """How much of it is matched with documents."""
    vendor_status: str | None
    """The vendor's own word for it; None while nothing is matched."""
    open: Amount | None
    """What is not matched yet, without sign; None where the vendor does not tell."""
    assigned_documents: list[DocumentReference] | None
    """Documents that it pays; None where this answer's source does not tell."""


class TransactionInput(Input, kw_only=True, frozen=True):
    """A movement to bring in. Give at least one of `valuedOn` and `bookedOn`.

    Bringing in the same `externalReference` again changes nothing and answers with what is there.
    """

    bank_account_id: Id
    amount: Amount
    valued_on: date | None = None
    booked_on: date | None = None
    purpose: Annotated[str, Meta(min_length=1, max_length=2000)]
    description: Text | None = None
    counterparty: CounterpartyInput = CounterpartyInput()
    end_to_end_id: Annotated[str, Meta(max_length=35)] | None = None
    external_reference: Annotated[str, Meta(min_length=1, max_length=255)] | None = None
    fee: FeeInput | None = None


class TransactionBatchInput(Input, kw_only=True, frozen=True):
    """Movements to bring in with one call: all of them, or none."""

    transactions: Annotated[list[TransactionInput], Meta(min_length=1, max_length=25)]


class TransactionBatch(Unified, kw_only=True, frozen=True):
    """The movements as they stand now, in the order in which they were given."""

    transactions: list[Transaction]
    """One for each that was given; one whose `externalReference` was there before is the old one."""
    not_booked: list[int]
    """Places in `transactions`, from 0, at which an old one stands that is another movement than the given
    one: its `externalReference` was taken, and nothing was booked for it."""


RESOURCE = Resource(
    name="transactions",
    singular="Transaction",
    title="Movements on bank accounts, brought in to be matched with documents.",
    model=Transaction,
    create=TransactionInput,
    filters=Filters,
    operations=("list", "get", "create", "batch", "update", "delete"),
)
