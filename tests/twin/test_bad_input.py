"""Every field of every create request, bent one at a time: missing, null, of a wrong type, too long.

The table is written from the vendor's documentation: `!` marks what is required, a number the length of
a text or the decimals of a number. What is not required may be missing or null.
"""

from collections.abc import Callable, Iterator
from copy import deepcopy
from decimal import Decimal
from typing import Any

import pytest

from sandbox.lexoffice.state import Organization
from tests.twin.conftest import Api, article, contact, credit_note, invoice, line
from tests.twin.test_vouchers import voucher

ABSENT = object()
LINE = {
    "lineItems[0].type": "enum!",
    "lineItems[0].name": "text! 255",
    "lineItems[0].description": "text 2000",
    "lineItems[0].quantity": "number! 4",
    "lineItems[0].unitName": "text!",
    "lineItems[0].unitPrice.currency": "enum!",
    "lineItems[0].unitPrice.netAmount": "number! 4",
    "lineItems[0].unitPrice.taxRatePercentage": "number! 2",
}
SALE = {
    "voucherDate": "moment!",
    "language": "enum",
    "address": "object!",
    "address.name": "text! 255",
    "address.supplement": "text 255",
    "address.street": "text 255",
    "address.city": "text 255",
    "address.zip": "text 255",
    "address.countryCode": "text!",
    "address.contactId": "uuid",
    "lineItems": "list!",
    **LINE,
    "taxConditions": "object!",
    "taxConditions.taxType": "enum!",
    "taxConditions.taxSubType": "enum",
    "taxConditions.taxTypeNote": "text",
    "printLayoutId": "uuid",
    "title": "text 25",
    "introduction": "text 2000",
    "remark": "text 2000",
}
TOTALS = {
    "totalPrice": "object!",
    "totalPrice.currency": "enum!",
    "totalPrice.totalDiscountAbsolute": "number 2",
    "totalPrice.totalDiscountPercentage": "number 2",
}
DISCOUNT = {"lineItems[0].discountPercentage": "number 2"}
SHIPPING = {
    "shippingConditions": "object!",
    "shippingConditions.shippingType": "enum!",
    "shippingConditions.shippingDate": "moment!",
}
TERMS = {
    "paymentConditions": "object",
    "paymentConditions.paymentTermLabel": "text!",
    "paymentConditions.paymentTermDuration": "integer!",
    "paymentConditions.paymentDiscountConditions": "object",
    "paymentConditions.paymentDiscountConditions.discountPercentage": "number! 2",
    "paymentConditions.paymentDiscountConditions.discountRange": "integer!",
}
CREATES: dict[str, dict[str, str]] = {
    "articles": {
        "title": "text! 255",
        "description": "text 2000",
        "type": "enum! 400",
        "articleNumber": "text 255",
        "note": "text 1000",
        "unitName": "text! 255",
        "price": "object!",
        "price.netPrice": "number! 4",
        "price.leadingPrice": "enum! 400",
        "price.taxRate": "number! 2",
    },
    "contacts": {
        "version": "integer!",
        "roles": "object!",
        "company.name": "text! 255",
        "company.taxNumber": "text 255",
        "company.vatRegistrationId": "text 255",
        "company.allowTaxFreeInvoices": "flag",
        "company.contactPersons": "list",
        "company.contactPersons[0].salutation": "text 25",
        "company.contactPersons[0].firstName": "text 255",
        "company.contactPersons[0].lastName": "text! 255",
        "company.contactPersons[0].primary": "flag",
        "company.contactPersons[0].emailAddress": "text 255",
        "company.contactPersons[0].phoneNumber": "text 255",
        "addresses": "object",
        "addresses.billing": "list",
        "addresses.billing[0].supplement": "text 255",
        "addresses.billing[0].street": "text 255",
        "addresses.billing[0].zip": "text 255",
        "addresses.billing[0].city": "text 255",
        "addresses.billing[0].countryCode": "text!",
        "xRechnung": "object",
        "xRechnung.buyerReference": "text 255",
        "emailAddresses": "object",
        "emailAddresses.business": "list",
        "phoneNumbers": "object",
        "phoneNumbers.fax": "list",
        "note": "text 1000",
    },
    "invoices": {**SALE, **TOTALS, **DISCOUNT, **SHIPPING, **TERMS, "xRechnung": "object"},
    "credit-notes": {**SALE, **TOTALS},
    "quotations": {**SALE, **TOTALS, **DISCOUNT, **TERMS, "expirationDate": "moment!"},
    "order-confirmations": {**SALE, **TOTALS, **DISCOUNT, **SHIPPING, **TERMS, "deliveryTerms": "text 255"},
    "delivery-notes": {**SALE, **SHIPPING, "deliveryTerms": "text 255"},
    "dunnings": {**SALE, **TOTALS, **DISCOUNT, **SHIPPING},
    "vouchers": {
        "type": "enum!",
        "voucherNumber": "text! 255",
        "voucherDate": "day!",
        "dueDate": "day",
        "totalGrossAmount": "number! 2",
        "totalTaxAmount": "number! 2",
        "taxType": "enum!",
        "contactName": "text 255",
        "remark": "text",
        "voucherItems": "list!",
        "voucherItems[0].amount": "number! 2",
        "voucherItems[0].taxAmount": "number! 2",
        "voucherItems[0].taxRatePercent": "number! 2",
        "voucherItems[0].categoryId": "uuid!",
        "version": "integer",
    },
    "event-subscriptions": {"eventType": "enum!", "callbackUrl": "text!"},
    "finance/accounts": {
        "type": "enum!",
        "accountSystem": "text!",
        "name": "text! 255",
        "bankName": "text! 255",
        "accountHolder": "text 255",
        "balance": "number! 2",
        "externalReference": "text 255",
        "iban": "text! 34",
        "bic": "text! 11",
    },
    "cash-boxes": {
        "cashBoxName": "text! 255",
        "openingDate": "day!",
        "openingAmount": "number! 2",
        "currency": "enum!",
        "identifier": "text!",
        "externalReference": "text 255",
    },
}
WRONG_TYPES: dict[str, list[Any]] = {
    "text": [7, True, [], {}],
    "enum": [7, [], "nonsense", ""],
    "number": [True, [], {}, "viel"],
    "integer": ["1", Decimal("1.5"), True, [], -1],
    "flag": ["true", 1, []],
    "uuid": [7, "x", []],
    "day": [7, "gestern", "2026-13-01", "2026-03-02Tgestern", []],
    "moment": [7, "gestern", "2026-03-02T00:00:00", []],
    "object": [7, "x", []],
    "list": [7, "x", {}],
}
TERM = {
    "paymentTermLabel": "30 Tage",
    "paymentTermDuration": 30,
    "paymentDiscountConditions": {"discountPercentage": 2, "discountRange": 10},
}
DELIVERY = {"shippingType": "delivery", "shippingDate": "2026-03-02T00:00:00.000+01:00"}


def good(path: str) -> dict[str, Any]:
    """A body that is accepted and has a member for every field of the table that is an object or in one."""
    if path == "articles":
        return article()
    if path == "contacts":
        company = {"name": "A", "contactPersons": [{"lastName": "B", "primary": True}]}
        return contact(company=company, addresses={"billing": [{"countryCode": "DE"}]}, xRechnung={},
                       emailAddresses={}, phoneNumbers={})  # fmt: skip
    if path == "vouchers":
        return voucher()
    if path == "event-subscriptions":
        return {"eventType": "contact.created", "callbackUrl": "https://a.example"}
    if path == "finance/accounts":
        return {
            "type": "GIRO",
            "accountSystem": "S",
            "name": "N",
            "bankName": "B",
            "balance": 1,
            "iban": "I",
            "bic": "B",
        }
    if path == "cash-boxes":
        return {
            "cashBoxName": "K",
            "openingDate": "2026-01-01",
            "openingAmount": 1,
            "currency": "EUR",
            "identifier": "1",
        }
    body = credit_note() if path == "credit-notes" else invoice()
    if "shippingConditions" in CREATES[path]:
        body["shippingConditions"] = dict(DELIVERY)
    if "paymentConditions" in CREATES[path]:
        body["paymentConditions"] = deepcopy(TERM)
    if path == "quotations":
        body["expirationDate"] = "2026-04-01T00:00:00.000+02:00"
    body["lineItems"] = [line()]
    return body


def steps(field: str) -> list[str | int]:
    names = field.replace("[0]", ".0").split(".")
    return [int(name) if name.isdigit() else name for name in names]


def bent(path: str, field: str, value: Any) -> dict[str, Any]:
    """The good body with one field replaced, or taken out."""
    body = good(path)
    *way, last = steps(field)
    place: Any = body
    for step in way:
        place = place[step]
    if value is ABSENT:
        place.pop(last, None)
    else:
        place[last] = value
    return body


def bad_values(kind: str, rule: str) -> Iterator[Any]:
    yield from WRONG_TYPES[kind]
    size = rule.split()[-1]
    if kind == "text" and size.isdigit():
        yield "x" * (int(size) + 1)
    if kind == "number":
        yield Decimal(1).scaleb(-int(size) - 1)
        yield Decimal("1e30")
        yield Decimal("1e-30")


@pytest.fixture
def send(api: Api, company: Organization) -> Callable[[str, Any], Any]:
    owed = api.create("invoices", invoice(), finalize="true")

    def post(path: str, body: Any) -> Any:
        query = {"precedingSalesVoucherId": owed} if path == "dunnings" else {}
        company.cash_boxes.clear()  # their names are unique
        return api.post(path, body, **query)

    return post


def named(reply: Any) -> list[str | None]:
    """The fields an error names; for the enums of articles, which name none, a list without entries."""
    body = reply.json()
    issues = body.get("IssueList", body.get("details", []))
    return [issue.get("source", issue.get("field")) for issue in issues]


CASES = [(path, field, rule) for path, fields in CREATES.items() for field, rule in fields.items()]


@pytest.mark.parametrize("path", CREATES)
def test_the_good_body_is_good(send: Callable[[str, Any], Any], path: str) -> None:
    assert send(path, good(path)).status in (200, 201)


@pytest.mark.parametrize(
    ("path", "field", "rule"), CASES, ids=[f"{path}:{field}" for path, field, _ in CASES]
)
def test_a_bent_field_is_refused_by_name_and_a_missing_one_where_required(
    send: Callable[[str, Any], Any], path: str, field: str, rule: str
) -> None:
    kind = rule.split()[0].rstrip("!")
    required = "!" in rule
    enum_status = 400 if rule.endswith(" 400") else 406

    for value in (ABSENT, None):
        reply = send(path, bent(path, field, value))
        assert (reply.status == 406) == required, (value, reply.body)
        if required:
            assert field in named(reply), reply.body
    for value in bad_values(kind, rule):
        reply = send(path, bent(path, field, value))
        assert reply.status == enum_status, (value, reply.body)
        if enum_status == 406:
            assert any((name or "").startswith(field.removesuffix("[0]")) for name in named(reply)), (
                value,
                reply.body,
            )


@pytest.mark.parametrize("path", CREATES)
def test_fields_nobody_knows_are_ignored(send: Callable[[str, Any], Any], path: str) -> None:
    assert send(path, {**good(path), "unknownField": {"deep": [1, 2, {"x": None}]}}).status in (200, 201)
