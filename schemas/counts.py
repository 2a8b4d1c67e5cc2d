"""How many objects a list has, and what their amounts come to."""

from schemas.base import Unified
from schemas.money import Amount


class CurrencyTotals(Unified, kw_only=True, frozen=True):
    """The objects in one currency."""

    currency: str
    """ISO 4217."""
    count: int
    """How many they are."""
    sums: dict[str, Amount | None]
    """The sum of each amount by the path of its field, such as `totals.gross`. None where no object has it,
    and where some objects' source does not tell it: see `meta.completeness.fieldsUnavailable`.
    """


class Count(Unified, kw_only=True, frozen=True):
    """What a list would hold, on all its pages together."""

    count: int
    """Objects that fit the filters, without what is gone."""
    totals: list[CurrencyTotals] | None
    """By currency; empty where objects have no amounts. None where the accounting system counted, which sums
    nothing: `meta.freshness.source` says who did.
    """
