"""The fields of a struct and of all structs inside it, by path: `lines[].taxRate`."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from msgspec import Struct, inspect

DEEPEST = 6
ONE_OF = re.compile(r"\^\(([\w-]+(?:\|[\w-]+)*)\)\$")


class FieldAt(Struct, frozen=True, kw_only=True):
    """A field where it stands."""

    path: str
    """As in errors, without numbers."""
    name: str
    """On the wire."""
    within: type[Struct]
    """The struct that declares it."""
    kind: inspect.Type
    """Without null and wrappers; of a list, the list."""
    extra: Mapping[str, Any]
    """What its wrapper says of decimals."""
    required: bool
    nullable: bool
    inner: type[Struct] | None
    """The struct it holds, or a list of it."""


@cache
def fields_of(struct: type[Struct]) -> tuple[FieldAt, ...]:
    """All fields as declared, each before those inside it. A struct inside itself ends there."""
    return tuple(_walk(struct, "", ()))


@cache
def leaves_of(struct: type[Struct]) -> tuple[FieldAt, ...]:
    """The fields that hold values, or what is not looked into any further."""
    found = fields_of(struct)
    parents = {one.path for one in found if any(_below(other.path, one.path) for other in found)}
    return tuple(one for one in found if one.path not in parents)


def bare(kind: inspect.Type) -> tuple[Mapping[str, Any], inspect.Type]:
    """The type without null and wrappers, and what its wrapper says of decimals."""
    extra: Mapping[str, Any] = {}
    while isinstance(kind, inspect.Metadata | inspect.UnionType):
        if isinstance(kind, inspect.Metadata):
            extra, kind = {**extra, **(kind.extra or {})}, kind.type
        else:
            kind = next(part for part in kind.types if not isinstance(part, inspect.NoneType))
    return extra, kind


def words_of(kind: inspect.Type) -> tuple[str, ...]:
    """The words that a value has to be one of; none where it is no choice."""
    if isinstance(kind, inspect.EnumType):
        return tuple(str(member.value) for member in kind.cls)
    if isinstance(kind, inspect.LiteralType):
        return tuple(map(str, kind.values))
    one_of = ONE_OF.fullmatch(kind.pattern or "") if isinstance(kind, inspect.StrType) else None
    return tuple(one_of[1].split("|")) if one_of else ()


def _walk(struct: type[Struct], prefix: str, around: tuple[type, ...]) -> Iterator[FieldAt]:
    if struct in around or len(around) > DEEPEST:
        return
    for field in inspect.type_info(struct).fields:  # pyright: ignore[reportAttributeAccessIssue]
        extra, kind = bare(field.type)
        _, item = bare(kind.item_type) if isinstance(kind, inspect.ListType) else ({}, kind)
        inner = item.cls if isinstance(item, inspect.StructType) else None
        path = f"{prefix}{field.encode_name}"
        yield FieldAt(
            path=path,
            name=field.encode_name,
            within=struct,
            kind=kind,
            extra=extra,
            required=field.required,
            nullable=_nullable(field.type),
            inner=inner,
        )
        if inner is not None:
            step = "[]." if isinstance(kind, inspect.ListType) else "."
            yield from _walk(inner, path + step, (*around, struct))


def _nullable(kind: inspect.Type) -> bool:
    if isinstance(kind, inspect.Metadata):
        return _nullable(kind.type)
    return isinstance(kind, inspect.UnionType) and kind.includes_none


def _below(path: str, parent: str) -> bool:
    return path.startswith((f"{parent}.", f"{parent}[]."))


def values_at(value: Any, leaves: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """What a value of plain dicts and lists holds at the leaves; nulls and empty lists hold nothing."""
    found: list[tuple[str, Any]] = []
    _gather(value, leaves, "", found)
    return found


def _gather(value: Any, leaves: Mapping[str, Any], path: str, found: list[tuple[str, Any]]) -> None:
    if value is None or value == []:
        return
    if path in leaves:
        found.append((path, value))
    elif isinstance(value, dict):
        prefix = f"{path}." if path else ""
        for name, part in value.items():
            _gather(part, leaves, prefix + name, found)
    elif isinstance(value, list):
        for part in value:
            _gather(part, leaves, f"{path}[]", found)


def named(struct: type[Struct]) -> dict[str, FieldAt]:
    """The leaves by path."""
    return {leaf.path: leaf for leaf in leaves_of(struct)}


def put(tree: Any, path: str, value: Any, *, make: bool) -> Any:
    """The tree of plain dicts and lists with the value at the path, in every entry of lists on the way.

    What lies on the way and is missing is made, or with `make` false leaves the tree as it is.
    """
    if not path:
        return value
    if path.startswith("[]"):
        entries = tree if isinstance(tree, list) and tree else [None] if make else []
        return [put(entry, path[2:].removeprefix("."), value, make=make) for entry in entries]
    if not isinstance(tree, dict) and not make:
        return tree
    name, rest = _split(path)
    held = tree if isinstance(tree, dict) else {}
    if rest and not make and name not in held:
        return held
    part = put(held.get(name), rest, value, make=make)
    return {key: old for key, old in held.items() if key != name} | ({} if part is ABSENT else {name: part})


class Absent:
    """Stands for a field that is left out."""


ABSENT = Absent()


def _split(path: str) -> tuple[str, str]:
    end = min((at for at in (path.find("."), path.find("[]")) if at >= 0), default=len(path))
    return path[:end], path[end:].removeprefix(".")
