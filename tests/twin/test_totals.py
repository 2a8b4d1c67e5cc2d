"""What lines add up to, by hand."""

from decimal import Decimal
from typing import Any

import pytest

from tests.twin.conftest import Api, invoice, line

TWO_EUROS_OFF = {"currency": "EUR", "totalDiscountAbsolute": Decimal("2.00")}


def totals(api: Api, **changes: Any) -> tuple[Any, ...]:
    answer = api.read(f"invoices/{api.create('invoices', invoice(**changes))}")
    price = answer["totalPrice"]
    return tuple(str(price[name]) for name in ("totalNetAmount", "totalTaxAmount", "totalGrossAmount"))


def test_net_lines_get_their_tax_per_rate(api: Api) -> None:
    # 2 x 0.13 at 19 %: 0.26 * 0.19 = 0.0494 -> 0.05; per line it would be 2 x 0.0247 -> 2 x 0.02 = 0.04
    assert totals(api, lineItems=[line(1, Decimal("0.13"))] * 2) == ("0.26", "0.05", "0.31")


def test_tax_per_line_is_a_quirk_away(api: Api) -> None:
    api.twin.quirks.tax_rounding = "per_line"

    assert totals(api, lineItems=[line(1, Decimal("0.13"))] * 2) == ("0.26", "0.04", "0.30")


@pytest.mark.parametrize(("ties", "tax"), [("half_up", "0.02"), ("half_even", "0.02")])
def test_ties_fall_the_same_way_where_even_and_up_agree(api: Api, ties: Any, tax: str) -> None:
    api.twin.quirks.ties = ties

    # 0.25 at 7 % = 0.0175: no tie
    assert totals(api, lineItems=[line(1, Decimal("0.25"), 7)])[1] == tax


@pytest.mark.parametrize(("ties", "tax"), [("half_up", "0.11"), ("half_even", "0.10")])
def test_a_half_cent_goes_up_unless_told_otherwise(api: Api, ties: Any, tax: str) -> None:
    api.twin.quirks.ties = ties

    # 1.50 at 7 % = 0.105
    assert totals(api, lineItems=[line(1, Decimal("1.50"), 7)])[1] == tax


def test_gross_lines_give_up_their_tax(api: Api) -> None:
    gross = line()
    gross["unitPrice"] = {"currency": "EUR", "grossAmount": Decimal("9.99"), "taxRatePercentage": 7}

    # 2 x 9.99 = 19.98 / 1.07 = 18.6728 -> 18.67
    assert totals(api, lineItems=[gross], taxConditions={"taxType": "gross"}) == ("18.67", "1.31", "19.98")


def test_a_line_is_discounted_before_it_is_rounded(api: Api) -> None:
    # 3 x 3.33 = 9.99 less 15 % = 8.4915 -> 8.49; tax 1.6131 -> 1.61
    assert totals(api, lineItems=[line(3, Decimal("3.33"), discountPercentage=15)]) == (
        "8.49",
        "1.61",
        "10.10",
    )


def test_a_total_discount_in_per_cent_lowers_each_rate(api: Api) -> None:
    lines = [line(1, 100, 19), line(1, 100, 7)]

    # 200 less 10 %: 90 + 90; tax 17.10 + 6.30
    assert totals(api, lineItems=lines, totalPrice={"currency": "EUR", "totalDiscountPercentage": 10}) == (
        "180.00",
        "23.40",
        "203.40",
    )


def test_an_absolute_discount_is_spread_over_the_rates(api: Api) -> None:
    lines = [line(1, 200, 19), line(1, 100, 7)]

    # 10.00 off: 6.67 + 3.33; tax (193.33 * 0.19 = 36.7327) + (96.67 * 0.07 = 6.7669)
    assert totals(api, lineItems=lines, totalPrice={"currency": "EUR", "totalDiscountAbsolute": 10}) == (
        "290.00",
        "43.50",
        "333.50",
    )


@pytest.mark.parametrize(
    ("amounts", "discount", "expected"),
    [
        # 10 % of 100.00 and of 50.00; tax 17.10 + 3.15
        ({19: "100", 7: "50"}, {"totalDiscountPercentage": 10}, ("135.00", "20.25", "155.25")),
        # 6.67 + 3.33; tax 17.73 + 3.27
        ({19: "100", 7: "50"}, {"totalDiscountAbsolute": 10}, ("140.00", "21.00", "161.00")),
        # 0.305 is 0.31, not 12.20 * 0.975
        ({19: "12.20"}, {"totalDiscountPercentage": Decimal("2.5")}, ("11.89", "2.26", "14.15")),
        # 0.05 % of 10.00 three times is three times 0.01; of the whole it would be 0.02
        (
            {19: "10", 7: "10", 0: "10"},
            {"totalDiscountPercentage": Decimal("0.05")},
            ("29.97", "2.60", "32.57"),
        ),
    ],
)
def test_discounts_worked_by_hand(
    api: Api, amounts: dict[int, str], discount: dict[str, Any], expected: tuple[str, ...]
) -> None:
    lines = [line(1, Decimal(amount), rate) for rate, amount in amounts.items()]

    assert totals(api, lineItems=lines, totalPrice={"currency": "EUR", **discount}) == expected


@pytest.mark.parametrize("rates", [(19, 7, 0), (0, 7, 19), (7, 19, 0)])
def test_the_cents_of_a_split_fall_the_same_in_any_order(api: Api, rates: tuple[int, ...]) -> None:
    lines = [line(1, 20, rate) for rate in rates]
    id = api.create("invoices", invoice(lineItems=lines, totalPrice=TWO_EUROS_OFF))

    # 0.67 off at 19 % and at 7 %, 0.66 at 0 %
    assert [
        (str(row["netAmount"]), str(row["taxAmount"])) for row in api.read(f"invoices/{id}")["taxAmounts"]
    ] == [
        ("19.34", "0.00"),
        ("19.33", "1.35"),
        ("19.33", "3.67"),
    ]


def test_rates_are_listed_from_the_lowest_zero_included(api: Api) -> None:
    lines = [line(1, 1, 19), line(1, 1, 0), line(1, 1, 7)]

    answer = api.read(f"invoices/{api.create('invoices', invoice(lineItems=lines))}")

    assert [row["taxRatePercentage"] for row in answer["taxAmounts"]] == [0, 7, 19]


def test_texts_count_nothing(api: Api) -> None:
    assert totals(api, lineItems=[line(), {"type": "text", "name": "Hinweis"}])[0] == "190.00"


def test_the_other_side_of_a_unit_price_has_two_digits(api: Api) -> None:
    answer = api.read(f"invoices/{api.create('invoices', invoice(lineItems=[line(1, Decimal('13.40'))]))}")

    # 13.40 * 1.19 = 15.946
    assert answer["lineItems"][0]["unitPrice"]["grossAmount"] == Decimal("15.95")


def test_numbers_are_printed_with_a_decimal(api: Api) -> None:
    reply = api.get(f"invoices/{api.create('invoices', invoice())}")

    assert b'"quantity":2.0' in reply.body
    assert b'"taxRatePercentage":19.0' in reply.body


def test_amounts_are_exact_to_the_last_digit(api: Api) -> None:
    id = api.create(
        "invoices", invoice(totalPrice={"currency": "EUR", "totalDiscountAbsolute": Decimal("0.01")})
    )

    assert api.read(f"invoices/{id}")["totalPrice"]["totalNetAmount"] == Decimal("189.99")
