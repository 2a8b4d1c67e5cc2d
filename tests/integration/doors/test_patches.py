"""Merge patches: every field with a sample of what it cannot take, and what RFC 7396 says of null."""

from typing import Any

import msgspec
import pytest

from schemas import RESOURCES
from tests.integration.doors.fields import Field, Place, fields_of, placed
from tests.integration.doors.operations import OPERATIONS, found
from tests.integration.doors.traps import unfit
from tests.integration.doors.visiting import RECORDED, Visitor

pytestmark = pytest.mark.anyio

MERGED = ("customers", "suppliers", "items", *RECORDED)
"""Resources whose objects the vendor changes."""
MOVED = {"version": None, "updatedAt": None}
HERE = "the value that is put here"


def patchable() -> list[Place]:
    """The fields of the creating body: a patch takes the same ones."""
    found: list[Place] = []
    for resource in MERGED:
        (patch,) = [o for o in OPERATIONS if str(o) == f"PATCH /v1/accounting/{resource}/{{id}}"]
        (create,) = [o for o in OPERATIONS if str(o) == f"POST /v1/accounting/{resource}"]
        found += [Place(patch, field) for field in fields_of(create.body_schema or {})]
    return found


def patch_with(place: Place, fragment: str) -> bytes:
    """A patch of one field. Lists are replaced as a whole, so an item stands alone."""
    schema: dict[str, Any] = {"properties": {}}
    patch: Any = {}
    create = found(f"POST /v1/accounting/{place.operation.resource}")
    schema = create.body_schema or {}
    patch = placed({}, schema, place.field.path, HERE)
    return msgspec.json.encode(patch).replace(f'"{HERE}"'.encode(), fragment.encode())


@pytest.mark.parametrize("place", patchable(), ids=str)
async def test_a_patch_that_does_not_fit_is_refused_by_its_path(visitor: Visitor, place: Place) -> None:
    field: Field = place.field
    values = unfit(field.kind, field.schema, nullable=True)
    for fragment in values[:: max(1, len(values) // 6)]:
        answer = await visitor.knock(place.operation, content=patch_with(place, fragment))
        assert answer.status_code == 422, f"{fragment[:80]}: {answer.status_code}"
        assert field.path in {e["field"] for e in answer.json()["errors"]}, f"{fragment[:80]}: {answer.text}"


@pytest.mark.parametrize("body", ["[]", "1", '"a"', "null", "true"])
async def test_a_patch_that_is_no_object_is_refused(visitor: Visitor, body: str) -> None:
    for resource in MERGED:
        answer = await visitor.knock(found(f"PATCH /v1/accounting/{resource}/{{id}}"), content=body.encode())
        assert answer.status_code == 422, body


@pytest.mark.parametrize(
    "name", ["id", "version", "createdAt", "isCustomer", "allowedActions", "nosuch", "__proto__"]
)
async def test_a_patch_of_what_cannot_be_written_is_refused_by_name(visitor: Visitor, name: str) -> None:
    for resource in MERGED:
        answer = await visitor.knock(found(f"PATCH /v1/accounting/{resource}/{{id}}"), json={name: "a"})
        assert answer.status_code == 422
        read = {field.encode_name for field in msgspec.structs.fields(RESOURCES[resource].model)}
        code = "read_only" if name in read else "unknown_field"
        assert [(e["field"], e["code"]) for e in answer.json()["errors"]] == [(name, code)]


async def test_null_takes_a_value_away_and_leaves_all_others(visitor: Visitor) -> None:
    patch = found("PATCH /v1/accounting/customers/{id}")
    before = (await visitor.knock(patch, json={"note": "Stammkunde"})).json()["data"]
    after = (await visitor.knock(patch, json={"note": None})).json()["data"]

    assert (before["note"], after["note"]) == ("Stammkunde", None)
    changing = {"note", "version", "updatedAt"}
    assert {k: v for k, v in before.items() if k not in changing} == {
        k: v for k, v in after.items() if k not in changing
    }


async def test_null_for_a_required_field_is_refused(visitor: Visitor) -> None:
    answer = await visitor.knock(found("PATCH /v1/accounting/items/{id}"), json={"name": None})

    assert answer.status_code == 422
    assert [(e["field"], e["code"]) for e in answer.json()["errors"]] == [("name", "missing")]


async def test_an_empty_patch_changes_nothing(visitor: Visitor) -> None:
    for resource in MERGED:
        read = found(f"GET /v1/accounting/{resource}/{{id}}")
        before = (await visitor.knock(read)).json()["data"]
        answer = await visitor.knock(found(f"PATCH /v1/accounting/{resource}/{{id}}"), json={})
        assert answer.status_code == 200
        after = (await visitor.knock(read)).json()["data"]
        assert after | MOVED == before | MOVED
