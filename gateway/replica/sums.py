"""Amounts of a row that are summed, and their sums: exact on both databases. Pure.

An amount is kept as a whole number of hundredths, since SQLite has no decimals. Its millions and what is left
of them are summed apart, so that no sum leaves 64 bits.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from msgspec import Struct
from sqlalchemy import Row, func

from gateway.persistence.tables import REPLICA_SUMS
from gateway.persistence.tables import replica_rows as ROWS
from gateway.replica.keys import value_at
from schemas.base import Resource

COLUMNS = tuple(ROWS.c[f"sum_{number}"] for number in range(1, REPLICA_SUMS + 1))
LARGEST = Decimal(2**62)
UNSUMMED = -(2**63)
"""Stands for an amount that is no number of hundredths, or too large: its sum is not told."""
APART = 1_000_000
NO_AMOUNTS: dict[str, Any] = {"currency": None, **{column.name: None for column in COLUMNS}}


class Totals(Struct, frozen=True, kw_only=True):
    """Of the objects in one currency."""

    currency: str | None
    count: int
    sums: dict[str, Decimal | None]
    """By the field's path; None where no object has it, or not all of them tell."""


def amounts(resource: Resource, data: Any) -> dict[str, Any]:
    """The columns of an object."""
    found = dict(NO_AMOUNTS)
    if resource.sums:
        found["currency"] = data.currency
    for column, path in zip(COLUMNS, resource.sums, strict=False):
        found[column.name] = hundredths(value_at(data, tuple(path.split("."))))
    return found


def hundredths(amount: Decimal | None) -> int | None:
    """An amount as it is kept."""
    if amount is None:
        return None
    if not amount.is_finite() or abs(amount) >= LARGEST / 100 or amount != round(amount, 2):
        return UNSUMMED
    return int(amount * 100)


def summed(resource: Resource) -> list[Any]:
    """What is selected of rows of the same `currency` and `untold`: their count, and three for each sum."""
    selected: list[Any] = [func.count().label("counted")]
    for column, _ in zip(COLUMNS, resource.sums, strict=False):
        selected += [
            func.sum(column // APART).label(f"{column.name}_high"),
            func.sum(column % APART).label(f"{column.name}_low"),
            func.min(column).label(f"{column.name}_least"),
        ]
    return selected


def totals(resource: Resource, rows: Iterable[Row[Any]]) -> list[Totals]:
    """By currency. A sum over objects whose sources do not all tell the amount would be a guess."""
    by_currency: dict[str | None, list[Row[Any]]] = {}
    for row in rows:
        by_currency.setdefault(row.currency, []).append(row)
    return [
        Totals(
            currency=currency,
            count=sum(row.counted for row in alike),
            sums={
                path: _sum(column.name, path, alike)
                for column, path in zip(COLUMNS, resource.sums, strict=False)
            },
        )
        for currency, alike in sorted(by_currency.items(), key=lambda one: one[0] or "")
    ]


def _sum(name: str, path: str, rows: Sequence[Row[Any]]) -> Decimal | None:
    if any(path in row.untold.split() or row._mapping[f"{name}_least"] == UNSUMMED for row in rows):
        return None
    parts = [(row._mapping[f"{name}_high"], row._mapping[f"{name}_low"]) for row in rows]
    told = [int(high) * APART + int(low) for high, low in parts if high is not None]
    return Decimal(sum(told)).scaleb(-2) if told else None


class Counted(Struct, frozen=True, kw_only=True):
    """How many objects fit a query."""

    count: int
    totals: list[Totals]
    untold: tuple[str, ...]
    """Fields that the source of some does not tell."""


def counted(resource: Resource, rows: Sequence[Row[Any]]) -> Counted:
    """What groups of rows come to."""
    return Counted(
        count=sum(row.counted for row in rows),
        totals=totals(resource, rows) if resource.sums else [],
        untold=tuple(dict.fromkeys(name for row in rows for name in row.untold.split())),
    )
