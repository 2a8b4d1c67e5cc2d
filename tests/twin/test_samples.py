"""The vendor's samples, all of them: every create is accepted, every answer is the sample's, field by field.

Compared are names, kinds and values. Of what differs from books to books (ids, times of writing, numbers of
series) only the kind counts.
"""

import json
import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from sandbox.lexoffice import jsontext
from sandbox.lexoffice.state import Letterhead, PaymentCondition, User
from tests.twin.conftest import FIXTURES, Api, fixture
from tests.twin.switches import Stage
from tests.twin.test_uploads import upload

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
OF_THESE_BOOKS = {
    "createdDate", "updatedDate", "lastModifiedDate", "eventDate", "timestamp", "date", "version",
    "lockVersion", "voucherNumber", "number", "traceId", "access_token", "refresh_token", "scope",
}  # fmt: skip
ISSUED = {
    "c2382a58-1248-4293-832f-562d45e6cc2a": "customer",
    "0589728f-7415-4581-94ed-683104ddebc1": "customer",
    "53011139-a898-4f36-be7e-07d9192f0ac9": "product",
    "64033f1c-853b-41c4-834e-6f2714b99c1c": "service",
    "51849b67-ad56-4060-b9ef-346b9b27cd55": "layout",
    "3d46dbbe-84be-4357-8312-92cd37a7b0a5": "account",
    "435e0847-9f58-4acb-b729-988dc1cbee9a": "bill",
}
"""Ids that the samples share, and by what name our books have the same thing."""


class Lindner(Stage):
    """The company of the samples, on the morning on which most of them were written."""

    def __init__(self) -> None:
        super().__init__()
        own = self.company
        own.owner = User(own.owner.id, "Herr Jonas Lindner", "jonas@werkstatt-lindner.example")
        self.api = Api(self.twin, self.twin.create_api_key(own.id))
        own.legal_form, own.branch = "TRADER", ("Reparatur von Maschinen", "33.12")
        own.letterhead = Letterhead(
            "Werkstraße 5", "79098", "Freiburg", vat_id="DE123456789", tax_number="06123/45678",
            website="https://werkstatt-lindner.example",
        )  # fmt: skip
        own.payment_conditions = [
            PaymentCondition(self.twin.ids.uuid(), "Zahlbar sofort, rein netto", 0),
            PaymentCondition(
                self.twin.ids.uuid(), "{discountRange} Tage -{discount}, {paymentRange} Tage netto", 30, True,
                Decimal(2), 10,
            ),
        ]  # fmt: skip
        service = {"title": "Wartung Absauganlage", "type": "SERVICE", "unitName": "Stunde",
                   "price": {"netPrice": 84, "leadingPrice": "NET", "taxRate": 19}}  # fmt: skip
        self.known = {
            "customer": self.api.create("contacts", fixture("contact.create")),
            "product": self.api.create("articles", fixture("article.create")),
            "service": self.api.create("articles", service),
            "layout": own.print_layouts[0].id,
        }

    def body(self, name: str) -> Any:
        text = json.dumps(fixture(f"{name}.create"), default=float)
        for theirs, ours in ISSUED.items():
            text = text.replace(theirs, self.known.get(ours, theirs))
        return json.loads(text, parse_float=Decimal)

    def create(self, name: str, **query: str) -> str:
        path = PATHS[name]
        self.known[name] = self.api.create(path, self.body(name), **query)
        return self.known[name]

    def created(self, name: str, **query: str) -> Any:
        return self.api.read(f"{PATHS[name]}/{self.create(name, **query)}")

    def invoice(self) -> str:
        return self.create("invoice", finalize="true")


PATHS = {
    "article": "articles",
    "contact": "contacts",
    "credit-note": "credit-notes",
    "delivery-note": "delivery-notes",
    "dunning": "dunnings",
    "event-subscription": "event-subscriptions",
    "finance-account": "finance/accounts",
    "finance-transaction": "finance/transactions",
    "invoice": "invoices",
    "order-confirmation": "order-confirmations",
    "quotation": "quotations",
    "transaction-assignment-hint": "transaction-assignment-hint",
    "voucher": "vouchers",
}


def an_article(books: Lindner) -> Any:
    return books.api.read(f"articles/{books.known['product']}")


def a_contact(books: Lindner) -> Any:
    both = {"xRechnung": fixture("contact.response")["xRechnung"]}
    return books.api.read(f"contacts/{books.api.create('contacts', books.body('contact') | both)}")


def countries(books: Lindner) -> Any:
    by_code = {row["countryCode"]: row for row in books.api.read("countries")}
    return [by_code[row["countryCode"]] for row in fixture("countries.response")]


def posting_categories(books: Lindner) -> Any:
    by_id = {row["id"]: row for row in books.api.read("posting-categories")}
    return [by_id[row["id"]] for row in fixture("posting-categories.response")]


def a_credit_note(books: Lindner) -> Any:
    books.twin.quirks.electronic_credit_notes = False  # the sample is of the documentation of 2025
    return books.created("credit-note", finalize="true", precedingSalesVoucherId=books.invoice())


def a_down_payment_invoice(books: Lindner) -> Any:
    theirs = fixture("down-payment-invoice.response")
    [line] = theirs["lineItems"]
    del line["unitPrice"]["netAmount"]
    kept = (
        "voucherDate", "lineItems", "totalPrice", "taxConditions", "paymentConditions", "shippingConditions",
        "title", "introduction", "remark",
    )  # fmt: skip
    own = {"address": {"contactId": books.known["customer"]}, "printLayoutId": books.known["layout"]}
    body = {name: theirs[name] for name in kept} | own
    id = books.twin.create_down_payment_invoice(books.company.id, body).id
    answer = books.api.read(f"down-payment-invoices/{id}")
    del answer["files"]  # the sample's paper has not been drawn yet; the twin draws it on finalizing
    return answer


def a_dunning(books: Lindner) -> Any:
    return books.created("dunning", precedingSalesVoucherId=books.invoice())


def a_legacy_error(books: Lindner) -> Any:
    return books.api.post("contacts", books.body("contact") | {"company": {}}).json()


def a_regular_error(books: Lindner) -> Any:
    body = books.body("invoice")
    del body["lineItems"][0]["unitPrice"]["taxRatePercentage"]
    return books.api.post("invoices", body).json()


def a_finance_account(books: Lindner) -> Any:
    """Later on: the balance has been pushed again."""
    path = f"finance/accounts/{books.create('finance-account')}"
    balance = fixture("finance-account.response")["balance"]
    books.api.put(path, books.body("finance-account") | {"balance": balance, "lockVersion": 1})
    return books.api.read(path)


def a_finance_transaction(books: Lindner) -> Any:
    books.known["account"] = books.create("finance-account")
    return books.api.post("finance/transactions", books.body("finance-transaction")).json()


def an_invoice(books: Lindner) -> Any:
    order = books.create("order-confirmation", finalize="true")
    id = books.create("invoice", finalize="true", precedingSalesVoucherId=order)
    books.create("credit-note", finalize="true", precedingSalesVoucherId=id)
    return books.api.read(f"invoices/{id}")


def tokens(books: Lindner) -> Any:
    return books.partner().connect()


def an_order_confirmation(books: Lindner) -> Any:
    order = books.create("order-confirmation", finalize="true")
    books.create("invoice", precedingSalesVoucherId=order)
    return books.api.read(f"order-confirmations/{order}")


def payments(books: Lindner) -> Any:
    id = books.invoice()
    books.create("credit-note", finalize="true", precedingSalesVoucherId=id)
    books.twin.advance((date(2026, 3, 20) - date(2026, 3, 2)).days * 86400 - 9 * 3600 - 14 * 60 - 5.317)
    books.twin.mark_paid(id, Decimal(300), "partPaymentFinancialTransaction")
    return books.api.read(f"payments/{id}")


def a_template(books: Lindner) -> Any:
    theirs = fixture("recurring-template.response")
    kept = ("lineItems", "totalPrice", "taxConditions", "title", "introduction", "remark")
    body = {name: theirs[name] for name in kept} | {"address": {"contactId": books.known["customer"]}}
    template = books.twin.create_template(
        books.company.id, body, start=date(2026, 2, 1), end=date(2026, 12, 31), finalize=True,
        shipping_type="serviceperiod",
    )  # fmt: skip
    template.last, template.next = date(2026, 3, 1), date(2026, 4, 1)
    return books.api.read(f"recurring-templates/{template.id}")


def a_voucher(books: Lindner) -> Any:
    id = books.create("voucher")
    upload(books.api, path=f"vouchers/{id}/files")
    return books.api.read(f"vouchers/{id}")


def the_voucher_list(books: Lindner) -> Any:
    theirs = fixture("voucherlist.response")["content"][1]
    item = {"amount": Decimal("80.04"), "taxAmount": Decimal("12.78"), "taxRatePercent": 19,
            "categoryId": "16d04a28-fd91-11e1-a21f-0800200c9a66"}  # fmt: skip
    bill = {"type": theirs["voucherType"], "voucherNumber": "ER-2026-0418", "voucherDate": "2026-03-01",
            "dueDate": "2026-05-29", "totalGrossAmount": Decimal("80.04"), "totalTaxAmount": Decimal("12.78"),
            "taxType": "gross", "useCollectiveContact": True, "voucherItems": [item]}  # fmt: skip
    books.api.create("vouchers", bill)
    payments(books)
    books.twin.advance(30 * 86400)
    return books.api.get("voucherlist", voucherType="invoice,purchaseinvoice", voucherStatus="any").json()


def a_callback(books: Lindner) -> Any:
    books.create("event-subscription")
    books.twin.mark_paid(books.invoice(), Decimal(300))
    books.twin.catch_up()
    [posting] = books.twin.collect_postings()
    return jsontext.decode(posting.body)


ANSWERS: dict[str, Callable[[Lindner], Any]] = {
    "article": an_article,
    "contact": a_contact,
    "countries": countries,
    "credit-note": a_credit_note,
    "delivery-note": lambda books: books.created("delivery-note", finalize="true"),
    "down-payment-invoice": a_down_payment_invoice,
    "dunning": a_dunning,
    "error-legacy": a_legacy_error,
    "error-regular": a_regular_error,
    "event-subscription": lambda books: books.created("event-subscription"),
    "file": lambda books: upload(books.api, type="voucher").json(),
    "finance-account": a_finance_account,
    "finance-transaction": a_finance_transaction,
    "invoice": an_invoice,
    "oauth-token": tokens,
    "order-confirmation": an_order_confirmation,
    "organization": lambda books: books.api.read("organization"),
    "payment": payments,
    "payment-conditions": lambda books: books.api.read("payment-conditions"),
    "posting-categories": posting_categories,
    "print-layouts": lambda books: books.api.read("print-layouts"),
    "profile": lambda books: books.api.read("profile"),
    "quotation": lambda books: books.created("quotation", finalize="true"),
    "recurring-template": a_template,
    "voucher": a_voucher,
    "voucherlist": the_voucher_list,
    "webhook-callback": a_callback,
}


def comparable(value: Any, name: str = "") -> Any:
    """A value without what belongs to its books alone; of that the kind remains."""
    if isinstance(value, dict):
        return {key: comparable(item, key) for key, item in value.items()}
    if isinstance(value, list):
        return [comparable(item, name) for item in value]
    if isinstance(value, str) and UUID.fullmatch(value):
        return "an id"
    return type(value).__name__ if name in OF_THESE_BOOKS else value


@pytest.fixture
def books() -> Lindner:
    return Lindner()


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_is_the_sample_s_field_by_field(books: Lindner, name: str) -> None:
    assert comparable(ANSWERS[name](books)) == comparable(fixture(f"{name}.response"))


@pytest.mark.parametrize("name", PATHS)
def test_a_sample_is_accepted_as_it_is(books: Lindner, name: str) -> None:
    query = {"precedingSalesVoucherId": books.invoice()} if name == "dunning" else {}
    if name == "article":
        books.api.delete(f"articles/{books.known['product']}")  # its number is taken
    if name == "finance-transaction":
        books.known["account"] = books.create("finance-account")
    body = books.body(name)
    if name == "transaction-assignment-hint":
        body["voucherId"] = books.invoice()

    assert books.api.post(PATHS[name], body, **query).status in (200, 201)


def test_no_sample_is_left_out() -> None:
    asked = {f"{name}.create.json" for name in PATHS} | {f"{name}.response.json" for name in ANSWERS}

    assert {path.name for path in FIXTURES.iterdir()} == asked
    assert len(asked) == 40
