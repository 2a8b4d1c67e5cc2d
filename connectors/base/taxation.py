"""Tax arithmetic of documents: pure, exact, half up. Never a float, never the sum of lines' taxes.

Source: EN 16931 BR-CO-17; the rounding by rate reproduces Lexware's documented samples.
"""

from collections.abc import Mapping
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import NamedTuple

from connectors.base.mapping import CENT, NOTHING

HUNDRED = Decimal(100)


def cents(value: Decimal) -> Decimal:
    """Two decimals, half up: 2.675 is 2.68."""
    return value.quantize(CENT, ROUND_HALF_UP)


@lru_cache(maxsize=256)
def _factor(rate: Decimal) -> Decimal:
    return 1 + rate / HUNDRED


def shares(amount: Decimal, rate: Decimal, *, gross: bool) -> tuple[Decimal, Decimal]:
    """Net and tax of the sum of one rate; `gross` says that `amount` includes the tax.

    At rates other than 19, 16, 7 and 5 another reading of a gross sum may differ by a cent.
    """
    if gross:
        net = cents(amount / _factor(rate))
        return net, amount - net
    return amount, cents(amount * rate / HUNDRED)


class Share(NamedTuple):
    """What one rate comes to."""

    rate: Decimal
    net: Decimal
    tax: Decimal


def line_amount(quantity: Decimal, price: Decimal, discount: Decimal | None = None) -> Decimal:
    """Quantity times price less a discount in per cent, to the cent."""
    return cents(quantity * price * (HUNDRED - (discount or 0)) / HUNDRED)


def discounts(
    groups: Mapping[Decimal, Decimal], *, percentage: Decimal | None = None, amount: Decimal | None = None
) -> dict[Decimal, Decimal]:
    """What a discount on the whole takes from the sum of each rate.

    A percentage is rounded on each sum. An amount is split in proportion by largest remainder, ties to the
    higher rate, so that the order of lines makes no difference.
    """
    if percentage:
        return {rate: cents(total * percentage / HUNDRED) for rate, total in groups.items()}
    whole = sum(groups.values(), NOTHING)
    if not amount or not whole:
        return dict.fromkeys(groups, NOTHING)
    exact = {rate: amount * total / whole for rate, total in groups.items()}
    parts = {rate: share.quantize(CENT, ROUND_DOWN) for rate, share in exact.items()}
    left = int((amount - sum(parts.values(), NOTHING)) / CENT)
    for rate in sorted(parts, key=lambda rate: (exact[rate] - parts[rate], rate), reverse=True)[:left]:
        parts[rate] += CENT
    return parts


def breakdown(groups: Mapping[Decimal, Decimal], *, gross: bool) -> list[Share]:
    """Net and tax by rate, lowest rate first, of the sums that are left after discounts."""
    return [Share(rate, *shares(total, rate, gross=gross)) for rate, total in sorted(groups.items())]
