"""Exact decimals at the door: no NaN, no exponent games, no more places than the field says.

Judged as they were sent: what the decimal module makes of " 1_0" or of other scripts' digits looks like any.
"""

import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import cache
from typing import Any

import msgspec
from msgspec import inspect

from connectors.base.errors import FieldError

MAX_DIGITS = 15
PLAIN = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?")
Check = Callable[[Any, str], Iterator[FieldError]]


def misfits(value: Any, type: type[msgspec.Struct]) -> list[FieldError]:
    """Every decimal in a JSON object that does not fit what its field declares (`schemas/money.py`).

    The object has to fit the struct in all else.
    """
    return list(_struct_check(type)(value, ""))


@cache
def _struct_check(type: type[msgspec.Struct]) -> Check:
    fields = [
        (field.encode_name, check)
        for field in inspect.type_info(type).fields  # pyright: ignore[reportAttributeAccessIssue]
        if (check := _check(field.type)) is not None
    ]

    def walk(value: Any, path: str) -> Iterator[FieldError]:
        for name, check in fields:
            item = value.get(name)
            if item is not None:
                yield from check(item, f"{path}.{name}" if path else name)

    return walk


def _check(kind: inspect.Type) -> Check | None:
    """A walker for the type; None when no decimal can be inside."""
    if isinstance(kind, inspect.Metadata):
        return (
            _decimal_check(kind.extra or {})
            if isinstance(kind.type, inspect.DecimalType)
            else _check(kind.type)
        )
    if isinstance(kind, inspect.UnionType):
        return next((check for part in kind.types if (check := _check(part)) is not None), None)
    if isinstance(kind, inspect.StructType):
        struct = kind.cls
        return lambda value, path: _struct_check(struct)(value, path)  # later: a struct may hold itself
    if isinstance(kind, inspect.ListType):
        return _list_check(_check(kind.item_type))
    return None


def _list_check(item: Check | None) -> Check | None:
    if item is None:
        return None

    def walk(value: Any, path: str) -> Iterator[FieldError]:
        for index, one in enumerate(value):
            yield from item(one, f"{path}[{index}]")

    return walk


def _decimal_check(extra: dict[str, Any]) -> Check:
    places = extra["places"]
    low, high = (Decimal(extra[k]) if extra.get(k) else None for k in ("minimum", "maximum"))

    def check(value: str | int | Decimal, path: str) -> Iterator[FieldError]:
        if message := _misfit(value, places, low, high):
            yield FieldError(field=path, code="decimal", message=message)

    return check


def _misfit(sent: str | int | Decimal, places: int, low: Decimal | None, high: Decimal | None) -> str | None:
    if isinstance(sent, str) and not PLAIN.fullmatch(sent):
        return 'Expected digits with at most one point, such as "1190.00".'
    value = Decimal(sent)
    _, digits, exponent = value.as_tuple()
    assert isinstance(exponent, int)  # what is finite; NaN and Infinity are no numbers in JSON
    if max(-exponent, 0) > places:
        return f"Expected at most {places} decimals."
    if len(digits) + max(exponent, 0) > MAX_DIGITS:
        return f"Expected at most {MAX_DIGITS} digits."
    if low is not None and value < low:
        return f"Expected at least {low}."
    if high is not None and value > high:
        return f"Expected at most {high}."
    return None
