"""Values of a type as JSON holds them: every field set, and every value told apart from every other.

Texts are UUIDs, which may stand for a text as well as for an id.
"""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import NAMESPACE_URL, uuid5
from zlib import crc32

from msgspec import Struct, inspect

from connectors.base.field_paths import bare

DEEPEST = 8
FIRST_DAY = date(2025, 1, 1)
FIRST_INSTANT = datetime.fromisoformat("2025-01-01T12:00:00+01:00")


class Place(Struct, frozen=True, kw_only=True):
    """A value in a sample."""

    path: str
    kind: inspect.Type
    optional: bool
    """Whether the field can be left out."""


def sample(kind: inspect.Type, row: inspect.Type | None = None) -> Any:
    """A value of the type. `row`: what an undecoded part is decoded as."""
    return _value(kind, "", row, ())


def places(kind: inspect.Type, row: inspect.Type | None = None) -> list[Place]:
    """Where a sample has values, lists and optional objects included."""
    found: list[Place] = []
    _find(kind, "", False, row, (), found)
    return found


def value_of(kind: inspect.Type, seed: str) -> Any:
    """A value of a plain type; another seed gives another value."""
    number = crc32(seed.encode())
    if isinstance(kind, inspect.BoolType):
        return True
    if isinstance(kind, inspect.IntType):
        return number % 26 + 2
    if isinstance(kind, inspect.FloatType | inspect.DecimalType):
        return Decimal(number % 9000 + 500) / 100
    if isinstance(kind, inspect.DateTimeType):
        return (FIRST_INSTANT + timedelta(days=number % 600)).isoformat(timespec="milliseconds")
    if isinstance(kind, inspect.DateType):
        return (FIRST_DAY + timedelta(days=number % 600)).isoformat()
    if isinstance(kind, inspect.EnumType):
        return list(kind.cls)[number % len(list(kind.cls))].value
    if isinstance(kind, inspect.LiteralType):
        return kind.values[number % len(kind.values)]
    if isinstance(kind, inspect.StrType):
        return str(uuid5(NAMESPACE_URL, seed))[: kind.max_length]
    return {}


def _value(kind: inspect.Type, path: str, row: inspect.Type | None, around: tuple[type, ...]) -> Any:
    _, kind = bare(kind)
    if isinstance(kind, inspect.RawType) and row is not None:
        return _value(row, path, None, ())
    if isinstance(kind, inspect.StructType):
        inner = (*around, kind.cls)
        return {f.encode_name: _value(f.type, _join(path, f.encode_name), row, inner) for f in kind.fields}
    item = getattr(kind, "item_type", None)
    if item is not None:
        endless = around.count(getattr(bare(item)[1], "cls", type(None))) > 1
        return [] if endless or len(around) > DEEPEST else [_value(item, f"{path}[]", row, around)]
    return value_of(kind, path)


def _find(
    kind: inspect.Type,
    path: str,
    optional: bool,
    row: inspect.Type | None,
    around: tuple[type, ...],
    found: list[Place],
) -> None:
    _, kind = bare(kind)
    if isinstance(kind, inspect.RawType) and row is not None:
        _find(row, path, optional, None, (), found)
        return
    if isinstance(kind, inspect.StructType):
        if optional:
            found.append(Place(path=path, kind=kind, optional=True))
        for field in kind.fields:
            _find(
                field.type,
                _join(path, field.encode_name),
                not field.required,
                row,
                (*around, kind.cls),
                found,
            )
        return
    item = getattr(kind, "item_type", None)
    if item is None or optional:
        found.append(Place(path=path, kind=kind, optional=optional))
    if item is not None and around.count(getattr(bare(item)[1], "cls", type(None))) <= 1:
        _find(item, f"{path}[]", False, row, around, found)


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
