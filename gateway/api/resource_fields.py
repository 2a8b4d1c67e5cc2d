"""`GET /v1/accounting/{resource}/meta`: every field of a resource, and what one connection takes in it.

Derived: shapes, lengths and patterns from the structs that read and write it, limits from the connector, from
the matrix what reaches the accounting system at all.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

import msgspec
from msgspec import inspect

from connectors.base.examination import Limit
from connectors.base.field_paths import fields_of, words_of
from connectors.base.operations import OPERATIONS, Operation
from gateway.api.call import Call
from gateway.api.field_docs import field_texts
from gateway.api.matrix import ResourceSupport, packaged
from schemas.base import Resource, Unified

READ_ONLY = "The accounting system sets it."


class FieldRule(Unified, kw_only=True, frozen=True):
    """One field."""

    path: str
    """As in errors, without numbers: `lines[].taxRate`."""
    type: str
    """`string`, `decimal`, `integer`, `boolean`, `date`, `date-time`, `object`, `array` or `any`."""
    description: str | None
    """What it means, and its term in EN 16931."""
    readable: bool
    """True when it stands in answers."""
    writable: bool
    """True when this connection can set it: on a create, or in the action."""
    updatable: bool
    """True when this connection can change it."""
    required: bool
    """True when a create, or the action, has to have it, or its parent has to have it."""
    values: list[str] | None
    """The only values taken; None where any will do."""
    pattern: str | None
    """Regular expression of texts."""
    max_length: int | None
    """Characters of a text, at most."""
    max_items: int | None
    """Entries of a list, at most."""
    decimals: int | None
    """Decimal places, at most."""
    minimum: str | None
    """Least value."""
    maximum: str | None
    """Largest value."""
    reason: str | None
    """Why this connection takes less than the model."""


class ActionMeta(Unified, kw_only=True, frozen=True):
    """What one connection takes in the body of an action."""

    operation: str
    """`convert`, `cancel` …"""
    fields: list[FieldRule]
    """Every field of the body; none of them is read."""


class ResourceMeta(Unified, kw_only=True, frozen=True):
    """What one connection can do with a resource, and its fields."""

    resource: str
    """Unified resource."""
    operations: list[str]
    """What this connection can do with it."""
    sorts: list[str]
    """Values of `sort`, each also with a leading `-`."""
    filters: list[str]
    """Query parameters of its lists."""
    fields: list[FieldRule]
    """Every field that can be read or written."""
    actions: list[ActionMeta]
    """What this connection can have done with an object, where that takes a body."""


def resource_meta(call: Call, resource: Resource) -> ResourceMeta:
    """What the connection of the call takes."""
    abilities = call.rooms.abilities
    operations = abilities.operations(call.connection, resource)
    return ResourceMeta(
        resource=resource.name,
        operations=list(operations),
        sorts=list(resource.sorts),
        filters=[field.encode_name for field in msgspec.structs.fields(resource.filters)],
        fields=rules(
            resource, operations, abilities.limits(call.connection, resource.name), _support(call, resource)
        ),
        actions=[
            ActionMeta(operation=name, fields=action_rules(call, resource, OPERATIONS[name]))
            for name in operations
            if OPERATIONS[name].takes is not None
        ],
    )


def action_rules(call: Call, resource: Resource, operation: Operation) -> list[FieldRule]:
    """What the connection of the call takes in the body of an action."""
    assert operation.takes is not None
    limits = call.rooms.abilities.action_limits(call.connection, resource.name, operation.name)
    refused = _support(call, resource).refused(operation.name)
    return [
        _rule(path, field, None, (refused, None), limits.get(path))
        for path, field in _fields(operation.takes)
    ]


def _support(call: Call, resource: Resource) -> ResourceSupport:
    return packaged().of(call.rooms.abilities.connector(call.connection).name, resource.name)


def rules(
    resource: Resource,
    operations: tuple[str, ...],
    limits: Mapping[str, Limit],
    support: ResourceSupport,
) -> list[FieldRule]:
    """The fields of the resource, written ones first, as a connection with these operations takes them."""
    written = dict(_fields(resource.create)) if resource.create else {}
    read = dict(_fields(resource.model))
    create, update = (support.refused(name) if name in operations else None for name in ("create", "update"))
    return [
        _rule(path, written.get(path), read.get(path), (create, update), limits.get(path))
        for path in dict.fromkeys([*written, *read])
    ]


Refused = Mapping[str, str | None] | None
"""What an operation does not take, and why; None where there is no such operation."""


def _rule(
    path: str,
    written: "_Field | None",
    read: "_Field | None",
    refused: tuple[Refused, Refused],
    limit: Limit | None,
) -> FieldRule:
    field = written or read
    assert field is not None
    open_to_writes = written is not None and (limit is None or limit.writable)
    can = [open_to_writes and gone is not None and path not in gone for gone in refused]
    reasons = [limit.reason if limit else None, *(gone.get(path) for gone in refused if gone)]
    values = limit.values if limit and limit.values is not None else field.values
    return FieldRule(
        path=path,
        type=field.type,
        description=(read and read.text) or field.text,
        readable=read is not None,
        writable=can[0],
        updatable=can[1],
        required=can[0]
        and written is not None
        and (limit.required if limit else None) is not False
        and (written.required or bool(limit and limit.required)),
        values=None if values is None else list(values),
        pattern=field.pattern,
        max_length=field.max_length,
        max_items=limit.most if limit and limit.most is not None else field.max_items,
        decimals=field.decimals,
        minimum=field.minimum,
        maximum=field.maximum,
        reason=" ".join(dict.fromkeys(filter(None, reasons))) or (None if open_to_writes else READ_ONLY),
    )


class _Field(msgspec.Struct, frozen=True, kw_only=True):
    """A field as its struct declares it."""

    type: str
    text: str | None
    required: bool
    values: tuple[str, ...] | None = None
    pattern: str | None = None
    max_length: int | None = None
    max_items: int | None = None
    decimals: int | None = None
    minimum: str | None = None
    maximum: str | None = None


_TYPES: tuple[tuple[type[inspect.Type], str], ...] = (
    (inspect.DecimalType, "decimal"),
    (inspect.IntType, "integer"),
    (inspect.BoolType, "boolean"),
    (inspect.DateType, "date"),
    (inspect.DateTimeType, "date-time"),
    (inspect.StructType, "object"),
    (inspect.ListType, "array"),
    (inspect.StrType, "string"),
    (inspect.EnumType, "string"),
    (inspect.LiteralType, "string"),
)


@cache
def _fields(struct: type[msgspec.Struct]) -> tuple[tuple[str, _Field], ...]:
    return tuple(
        (at.path, _field(at.kind, at.extra, field_texts(at.within).get(at.name), at.required))
        for at in fields_of(struct)
    )


def _field(kind: inspect.Type, extra: Mapping[str, Any], text: str | None, required: bool) -> _Field:
    values = words_of(kind) or None
    pattern = kind.pattern if isinstance(kind, inspect.StrType) and values is None else None
    return _Field(
        type=next((name for type, name in _TYPES if isinstance(kind, type)), "any"),
        text=text,
        required=required,
        values=values,
        pattern=pattern,
        max_length=kind.max_length if isinstance(kind, inspect.StrType) else None,
        max_items=kind.max_length if isinstance(kind, inspect.ListType) else None,
        decimals=extra.get("places"),
        minimum=_text(extra.get("minimum", kind.ge if isinstance(kind, inspect.IntType) else None)),
        maximum=_text(extra.get("maximum", kind.le if isinstance(kind, inspect.IntType) else None)),
    )


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
