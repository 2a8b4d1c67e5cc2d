"""Fields that are only read, in a body: named as such and not as unknown.

What is written has the names of what is read, so both are walked together: a name that only the read struct
has is the accounting system's to set.
"""

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any

import msgspec
from msgspec import inspect

from connectors.base.errors import FieldError

MESSAGE = "The accounting system sets this field: leave it out."
MOST = 100
NOT_THERE = object()


def taken_out(
    value: Any, written: type[msgspec.Struct], read: type[msgspec.Struct], current: Any = NOT_THERE
) -> list[FieldError]:
    """Remove what is only read from a parsed body, and name it; at most 100 are named.

    `current` is the object as it stands, in JSON's own types: fields that are sent back as they are do no
    harm and are taken out without a word.
    """
    return list(_walk(value, written, read, current, ""))[:MOST]


def _walk(value: Any, written: Any, read: Any, current: Any, path: str) -> Iterator[FieldError]:
    if not isinstance(value, dict):
        return
    into, out_of = _fields(written), _fields(read)
    for name in list(value):
        place = f"{path}.{name}" if path else name
        stands = current.get(name, NOT_THERE) if isinstance(current, dict) else NOT_THERE
        if name in into:
            yield from _within(value[name], into[name], out_of.get(name), stands, place)
        elif name in out_of:
            given = value.pop(name)
            if not _same(given, stands):
                yield FieldError(field=place, code="read_only", message=MESSAGE)


def _within(value: Any, written: Any, read: Any, stands: Any, place: str) -> Iterator[FieldError]:
    if written is None or read is None:
        return
    if isinstance(value, list):
        for index, item in enumerate(value):
            one = stands[index] if isinstance(stands, list) and index < len(stands) else NOT_THERE
            yield from _walk(item, written, read, one, f"{place}[{index}]")
    else:
        yield from _walk(value, written, read, stands, place)


@cache
def _fields(struct: type[msgspec.Struct]) -> dict[str, type[msgspec.Struct] | None]:
    """Wire names, with the struct inside the field or its list; None where it holds no struct."""
    shape = inspect.type_info(struct)
    assert isinstance(shape, inspect.StructType)
    return {field.encode_name: _struct(field.type) for field in shape.fields}


def _struct(kind: inspect.Type) -> type[msgspec.Struct] | None:
    if isinstance(kind, inspect.StructType):
        return kind.cls
    if isinstance(kind, inspect.Metadata):
        return _struct(kind.type)
    if isinstance(kind, inspect.ListType):
        return _struct(kind.item_type)
    if isinstance(kind, inspect.UnionType):
        return next((found for part in kind.types if (found := _struct(part)) is not None), None)
    return None


def _same(given: Any, stands: Any) -> bool:
    """Equal as JSON; an amount may come as a number or as text."""
    if stands is NOT_THERE:
        return False
    if isinstance(given, dict) and isinstance(stands, dict):
        return given.keys() == stands.keys() and all(_same(given[name], stands[name]) for name in given)
    if isinstance(given, list) and isinstance(stands, list):
        return len(given) == len(stands) and all(map(_same, given, stands))
    if isinstance(given, bool) or isinstance(stands, bool) or not isinstance(stands, str):
        return given is stands or (type(given) is type(stands) and given == stands)
    if isinstance(given, int | Decimal):
        try:
            return Decimal(given) == Decimal(stands)
        except InvalidOperation:
            return False
    return given == stands
