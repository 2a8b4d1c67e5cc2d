"""The vendor's sample finance account and transaction, both ways. Expected values written out by hand."""

import json
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from connectors.lexoffice.resources import bank_accounts, transactions
from connectors.lexoffice.settling import transaction
from schemas.actions import SettleInput
from schemas.bank_accounts import BankAccountInput
from schemas.transactions import TransactionInput
from tests.mapping.builders import expected, sample, unified, written

ACCOUNT = {
    "id": "3d46dbbe-84be-4357-8312-92cd37a7b0a5",
    "version": "5",
    "createdAt": "2026-01-05T11:30:00Z",
    "updatedAt": "2026-03-20T06:00:00Z",
    "archived": False,
    "links": {"view": None, "edit": None},
    "name": "Geschäftskonto",
    "type": "current",
    "vendorType": "GIRO",
    "bankName": "Volksbank Beispiel",
    "holder": "Werkstatt Lindner e.K.",
    "iban": "DE02120300000000202051",
    "bic": "BYLADEM1001",
    "cardProvider": None,
    "cardNumber": None,
    "balance": "1099.35",
    "currency": "EUR",
    "externalReference": "giro-001",
    "system": "<vergeben von Lexware>",
}
TRANSACTION = {
    "id": "4a8888fa-0fb1-4b1f-acdf-30bc71314d75",
    "version": "0",
    "createdAt": "2026-03-20T20:07:56.346000Z",
    "updatedAt": "2026-03-20T20:07:56.346000Z",
    "archived": None,
    "links": {"view": None, "edit": None},
    "bankAccountId": "3d46dbbe-84be-4357-8312-92cd37a7b0a5",
    "amount": "300.00",
    "currency": "EUR",
    "valuedOn": "2026-03-20",
    "bookedOn": "2026-03-20",
    "purpose": "RE1001 Holzwerk Brandt",
    "description": "Teilzahlung",
    "counterparty": {
        "name": "Holzwerk Brandt GmbH",
        "email": None,
        "iban": "DE89370400440532013000",
        "bic": "COBADEFFXXX",
    },
    "endToEndId": None,
    "externalReference": "tx-2026-03-20-0001",
    "fee": None,
    "assignmentStatus": "unassigned",
    "vendorStatus": None,
    "open": None,
    "assignedDocuments": [],
}


class TestBankAccounts:
    def read(self, **changes: Any) -> Any:
        body = json.loads(sample("finance-account.response")) | changes
        return bank_accounts.to_unified(bank_accounts.DECODER.decode(json.dumps(body)))

    def test_an_account(self) -> None:
        assert unified(self.read()) == ACCOUNT

    def test_instants_in_utc_and_fields_not_documented_change_nothing(self) -> None:
        """As recorded in 2025: an offset of zero, and a state that is an object."""
        live = self.read(
            createdDate="2026-01-05T11:30:00.000+00:00", state={"status": "IDLE"}, virtualAcountId="x"
        )

        assert unified(live) == ACCOUNT

    def test_a_new_account_is_written_as_the_vendor_shows_it(self) -> None:
        names = ("name", "type", "bankName", "holder", "iban", "bic", "externalReference", "system")
        body = msgspec.convert({name: ACCOUNT[name] for name in names} | {"balance": "119"}, BankAccountInput)

        assert written(bank_accounts.to_native(body)) == expected("finance-account.create")

    def test_a_change_carries_the_version_read(self) -> None:
        account = self.read()
        sent = written(bank_accounts.to_native(bank_accounts.to_input(account), account.version))

        assert sent == expected("finance-account.create") | {"balance": Decimal("1099.35"), "lockVersion": 5}

    def test_every_type_reads_back_as_it_was_written(self) -> None:
        types = [self.read(type=word).type.value for word in bank_accounts.TYPE]

        assert types == [
            "current",
            "savings",
            "fixed_term",
            "securities",
            "loan",
            "credit_card",
            "cash",
            "payment_provider",
        ]
        assert [bank_accounts.VENDOR_TYPE[name] for name in types] == list(bank_accounts.TYPE)

    def test_a_type_not_known_yet_is_told_as_such(self) -> None:
        account = self.read(type="CRYPTO", provider="UNIONPAY")

        assert (account.type.value, account.vendor_type) == ("unknown", "CRYPTO")
        assert account.card_provider == "UNIONPAY"

    @pytest.mark.parametrize(
        ("changes", "fields"),
        [
            ({}, []),
            ({"bankName": None, "system": None}, ["bankName", "system"]),
            ({"iban": None, "bic": None}, ["iban", "bic"]),
            (
                {"type": "credit_card"},
                ["iban", "bic", "cardProvider", "cardNumber"],
            ),
            ({"type": "payment_provider", "iban": None, "bic": None}, []),
        ],
    )
    def test_what_the_vendor_demands_of_a_new_one(self, changes: dict[str, Any], fields: list[str]) -> None:
        given = {
            "name": "A",
            "type": "current",
            "bankName": "B",
            "iban": "DE02120300000000202051",
            "bic": "BYLADEM1001",
            "balance": "0",
            "system": "S",
        }
        body = msgspec.convert(given | changes, BankAccountInput)
        found = [*bank_accounts.misfits(body), *bank_accounts.misfits_of_new(body)]

        assert [error.field for error in found] == fields


class TestTransactions:
    def read(self, **changes: Any) -> Any:
        body = json.loads(sample("finance-transaction.response"))[0] | changes
        return transactions.to_unified(transactions.DECODER.decode(json.dumps(body)))

    def body(self, **changes: Any) -> TransactionInput:
        names = ("bankAccountId", "valuedOn", "bookedOn", "purpose", "description", "externalReference")
        counterparty = {name: value for name, value in TRANSACTION["counterparty"].items() if value}
        given = {name: TRANSACTION[name] for name in names} | {"amount": "300", "counterparty": counterparty}
        return msgspec.convert(given | changes, TransactionInput)

    def test_a_transaction(self) -> None:
        assert unified(self.read()) == TRANSACTION

    def test_a_new_one_is_written_as_the_vendor_shows_it(self) -> None:
        (sent,) = expected("finance-transaction.create")

        assert written(transactions.to_native(self.body())) == {
            name: value for name, value in sent.items() if value is not None
        }

    @pytest.mark.parametrize(
        ("state", "status", "documents"),
        [
            (None, "unassigned", []),
            ("partly_assigned", "partially_assigned", None),
            ("completely_assigned", "assigned", None),
            ("invisible", "hidden", None),
            ("melted", "unknown", None),
        ],
    )
    def test_every_state(self, state: str | None, status: str, documents: Any) -> None:
        read = unified(self.read(state=state))

        assert (read["assignmentStatus"], read["vendorStatus"], read["assignedDocuments"]) == (
            status,
            state,
            documents,
        )

    def test_what_is_left_to_assign(self) -> None:
        assert self.read(state="partly_assigned", openAmount=73.9).open == Decimal("73.90")

    def test_a_providers_fee_both_ways(self) -> None:
        category = "113476af-ac83-4bf2-941d-0daa37022945"
        native = {"feeAmount": -1.19, "feeTaxRatePercentage": 19, "feePostingCategoryId": category}
        fee = {"amount": "-1.19", "taxRate": "19", "accountId": category}

        assert unified(self.read(**native))["fee"] == fee
        sent = written(transactions.to_native(self.body(fee=fee)))
        assert {name: sent[name] for name in native} == native | {"feeAmount": Decimal("-1.19")}

    @pytest.mark.parametrize(
        ("changes", "fields"),
        [
            ({}, []),
            ({"valuedOn": None}, []),
            ({"valuedOn": None, "bookedOn": None}, ["valuedOn"]),
            ({"bankAccountId": "giro"}, ["bankAccountId"]),
            (
                {"fee": {"amount": "1", "taxRate": "18", "accountId": "x"}},
                ["fee.accountId", "fee.taxRate", "fee.amount"],
            ),
        ],
    )
    def test_what_the_vendor_is_certain_to_refuse(self, changes: dict[str, Any], fields: list[str]) -> None:
        assert [error.field for error in transactions.misfits(self.body(**changes))] == fields

    @pytest.mark.parametrize(
        ("changes", "other"),
        [
            ({}, False),
            ({"amount": "300.01"}, True),
            ({"bankAccountId": "11111111-84be-4357-8312-92cd37a7b0a5"}, True),
            ({"valuedOn": "2026-03-21"}, True),
            ({"purpose": "andere Worte"}, False),
            ({"amount": "300.01", "externalReference": None}, False),
        ],
    )
    def test_another_movement_under_the_same_reference_is_told_apart(
        self, changes: dict[str, Any], other: bool
    ) -> None:
        raw = transactions.DECODER.decode(json.dumps(json.loads(sample("finance-transaction.response"))[0]))

        assert transactions.differs(raw, self.body(**changes)) is other


class TestSettlements:
    @pytest.mark.parametrize(("incoming", "amount"), [(True, Decimal("119.00")), (False, Decimal("-119.00"))])
    def test_a_payment_is_a_movement_in_or_out(self, incoming: bool, amount: Decimal) -> None:
        given = {
            "amount": "119.00",
            "paidOn": "2026-11-20",
            "bankAccountId": ACCOUNT["id"],
            "externalReference": "payment-0815",
            "counterparty": {"name": "Erika Muster"},
        }
        sent = written(
            transactions.to_native(transaction(msgspec.convert(given, SettleInput), incoming=incoming))
        )

        assert sent == {
            "financialAccountId": ACCOUNT["id"],
            "valueDate": "2026-11-20T00:00:00.000+01:00",
            "bookingDate": "2026-11-20T00:00:00.000+01:00",
            "purpose": "payment-0815",
            "amount": amount,
            "recipientOrSenderName": "Erika Muster",
            "externalReference": "payment-0815",
        }
