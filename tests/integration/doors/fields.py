"""Every field of a body, nested ones too, found in its schema; and bodies with any value in one of them."""

import copy
import re
from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from tests.integration.doors.operations import SCHEMAS, WITH_JSON, Operation

STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")
SAMPLES: dict[str, Any] = {
    "type": "service",
    "kind": "service",
    "countryCode": "DE",
    "currency": "EUR",
    "language": "de",
    "taxTreatment": "standard",
    "gtin": "40063813",
    "email": "rechnung@muster-handel.example",
    "number": "10001",
    "status": "open",
}
"""Values for fields with a pattern; all else follows from the type."""
EMAIL_LISTS = {"business", "office", "private", "other"}


class Field(Struct, frozen=True):
    """One field: where it is, what it holds."""

    path: str
    """As errors name it: `lines[0].taxRate`."""
    schema: dict[str, Any]
    """Without `null` and references."""
    nullable: bool
    required: bool

    @property
    def kind(self) -> str:
        """`object`, `array`, `boolean`, `integer`, `decimal`, `date`, `date-time` or `string`."""
        return self.schema.get("format") or self.schema.get("type", "any")


class Place(Struct, frozen=True):
    """A field of an operation's body."""

    operation: Operation
    field: Field

    def __str__(self) -> str:
        return f"{self.operation} {self.field.path}"


def resolved(schema: dict[str, Any]) -> tuple[dict[str, Any], bool]:
    """The schema without reference and null, and whether null was there."""
    if "anyOf" in schema:
        parts = [part for part in schema["anyOf"] if part.get("type") != "null"]
        rest = {name: value for name, value in schema.items() if name != "anyOf"}
        return {**resolved(parts[0])[0], **rest}, len(parts) < len(schema["anyOf"])
    if "$ref" in schema:
        return SCHEMAS[schema["$ref"].rpartition("/")[2]], False
    return schema, False


def fields_of(schema: dict[str, Any], prefix: str = "") -> Iterator[Field]:
    """All fields below an object's schema; of a list its first item."""
    for name, declared in schema["properties"].items():
        inner, nullable = resolved(declared)
        path = f"{prefix}{name}"
        yield Field(path, inner, nullable, name in schema.get("required", ()))
        if inner.get("type") == "object":
            yield from fields_of(inner, f"{path}.")
        elif inner.get("type") == "array":
            item, _ = resolved(inner["items"])
            yield Field(f"{path}[0]", item, False, False)
            if item.get("type") == "object":
                yield from fields_of(item, f"{path}[0].")


def sample(schema: dict[str, Any], name: str = "") -> Any:
    """A value that fits: objects with what they require, lists with one item."""
    schema, _ = resolved(schema)
    if schema.get("type") == "object":
        return {n: sample(schema["properties"][n], n) for n in schema.get("required", ())}
    if schema.get("type") == "array":
        return [sample(schema["items"], "email" if name in EMAIL_LISTS else name)]
    if "enum" in schema:
        return schema["enum"][0]
    by_format = {"date": "2026-11-20", "date-time": "2026-11-20T09:14:05Z", "decimal": "19"}
    if schema.get("format") in by_format:
        return by_format[schema["format"]]
    by_type = {"integer": max(1, schema.get("minimum", 1)), "boolean": False, "string": "Muster"}
    return SAMPLES.get(name, by_type[schema["type"]])


def placed(body: Any, schema: dict[str, Any], path: str, value: Any) -> Any:
    """A copy of the body with the value at the path; objects on the way are made when missing."""
    body = copy.deepcopy(body)
    here, here_schema = body, schema
    steps = [name or int(index) for name, index in STEP.findall(path)]
    for step, following in zip(steps, [*steps[1:], None], strict=True):
        if following is None:
            here[step] = value
            return body
        inner, _ = resolved(
            here_schema["items"] if isinstance(step, int) else here_schema["properties"][step]
        )
        absent = isinstance(here, dict) and not here.get(step)
        if absent:
            here[step] = sample(inner, str(step))
        here, here_schema = here[step], inner
    raise AssertionError(path)


def without(body: Any, path: str) -> Any:
    """A copy of the body that lacks what is at the path."""
    body = copy.deepcopy(body)
    steps = [name or int(index) for name, index in STEP.findall(path)]
    here = body
    for step in steps[:-1]:
        here = here[step]
    del here[steps[-1]]
    return body


PLACES = [Place(o, field) for o in WITH_JSON if o.body_schema for field in fields_of(o.body_schema)]
LEAVES = [place for place in PLACES if place.field.kind not in ("object", "array")]
ROOTS = [Place(o, Field("", o.body_schema, False, True)) for o in WITH_JSON if o.body_schema]
"""The whole bodies."""


def value_at(value: Any, path: str) -> Any:
    """What is at the path."""
    for name, index in STEP.findall(path):
        value = value[name or int(index)]
    return value
