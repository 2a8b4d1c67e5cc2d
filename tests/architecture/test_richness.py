"""How much an invoice and its lines say: no less than the richest rival's, of 52 and 35 fields."""

from typing import Any

from msgspec import inspect

from schemas.invoices import Invoice
from schemas.lines import Line
from tests.mapping.test_golden_documents import INVOICE


def leaves(kind: inspect.Type, within: tuple[type, ...] = ()) -> int:
    """Fields that hold a value of their own; a list counts what one entry holds."""
    if isinstance(kind, inspect.Metadata):
        return leaves(kind.type, within)
    if isinstance(kind, inspect.UnionType):
        return max(leaves(part, within) for part in kind.types)
    if isinstance(kind, inspect.ListType):
        return leaves(kind.item_type, within)
    if isinstance(kind, inspect.StructType) and kind.cls not in within:
        return sum(leaves(field.type, (*within, kind.cls)) for field in kind.fields)
    return 1


def told(value: Any) -> int:
    """Leaves of an answer that are not null; a list counts its richest entry."""
    if isinstance(value, dict):
        return sum(told(item) for item in value.values())
    if isinstance(value, list):
        return max((told(item) for item in value), default=0)
    return value is not None


def test_the_models_hold_as_many_fields() -> None:
    line = leaves(inspect.type_info(Line))

    assert line >= 35
    assert leaves(inspect.type_info(Invoice)) - line >= 52


def test_the_vendors_sample_fills_most_of_them() -> None:
    line = told(INVOICE["lines"])

    assert line >= 31
    assert told(INVOICE) - line >= 60
