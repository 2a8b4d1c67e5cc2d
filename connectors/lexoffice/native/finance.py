"""`/v1/finance/accounts`, `/v1/finance/transactions` and `/v1/transaction-assignment-hint`, for partners.

Source: partner documentation, "Finance" and "Transaction Assignment Hint" (read 2026-11-20). Live answers
carry about 25 fields more than documented; all are ignored.
"""

from decimal import Decimal

from connectors.lexoffice.native.base import Instant, Native


class FinanceAccountBody(Native, kw_only=True, frozen=True):
    """An account to write. `lockVersion` on PUT only, which ignores what cannot be changed without a word."""

    type: str
    account_system: str | None = None
    name: str
    bank_name: str | None = None
    account_holder: str | None = None
    balance: Decimal
    external_reference: str | None = None
    iban: str | None = None
    bic: str | None = None
    provider: str | None = None
    credit_card_number: str | None = None
    lock_version: int | None = None


class FinanceAccount(FinanceAccountBody, kw_only=True, frozen=True):
    """An account as the vendor answers it. Instants were recorded in UTC, against the documentation."""

    financial_account_id: str
    created_date: Instant | None = None
    last_modified_date: Instant | None = None
    deactivated: bool | None = None


class TransactionBody(Native, kw_only=True, frozen=True):
    """A transaction to create. Days as midnight in Berlin."""

    financial_account_id: str
    value_date: str | None = None
    booking_date: str | None = None
    purpose: str
    amount: Decimal
    additional_info: str | None = None
    recipient_or_sender_name: str | None = None
    recipient_or_sender_email: str | None = None
    recipient_or_sender_iban: str | None = None
    recipient_or_sender_bic: str | None = None
    external_reference: str | None = None
    end_to_end_id: str | None = None
    fee_amount: Decimal | None = None
    fee_tax_rate_percentage: Decimal | None = None
    fee_posting_category_id: str | None = None


class Transaction(Native, kw_only=True, frozen=True):
    """A transaction as the vendor answers it; null where nothing was sent."""

    financial_transaction_id: str
    financial_account_id: str
    value_date: Instant | None = None
    booking_date: Instant | None = None
    purpose: str
    amount: Decimal
    additional_info: str | None = None
    recipient_or_sender_name: str | None = None
    recipient_or_sender_email: str | None = None
    recipient_or_sender_iban: str | None = None
    recipient_or_sender_bic: str | None = None
    external_reference: str | None = None
    end_to_end_id: str | None = None
    fee_amount: Decimal | None = None
    fee_tax_rate_percentage: Decimal | None = None
    fee_posting_category_id: str | None = None
    open_amount: Decimal | None = None
    state: str | None = None
    """None, `partly_assigned`, `completely_assigned` or `invisible`."""
    lock_version: int | None = None
    created_date: Instant | None = None
    last_modified_date: Instant | None = None


class Assignment(Native, kw_only=True, frozen=True):
    """A document that a transaction pays."""

    id: str
    type: str
    """`invoice` or `voucher`."""


class AssignmentHint(Native, kw_only=True, frozen=True):
    """To which document a transaction belongs; one a document, by one of both references."""

    voucher_id: str
    external_reference: str | None = None
    end_to_end_id: str | None = None
