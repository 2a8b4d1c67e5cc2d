"""Bank accounts over /v1/finance/accounts, for partners. Source: partner docs, "Finance" (read 2026-11-20).

Lexware never computes the balance: whoever brings transactions in tells it, too.
"""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import msgspec
from msgspec import Raw

from connectors.base.connector import Change, Session
from connectors.base.errors import FieldError, NotWritable, StaleVersion
from connectors.base.examination import Limit
from connectors.base.mapping import amount, plain
from connectors.base.needs import Access, Need
from connectors.base.paging import ListQuery, Page, Record
from connectors.base.wire import Answer
from connectors.lexoffice import links
from connectors.lexoffice.client import LexofficeClient, raw_of
from connectors.lexoffice.days import utc
from connectors.lexoffice.misfits import misfit, refuse
from connectors.lexoffice.native import finance as native
from connectors.lexoffice.native.base import decoder
from connectors.lexoffice.partner import FINANCE_DELETES, FINANCE_READS, FINANCE_WRITES
from connectors.lexoffice.paths import BANK_ACCOUNT_PATHS
from connectors.lexoffice.resources.transactions import Transactions
from connectors.lexoffice.whole_lists import WholeList
from schemas.bank_accounts import BankAccount, BankAccountFilters, BankAccountInput, BankAccountType
from schemas.transactions import Transaction

DECODER = decoder(native.FinanceAccount)
NOUN = "finance/accounts"
TYPE = {
    "GIRO": BankAccountType.CURRENT,
    "SAVINGS": BankAccountType.SAVINGS,
    "FIXEDTERM": BankAccountType.FIXED_TERM,
    "SECURITIES": BankAccountType.SECURITIES,
    "LOAN": BankAccountType.LOAN,
    "CREDITCARD": BankAccountType.CREDIT_CARD,
    "CASH": BankAccountType.CASH,
    "PAYMENT_PROVIDER": BankAccountType.PAYMENT_PROVIDER,
}
VENDOR_TYPE = {ours.value: theirs for theirs, ours in TYPE.items()}
AT_BANKS = {"current", "savings", "fixed_term", "securities", "loan"}
PROVIDER = {"VISA": "visa", "MASTERCARD": "mastercard", "AMEX": "amex", "DINERSCLUB": "diners_club"}
VENDOR_PROVIDER = {ours: theirs for theirs, ours in PROVIDER.items()}
DEMANDED = {"bankName": "bank_name", "system": "system"}
DEMAND = Limit(required=True, reason="Lexware Office demands it of a new account.")
FIXED = {"system": "system", "bic": "bic", "card_number": "cardNumber"}
"""What the vendor keeps as it was first written, and ignores in a change without a word."""


class BankAccounts:
    """Finance accounts of one connection."""

    needs: ClassVar[Mapping[str, Need]] = {
        "list": FINANCE_READS,
        "get": FINANCE_READS,
        "create": FINANCE_WRITES,
        "update": FINANCE_WRITES,
        "delete": FINANCE_DELETES,
        "latest": FINANCE_READS,
    }

    @staticmethod
    def limits(access: Access) -> Mapping[str, Limit]:
        """What is asked of every new account."""
        return dict.fromkeys(DEMANDED, DEMAND)

    def __init__(self, session: Session) -> None:
        self._session = session
        self._client = LexofficeClient(session, BANK_ACCOUNT_PATHS)
        self._accounts = WholeList(session, NOUN, "bank-accounts", _listed)

    async def list(self, query: ListQuery) -> Page[BankAccount]:
        """All accounts, or those of one IBAN or one external reference. One call a page."""
        return await self._accounts.page(query, list_params(query.filters))

    async def get(self, id: str) -> Record[BankAccount]:
        """One account, one call."""
        return await self._client.object(NOUN, id, _record, "bank-accounts.get")

    async def create(self, body: BankAccountInput) -> Record[BankAccount]:
        """A new account, read back after the write."""
        refuse([*misfits(body), *misfits_of_new(body)])
        created = await self._client.post(NOUN, to_native(body), "bank-accounts.create")
        return await self._client.read_back(created.id, self.get)

    async def update(self, id: str, change: Change) -> Record[BankAccount]:
        """The changed account: read, merged, replaced under the version read, and read back.

        Raises:
            StaleVersion: somebody changed it meanwhile; carries the current ETag.
        """
        current = (await self.get(id)).data
        merged = change.merged(current, to_input(current))
        refuse([*misfits(merged), *misfits_of_change(current, merged)])
        try:
            await self._client.put(NOUN, id, to_native(merged, current.version), "bank-accounts.update")
        except StaleVersion:
            change.check((await self.get(id)).data)  # tells the new ETag
            raise
        return await self._client.read_back(id, self.get)

    async def delete(self, id: str, change: Change) -> None:
        """Removes the account and its transactions, unless one is assigned to a document.

        The vendor checks no version on delete, so Kontor compares before.
        """
        change.check((await self.get(id)).data)
        await self._client.delete(NOUN, id, "bank-accounts.delete")

    async def latest(self, id: str) -> Record[Transaction]:
        """The account's youngest transaction by its own day: from there on more can be brought in."""
        return await Transactions(self._session).latest_of(id)


def list_params(filters: Any) -> tuple[tuple[str, str], ...]:
    """The vendor's own filters, of which it takes one at a time."""
    assert isinstance(filters, BankAccountFilters)
    if filters.iban is not None and filters.external_reference is not None:
        refuse(
            [misfit("externalReference", "invalid", "Lexware Office filters by one of both, not by both.")]
        )
    asked = {"iban": filters.iban, "externalReference": filters.external_reference}
    return tuple((name, value) for name, value in asked.items() if value is not None)


def _record(answer: Answer) -> Record[BankAccount]:
    return Record(data=to_unified(DECODER.decode(answer.content)), raw=raw_of(answer))


def _listed(raw: Raw) -> Record[BankAccount]:
    return Record(data=to_unified(DECODER.decode(raw)), raw=raw)


def to_unified(raw: native.FinanceAccount) -> BankAccount:
    """An account in unified words."""
    provider = raw.provider
    return BankAccount(
        id=raw.financial_account_id,
        version=None if raw.lock_version is None else str(raw.lock_version),
        created_at=utc(raw.created_date),
        updated_at=utc(raw.last_modified_date),
        archived=raw.deactivated,
        links=links.NONE,
        name=raw.name,
        type=TYPE.get(raw.type, BankAccountType.UNKNOWN),
        vendor_type=raw.type,
        bank_name=raw.bank_name,
        holder=raw.account_holder,
        iban=raw.iban,
        bic=raw.bic,
        card_provider=PROVIDER.get(provider, provider) if provider else None,
        card_number=raw.credit_card_number,
        balance=amount(raw.balance),
        currency="EUR",
        external_reference=raw.external_reference,
        system=raw.account_system,
    )


def to_input(account: BankAccount) -> BankAccountInput:
    """The writable part of an account, as it stands. Raises NotWritable for kinds not known yet."""
    fields = msgspec.structs.fields(BankAccountInput)
    given = {field.encode_name: getattr(account, field.name) for field in fields}
    try:
        return msgspec.convert(msgspec.to_builtins(given), BankAccountInput)
    except msgspec.ValidationError as error:
        raise NotWritable(
            "Kontor does not know this kind of account well enough to replace it.", None
        ) from error


def to_native(body: BankAccountInput, version: str | None = None) -> native.FinanceAccountBody:
    """An account to write. The system is required by the vendor, so a new one has been checked for it."""
    return native.FinanceAccountBody(
        type=VENDOR_TYPE[body.type],
        account_system=body.system,
        name=body.name,
        bank_name=body.bank_name,
        account_holder=body.holder,
        balance=plain(body.balance),
        external_reference=body.external_reference,
        iban=body.iban,
        bic=body.bic,
        provider=VENDOR_PROVIDER[body.card_provider] if body.card_provider else None,
        credit_card_number=body.card_number,
        lock_version=None if version is None else int(version),
    )


def misfits(body: BankAccountInput) -> Iterator[FieldError]:
    """Details that belong to another kind of account."""
    for field, value, fits in (
        ("iban", body.iban, body.type in AT_BANKS),
        ("bic", body.bic, body.type in AT_BANKS),
        ("cardProvider", body.card_provider, body.type == "credit_card"),
        ("cardNumber", body.card_number, body.type == "credit_card"),
    ):
        if value is not None and not fits:
            yield misfit(field, "invalid", f"Accounts of the type {body.type} have none.")


def misfits_of_new(body: BankAccountInput) -> Iterator[FieldError]:
    """What the vendor demands of a new account."""
    at_bank, card = body.type in AT_BANKS, body.type == "credit_card"
    for field, name in DEMANDED.items():
        if getattr(body, name) is None:
            yield misfit(field, "required", DEMAND.reason)
    for field, value, needed in (
        ("iban", body.iban, at_bank),
        ("bic", body.bic, at_bank),
        ("cardProvider", body.card_provider, card),
        ("cardNumber", body.card_number, card),
    ):
        if value is None and needed:
            yield misfit(field, "required", "Lexware Office demands it of a new account of this type.")


def misfits_of_change(current: BankAccount, merged: BankAccountInput) -> Iterator[FieldError]:
    """What the vendor would ignore without a word, and what it demands of every account."""
    for name, field in FIXED.items():
        if getattr(current, name) != getattr(merged, name):
            yield misfit(field, "immutable", "Lexware Office does not change it on an existing account.")
    if merged.type in AT_BANKS and merged.iban is None:
        yield misfit("iban", "required", "Lexware Office demands it of accounts at banks.")
    if merged.type == "credit_card" and merged.card_provider is None:
        yield misfit("cardProvider", "required", "Lexware Office demands it of credit cards.")
