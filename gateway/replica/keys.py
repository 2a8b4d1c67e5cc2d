"""By what a resource's rows are selected and sorted: derived from its filters and sorts. Pure.

Keys are text that sorts as the values do, so that the same columns serve every resource: what they stand for
is the order of the declarations, and its digest, the *shape*, stands with each row.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime
from enum import Enum
from functools import cache
from typing import Any

import msgspec
from msgspec import Struct, inspect

from gateway.persistence.tables import REPLICA_KEYS, REPLICA_SORTS
from schemas.base import Filters, Resource, Unified

LONGEST = 500
"""Characters of a key; filters are shorter."""
PART = "\n"
"""Between texts of one key that is searched for a part."""

_CLEAR = (inspect.BoolType, inspect.DateType, inspect.DateTimeType, inspect.EnumType)
_ORDERED = (*_CLEAR, inspect.StrType)

Blind = Callable[[str, str], str]
"""The keyed hash of a field's text, where text must not stand in the clear."""


class Key(Struct, frozen=True, kw_only=True):
    """One column of a row. `path`: the field, as in Python."""

    column: str
    path: tuple[str, ...]
    searched: bool
    """True when parts of it are looked for, ignoring case."""
    is_text: bool
    """True for what people write, such as numbers and names; ids are none."""


class Condition(Struct, frozen=True, kw_only=True):
    """What a filter asks of a key: `equals`, `from`, `to` or `contains`."""

    key: Key
    how: str


class Keys(Struct, frozen=True, kw_only=True):
    """Everything that a resource can be asked for here, and what it cannot."""

    columns: tuple[Key, ...]
    filters: Mapping[str, Condition]
    """By the filter's name in Python."""
    sorts: Mapping[str, Key]
    """By the sort's name, without its sign."""
    unserved: tuple[str, ...]
    """Filters and sorts, as in the query, that rows have no key for."""
    shape: str

    def values(self, data: Unified, blind: Blind | None) -> dict[str, str]:
        """The columns of an object; with `blind`, no text in the clear."""
        found = nothing()
        for key in self.columns:
            found[key.column] = _kept(key, value_at(data, key.path), blind)
        return found

    def of_filter(self, name: str, value: Any) -> dict[str, str]:
        """The column that a filter looks at, for a value."""
        condition = self.filters.get(name)
        return {} if condition is None else {condition.key.column: text_of(value)}

    def unserved_of(self, filters: Filters, sort: str | None, *, blind: bool) -> tuple[str, ...]:
        """Parameters in use, as in the query, that the replica cannot serve."""
        asked = [name for name in filters.__struct_fields__ if getattr(filters, name) is not None]
        names = dict(zip(filters.__struct_fields__, filters.__struct_encode_fields__, strict=True))
        lacking = [names[name] for name in asked if not _serves(self.filters.get(name), blind)]
        key = self.sorts.get(sort.removeprefix("-")) if sort else None
        unsortable = sort is not None and (key is None or (blind and key.is_text))
        return (*lacking, *(("sort",) if unsortable else ()))


def nothing() -> dict[str, str]:
    """The columns of what has no values."""
    return {f"key_{number}": "" for number in range(1, REPLICA_KEYS + 1)}


def _serves(condition: Condition | None, blind: bool) -> bool:
    return condition is not None and not (blind and condition.key.is_text and condition.how != "equals")


def text_of(value: Any) -> str:
    """A value as text that sorts as values of its kind do; nothing is the empty text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds")
    if isinstance(value, date):
        return value.isoformat()
    return str(value.value if isinstance(value, Enum) else value).replace("\x00", "")[:LONGEST]


def value_at(data: Any, path: tuple[str, ...]) -> Any:
    """The value of a field; None where a part on the way is missing."""
    for name in path:
        data = getattr(data, name, None)
    return data


def searchable(value: Any) -> str:
    """All texts in a value, ignoring case."""
    return PART.join(_texts(value)).casefold().replace("\x00", "")


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, Struct):
        for name in value.__struct_fields__:
            yield from _texts(getattr(value, name))


def _kept(key: Key, value: Any, blind: Blind | None) -> str:
    if key.searched:
        return "" if blind and key.is_text else searchable(value)
    text = text_of(value)
    return blind(".".join(key.path), text) if blind and key.is_text and text else text


@cache
def keys_of(resource: Resource) -> Keys:
    """The keys of a resource: first what it is sorted by, then what it is filtered by."""
    found: dict[tuple[tuple[str, ...], bool], Key] = {}
    unserved: list[str] = []

    def key(field: str, *, searched: bool = False, most: int = REPLICA_KEYS) -> Key | None:
        at = _path(resource.model, field)
        if at is None or (not searched and not isinstance(at[1], _ORDERED)):
            return None
        path, kind = at
        if (path, searched) not in found:
            if len(found) >= most:
                return None
            is_text = not isinstance(kind, _CLEAR) and path[-1] != "id" and not path[-1].endswith("_id")
            made = Key(column=f"key_{len(found) + 1}", path=path, searched=searched, is_text=is_text)
            found[path, searched] = made
        return found[path, searched]

    sorts: dict[str, Key] = {}
    for name in resource.sorts:
        sorted_by = key(_in_python(name), most=REPLICA_SORTS)
        if sorted_by is None:
            unserved.append(f"sort={name}")
        else:
            sorts[name] = sorted_by
    filters: dict[str, Condition] = {}
    for field in inspect.type_info(resource.filters).fields:  # pyright: ignore[reportAttributeAccessIssue]
        told = _told(field.type)
        how = told.get("how", "equals")
        looked_at = key(told.get("field") or field.name, searched=how == "contains")
        if looked_at is None:
            unserved.append(field.encode_name)
        else:
            filters[field.name] = Condition(key=looked_at, how=how)
    columns = tuple(found.values())
    kept = [*((k.column, k.path, k.searched) for k in columns), resource.sums, resource.searched]
    shape = hashlib.sha256(repr(kept).encode()).hexdigest()[:16]
    return Keys(columns=columns, filters=filters, sorts=sorts, unserved=tuple(unserved), shape=shape)


def _in_python(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


def _told(kind: inspect.Type) -> dict[str, Any]:
    """What the filter's Meta says of it."""
    parts = kind.types if isinstance(kind, inspect.UnionType) else (kind,)
    return next((part.extra for part in parts if isinstance(part, inspect.Metadata) and part.extra), {})


def _path(model: type[Unified], field: str) -> tuple[tuple[str, ...], inspect.Type] | None:
    """The field of the object, or of the one part of it that has a field of this name."""
    kinds = _fields(model)
    if field in kinds:
        return (field,), kinds[field]
    nested = [
        ((part, field), _fields(kind.cls)[field])
        for part, kind in kinds.items()
        if isinstance(kind, inspect.StructType) and field in _fields(kind.cls)
    ]
    return nested[0] if len(nested) == 1 else None


def _fields(struct: type[msgspec.Struct]) -> dict[str, inspect.Type]:
    info = inspect.type_info(struct)
    return {field.name: _bare(field.type) for field in info.fields}  # pyright: ignore[reportAttributeAccessIssue]


def _bare(kind: inspect.Type) -> inspect.Type:
    if isinstance(kind, inspect.Metadata):
        return _bare(kind.type)
    if isinstance(kind, inspect.UnionType):
        rest = [part for part in kind.types if not isinstance(part, inspect.NoneType)]
        return _bare(rest[0]) if len(rest) == 1 else kind
    return kind
