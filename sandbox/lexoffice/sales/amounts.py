"""What lines add up to. Sent totals are ignored: the server computes them.

Per line: quantity times leading price less discount, rounded to cents. Per rate: the tax of the summed lines.
A total discount is spread over the rates in proportion, the last cent going to the largest share (guess).
"""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

from sandbox.lexoffice import money
from sandbox.lexoffice.money import HUNDRED, ZERO, cents
from sandbox.lexoffice.quirks import Quirks


def priced(line: dict[str, Any], gross: bool, quirks: Quirks) -> Decimal:
    """The amount of a line on its leading side."""
    price = line["unitPrice"]["grossAmount" if gross else "netAmount"]
    kept = HUNDRED - line.get("discountPercentage", ZERO)
    return cents(line["quantity"] * price * kept / HUNDRED, quirks.ties)


def both_sides(unit_price: dict[str, Any], gross: bool, quirks: Quirks) -> dict[str, Any]:
    """A unit price with the side that was not sent."""
    rate = unit_price["taxRatePercentage"]
    if gross:
        leading = unit_price["grossAmount"]
        other = money.digits(money.net_of(leading, rate), quirks.unit_price_digits, quirks.ties)
        net, gross_amount = other, leading
    else:
        net = unit_price["netAmount"]
        gross_amount = money.digits(money.gross_of(net, rate), quirks.unit_price_digits, quirks.ties)
    return {"currency": "EUR", "netAmount": net, "grossAmount": gross_amount, "taxRatePercentage": rate}


def counted(lines: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The lines that enter the totals: no texts, no optional items; alternatives are below their item."""
    return (line for line in lines if "lineItemAmount" in line and not line.get("optional"))


def totals(
    lines: list[dict[str, Any]], total_price: dict[str, Any], gross: bool, quirks: Quirks
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """`totalPrice` and `taxAmounts` of a document."""
    by_rate: dict[Decimal, list[Decimal]] = {}
    for line in counted(lines):
        by_rate.setdefault(line["unitPrice"]["taxRatePercentage"], []).append(line["lineItemAmount"])
    discounted = _discounted(by_rate, total_price, quirks)
    taxes = [
        _taxed(rate, amounts, gross, quirks)
        for rate, amounts in sorted(discounted.items(), key=lambda x: x[0])
    ]
    net = sum((tax["netAmount"] for tax in taxes), ZERO)
    tax = sum((tax["taxAmount"] for tax in taxes), ZERO)
    price = {
        "currency": "EUR",
        "totalNetAmount": cents(net),
        "totalGrossAmount": cents(net + tax),
        "totalTaxAmount": cents(tax),
    }
    for name in ("totalDiscountAbsolute", "totalDiscountPercentage"):
        if name in total_price:
            price[name] = total_price[name]
    return price, taxes


def _taxed(rate: Decimal, amounts: list[Decimal], gross: bool, quirks: Quirks) -> dict[str, Any]:
    groups = [[amount] for amount in amounts] if quirks.tax_rounding == "per_line" else [amounts]
    net = tax = ZERO
    for group in groups:
        total = sum(group, ZERO)
        group_net = cents(money.net_of(total, rate), quirks.ties) if gross else total
        net += group_net
        tax += total - group_net if gross else cents(total * rate / HUNDRED, quirks.ties)
    return {"taxRatePercentage": rate, "taxAmount": cents(tax), "netAmount": cents(net)}


def _discounted(
    by_rate: dict[Decimal, list[Decimal]], total_price: dict[str, Any], quirks: Quirks
) -> dict[Decimal, list[Decimal]]:
    """The amounts of each rate with its share of the total discount taken off as one more amount."""
    total = sum((sum(amounts, ZERO) for amounts in by_rate.values()), ZERO)
    off = total_price.get("totalDiscountAbsolute")
    if off is None:
        off = total * total_price.get("totalDiscountPercentage", ZERO) / HUNDRED
    off = cents(off, quirks.ties)
    if not off or not total:
        return by_rate
    sums = {rate: sum(amounts, ZERO) for rate, amounts in by_rate.items()}
    largest = max(sums, key=lambda rate: sums[rate])
    if quirks.total_discount == "largest_rate":
        return by_rate | {largest: [*by_rate[largest], -off]}
    shares = {rate: cents(off * amount / total, quirks.ties) for rate, amount in sums.items()}
    shares[largest] += off - sum(shares.values(), ZERO)
    return {rate: [*amounts, -shares[rate]] for rate, amounts in by_rate.items()}
