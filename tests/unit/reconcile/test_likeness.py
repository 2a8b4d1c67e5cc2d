"""What the vendor gives back of what was sent, and what is another's."""

from decimal import Decimal
from typing import Any

import pytest

from connectors.lexoffice.tracing import sales, vouchers
from connectors.lexoffice.tracing.likeness import contained

SENT: dict[str, Any] = {
    "voucherDate": "2026-11-20T00:00:00.000+01:00",
    "address": {"contactId": "c-1"},
    "lineItems": [
        {
            "type": "custom",
            "name": "Beratung",
            "quantity": Decimal(1),
            "unitName": "Stunde",
            "unitPrice": {"currency": "EUR", "netAmount": Decimal("95.00"), "taxRatePercentage": Decimal(19)},
        }
    ],
    "totalPrice": {"currency": "EUR"},
    "taxConditions": {"taxType": "net"},
    "shippingConditions": {"shippingType": "none"},
    "title": None,
    "remark": "Danke  für den Auftrag",
}
HELD: dict[str, Any] = {
    "id": "i-1",
    "voucherStatus": "draft",
    "voucherNumber": "RE0001",
    "voucherDate": "2026-11-19T23:00:00.000Z",
    "address": {"contactId": "c-1", "name": "Holzwerk Brandt GmbH", "countryCode": "DE"},
    "lineItems": [
        {
            "type": "custom",
            "name": "Beratung",
            "quantity": Decimal("1.0"),
            "unitName": "Stunde",
            "unitPrice": {
                "currency": "EUR",
                "netAmount": Decimal(95),
                "grossAmount": Decimal("113.05"),
                "taxRatePercentage": Decimal("19.0"),
            },
            "discountPercentage": Decimal(0),
            "lineItemAmount": Decimal(95),
        }
    ],
    "totalPrice": {"currency": "EUR", "totalGrossAmount": Decimal("113.05")},
    "taxConditions": {"taxType": "net"},
    "shippingConditions": {"shippingType": "none"},
    "remark": "Danke für den Auftrag",
}
(LINE,) = HELD["lineItems"]


def line(**changes: Any) -> dict[str, Any]:
    return {**HELD, "lineItems": [{**LINE, **changes}]}


def test_what_comes_back_in_other_words_is_equal() -> None:
    assert sales.alike(SENT, {}, HELD)
    assert sales.equal(SENT, {}, HELD)


@pytest.mark.parametrize(
    "other",
    [
        {**HELD, "voucherDate": "2026-11-20T23:00:00.000Z"},
        {**HELD, "address": {"contactId": "c-2"}},
        {**HELD, "address": {"name": "Holzwerk Brandt GmbH"}},
        {**HELD, "taxConditions": {"taxType": "gross"}},
        {**HELD, "lineItems": [LINE, LINE]},
        line(quantity=Decimal(2)),
        line(discountPercentage=Decimal(10)),
        line(unitPrice={**LINE["unitPrice"], "netAmount": Decimal(96)}),
        line(unitPrice={**LINE["unitPrice"], "taxRatePercentage": Decimal(7)}),
    ],
    ids=["day", "contact", "no contact", "tax", "lines", "quantity", "discount", "price", "rate"],
)
def test_another_party_day_or_sum_is_another_document(other: dict[str, Any]) -> None:
    assert not sales.alike(
        SENT | {"lineItems": [SENT["lineItems"][0] | {"discountPercentage": 0}]}, {}, other
    )


@pytest.mark.parametrize(
    "other",
    [{**HELD, "remark": "Vielen Dank"}, line(name="Beratung vor Ort"), {**HELD, "voucherStatus": "open"}],
    ids=["remark", "name", "final"],
)
def test_other_words_over_the_same_sums_are_alike_and_not_equal(other: dict[str, Any]) -> None:
    assert sales.alike(SENT, {}, other)
    assert not sales.equal(SENT, {}, other)


def test_a_document_that_follows_another_names_it() -> None:
    params = {"precedingSalesVoucherId": "q-1"}

    assert not sales.alike(SENT, params, HELD)
    assert sales.alike(SENT, params, {**HELD, "relatedVouchers": [{"id": "q-1"}]})


def test_a_voucher_is_told_by_kind_day_party_and_sum() -> None:
    sent = {
        "type": "purchaseinvoice",
        "voucherDate": "2026-11-20",
        "totalGrossAmount": Decimal("119.00"),
        "useCollectiveContact": True,
        "voucherItems": [{"amount": Decimal(119), "taxAmount": Decimal(19), "taxRatePercent": 19}],
    }
    held = {
        **sent,
        "voucherDate": "2026-11-20T00:00:00.000+01:00",
        "totalGrossAmount": Decimal(119),
        "contactName": "Sammellieferant",
    }

    assert vouchers.alike(sent, held)
    assert vouchers.equal(sent, held)
    assert not vouchers.alike(sent, {**held, "totalGrossAmount": Decimal("119.01")})


@pytest.mark.parametrize(
    ("sent", "held", "is_held"),
    [
        ({"a": None, "b": [], "c": ""}, {}, True),
        ({"a": 0}, {"a": None}, True),
        ({"a": 1}, {}, False),
        ({"a": False}, {"a": True}, False),
        ({"a": "x"}, {"a": "X"}, False),
        ({"a": [1, 2]}, {"a": [2, 1]}, False),
    ],
    ids=str,
)
def test_what_was_sent_empty_may_be_missing(sent: Any, held: Any, is_held: bool) -> None:
    assert contained(sent, held) is is_held
