"""Every public create request in every variant, field by field, written from the vendor's documentation.

A rule is a kind and what bounds it: `!` required, then the most of something (signs of a text, decimals of a
number, entries of a list), then a range of values, then the status of a refusal where it is not 406.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from tests.twin.conftest import article, contact, credit_note, invoice, line
from tests.twin.switches import GERMAN_ADDRESS, Stage
from tests.twin.test_vouchers import sale, voucher

Rules = Mapping[str, str]
LINE = {
    "lineItems[0].id": "uuid",
    "lineItems[0].type": "enum!",
    "lineItems[0].name": "text! 255",
    "lineItems[0].description": "text 2000",
    "lineItems[0].quantity": "number! 4 0..",
    "lineItems[0].unitName": "text!",
    "lineItems[0].unitPrice": "object!",
    "lineItems[0].unitPrice.currency": "enum!",
    "lineItems[0].unitPrice.netAmount": "number! 4",
    "lineItems[0].unitPrice.grossAmount": "number 4",
    "lineItems[0].unitPrice.taxRatePercentage": "rate! 2",
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
    "address.countryCode": "country!",
    "address.contactId": "reference",
    "lineItems": "list! 300",
    **LINE,
    "taxConditions": "object!",
    "taxConditions.taxType": "enum!",
    "taxConditions.taxSubType": "enum",
    "taxConditions.taxTypeNote": "text",
    "printLayoutId": "reference",
    "title": "text 25",
    "introduction": "text 2000",
    "remark": "text 2000",
}
TOTALS = {
    "totalPrice": "object!",
    "totalPrice.currency": "enum!",
    "totalPrice.totalDiscountAbsolute": "number 2 0..",
    "totalPrice.totalDiscountPercentage": "number 2 0..100",
}
DISCOUNT = {"lineItems[0].discountPercentage": "number 2 0..100"}
SHIPPING = {
    "shippingConditions": "object!",
    "shippingConditions.shippingType": "enum!",
    "shippingConditions.shippingDate": "moment!",
    "shippingConditions.shippingEndDate": "moment",
}
TERMS = {
    "paymentConditions": "object",
    "paymentConditions.paymentTermLabel": "text!",
    "paymentConditions.paymentTermDuration": "integer! 0..9999",
    "paymentConditions.paymentDiscountConditions": "object",
    "paymentConditions.paymentDiscountConditions.discountPercentage": "number! 2 0..100",
    "paymentConditions.paymentDiscountConditions.discountRange": "integer! 0..9999",
}
ADDRESS = {
    "supplement": "text 255",
    "street": "text 255",
    "zip": "text 255",
    "city": "text 255",
    "countryCode": "country!",
}
PERSON = {"salutation": "text 25", "firstName": "text 255", "lastName": "text! 255"}
MAILS = ("business", "office", "private", "other")
PHONES = ("business", "office", "mobile", "private", "fax", "other")


def below(at: str, rules: Rules) -> dict[str, str]:
    return {f"{at}.{field}": rule for field, rule in rules.items()}


def one_of_each(at: str, kinds: tuple[str, ...], item: str) -> dict[str, str]:
    lists = {f"{at}.{kind}": "list 1" for kind in kinds}
    return {at: "object", **lists, **{f"{at}.{kind}[0]": item for kind in kinds}}


class Create(NamedTuple):
    """`at`: the path of the call; `body`: one that is accepted there."""

    at: str
    body: Callable[[Stage], Any]
    fields: Rules
    query: Callable[[Stage], dict[str, str]] = lambda stage: {}


def owed(stage: Stage) -> dict[str, str]:
    return {"precedingSalesVoucherId": stage.api.create("invoices", invoice(), finalize="true")}


MOMENT = "2026-03-02T00:00:00.000+01:00"
DELIVERY = {"shippingType": "delivery", "shippingDate": MOMENT}
PERIOD = {"shippingType": "serviceperiod", "shippingDate": MOMENT, "shippingEndDate": MOMENT}
TERM = {
    "paymentTermLabel": "30 Tage",
    "paymentTermDuration": 30,
    "paymentDiscountConditions": {"discountPercentage": 2, "discountRange": 10},
}


def sold(**changes: Any) -> Callable[[Stage], Any]:
    return lambda stage: invoice(shippingConditions=dict(DELIVERY), **changes)


def quoted(**changes: Any) -> Callable[[Stage], Any]:
    expires = "2026-04-01T00:00:00.000+02:00"
    return lambda stage: credit_note(paymentConditions=TERM, expirationDate=expires, **changes)


def of_article(stage: Stage) -> Any:
    service = stage.api.create("articles", article())
    return invoice(lineItems=[line(type="service", id=service)])


def at_gross(stage: Stage) -> Any:
    price = {"currency": "EUR", "grossAmount": 119, "taxRatePercentage": 19}
    return invoice(lineItems=[line(unitPrice=price)], taxConditions={"taxType": "gross"})


def to_an_authority(stage: Stage) -> Any:
    leitweg = {"buyerReference": "991-12345-67", "vendorNumberAtCustomer": "70123456"}
    body = contact(addresses={"billing": [GERMAN_ADDRESS]}, xRechnung=leitweg)
    own = {"contactId": stage.api.create("contacts", body)}
    return invoice(address=own, xRechnung={"buyerReference": "992-12345-67"})


def company(stage: Stage) -> Any:
    person = {"lastName": "Brandt", "primary": True}
    return contact(
        roles={"customer": {}, "vendor": {}},
        company={"name": "Holzwerk Brandt GmbH", "contactPersons": [person]},
        addresses={"billing": [dict(GERMAN_ADDRESS)], "shipping": [dict(GERMAN_ADDRESS)]},
        xRechnung={},
        emailAddresses={kind: ["post@brandt.example"] for kind in MAILS},
        phoneNumbers={kind: ["0781 55501"] for kind in PHONES},
    )


ARTICLE = {
    "title": "text! 255",
    "description": "text 2000",
    "type": "enum! 400",
    "articleNumber": "text 255",
    "gtin": "gtin",
    "note": "text 1000",
    "unitName": "text! 255",
    "price": "object!",
    "price.netPrice": "number! 4",
    "price.leadingPrice": "enum! 400",
    "price.taxRate": "rate! 2",
    "version": "integer",
}
COMPANY = {
    "version": "integer! 0..",
    "roles": "object!",
    "roles.customer": "object",
    "roles.vendor": "object",
    "company": "object!",
    "company.name": "text! 255",
    "company.taxNumber": "text 255",
    "company.vatRegistrationId": "vat-id 255",
    "company.allowTaxFreeInvoices": "flag",
    "company.contactPersons": "list 1",
    **below("company.contactPersons[0]", PERSON),
    "company.contactPersons[0].primary": "flag",
    "company.contactPersons[0].emailAddress": "text 255",
    "company.contactPersons[0].phoneNumber": "text 255",
    "addresses": "object",
    "addresses.billing": "list 1",
    **below("addresses.billing[0]", ADDRESS),
    "addresses.shipping": "list 1",
    **below("addresses.shipping[0]", ADDRESS),
    "xRechnung": "object",
    "xRechnung.buyerReference": "text 255",
    "xRechnung.vendorNumberAtCustomer": "text 255",
    **one_of_each("emailAddresses", MAILS, "mail 255"),
    **one_of_each("phoneNumbers", PHONES, "text 255"),
    "note": "text 1000",
}
VOUCHER = {
    "type": "enum!",
    "voucherStatus": "enum",
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
    "voucherItems[0].taxRatePercent": "rate! 2",
    "voucherItems[0].categoryId": "reference!",
    "files": "list",
    "files[0]": "uuid",
    "version": "integer 0..",
}
# The variants stand after what they vary, with the fields that only they have or need.
CREATES = {
    "article": Create("articles", lambda stage: article(), ARTICLE),
    "article, gross price leading": Create(
        "articles",
        lambda stage: article(price={"grossPrice": 119, "leadingPrice": "GROSS", "taxRate": 19}),
        {"price.grossPrice": "number! 4"},
    ),
    "contact, company": Create("contacts", company, COMPANY),
    "contact, person": Create(
        "contacts",
        lambda stage: contact(company=None, person={"lastName": "Muster"}),
        {"person": "object!", **below("person", PERSON)},
    ),
    "invoice": Create(
        "invoices", sold(paymentConditions=TERM), {**SALE, **TOTALS, **DISCOUNT, **SHIPPING, **TERMS}
    ),
    "invoice, gross": Create("invoices", at_gross, {"lineItems[0].unitPrice.grossAmount": "number! 4"}),
    "invoice, article": Create("invoices", of_article, {"lineItems[0].id": "reference!"}),
    "invoice, text": Create(
        "invoices",
        lambda stage: invoice(lineItems=[{"type": "text", "name": "Hinweis"}]),
        {"lineItems[0].name": "text! 255", "lineItems[0].description": "text 2000"},
    ),
    "invoice, period": Create(
        "invoices",
        lambda stage: invoice(shippingConditions=dict(PERIOD)),
        {"shippingConditions.shippingDate": "moment!", "shippingConditions.shippingEndDate": "moment!"},
    ),
    "invoice, contact": Create(
        "invoices",
        lambda stage: invoice(address={"contactId": stage.customer()}),
        {"address.contactId": "reference! nameless"},
    ),
    "invoice, authority": Create(
        "invoices", to_an_authority, {"xRechnung": "object", "xRechnung.buyerReference": "empty-text!"}
    ),
    "credit note": Create("credit-notes", lambda stage: credit_note(), {**SALE, **TOTALS}),
    "quotation": Create(
        "quotations", quoted(), {**SALE, **TOTALS, **DISCOUNT, **TERMS, "expirationDate": "moment!"}
    ),
    "quotation, choice": Create(
        "quotations",
        quoted(lineItems=[line(optional=True, subItems=[line(alternative=True)])]),
        {
            "lineItems[0].optional": "flag",
            "lineItems[0].alternative": "flag",
            "lineItems[0].subItems": "list",
            **{f.replace("[0]", "[0].subItems[0]"): rule for f, rule in (LINE | DISCOUNT).items()},
            "lineItems[0].subItems[0].alternative": "flag!",
            "lineItems[0].subItems[0].optional": "flag",
        },
    ),
    "order confirmation": Create(
        "order-confirmations",
        sold(paymentConditions=TERM),
        {**SALE, **TOTALS, **DISCOUNT, **SHIPPING, **TERMS, "deliveryTerms": "text 255"},
    ),
    "delivery note": Create(
        "delivery-notes",
        sold(),
        {**SALE, "lineItems[0].unitPrice": "object", **SHIPPING, "deliveryTerms": "text 255"},
    ),
    "dunning": Create("dunnings", sold(), {**SALE, **TOTALS, **DISCOUNT, **SHIPPING}, owed),
    "voucher": Create("vouchers", lambda stage: voucher(files=[]), VOUCHER),
    "voucher, contact": Create(
        "vouchers",
        lambda stage: voucher(useCollectiveContact=False, contactId=stage.customer()),
        {"useCollectiveContact": "flag", "contactId": "reference!"},
    ),
    "voucher, sale": Create("vouchers", lambda stage: sale(), {"shippingDate": "day"}),
    "event subscription": Create(
        "event-subscriptions",
        lambda stage: {"eventType": "contact.created", "callbackUrl": "https://a.example"},
        {"eventType": "enum!", "callbackUrl": "url! 2048"},
    ),
}
