"""Accounts: what a line of a bookkeeping voucher is posted to."""

from enum import StrEnum

from schemas.base import Resource, Unified
from schemas.money import Percentage


class AccountKind(StrEnum):
    """What kind of thing the accounting system offers to post to."""

    LEDGER_ACCOUNT = "ledger_account"
    POSTING_CATEGORY = "posting_category"
    UNKNOWN = "unknown"


class AccountClass(StrEnum):
    """The account class; `unknown` for a word of the vendor that Kontor does not know yet."""

    REVENUE = "revenue"
    EXPENSE = "expense"
    ASSET = "asset"
    LIABILITY = "liability"
    EQUITY = "equity"
    UNKNOWN = "unknown"


class SuggestedCode(Unified, kw_only=True, frozen=True):
    """Where a bookkeeper would look for it in the standard charts of DATEV. Never data of the vendor."""

    skr03: str
    """Account number in SKR03 (ordered by process)."""
    skr04: str
    """Account number in SKR04 (ordered by balance sheet). The same number means something else in SKR03."""
    tax_rate: Percentage | None
    """The VAT rate in per cent for which it holds; None: whatever the rate."""
    source: str
    """`inferred`: Kontor's own conclusion from the purpose; have it confirmed before posting to it."""


class Account(Unified, kw_only=True, frozen=True):
    """Something to post to. `kind` tells whether it is an account of a ledger or only a category of one."""

    id: str
    """The vendor's id; vouchers name it."""
    name: str
    """What people call it. No key: vendors have the same name twice, and two spellings of one."""
    kind: AccountKind
    """`posting_category`: the vendor hides its chart of accounts behind categories; there is no balance."""
    account_class: AccountClass
    """Revenue, expense or a part of the balance sheet."""
    vendor_class: str
    """The vendor's own word for the class."""
    group: str | None
    """Heading under which the vendor shows it."""
    code: str | None
    """Account number in the company's chart of accounts; None where the vendor tells none."""
    suggested_codes: list[SuggestedCode]
    """Numbers in SKR03 and SKR04, inferred; empty where Kontor knows none for certain."""
    allows_tax_split: bool | None
    """True when one voucher may post to it with several VAT rates."""
    requires_contact: bool | None
    """True when a voucher that posts to it must name its customer or supplier."""


RESOURCE = Resource(
    name="accounts",
    singular="Account",
    title="What lines of vouchers are posted to: ledger accounts, or the categories that stand for them.",
    model=Account,
    fresh_for_s=86_400.0,
    operations=("list", "get", "create"),
)
