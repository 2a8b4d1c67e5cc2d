"""Request bodies as tables: which fields, of which kind, how long, needed or not.

A check takes a decoded JSON value and returns the value to keep, collecting violations on its way.
Fields no table names are ignored and nulls dropped, as the vendor does.
"""

import re
from collections.abc import Collection
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Protocol
from uuid import UUID

import msgspec

from sandbox.lexoffice import dates, money
from sandbox.lexoffice.errors import Violation, empty, invalid, missing, refuse, too_long

LARGEST_EXPONENT = 9
"""Nothing from ten thousand million on: products of two such numbers still fit the arithmetic."""
PLAIN_NUMBER = re.compile(r"-?\d{1,15}(?:\.\d{1,10})?", re.ASCII)
TO_THE_SECOND = re.compile(r"^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(Z|[+-]\d\d:\d\d)$", re.ASCII)
UUID_TEXT = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


class Check(Protocol):
    required: bool

    def read(self, value: Any, path: str, found: list[Violation]) -> Any: ...


class Text(msgspec.Struct, frozen=True):
    """A string. `may_be_empty`: blank will do; unless told otherwise, where it is not required."""

    most: int | None = None
    required: bool = False
    may_be_empty: bool | None = None

    def read(self, value: Any, path: str, found: list[Violation]) -> str | None:
        if not isinstance(value, str) or "\x00" in value:
            found.append(invalid(path))
        elif not value.strip() and not (
            not self.required if self.may_be_empty is None else self.may_be_empty
        ):
            found.append(empty(path))
        elif self.most is not None and len(value) > self.most:
            found.append(too_long(path, self.most))
        else:
            return value
        return None


class Number(msgspec.Struct, frozen=True):
    """A number with at most `digits` decimals. `lenient` also reads it from a JSON string."""

    digits: int = 4
    least: int | None = None
    most: int | None = None
    required: bool = False
    lenient: bool = False

    def read(self, value: Any, path: str, found: list[Violation]) -> Decimal | None:
        number = self._number(value)
        if number is None or not self._fits(number):
            found.append(invalid(path))
            return None
        return number

    def _number(self, value: Any) -> Decimal | None:
        if isinstance(value, bool):
            return None
        if isinstance(value, int | Decimal):
            return Decimal(value)
        if self.lenient and isinstance(value, str) and PLAIN_NUMBER.fullmatch(value):
            return Decimal(value)
        return None

    def _fits(self, number: Decimal) -> bool:
        if not number.is_finite() or abs(number.adjusted()) > LARGEST_EXPONENT:
            return number == 0
        too_small = self.least is not None and number < self.least
        too_large = self.most is not None and number > self.most
        return not (too_small or too_large) and number == round(number, self.digits)


class Integer(msgspec.Struct, frozen=True):
    least: int | None = None
    most: int | None = None
    required: bool = False

    def read(self, value: Any, path: str, found: list[Violation]) -> int | None:
        if not isinstance(value, int) or isinstance(value, bool) or not self._fits(value):
            found.append(invalid(path))
            return None
        return value

    def _fits(self, number: int) -> bool:
        return (self.least is None or self.least <= number) and (self.most is None or number <= self.most)


class Flag(msgspec.Struct, frozen=True):
    required: bool = False

    def read(self, value: Any, path: str, found: list[Violation]) -> bool | None:
        if not isinstance(value, bool):
            found.append(invalid(path))
            return None
        return value


class Choice(msgspec.Struct, frozen=True):
    among: Collection[str]
    required: bool = False

    def read(self, value: Any, path: str, found: list[Violation]) -> str | None:
        if not isinstance(value, str) or value not in self.among:
            found.append(invalid(path, f"Value must be one of: [{', '.join(self.among)}]", "ENUM"))
            return None
        return value


class Uuid(msgspec.Struct, frozen=True):
    required: bool = False

    def read(self, value: Any, path: str, found: list[Violation]) -> str | None:
        if not isinstance(value, str) or not UUID_TEXT.fullmatch(value):
            found.append(invalid(path))
            return None
        return str(UUID(value))


class Moment(msgspec.Struct, frozen=True):
    """dateTime. With `day_will_do` a plain date is read as midnight in Berlin (bookkeeping vouchers).

    There, of a time in another form only the day is read: it is a date, and clients send all sorts (guess).
    With `to_the_second` the milliseconds may be missing (samples of finance transactions).
    """

    required: bool = False
    day_will_do: bool = False
    to_the_second: bool = False

    def read(self, value: Any, path: str, found: list[Violation]) -> datetime | None:
        try:
            if self.day_will_do and isinstance(value, str) and not dates.MOMENT.fullmatch(value):
                return dates.midnight(dates.read_day(_day_of(value)))
            if self.to_the_second and isinstance(value, str):
                value = TO_THE_SECOND.sub(r"\1.000\2", value)
            return dates.read_moment(value)
        except (ValueError, TypeError, OverflowError):
            found.append(invalid(path))
            return None


def _day_of(text: str) -> str:
    """The day of any ISO 8601 time, as written there."""
    return datetime.fromisoformat(text).date().isoformat() if "T" in text else text


class Day(msgspec.Struct, frozen=True):
    required: bool = False

    def read(self, value: Any, path: str, found: list[Violation]) -> date | None:
        try:
            return dates.read_day(value)
        except (ValueError, TypeError):
            found.append(invalid(path))
            return None


class Many(msgspec.Struct, frozen=True):
    """A list. `size_field` names the length in violations (`addresses.billing.size`)."""

    of: Any
    most: int | None = None
    required: bool = False
    size_field: bool = False

    def read(self, value: Any, path: str, found: list[Violation]) -> list[Any] | None:
        if not isinstance(value, list):
            found.append(invalid(path))
            return None
        if self.most is not None and len(value) > self.most:
            found.append(invalid(f"{path}.size" if self.size_field else path))
            return None
        read = [self._item(item, f"{path}[{index}]", found) for index, item in enumerate(value)]
        return [item for item in read if item is not None]

    def _item(self, item: Any, path: str, found: list[Violation]) -> Any:
        if item is None:
            found.append(missing(path))
            return None
        return self.of.read(item, path, found)


class Fields(msgspec.Struct, frozen=True):
    """An object: its fields in the order in which answers print them."""

    of: dict[str, Any]
    required: bool = False

    def read(self, value: Any, path: str, found: list[Violation]) -> dict[str, Any] | None:
        if not isinstance(value, dict):
            found.append(invalid(path))
            return None
        kept = {}
        for name, check in self.of.items():
            given = value.get(name)
            where = f"{path}.{name}" if path else name
            if given is None:
                if check.required:
                    # Measured on articles: `price` is NOTNULL, `unitName` NOTEMPTY.
                    found.append(empty(where) if isinstance(check, Text) else missing(where))
                continue
            read = check.read(given, where, found)
            if read is not None:
                kept[name] = read
        return kept


def read_body(shape: Fields, value: Any) -> dict[str, Any]:
    """The fields of `shape` in `value`; 406 naming all that do not fit."""
    found: list[Violation] = []
    kept = shape.read(value, "", found)
    if found:
        raise refuse(*found)
    return kept or {}


def printed(value: Any) -> Any:
    """What a check has read, in the form in which answers print it."""
    if isinstance(value, dict):
        return {name: printed(item) for name, item in value.items()}
    if isinstance(value, list):
        return [printed(item) for item in value]
    if isinstance(value, datetime):
        return dates.shown(value)
    if isinstance(value, date):
        return value.isoformat()
    return money.as_printed(value) if isinstance(value, Decimal) else value
