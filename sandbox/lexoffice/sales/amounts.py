"""What lines add up to. Sent totals are ignored: the server computes them.

Per line: quantity times leading price less discount, rounded to cents. Per rate: the tax of the summed lines.
A total discount is spread over the rates in proportion, which is all that anybody guesses of it; how its
cents fall nobody knows. Here a percentage is rounded on the sum of each rate, and a cent that splitting an
amount leaves over goes to the largest fraction, of equal ones to the higher rate: no order of lines matters.
"""

from collections.abc import Iterable, Iterator
from decimal import ROUND_FLOOR, Decimal
from typing import Any

from sandbox.lexoffice import money
from sandbox.lexoffice.money import CENT, HUNDRED, ZERO, cents
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
    sums = {rate: sum(amounts, ZERO) for rate, amounts in by_rate.items()}
    total = sum(sums.values(), ZERO)
    absolute = total_price.get("totalDiscountAbsolute")
    percent = total_price.get("totalDiscountPercentage", ZERO)
    if not total or not (percent if absolute is None else absolute):
        return by_rate
    if quirks.total_discount == "largest_rate":
        largest = max(sums, key=lambda rate: sums[rate])
        off = {largest: cents(total * percent / HUNDRED if absolute is None else absolute, quirks.ties)}
    elif absolute is None:
        off = {rate: cents(amount * percent / HUNDRED, quirks.ties) for rate, amount in sums.items()}
    else:
        off = _split(cents(absolute, quirks.ties), sums)
    return {rate: [*amounts, -off.get(rate, ZERO)] for rate, amounts in by_rate.items()}


def _split(off: Decimal, sums: dict[Decimal, Decimal]) -> dict[Decimal, Decimal]:
    """`off` in cents by the size of the sums. What whole cents leave over goes where the most was cut off."""
    total = sum(sums.values(), ZERO)
    shares = {rate: off * amount / total for rate, amount in sums.items()}
    whole = {rate: share.quantize(CENT, ROUND_FLOOR) for rate, share in shares.items()}
    by_need = sorted(sums, key=lambda rate: (whole[rate] - shares[rate], -rate))
    left = int((off - sum(whole.values(), ZERO)) / CENT)
    return {rate: amount + CENT * (rate in by_need[:left]) for rate, amount in whole.items()}
