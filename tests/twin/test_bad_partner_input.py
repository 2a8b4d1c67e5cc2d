"""Every field of every partner request, bent one at a time: missing, null, wrong type, too long, off range.

The table is written from the partner documentation in the words of `test_bad_input`.
"""

from collections.abc import Iterator
from copy import deepcopy
from decimal import Decimal
from typing import Any

import pytest

from sandbox.lexoffice.twin import Twin
from sandbox.lexoffice.wire import Reply
from tests.twin.conftest import Api, contact, fixture, invoice
from tests.twin.test_bad_input import ABSENT, Rule, steps
from tests.twin.test_uploads import upload

SALE_CATEGORY = "8f8664a8-fd86-11e1-a21f-0800200c9a66"
FEE_CATEGORY = "16d04a23-fd91-11e1-a21f-0800200c9a66"
ACCOUNT = {
    "type": "enum!",
    "accountSystem": "text! 255",
    "name": "text! 255",
    "bankName": "text! 255",
    "accountHolder": "text 255",
    "balance": "number! 2",
    "externalReference": "text 255",
}
TRANSACTION = {
    "[0].valueDate": "moment",
    "[0].bookingDate": "moment",
    "[0].purpose": "text!",
    "[0].amount": "number! 2",
    "[0].additionalInfo": "text",
    "[0].recipientOrSenderName": "text",
    "[0].recipientOrSenderEmail": "text",
    "[0].recipientOrSenderIban": "text 34",
    "[0].recipientOrSenderBic": "text 11",
    "[0].financialAccountId": "uuid!",
    "[0].externalReference": "text 255",
    "[0].endToEndId": "text 255",
}
TABLE: dict[str, dict[str, str]] = {
    "POST bank account": {
        "accountHolder": "text! 255",
        "bankName": "text! 255",
        "iban": "text! 34",
        "bic": "text! 11",
    },
    "PUT bank account": {
        "accountHolder": "text! 255",
        "bankName": "text! 255",
        "iban": "text! 34",
        "bic": "text! 11",
        "version": "integer!",
    },
    "POST bank": {**ACCOUNT, "iban": "text! 34", "bic": "text! 11"},
    "POST card": {**ACCOUNT, "provider": "enum!", "creditCardNumber": "text! 255"},
    "POST provider": ACCOUNT,
    "PUT bank": {
        "type": "enum!",
        "name": "text! 255",
        "bankName": "text 255",
        "accountHolder": "text 255",
        "balance": "number! 2",
        "externalReference": "text 255",
        "iban": "text! 34",
        "lockVersion": "integer!",
    },
    "POST transactions": TRANSACTION,
    "POST fees": {
        "[0].feeAmount": "number! 2",
        "[0].feeTaxRatePercentage": "number! 2",
        "[0].feePostingCategoryId": "uuid!",
    },
    "POST hint": {"voucherId": "uuid!", "externalReference": "text! 255"},
    "POST cash box": {
        "cashBoxName": "text! 255",
        "openingDate": "day!",
        "openingAmount": "amount! 2",
        "currency": "enum!",
        "identifier": "text! 255",
        "externalReference": "text 255",
    },
    "PUT cash box": {"cashBoxName": "text! 255", "version": "integer!"},
    "POST balance": {
        "voucherNumber": "text! 255",
        "voucherDate": "day!",
        "userName": "text 255",
        "positions": "list!",
        "positions[0].paymentType": "enum!",
        "positions[0].categoryId": "uuid!",
        "positions[0].amount": "amount! 2",
        "positions[0].taxRatePercentage": "amount! 2",
        "positions[0].currency": "enum!",
        "positions[0].taxType": "enum!",
        "positions[0].voucherType": "enum!",
        "positions[0].note": "text",
    },
    "POST mail": {
        "recipients": "list!",
        "recipients[0]": "text! 255",
        "subject": "text",
        "message": "text",
        "signature": "text",
        "attachments": "list",
        "attachments[0].id": "uuid!",
        "attachments[0].fileName": "text! 255",
        "attachments[0].fileExtension": "enum!",
    },
    "PUT interaction": {"status": "enum!", "version": "integer!"},
    "PUT integration": {"status": "text! 255", "version": "integer!"},
}
BANK_ACCOUNT = {"accountHolder": "B", "bankName": "B", "iban": "DE02120300000000202051", "bic": "BYLADEM1001"}
CASH_BOX = {
    "cashBoxName": "Laden",
    "openingDate": "2026-01-01",
    "openingAmount": 1,
    "currency": "EUR",
    "identifier": "1",
}
POSITION = {
    "paymentType": "cash",
    "categoryId": SALE_CATEGORY,
    "amount": 119,
    "taxRatePercentage": 19,
    "currency": "EUR",
    "taxType": "gross",
    "voucherType": "revenue",
}
CARD = {"type": "CREDITCARD", "provider": "VISA", "creditCardNumber": "4111", "iban": None, "bic": None}
PROVIDER = {"type": "PAYMENT_PROVIDER", "iban": None, "bic": None}


class Partner:
    """What each row of the table is sent to, and a body that is accepted there."""

    def __init__(self, api: Api) -> None:
        self.api = api

    def target(self, row: str) -> tuple[str, str, Any]:
        method, _, what = row.partition(" ")
        path, body = getattr(self, f"_{method}_{what}".replace(" ", "_").lower())()
        return method, path, deepcopy(body)

    def send(self, row: str, field: str = "", value: Any = None) -> Reply:
        method, path, body = self.target(row)
        return self.api.call(method, path, bent(body, field, value) if field else body)

    def _account(self, **changes: Any) -> str:
        return self.api.create("finance/accounts", {**fixture("finance-account.create"), **changes})

    def _customer(self) -> str:
        return self.api.create("contacts", contact())

    def _post_bank_account(self) -> tuple[str, Any]:
        return f"contacts/{self._customer()}/bankaccounts", BANK_ACCOUNT

    def _put_bank_account(self) -> tuple[str, Any]:
        path = f"contacts/{self._customer()}/bankaccounts"
        path = f"{path}/{self.api.create(path, BANK_ACCOUNT)}"
        return path, self.api.read(path)

    def _post_bank(self) -> tuple[str, Any]:
        return "finance/accounts", fixture("finance-account.create")

    def _post_card(self) -> tuple[str, Any]:
        return "finance/accounts", {**fixture("finance-account.create"), **CARD}

    def _post_provider(self) -> tuple[str, Any]:
        return "finance/accounts", {**fixture("finance-account.create"), **PROVIDER}

    def _put_bank(self) -> tuple[str, Any]:
        path = f"finance/accounts/{self._account()}"
        return path, self.api.read(path)

    def _post_transactions(self) -> tuple[str, Any]:
        entry = {**fixture("finance-transaction.create")[0], "financialAccountId": self._account()}
        return "finance/transactions", [entry]

    def _post_fees(self) -> tuple[str, Any]:
        fee = {"feeAmount": -1, "feeTaxRatePercentage": 19, "feePostingCategoryId": FEE_CATEGORY}
        entry = {"financialAccountId": self._account(**PROVIDER), "externalReference": None, **fee}
        return "finance/transactions", [{**fixture("finance-transaction.create")[0], **entry}]

    def _post_hint(self) -> tuple[str, Any]:
        owed = self.api.create("invoices", invoice())
        return "transaction-assignment-hint", {"voucherId": owed, "externalReference": "a"}

    def _post_cash_box(self) -> tuple[str, Any]:
        self.api.twin.connection_of(self.api.key)
        self._boxes().clear()  # their names are unique
        return "cash-boxes", CASH_BOX

    def _boxes(self) -> dict[str, Any]:
        [own] = self.api.twin.world.organizations.values()
        return own.cash_boxes

    def _put_cash_box(self) -> tuple[str, Any]:
        self._boxes().clear()
        path = f"cash-boxes/{self.api.create('cash-boxes', CASH_BOX)}"
        return path, self.api.read(path)

    def _post_balance(self) -> tuple[str, Any]:
        self._boxes().clear()
        body = {"voucherNumber": "Z1", "voucherDate": "2026-03-01", "positions": [POSITION]}
        return f"cash-boxes/{self.api.create('cash-boxes', CASH_BOX)}/balances", body

    def _post_mail(self) -> tuple[str, Any]:
        file = upload(self.api, type="attachment").json()["id"]
        entry = {"id": file, "fileName": "AGB", "fileExtension": "pdf"}
        owed = self.api.create("invoices", invoice(), finalize="true")
        return f"invoices/{owed}/sendmail", {"recipients": ["a@b.example"], "attachments": [entry]}

    def _put_interaction(self) -> tuple[str, Any]:
        address = {"street": "Platz 1", "zip": "89073", "city": "Ulm", "countryCode": "DE"}
        reference = {"buyerReference": "991-1-1", "vendorNumberAtCustomer": "7"}
        authority = contact(addresses={"billing": [address]}, xRechnung=reference)
        to = {"contactId": self.api.create("contacts", authority)}
        id = self.api.create("invoices", invoice(address=to), finalize="true")
        return f"invoices/{id}/interaction-status", {"status": "accepted", "version": 1}

    def _put_integration(self) -> tuple[str, Any]:
        read = self.api.read("partner-integrations")
        return "partner-integrations", {"status": "ACTIVE", "version": read["version"]}


def bent(body: Any, field: str, value: Any) -> Any:
    *way, last = steps(field.removeprefix("[0].")) if not field.startswith("[0]") else [0, *steps(field[4:])]
    place = body
    for step in way:
        place = place[step]
    if value is ABSENT and isinstance(place, list):
        place.clear()
    elif value is ABSENT:
        place.pop(last, None)
    else:
        place[last] = value
    return body


def unfit(kind: str, rule: str) -> Iterator[Any]:
    """As in `test_bad_input`; an `amount` may come as text, as long as that holds a number."""
    if kind != "amount":
        yield from (value for value in Rule(rule).wrong(None) if value != WITHOUT_MILLISECONDS)
        return
    yield from (value for value in Rule(rule.replace("amount", "number")).wrong(None) if value != "viel")
    yield from ("viel", "1.234,00", "NaN", "1e3", "", " 1")


def named(reply: Reply) -> list[str]:
    body = reply.json()
    issues = body.get("IssueList", body.get("details", []))
    return [issue.get("source") or issue.get("field") or "" for issue in issues]


WITHOUT_MILLISECONDS = "2026-03-02T00:00:00Z"
"""Taken in finance, where samples have it so."""
CASES = [(row, field, rule) for row, fields in TABLE.items() for field, rule in fields.items()]
UNNAMED = {("POST hint", "externalReference")}
"""Refused by a sentence: exactly one of two fields is expected."""


@pytest.fixture
def partner(api: Api) -> Partner:
    return Partner(api)


@pytest.mark.parametrize("row", TABLE)
def test_the_good_body_is_good(partner: Partner, row: str) -> None:
    assert partner.send(row).status in (200, 201, 202)


@pytest.mark.parametrize(("row", "field", "rule"), CASES, ids=[f"{row}: {field}" for row, field, _ in CASES])
def test_a_bent_field_is_refused_by_name_and_a_missing_one_where_required(
    partner: Partner, row: str, field: str, rule: str
) -> None:
    kind, required = rule.split()[0].rstrip("!"), "!" in rule

    for value in (ABSENT, None):
        reply = partner.send(row, field, value)
        assert (reply.status == 406) == required, (value, reply.body)
        if required and (row, field) not in UNNAMED:
            assert any(name.startswith(field.removesuffix("[0]")) for name in named(reply)), reply.body
    for value in unfit(kind, rule):
        reply = partner.send(row, field, value)
        assert reply.status == 406, (value, reply.body)
        assert any(name.startswith(field.removesuffix("[0]")) for name in named(reply)), (value, reply.body)


@pytest.mark.parametrize("row", TABLE)
def test_fields_nobody_knows_are_ignored(partner: Partner, row: str) -> None:
    method, path, body = partner.target(row)
    (body[0] if isinstance(body, list) else body)["unknownField"] = {"deep": [1, None]}

    assert partner.api.call(method, path, body).status in (200, 201, 202)


@pytest.mark.parametrize("row", TABLE)
@pytest.mark.parametrize("body", [b"", b"{", b"null", b"[]", b"7", b'"x"', b"[[]]", b"[null]"])
def test_a_body_that_is_none_is_refused_and_never_a_500(partner: Partner, row: str, body: bytes) -> None:
    method, path, _ = partner.target(row)

    assert partner.api.call(method, path, body, headers={"content-type": "application/json"}).status in (
        400,
        406,
    )


@pytest.mark.parametrize(
    ("row", "field", "value"),
    [
        ("POST cash box", "openingAmount", -1),
        ("POST balance", "positions[0].taxRatePercentage", 18),
        ("POST balance", "positions[0].taxType", "net"),
        ("POST balance", "positions[0].categoryId", FEE_CATEGORY.replace("16d0", "16d1")),
        ("POST balance", "positions", []),
        ("POST fees", "[0].feeTaxRatePercentage", 18),
        ("POST fees", "[0].feeAmount", 1),
        ("POST transactions", "[0].financialAccountId", FEE_CATEGORY),
        ("POST bank account", "iban", "DE02120300000000202052"),
        ("POST mail", "recipients", []),
        ("POST mail", "attachments[0].fileExtension", "exe"),
        ("PUT interaction", "status", "transmitted"),
        ("POST transactions", "[0].valueDate", "1026-03-20T00:00:00.000+01:00"),
        ("POST bank", "balance", Decimal("12345678901.00")),
    ],
)
def test_what_is_out_of_range_is_refused_by_name(partner: Partner, row: str, field: str, value: Any) -> None:
    reply = partner.send(row, field, value)

    assert reply.status == 406
    assert [name for name in named(reply) if name.startswith(field)], reply.body


@pytest.mark.parametrize(
    ("row", "stale"),
    [
        ("PUT bank account", 406),
        ("PUT bank", 409),
        ("PUT cash box", 409),
        ("PUT interaction", 409),
        ("PUT integration", 409),
    ],
)
def test_a_stale_version_is_refused_as_its_resource_does(partner: Partner, row: str, stale: int) -> None:
    version = "lockVersion" if row == "PUT bank" else "version"

    assert partner.send(row, version, 999).status == stale


@pytest.mark.parametrize(
    "path",
    [
        "contacts/{}/bankaccounts",
        "contacts/{}/bankaccounts/{}",
        "finance/accounts/{}",
        "finance/transactions/{}",
        "finance/transactions/{}/assignments",
        "cash-boxes/{}",
        "cash-boxes/{}/balances",
        "invoices/{}/interaction-status",
    ],
)
@pytest.mark.parametrize("id", ["6d0b7a4e-0a5b-4b3f-9d3b-0c4f3d6a1b2c", "x", "%20", "..", "null"])
def test_an_unknown_id_is_404(api: Api, path: str, id: str) -> None:
    assert api.get(path.replace("{}", id)).status == 404


def test_another_company_s_accounts_are_404(api: Api, twin: Twin) -> None:
    account = api.create("finance/accounts", fixture("finance-account.create"))
    box = api.create("cash-boxes", CASH_BOX)
    other = Api(twin, twin.create_api_key(twin.create_organization("Fremd GmbH").id))

    assert [other.get(f"finance/accounts/{account}").status, other.get(f"cash-boxes/{box}").status] == [
        404
    ] * 2
