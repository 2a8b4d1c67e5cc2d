"""Columns of Apache Arrow for a unified model, derived from its fields. Needs the extra `parquet`.

Amounts become decimals with the digits that the model promises and four more, so that a value which an
accounting system gives more exactly is kept exactly. What has no form of its own is JSON as text: free
objects, and a type that goes on within itself.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pyarrow as arrow
from msgspec import Struct, inspect

DIGITS, SPARE = 15, 4
WITHIN_ITSELF = 1
"""So often a type within itself has columns, as alternatives of a line are lines; beneath, it is text."""
DELETED_AT = "deletedAt"
"""Column of every file, beside those of the model: empty for what is there."""
INSTANT: Any = arrow.timestamp("us", tz="UTC")


class Column(Struct, frozen=True):
    """A type of Arrow, and how a value of the decoded JSON becomes one of it."""

    type: Any
    value: Callable[[Any], Any]


_SIMPLE: Mapping[type[inspect.Type], Column] = {
    inspect.BoolType: Column(arrow.bool_(), lambda value: value),
    inspect.IntType: Column(arrow.int64(), lambda value: value),
    inspect.FloatType: Column(arrow.float64(), float),
    inspect.StrType: Column(arrow.string(), lambda value: value),
    inspect.EnumType: Column(arrow.string(), lambda value: value),
    inspect.LiteralType: Column(arrow.string(), lambda value: value),
    inspect.DateType: Column(arrow.date32(), date.fromisoformat),
    inspect.DateTimeType: Column(INSTANT, datetime.fromisoformat),
}
_JSON = Column(arrow.string(), lambda value: msgspec.json.encode(value).decode())


def columns(model: type[Struct]) -> dict[str, Column]:
    """The fields of a model by their names in JSON, and when it was found to be gone."""
    info = inspect.type_info(model)
    assert isinstance(info, inspect.StructType)
    return _fields(info, ()) | {DELETED_AT: Column(INSTANT, lambda value: value)}


def _fields(info: inspect.StructType, within: tuple[Any, ...]) -> dict[str, Column]:
    return {field.encode_name: _column(field.type, (*within, info.cls)) for field in info.fields}


def _column(info: inspect.Type, within: tuple[Any, ...], places: int | None = None) -> Column:
    if isinstance(info, inspect.Metadata):
        return _column(info.type, within, (info.extra or {}).get("places", places))
    if isinstance(info, inspect.UnionType):
        some = [each for each in info.types if not isinstance(each, inspect.NoneType)]
        return _column(some[0], within, places) if len(some) == 1 else _JSON
    if isinstance(info, inspect.DecimalType) and places is not None:
        return Column(arrow.decimal128(DIGITS + places + SPARE, places + SPARE), Decimal)
    if isinstance(info, inspect.ListType):
        return _list(_column(info.item_type, within, places))
    if isinstance(info, inspect.StructType) and within.count(info.cls) <= WITHIN_ITSELF:
        return _struct(_fields(info, within))
    return _SIMPLE.get(type(info), _JSON)


def _list(item: Column) -> Column:
    return Column(arrow.list_(item.type), lambda values: [_or_none(item, value) for value in values])


def _struct(fields: Mapping[str, Column]) -> Column:
    type = arrow.struct([(name, column.type) for name, column in fields.items()])
    return Column(type, lambda value: row(fields, value))


def row(fields: Mapping[str, Column], value: Mapping[str, Any]) -> dict[str, Any]:
    """An object's values by column. What an older copy does not have yet is empty."""
    return {name: _or_none(column, value.get(name)) for name, column in fields.items()}


def _or_none(column: Column, value: Any) -> Any:
    return None if value is None else column.value(value)
