"""Bytes that enter: strict JSON, strict query parameters, exact decimals. Nothing is dropped or guessed.

RFC 8259 leaves open what a parser does with duplicate keys, NaN, huge exponents and U+0000. All are refused
here, since the database, the vendor and the caller would each read them differently.
"""

import json
import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any, TypeVar
from urllib.parse import parse_qsl

import msgspec
from msgspec import inspect

from connectors.base.errors import FieldError
from gateway.api.decimals import misfits
from gateway.api.read_only import NOT_THERE, taken_out
from gateway.errors import Invalid, Malformed

S = TypeVar("S", bound=msgspec.Struct)
MAX_DEPTH = 64
MAX_ERRORS = 25
_STRUCTURE = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)
_AT = re.compile(r"^(?P<message>.*?)(?: - at `(?P<where>[^`]*)`)?$", re.DOTALL)
_UNKNOWN = re.compile(r"^Object contains unknown field `(.*)`$")
_REQUIRED = re.compile(r"^Object missing required field `(.*)`$")
_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_BOOLEANS = {"true": True, "false": False}
_STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")


class _Duplicate(ValueError):
    """A key stands twice in one object."""


def parse_json(content: bytes) -> Any:
    """The value, with numbers as int or Decimal.

    Raises:
        Malformed: not JSON, nested too deep, a key twice, NaN or Infinity.
        Invalid: a string with U+0000 or half a surrogate pair, named by its path.
    """
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Malformed("The body is not UTF-8.") from error
    _refuse_deep(content, text)
    try:
        value = json.loads(
            text, object_pairs_hook=_object, parse_float=_number, parse_int=_integer, parse_constant=_constant
        )
    except _Duplicate as error:
        raise Malformed(f"The body has the key {error} twice in one object.") from error
    except (ValueError, RecursionError, InvalidOperation) as error:
        raise Malformed("The body is not valid JSON.") from error
    errors = [FieldError(field=path, code="text", message=why) for path, why in _bad_text(value, "")]
    if errors:
        raise Invalid(tuple(errors[:MAX_ERRORS]))
    return value


def _refuse_deep(content: bytes, text: str) -> None:
    if content.count(b"[") + content.count(b"{") <= MAX_DEPTH:
        return
    depth = 0
    for match in _STRUCTURE.finditer(text):
        mark = match.group()
        if mark in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise Malformed(f"The body is nested deeper than {MAX_DEPTH} levels.")
        elif mark in "]}":
            depth -= 1


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise _Duplicate(json.dumps(twice[:100]))
    return found


def _number(text: str) -> Decimal:
    return Decimal(text)


def _integer(text: str) -> int | Decimal:
    return int(text) if len(text) <= 18 else Decimal(text)


def _constant(text: str) -> Any:
    raise ValueError(text)


def _bad_text(value: Any, path: str) -> list[tuple[str, str]]:
    if isinstance(value, str):
        why = bad_characters(value)
        return [(path, why)] if why else []
    if isinstance(value, dict):
        found: list[tuple[str, str]] = []
        for key, item in value.items():
            if bad_characters(key):
                found.append((path, "A key holds characters that cannot be stored."))
            else:
                found += _bad_text(item, f"{path}.{key}" if path else key)
        return found
    if isinstance(value, list):
        return [bad for index, item in enumerate(value) for bad in _bad_text(item, f"{path}[{index}]")]
    return []


def bad_characters(text: str) -> str | None:
    """Why a text cannot be stored, or None when it can."""
    if "\x00" in text:
        return "U+0000 cannot be stored."
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        return "Half of a surrogate pair is not a character."
    return None


def fit(value: Any, type: type[S], read: Any = None, current: Any = NOT_THERE) -> S:
    """The value as a struct. All misfits that can be told apart are named at once.

    `read` is the struct that such objects are read as: what only it has is named as read-only, unless it is
    what `current` says already.

    Raises:
        Invalid: with a FieldError for each misfit, paths as in the JSON.
    """
    errors = [] if read is None else taken_out(value, type, read, current)
    result: S | None = None
    most = len(errors) + MAX_ERRORS
    while len(errors) < most:
        try:
            result = msgspec.convert(value, type)
            break
        except msgspec.ValidationError as error:
            problem = field_error(str(error))
            errors.append(problem)
            if problem.code == "missing" or not _without(value, problem.field):
                break
    if result is not None:
        errors += misfits(value, type)
    if errors or result is None:
        raise Invalid(_one_each(errors))
    return result


def _one_each(errors: list[FieldError]) -> tuple[FieldError, ...]:
    """The first error of each field: a wrong value taken out leaves a missing field, which is no news."""
    found: dict[str, FieldError] = {}
    for error in errors:
        found.setdefault(error.field, error)
    return tuple(found.values())


def field_error(message: str) -> FieldError:
    """msgspec's message as a field path, a stable code and a sentence."""
    match = _AT.match(message)
    text, where = (match["message"], match["where"] or "$") if match else (message, "$")
    path = where.removeprefix("$").removeprefix(".")
    for pattern, code, sentence in (
        (_UNKNOWN, "unknown_field", "There is no such field."),
        (_REQUIRED, "missing", "This field is required."),
    ):
        if found := pattern.match(text):
            return FieldError(field=f"{path}.{found[1]}" if path else found[1], code=code, message=sentence)
    return FieldError(field=path, code="type" if text.startswith("Expected") else "value", message=text)


def _without(value: Any, path: str) -> bool:
    """Take the value at the path out of a tree, so that the next misfit shows. False when it is not there."""
    steps = [key or int(index) for key, index in _STEP.findall(path)]
    if not steps:
        return False
    for step in steps[:-1]:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return False
    last = steps[-1]
    if isinstance(value, dict) and last in value:
        del value[last]
        return True
    return False


def parse_query(query_string: bytes) -> dict[str, str]:
    """Query parameters; each at most once.

    Raises:
        Invalid: a parameter twice, or text that cannot be stored.
        Malformed: percent-encoding that is not UTF-8.
    """
    if not query_string:
        return {}
    try:
        pairs = parse_qsl(
            query_string.decode("latin-1"), keep_blank_values=True, max_num_fields=100, errors="strict"
        )
    except ValueError as error:
        raise Malformed("The query string cannot be read as UTF-8.") from error
    found: dict[str, str] = {}
    errors: list[FieldError] = []
    for name, text in pairs:
        if why := bad_characters(text) or bad_characters(name):
            errors.append(FieldError(field=name.replace("\x00", "")[:100], code="text", message=why))
        elif name in found:
            errors.append(
                FieldError(field=name[:100], code="repeated", message="This parameter may stand once.")
            )
        found[name] = text
    if errors:
        raise Invalid(tuple(errors))
    return found


def _integer_text(text: str) -> int | str:
    return int(text) if _INTEGER.fullmatch(text) else text


def _boolean_text(text: str) -> bool | str:
    return _BOOLEANS.get(text, text)


_READERS: dict[type[inspect.Type], Callable[[str], Any]] = {
    inspect.IntType: _integer_text,
    inspect.BoolType: _boolean_text,
}


@cache
def _readers(struct: type[msgspec.Struct]) -> dict[str, Callable[[str], Any]]:
    """What each query parameter's text is read as. A text that cannot be read so stays one, and does not fit.

    msgspec's own lax mode would read `null` as no filter at all, and 1e2 as 100.
    """
    found: dict[str, Callable[[str], Any]] = {}
    for field in inspect.type_info(struct).fields:  # pyright: ignore[reportAttributeAccessIssue]
        kinds = field.type.types if isinstance(field.type, inspect.UnionType) else (field.type,)
        bare = [kind.type if isinstance(kind, inspect.Metadata) else kind for kind in kinds]
        readers = [_READERS[type(kind)] for kind in bare if type(kind) in _READERS]
        found[field.encode_name] = readers[0] if readers else str
    return found


def fit_query(given: dict[str, str], types: tuple[type[msgspec.Struct], ...]) -> tuple[msgspec.Struct, ...]:
    """Query parameters as one struct each of `types`, whose fields have distinct names.

    Raises:
        Invalid: an unknown parameter, or a value that does not fit.
    """
    return _fitted(given, types) if given else _without_parameters(types)


@cache
def _without_parameters(types: tuple[type[msgspec.Struct], ...]) -> tuple[msgspec.Struct, ...]:
    return _fitted({}, types)


def _fitted(given: dict[str, str], types: tuple[type[msgspec.Struct], ...]) -> tuple[msgspec.Struct, ...]:
    names = [_readers(type).keys() for type in types]
    known: set[str] = set().union(*names)
    errors = [
        FieldError(field=name[:100], code="unknown_parameter", message="There is no such query parameter.")
        for name in given
        if name not in known
    ]
    structs: list[msgspec.Struct] = []
    for type, own in zip(types, names, strict=True):
        try:
            readers = _readers(type)
            structs.append(fit({name: readers[name](given[name]) for name in own & given.keys()}, type))
        except Invalid as invalid:
            errors += invalid.errors
    if errors:
        raise Invalid(tuple(errors))
    return tuple(structs)
