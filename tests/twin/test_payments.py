"""Payments as seen through the API, which cannot book any."""

from decimal import Decimal

import pytest

from sandbox.lexoffice.sales.settling import NotPossible
from sandbox.lexoffice.twin import Twin
from tests.twin.conftest import Api, invoice


@pytest.fixture
def owed(api: Api) -> str:
    return api.create("invoices", invoice(), finalize="true")


def test_an_unpaid_invoice_is_open_in_full(api: Api, owed: str) -> None:
    assert api.read(f"payments/{owed}") == {
        "openAmount": Decimal("226.10"),
        "currency": "EUR",
        "paymentStatus": "openRevenue",
        "voucherType": "invoice",
        "voucherStatus": "open",
        "paymentItems": [],
    }


def test_a_part_payment_leaves_the_rest_open(api: Api, twin: Twin, owed: str) -> None:
    twin.mark_paid(owed, Decimal("26.10"))

    payments = api.read(f"payments/{owed}")
    assert (payments["openAmount"], payments["voucherStatus"]) == (200, "open")
    assert payments["paymentItems"][0]["paymentItemType"] == "manualPayment"


def test_the_last_payment_makes_it_paid(api: Api, twin: Twin, owed: str) -> None:
    twin.mark_paid(owed, Decimal("26.10"))
    twin.mark_paid(owed)

    payments = api.read(f"payments/{owed}")
    assert (payments["openAmount"], payments["paymentStatus"], payments["voucherStatus"]) == (
        0,
        "balanced",
        "paid",
    )
    assert payments["paidDate"] == "2026-03-02T09:14:05.317+01:00"
    assert api.read(f"invoices/{owed}")["voucherStatus"] == "paid"


def test_a_voided_invoice_is_balanced_at_zero(api: Api, twin: Twin, owed: str) -> None:
    twin.void(owed)

    payments = api.read(f"payments/{owed}")
    assert (payments["openAmount"], payments["paymentStatus"], payments["voucherStatus"]) == (
        0,
        "balanced",
        "voided",
    )


def test_drafts_and_offers_have_none(api: Api) -> None:
    draft = api.create("invoices", invoice())
    offer = api.create("quotations", invoice(expirationDate="2026-04-01T00:00:00.000+02:00"), finalize="true")

    assert [api.get(f"payments/{id}").status for id in (draft, offer)] == [406, 406]


def test_an_unknown_voucher_is_404(api: Api) -> None:
    assert api.get("payments/6d0b7a4e-0a5b-4b3f-9d3b-0c4f3d6a1b2c").status == 404


def test_a_draft_cannot_be_paid(api: Api, twin: Twin) -> None:
    with pytest.raises(NotPossible):
        twin.mark_paid(api.create("invoices", invoice()))


def test_an_open_invoice_may_become_a_draft_again(api: Api, twin: Twin, owed: str) -> None:
    twin.back_to_draft(owed)

    answer = api.read(f"invoices/{owed}")
    assert answer["voucherStatus"] == "draft"
    assert not {"dueDate", "files"} & set(answer)
    assert api.get(f"payments/{owed}").status == 406


def test_each_act_of_the_user_fires_its_events(api: Api, twin: Twin) -> None:
    id = api.create("invoices", invoice())
    twin.finalize(id)
    twin.mark_paid(id)

    assert [event.type for event in twin.events if event.resource_id == id] == [
        "invoice.created",
        "invoice.status.changed",
        "payment.changed",
        "invoice.status.changed",
    ]
