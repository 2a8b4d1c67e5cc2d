"""What was read may be sent back: read-only members are ignored, whatever they hold."""

from decimal import Decimal
from typing import Any

import pytest

from tests.twin.creates import CREATES
from tests.twin.switches import Stage

SALES = (
    "invoice",
    "credit note",
    "quotation",
    "quotation, choice",
    "order confirmation",
    "delivery note",
    "dunning",
)
OF_ITSELF = ("id", "createdDate", "updatedDate", "version", "voucherNumber", "files", "relatedVouchers")


def created(stage: Stage, name: str) -> tuple[str, Any]:
    create = CREATES[name]
    id = stage.api.create(create.at, create.body(stage), **create.query(stage))
    return id, stage.api.read(f"{create.at}/{id}")


@pytest.mark.parametrize("name", SALES)
def test_a_document_read_and_created_again_is_the_same(name: str) -> None:
    stage = Stage()
    create = CREATES[name]
    _, first = created(stage, name)

    again = stage.api.create(create.at, first, **create.query(stage))

    second = stage.api.read(f"{create.at}/{again}")
    assert [{k: v for k, v in answer.items() if k not in OF_ITSELF} for answer in (second,)] == [
        {k: v for k, v in first.items() if k not in OF_ITSELF}
    ]


@pytest.mark.parametrize(
    "name", ["article", "article, gross price leading", "contact, company", "contact, person"]
)
def test_an_article_or_a_contact_read_and_put_back_is_unchanged(name: str) -> None:
    stage = Stage()
    id, before = created(stage, name)
    path = f"{CREATES[name].at}/{id}"

    assert stage.api.put(path, before).status == 200

    after = stage.api.read(path)
    assert after == before | {"version": before["version"] + 1}


def test_a_voucher_is_put_back_without_its_status() -> None:
    stage = Stage()
    id, before = created(stage, "voucher, contact")
    echoed = stage.api.put(f"vouchers/{id}", before)
    del before["voucherStatus"]

    assert echoed.status == 406
    assert stage.api.put(f"vouchers/{id}", before).status == 200
    assert stage.api.read(f"vouchers/{id}") == before | {"voucherStatus": "open", "version": 2}


@pytest.mark.parametrize("member", ["grossPrice", "netPrice"])
def test_the_price_that_does_not_lead_is_computed_whatever_was_sent(member: str) -> None:
    stage = Stage()
    price = {"netPrice": 100, "grossPrice": 119, "leadingPrice": "NET", "taxRate": 19}
    price["leadingPrice"] = "NET" if member == "grossPrice" else "GROSS"
    body = CREATES["article"].body(stage) | {"price": price | {member: Decimal("1.123456789")}}

    id = stage.api.create("articles", body)

    read = stage.api.read(f"articles/{id}")["price"]
    assert (read["netPrice"], read["grossPrice"]) == (100, 119)


def test_totals_taxes_and_numbers_sent_along_are_ignored() -> None:
    stage = Stage()
    body = CREATES["invoice"].body(stage) | {
        "voucherNumber": 7,
        "voucherStatus": [],
        "taxAmounts": "none",
        "version": "x",
        "createdDate": "yesterday",
        "dueDate": 1,
        "relatedVouchers": {},
        "totalPrice": {"currency": "EUR", "totalNetAmount": "viel", "totalGrossAmount": -1},
    }

    assert stage.api.post("invoices", body).status == 201
