"""Bank accounts: at banks, card companies and payment providers, with transactions to be matched."""

from enum import StrEnum
from typing import Annotated, Literal

from msgspec import Meta

from schemas.base import Filters, Input, Name, Resource, ShortText, Traced
from schemas.money import Amount

Iban = Annotated[
    str, Meta(pattern=r"^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$", description="IBAN (ISO 13616), no blanks.")
]
Bic = Annotated[str, Meta(pattern=r"^[A-Z0-9]{8}([A-Z0-9]{3})?$", description="BIC (ISO 9362).")]
BankAccountTypeName = Literal[
    "current", "savings", "fixed_term", "securities", "loan", "credit_card", "cash", "payment_provider"
]
CardProviderName = Literal["visa", "mastercard", "amex", "diners_club"]


class BankAccountType(StrEnum):
    """What kind of account it is; `unknown` for a word of the vendor that Kontor does not know yet."""

    CURRENT = "current"
    SAVINGS = "savings"
    FIXED_TERM = "fixed_term"
    SECURITIES = "securities"
    LOAN = "loan"
    CREDIT_CARD = "credit_card"
    CASH = "cash"
    PAYMENT_PROVIDER = "payment_provider"
    UNKNOWN = "unknown"


class BankAccount(Traced, kw_only=True, frozen=True):
    """An account whose transactions the accounting system matches with documents. `transactions` feeds it."""

    name: str
    """What people call it."""
    type: BankAccountType
    """Current account (Girokonto), card, payment provider …"""
    vendor_type: str
    """The vendor's own word for the type."""
    bank_name: str | None
    """Name of the bank or provider."""
    holder: str | None
    """Who the account belongs to."""
    iban: str | None
    """IBAN (BT-84); of bank accounts only."""
    bic: str | None
    """BIC (BT-86); of bank accounts only. Cannot be changed once the account exists."""
    card_provider: str | None
    """Of credit cards only: `visa`, `mastercard`, `amex`, `diners_club`, or the vendor's word."""
    card_number: str | None
    """As it was given; give the last digits only. Cannot be changed once the account exists."""
    balance: Amount
    """As last told by whoever feeds the account; negative when overdrawn. Vendors may never compute it."""
    currency: str
    """ISO 4217."""
    external_reference: str | None
    """Your own id of the account; lists find it by that."""
    system: str | None
    """The vendor's name for the system that feeds the account. Cannot be changed once the account exists."""


class BankAccountInput(Input, kw_only=True, frozen=True):
    """A bank account to create, or the writable part of one to update."""

    name: Name
    type: BankAccountTypeName
    bank_name: Name | None = None
    holder: ShortText | None = None
    iban: Iban | None = None
    bic: Bic | None = None
    card_provider: CardProviderName | None = None
    card_number: ShortText | None = None
    balance: Amount
    external_reference: ShortText | None = None
    system: ShortText | None = None


class BankAccountFilters(Filters, kw_only=True, frozen=True):
    """Filters of bank accounts; vendors may take one at a time."""

    iban: Iban | None = None
    external_reference: (
        Annotated[str, Meta(max_length=255, description="Your own id of it, exactly.")] | None
    ) = None


RESOURCE = Resource(
    name="bank-accounts",
    singular="BankAccount",
    title="Accounts at banks and payment providers whose transactions are brought in.",
    model=BankAccount,
    create=BankAccountInput,
    filters=BankAccountFilters,
    operations=("list", "get", "create", "update", "delete", "latest"),
)
