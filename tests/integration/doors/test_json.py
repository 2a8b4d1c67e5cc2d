"""Bodies of the JSON test suite, at every door that takes one: refused as they should be, never a fault."""

from collections import Counter
from pathlib import Path

import pytest

from tests.integration.doors.operations import WITH_JSON, Operation, found
from tests.integration.doors.visiting import Visitor

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(300)]

TWICE = {
    "at the top": b'{"url": "https://a.example/", "url": "https://b.example/"}',
    "the same value": b'{"url": "https://a.example/", "url": "https://a.example/"}',
    "escaped": b'{"url": "https://a.example/", "\\u0075rl": "https://b.example/"}',
    "inside": b'{"lines": [{"name": "a", "name": "b"}]}',
}


@pytest.mark.needs("shared")
@pytest.mark.parametrize("operation", WITH_JSON, ids=str)
async def test_no_body_of_the_json_test_suite_is_a_fault_or_accepted(
    visitor: Visitor, operation: Operation, shared: Path
) -> None:
    """None of them is a body that any door takes: valid JSON is 422, the rest 400."""
    files = [*(shared / "data/json").glob("test_*/*.json")]
    statuses = Counter[int]()
    for file in files:
        answer = await visitor.knock(operation, content=file.read_bytes())
        statuses[answer.status_code] += 1
        if file.name.startswith("n_") and visitor.can(operation):
            assert answer.status_code == 400, file.name
    print(f"{operation}: {len(files)} bodies, {dict(statuses)}")
    assert len(files) >= 220
    # A merge patch of no known field, such as {}, changes nothing: the only body that does fit, but for what
    # needs no more either: a cancellation, which happens once, passes over lists, a new secret.
    allowed = {"PATCH": {400, 422, 200, 501}}.get(operation.method, {400, 422})
    needs_nothing = operation.name == "cancel" or operation.path.endswith(("/syncs", "/rotate-secret"))
    assert set(statuses) <= (allowed | {200, 202, 409, 429} if needs_nothing else allowed)


@pytest.mark.parametrize("body", TWICE.values(), ids=TWICE.keys())
@pytest.mark.parametrize(
    "door", ["POST /v1/return-urls", "POST /v1/accounting/invoices", "PATCH /v1/accounting/items/{id}"]
)
async def test_a_key_that_stands_twice_is_malformed(visitor: Visitor, door: str, body: bytes) -> None:
    answer = await visitor.knock(found(door), content=body)

    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")
    assert "twice" in answer.json()["detail"]
