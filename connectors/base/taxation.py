"""Tax arithmetic of documents: pure, exact, half up. Never a float, never the sum of lines' taxes.

Source: EN 16931 BR-CO-17; the rounding by rate reproduces Lexware's documented samples.
"""

from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

CENT = Decimal("0.01")
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
