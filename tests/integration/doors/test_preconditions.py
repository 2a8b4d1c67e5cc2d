"""Changes name the version they are meant for: 428 without, 412 with a stale one; writes bring a key: 400."""

import asyncio
from typing import Any

import pytest

from tests.integration.doors.operations import OPERATIONS, Operation, found
from tests.integration.doors.visiting import Visitor

pytestmark = pytest.mark.anyio

CHANGES = [o for o in OPERATIONS if "If-Match" in o.required_headers]
NO_VERSIONS = (
    '"999"',
    "0",
    "1",
    'W/"0"',
    'W/"1"',
    '"',
    '""',
    "abc",
    '"x',
    "null",
    '"1" "2"',
    '"' + "9" * 200 + '"',
    "",
)
NO_KEYS = ("", "a" * 256, "\t", "a\x7f", "ä" * 129, "a\x01b")
KEYED = [o for o in OPERATIONS if "Idempotency-Key" in o.required_headers]


async def read(visitor: Visitor, operation: Operation) -> Any:
    """The object of the operation as it is now, with its ETag."""
    answer = await visitor.knock(found(f"GET {operation.path}"))
    assert answer.headers["etag"] == f'"{answer.json()["data"]["version"]}"'
    return answer


@pytest.mark.parametrize("operation", CHANGES, ids=str)
async def test_a_change_without_if_match_answers_428(visitor: Visitor, operation: Operation) -> None:
    answer = await visitor.knock(operation, without=("If-Match",))

    assert answer.status_code == (428 if visitor.can(operation) else 501)


@pytest.mark.parametrize("operation", CHANGES, ids=str)
async def test_a_stale_version_answers_412_with_the_etag_to_use(
    visitor: Visitor, operation: Operation
) -> None:
    if not visitor.can(operation):
        return
    present = await read(visitor, operation)
    for stale in NO_VERSIONS:
        answer = await visitor.knock(operation, headers={"If-Match": stale})
        assert (answer.status_code, answer.json()["code"]) == (412, "stale_version"), stale
        assert answer.headers["etag"] == answer.json()["currentETag"] == present.headers["etag"]


@pytest.mark.parametrize("match", ["{etag}", '"999", {etag}', "*"])
@pytest.mark.parametrize("operation", CHANGES, ids=str)
async def test_the_present_version_is_accepted(visitor: Visitor, operation: Operation, match: str) -> None:
    if not visitor.can(operation):
        return
    id = await visitor.spare(operation) if operation.method == "DELETE" else None
    present = await visitor.knock(found(f"GET {operation.path}"), id=id)
    changed = await visitor.knock(
        operation, id=id, headers={"If-Match": match.format(etag=present.headers["etag"])}
    )

    assert changed.status_code == operation.success[0]


@pytest.mark.parametrize("resource", ["customers", "suppliers", "items"])
async def test_of_changes_at_once_with_one_version_one_succeeds(visitor: Visitor, resource: str) -> None:
    operation = found(f"PATCH /v1/accounting/{resource}/{{id}}")
    etag = (await read(visitor, operation)).headers["etag"]
    answers = await asyncio.gather(
        *(visitor.knock(operation, json={"note": f"Nr. {n}"}, headers={"If-Match": etag}) for n in range(20))
    )

    assert sorted(answer.status_code for answer in answers) == [200] + 19 * [412]
    assert (await read(visitor, operation)).headers["etag"] != etag


async def test_a_change_made_in_the_accounting_system_meanwhile_makes_the_version_stale(
    visitor: Visitor,
) -> None:
    operation = found("PATCH /v1/accounting/items/{id}")
    before = await read(visitor, operation)
    await visitor.knock(operation, json={"note": "Von jemand anderem"})
    answer = await visitor.knock(
        operation, json={"note": "Von uns"}, headers={"If-Match": before.headers["etag"]}
    )

    assert answer.status_code == 412
    assert (await read(visitor, operation)).json()["data"]["note"] == "Von jemand anderem"


@pytest.mark.parametrize("operation", KEYED, ids=str)
async def test_a_write_without_idempotency_key_answers_400(visitor: Visitor, operation: Operation) -> None:
    expected = 400 if visitor.can(operation) else visitor.cannot(operation)[0]
    answer = await visitor.knock(operation, without=("Idempotency-Key",))
    assert answer.status_code == expected
    for key in NO_KEYS:
        answer = await visitor.knock(operation, headers={"Idempotency-Key": key})
        assert answer.status_code == expected, key
