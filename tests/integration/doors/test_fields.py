"""SEC-4, SEC-35: every field of every body, with all that it cannot take: refused, and named by its path."""

import msgspec
import pytest

from tests.integration.doors.fields import LEAVES, PLACES, ROOTS, Place, placed, without
from tests.integration.doors.operations import SCHEMAS
from tests.integration.doors.traps import NOT_JSON, unfit
from tests.integration.doors.visiting import Visitor

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(300)]

HERE = "the value that is put here"


def with_text(visitor: Visitor, place: Place, fragment: str) -> bytes:
    """The fitting body with a piece of JSON text, valid or not, as the value of one field."""
    body = placed(visitor.body(place.operation), place.operation.body_schema or {}, place.field.path, HERE)
    return msgspec.json.encode(body).replace(f'"{HERE}"'.encode(), fragment.encode())


@pytest.mark.parametrize("place", PLACES, ids=str)
async def test_a_value_that_does_not_fit_is_refused_by_its_path(visitor: Visitor, place: Place) -> None:
    field = place.field
    fragments = unfit(field.kind, field.schema, nullable=field.nullable)
    for fragment in fragments:
        answer = await visitor.knock(place.operation, content=with_text(visitor, place, fragment))
        assert answer.status_code == 422, f"{fragment[:80]}: {answer.status_code}"
        assert field.path in {error["field"] for error in answer.json()["errors"]}, (
            f"{fragment[:80]}: {answer.text}"
        )


@pytest.mark.parametrize("place", LEAVES, ids=str)
async def test_what_is_no_json_is_malformed_in_every_field(visitor: Visitor, place: Place) -> None:
    for fragment in NOT_JSON:
        answer = await visitor.knock(place.operation, content=with_text(visitor, place, fragment))
        assert (answer.status_code, answer.json()["code"]) == (400, "malformed"), fragment


REQUIRED = [place for place in PLACES if place.field.required]


@pytest.mark.parametrize("place", REQUIRED, ids=str)
async def test_a_required_field_that_is_missing_is_named(visitor: Visitor, place: Place) -> None:
    body = placed(visitor.body(place.operation), place.operation.body_schema or {}, place.field.path, None)
    answer = await visitor.knock(place.operation, json=without(body, place.field.path))

    assert answer.status_code == 422
    assert {"field": place.field.path, "code": "missing"} in [
        {"field": error["field"], "code": error["code"]} for error in answer.json()["errors"]
    ]


OBJECTS = [*ROOTS, *(place for place in PLACES if "properties" in place.field.schema)]
FOREIGN = sorted({name for schema in SCHEMAS.values() for name in schema.get("properties", {})})
FOREIGN += [
    "tenantId",
    "organizationId",
    "__proto__",
    "constructor",
    "$ref",
    "__class__",
    "Name",
    "name ",
    "näme",
]
AT_ONCE = 20


@pytest.mark.parametrize("place", OBJECTS, ids=str)
async def test_a_field_of_another_object_is_refused_by_its_path(visitor: Visitor, place: Place) -> None:
    """Every name that any answer bears, and such as attackers try, in every object of every body."""
    prefix = f"{place.field.path}." if place.field.path else ""
    paths = [prefix + name for name in FOREIGN if name not in place.field.schema["properties"]]
    for start in range(0, len(paths), AT_ONCE):
        body = visitor.body(place.operation)
        for path in paths[start : start + AT_ONCE]:
            body = placed(body, place.operation.body_schema or {}, path, "a")
        answer = await visitor.knock(place.operation, json=body)
        assert answer.status_code == 422
        named = {e["field"] for e in answer.json()["errors"] if e["code"] in ("unknown_field", "read_only")}
        assert named == set(paths[start : start + AT_ONCE])
