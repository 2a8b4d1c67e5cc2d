"""The vendor's samples: every create is accepted, every answer has the sample's members and amounts."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from tests.twin.conftest import Api, fixture, shape

Sample = Callable[[str], Any]


def ours_and_theirs(ours: Any, name: str, *, without: tuple[str, ...] = ()) -> tuple[Any, Any]:
    theirs = fixture(f"{name}.response")
    for member in without:
        del theirs[member]
    return shape(ours), shape(theirs)


def test_an_article_has_the_members_of_the_sample(api: Api) -> None:
    id = api.create("articles", fixture("article.create"))

    ours, theirs = ours_and_theirs(api.read(f"articles/{id}"), "article")

    assert ours == theirs


def test_the_gross_price_of_the_sample_article_is_computed(api: Api) -> None:
    id = api.create("articles", fixture("article.create"))

    assert api.read(f"articles/{id}")["price"]["grossPrice"] == Decimal("4.64")


def test_a_contact_has_the_members_of_the_sample(api: Api, customer: str) -> None:
    ours, theirs = ours_and_theirs(api.read(f"contacts/{customer}"), "contact", without=("xRechnung",))

    assert ours == theirs


def test_an_invoice_that_follows_an_order_and_was_credited_has_the_members_of_the_sample(
    api: Api, sample: Sample
) -> None:
    order = api.create("order-confirmations", sample("order-confirmation"), finalize="true")
    id = api.create("invoices", sample("invoice"), finalize="true", precedingSalesVoucherId=order)
    api.create("credit-notes", sample("credit-note"), finalize="true", precedingSalesVoucherId=id)

    ours, theirs = ours_and_theirs(api.read(f"invoices/{id}"), "invoice")

    assert ours == theirs


def test_the_sample_invoice_adds_up_as_printed(api: Api, sample: Sample) -> None:
    id = api.create("invoices", sample("invoice"), finalize="true")

    ours, theirs = api.read(f"invoices/{id}"), fixture("invoice.response")

    for member in (
        "totalPrice",
        "taxAmounts",
        "dueDate",
        "voucherDate",
        "electronicDocumentProfile",
        "paymentConditions",
    ):
        assert ours[member] == theirs[member]
    assert [item.get("lineItemAmount") for item in ours["lineItems"]] == [
        item.get("lineItemAmount") for item in theirs["lineItems"]
    ]
    assert [item.get("unitPrice") for item in ours["lineItems"]] == [
        item.get("unitPrice") for item in theirs["lineItems"]
    ]


def test_the_sample_address_is_copied_from_the_contact(api: Api, sample: Sample, customer: str) -> None:
    id = api.create("invoices", sample("invoice"))

    theirs = fixture("invoice.response")["address"] | {"contactId": customer}

    assert api.read(f"invoices/{id}")["address"] == theirs


def test_a_credit_note_that_follows_an_invoice_has_the_members_of_the_sample(
    api: Api, sample: Sample
) -> None:
    invoice = api.create("invoices", sample("invoice"), finalize="true")
    id = api.create("credit-notes", sample("credit-note"), finalize="true", precedingSalesVoucherId=invoice)

    answer = api.read(f"credit-notes/{id}")

    ours, theirs = ours_and_theirs(answer, "credit-note")
    assert ours == theirs
    assert answer["totalPrice"] == fixture("credit-note.response")["totalPrice"]
    assert answer["voucherStatus"] == "paidoff"


def test_a_quotation_counts_neither_options_nor_alternatives(api: Api, sample: Sample) -> None:
    id = api.create("quotations", sample("quotation"), finalize="true")

    answer = api.read(f"quotations/{id}")

    ours, theirs = ours_and_theirs(answer, "quotation")
    assert ours == theirs
    assert answer["totalPrice"] == fixture("quotation.response")["totalPrice"]


def test_an_order_confirmation_has_the_members_of_the_sample(api: Api, sample: Sample) -> None:
    id = api.create("order-confirmations", sample("order-confirmation"), finalize="true")
    api.create("invoices", sample("invoice"), precedingSalesVoucherId=id)

    ours, theirs = ours_and_theirs(api.read(f"order-confirmations/{id}"), "order-confirmation")

    assert ours == theirs


def test_a_delivery_note_prefers_the_shipping_address(api: Api, sample: Sample) -> None:
    id = api.create("delivery-notes", sample("delivery-note"), finalize="true")

    answer = api.read(f"delivery-notes/{id}")

    ours, theirs = ours_and_theirs(answer, "delivery-note")
    assert ours == theirs
    assert answer["address"]["street"] == "Sägemühlenweg 13"


def test_a_dunning_stays_a_draft_without_a_number(api: Api, sample: Sample) -> None:
    invoice = api.create("invoices", sample("invoice"), finalize="true")
    id = api.create("dunnings", sample("dunning"), finalize="true", precedingSalesVoucherId=invoice)

    answer = api.read(f"dunnings/{id}")

    ours, theirs = ours_and_theirs(answer, "dunning")
    assert ours == theirs
    assert answer["voucherStatus"] == "draft"


@pytest.mark.parametrize("name", ["payment-conditions", "print-layouts", "countries"])
def test_a_settings_list_has_rows_of_the_sample_s_members(api: Api, name: str) -> None:
    rows = api.read(name)

    shapes = [shape(row) for row in rows]
    assert all(shape(theirs) in shapes for theirs in fixture(f"{name}.response"))


def test_the_profile_has_the_members_of_the_sample(api: Api) -> None:
    ours, theirs = ours_and_theirs(api.read("profile"), "profile")

    assert ours == theirs


def test_the_payments_of_the_credited_sample_invoice_add_up_as_printed(api: Api, sample: Sample) -> None:
    id = api.create("invoices", sample("invoice"), finalize="true")
    api.create("credit-notes", sample("credit-note"), finalize="true", precedingSalesVoucherId=id)
    api.twin.mark_paid(id, Decimal(300), "partPaymentFinancialTransaction")

    answer = api.read(f"payments/{id}")

    theirs = fixture("payment.response")
    assert shape(answer) == shape(theirs)
    assert answer["openAmount"] == theirs["openAmount"]
    assert [item["paymentItemType"] for item in answer["paymentItems"]] == [
        item["paymentItemType"] for item in theirs["paymentItems"]
    ]


def test_a_row_of_the_voucher_list_has_the_members_of_the_sample(api: Api, sample: Sample) -> None:
    api.create("invoices", sample("invoice"), finalize="true")

    answer = api.get("voucherlist", voucherType="invoice", voucherStatus="any").json()

    theirs = fixture("voucherlist.response")
    assert shape(answer["content"][0]) == shape(theirs["content"][0])
    assert shape({**answer, "content": []}) == shape({**theirs, "content": []})
    assert answer["sort"] == theirs["sort"]
