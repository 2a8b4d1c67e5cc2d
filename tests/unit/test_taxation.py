"""Tax arithmetic against the worked cases of the domain reference, each computed there by hand."""

from decimal import Decimal

import pytest

from connectors.base.taxation import breakdown, cents, discounts, line_amount

D = Decimal


def totals(
    groups: dict[str, str], *, gross: bool = False, percentage: str | None = None, amount: str | None = None
) -> list[tuple[str, str, str]]:
    """Rate, net and tax of each rate, after a discount on the whole."""
    sums = {D(rate): D(total) for rate, total in groups.items()}
    off = discounts(
        sums, percentage=D(percentage) if percentage else None, amount=D(amount) if amount else None
    )
    left = {rate: total - off[rate] for rate, total in sums.items()}
    return [(str(share.rate), str(share.net), str(share.tax)) for share in breakdown(left, gross=gross)]


@pytest.mark.parametrize(
    ("quantity", "price", "discount", "amount"),
    [
        ("2", "13.40", "50", "13.40"),
        ("1", "8.32", None, "8.32"),
        ("3", "19.99", "12.5", "52.47"),
        ("1234", "0.0375", None, "46.28"),
        ("0", "95", None, "0.00"),
    ],
)
def test_a_line(quantity: str, price: str, discount: str | None, amount: str) -> None:
    assert line_amount(D(quantity), D(price), D(discount) if discount else None) == D(amount)


def test_half_a_cent_goes_up() -> None:
    assert cents(D("2.675")) == D("2.68")


@pytest.mark.parametrize(
    ("groups", "expected"),
    [
        (
            {"19": "13.40", "7": "8.32", "0": "5.00"},
            [("0", "5.00", "0.00"), ("7", "8.32", "0.58"), ("19", "13.40", "2.55")],
        ),
        ({"19": "26.80", "0": "5.00"}, [("0", "5.00", "0.00"), ("19", "26.80", "5.09")]),
        ({"19": "2.97"}, [("19", "2.97", "0.56")]),  # three lines of 0.99: not 3 × 0.19
        ({"7": "1.50"}, [("7", "1.50", "0.11")]),
        ({"19": "46.28"}, [("19", "46.28", "8.79")]),
    ],
)
def test_net_prices(groups: dict[str, str], expected: list[tuple[str, str, str]]) -> None:
    assert totals(groups) == expected


@pytest.mark.parametrize(
    ("groups", "expected"),
    [
        ({"19": "666.00"}, [("19", "559.66", "106.34")]),
        ({"19": "5.97"}, [("19", "5.02", "0.95")]),  # three lines of 1.99: not 3 × 1.67
    ],
)
def test_gross_prices(groups: dict[str, str], expected: list[tuple[str, str, str]]) -> None:
    assert totals(groups, gross=True) == expected


@pytest.mark.parametrize(
    ("rate", "gross", "net"),
    [
        ("19", "119.00", "84.03"),
        ("16", "116.00", "86.21"),
        ("7", "107.00", "93.46"),
        ("5", "105.00", "95.24"),
    ],
)
def test_a_hundred_at_each_rate(rate: str, gross: str, net: str) -> None:
    ((_, same, tax),) = totals({rate: "100.00"})
    ((_, down, _),) = totals({rate: "100.00"}, gross=True)

    assert D(same) + D(tax) == D(gross)
    assert down == net


def test_a_discount_in_per_cent_is_rounded_on_each_rate() -> None:
    assert totals({"19": "100.00", "7": "50.00"}, percentage="10") == [
        ("7", "45.00", "3.15"),
        ("19", "90.00", "17.10"),
    ]
    assert totals({"19": "12.20"}, percentage="2.5") == [("19", "11.89", "2.26")]


def test_a_discount_in_euros_is_split_in_proportion() -> None:
    assert totals({"19": "100.00", "7": "50.00"}, amount="10.00") == [
        ("7", "46.67", "3.27"),
        ("19", "93.33", "17.73"),
    ]


@pytest.mark.parametrize("order", [("19", "7", "0"), ("0", "7", "19"), ("7", "19", "0")])
def test_the_cent_that_is_left_goes_to_the_higher_rate_whatever_the_order(order: tuple[str, ...]) -> None:
    assert totals(dict.fromkeys(order, "20.00"), amount="2.00") == [
        ("0", "19.34", "0.00"),
        ("7", "19.33", "1.35"),
        ("19", "19.33", "3.67"),
    ]


@pytest.mark.parametrize(
    ("rate", "gross", "readings"),
    [
        ("20", "2.01", {("1.68", "0.33"), ("1.67", "0.34")}),
        ("12", "0.70", {("0.63", "0.07"), ("0.62", "0.08")}),
        ("4", "0.65", {("0.63", "0.02"), ("0.62", "0.03")}),
    ],
)
def test_where_two_readings_of_a_gross_sum_exist_ours_is_one_of_them(
    rate: str, gross: str, readings: set[tuple[str, str]]
) -> None:
    ((_, net, tax),) = totals({rate: gross}, gross=True)

    assert (net, tax) in readings


def test_nothing_has_no_discount() -> None:
    assert totals({"19": "0.00"}, amount="5.00") == [("19", "0.00", "0.00")]
