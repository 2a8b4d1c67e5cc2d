"""Pure pieces of mappings that any vendor needs: exact decimals in one canonical form."""

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import lru_cache

CENT = Decimal("0.01")
NOTHING = Decimal("0.00")
FOUR_PLACES = Decimal("0.0001")
MOST_DIGITS = 20
"""A number beyond this is no amount: written out in full, 1E+999999999 would take all memory."""


def amount(value: Decimal) -> Decimal:
    """With exactly two decimals, half up, never in exponent form: 1E+3 becomes 1000.00.

    Raises:
        InvalidOperation: NaN, infinite, or too large to be an amount.
    """
    exact = value.quantize(CENT, ROUND_HALF_UP)
    if not exact.is_finite():
        raise InvalidOperation(f"{value} is no amount")
    return exact or NOTHING  # the vendor's -0 is 0.00 too


def amount_or_none(value: Decimal | None) -> Decimal | None:
    """`amount`, passing None through."""
    return None if value is None else amount(value)


def unit_amount(value: Decimal | None) -> Decimal | None:
    """With two to four decimals: 84 becomes 84.00, 15.9460 becomes 15.946."""
    if value is None:
        return None
    cents = amount(value)
    if cents == value:
        return cents
    exact = value.quantize(FOUR_PLACES, ROUND_HALF_UP)
    return amount(exact) if exact == amount(exact) else Decimal(f"{exact:f}".rstrip("0"))


def plain(value: Decimal) -> Decimal:
    """Without trailing zeros and exponent: 6.50 becomes 6.5, 19.0 becomes 19.

    Raises:
        InvalidOperation: NaN, infinite, or of too many digits.
    """
    if not value.is_finite():
        raise InvalidOperation("no number of a document")
    return _plain(value)


@lru_cache(maxsize=4096)  # rates, discounts and quantities are few: 0.1 instead of 0.5 µs each
def _plain(value: Decimal) -> Decimal:
    if not value:
        return Decimal(0)
    if abs(value.adjusted()) > MOST_DIGITS:
        raise InvalidOperation("no number of a document")
    text = f"{value:f}"
    return Decimal(text.rstrip("0").rstrip(".") if "." in text else text)


def plain_or_none(value: Decimal | None) -> Decimal | None:
    """`plain`, passing None through."""
    return None if value is None else plain(value)
