"""A request as the document describes it is served, and answered as the document says."""

import pytest

from tests.integration.doors.operations import OPERATIONS, Operation
from tests.integration.doors.visiting import Visitor

pytestmark = pytest.mark.anyio
UNKNOWN_CODE = "POST /v1/connections/exchange"
"""Its example is the code of nobody."""
IN_THEIR_TIME = {
    "POST /v1/operations/{id}/decision": "no_decision_needed",
    "POST /v1/jobs/{id}/replay": "job_not_parked",
    "POST /v1/batches/{id}/pause": "batch_state",
    "POST /v1/batches/{id}/resume": "batch_state",
    "POST /v1/batches/{id}/cancel": "batch_state",
}
"""What depends on how far something has come, and the code when it is elsewhere."""


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
async def test_a_documented_request_succeeds_or_says_that_the_vendor_cannot(
    visitor: Visitor, operation: Operation
) -> None:
    id = await visitor.spare(operation) if operation.method == "DELETE" else None
    answer = await visitor.knock(operation, id=id)

    if str(operation) == UNKNOWN_CODE:
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown_code")
    elif answer.status_code == 409 and str(operation) in IN_THEIR_TIME:
        assert answer.json()["code"] == IN_THEIR_TIME[str(operation)]
    elif visitor.can(operation):
        assert answer.status_code == operation.success[0], answer.text
    else:
        problem = answer.json()
        assert (answer.status_code, problem["code"]) == visitor.cannot(operation)
        assert len(problem["detail"]) > 20
        if answer.status_code == 409:
            assert problem["link"].startswith("http")
        else:
            assert problem["alternative"] == (problem["alternative"] and problem["hint"])


DERIVED = ("meta", "count")
"""Kontor's own, of what the connector lists."""


async def test_the_capabilities_tell_of_every_unified_door(visitor: Visitor) -> None:
    doors = {(o.resource, o.name) for o in OPERATIONS if o.resource and o.name not in DERIVED}
    path = f"/v1/connections/{visitor.party.connection_id}/capabilities"
    cells = (await visitor.ask("GET", path)).json()["data"]

    assert {(cell["resource"], cell["operation"]) for cell in cells} == doors
    assert all(cell["supported"] or cell["reason"] for cell in cells)
    assert len(doors) >= 30
