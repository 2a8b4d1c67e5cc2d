"""Pure pieces of mappings that any vendor needs: exact decimals in one canonical form."""

from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
FOUR_PLACES = Decimal("0.0001")


def amount(value: Decimal) -> Decimal:
    """With exactly two decimals, half up, never in exponent form: 1E+3 becomes 1000.00."""
    return value.quantize(CENT, ROUND_HALF_UP)


def amount_or_none(value: Decimal | None) -> Decimal | None:
    """`amount`, passing None through."""
    return None if value is None else amount(value)


def unit_amount(value: Decimal | None) -> Decimal | None:
    """With two to four decimals: 84 becomes 84.00, 15.9460 becomes 15.946."""
    if value is None:
        return None
    exact = value.quantize(FOUR_PLACES, ROUND_HALF_UP)
    return exact.quantize(CENT) if exact == exact.quantize(CENT) else Decimal(f"{exact:f}".rstrip("0"))


def plain(value: Decimal | None) -> Decimal | None:
    """Without trailing zeros and exponent: 6.50 becomes 6.5, 19.0 becomes 19."""
    if value is None:
        return None
    text = f"{value:f}"
    return Decimal(text.rstrip("0").rstrip(".") if "." in text else text)
