"""Exact amounts: rounding, the way numbers are printed, and the other side of a price."""

from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
HUNDRED = Decimal(100)
ONE_DIGIT = Decimal("0.1")
ZERO = Decimal(0)
STEPS = {2: CENT, 4: Decimal("0.0001")}
# Which of the two the vendor uses is not proven by any sample; a quirk chooses.
TIES = {"half_up": ROUND_HALF_UP, "half_even": ROUND_HALF_EVEN}


def cents(amount: Decimal, ties: str = "half_up") -> Decimal:
    return amount.quantize(CENT, TIES[ties])


def digits(amount: Decimal, count: int, ties: str = "half_up") -> Decimal:
    return amount.quantize(STEPS[count], TIES[ties])


def as_printed(number: Decimal) -> Decimal:
    """A number as it was sent, but with at least one decimal: 19 is printed 19.0, never 1.9E+1."""
    exponent = number.as_tuple().exponent
    return number.quantize(ONE_DIGIT) if isinstance(exponent, int) and exponent > -1 else number


def gross_of(net: Decimal, rate: Decimal) -> Decimal:
    """Unrounded gross of a net amount; `rate` in per cent."""
    return net * (HUNDRED + rate) / HUNDRED


def net_of(gross: Decimal, rate: Decimal) -> Decimal:
    """Unrounded net of a gross amount; `rate` in per cent."""
    return gross * HUNDRED / (HUNDRED + rate)
