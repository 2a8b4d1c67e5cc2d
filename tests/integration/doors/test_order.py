"""The order of the checks (design §4): 401, 403, 404, 501, 413/415, 400, 428, 422.

A request with everything wrong at once is put right one thing at a time; each answer names the next thing.
"""

from typing import Any

import pytest

from tests.forms import encoded
from tests.integration.doors.operations import OPERATIONS, Operation
from tests.integration.doors.visiting import Visitor

pytestmark = pytest.mark.anyio

MARGIN = 64 * 1024
"""More than the heads and boundaries of a form may take."""
PROTECTED = [operation for operation in OPERATIONS if operation.protected]


def steps(operation: Operation, visitor: Visitor, lacking: str) -> list[tuple[int, str, dict[str, Any]]]:
    """Status and code to expect, and what is put right afterwards, from the worst request to one misfit."""
    found: list[tuple[int, str, dict[str, Any]]] = [
        (401, "unauthenticated", {"X-API-KEY": lacking}),
        (403, "scope_missing", {"X-API-KEY": visitor.party.api_key}),
    ]
    if operation.needs_account_key:
        found.append((404, "unknown_connection", {"X-ACCOUNT-KEY": visitor.party.account_key}))
    if not visitor.can(operation):
        return [*found, (501, "not_supported", {})]
    if operation.media_type:
        misfit = (b'{"no such field": 1}', operation.media_type)
        if operation.takes_form:
            misfit = encoded({"no such field": b"1"})
        found.append((413, "body_too_large", {"content": b'{"a": '}))
        found.append((415, "unsupported_media_type", {"Content-Type": misfit[1]}))
        found.append((400, "malformed", {"content": misfit[0]}))
    if "Idempotency-Key" in operation.required_headers:
        found.append((400, "malformed", {"Idempotency-Key": f"order-{next(visitor.numbers)}"}))
    found.append((400, "malformed", {"query": "nosuch=1"}))
    if "If-Match" in operation.required_headers:
        found.append((428, "precondition_required", {"If-Match": '"0"'}))
    return [*found, (422, "invalid", {})]


@pytest.mark.parametrize("operation", PROTECTED, ids=str)
async def test_of_many_mistakes_the_first_in_order_is_told(visitor: Visitor, operation: Operation) -> None:
    scope = operation.detail["x-kontor-scope"]
    others = tuple(s for s in ("admin", "read", "write", "finalize") if s != scope)
    lacking = (await visitor.stage.party(visitor.party.tenant_id, scopes=others)).api_key
    headers = {
        "X-API-KEY": "kontor_test_wrong",
        "X-ACCOUNT-KEY": "kontor_account_wrong",
        "Content-Type": "text/plain",
    }
    request: dict[str, Any] = {"query": "a=%ff"}
    if operation.media_type:
        request["content"] = b"x" * (operation.body_limit + MARGIN)

    for status, code, remedy in steps(operation, visitor, lacking):
        answer = await visitor.stage.client.request(
            operation.method,
            f"{visitor.path(operation, None)}?{request['query']}",
            headers=headers,
            content=request.get("content"),
        )
        visitor.inspector.inspect(answer, operation)
        assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
        request |= {name: value for name, value in remedy.items() if name in ("content", "query")}
        headers |= {name: value for name, value in remedy.items() if name not in ("content", "query")}


@pytest.mark.parametrize("operation", [o for o in PROTECTED if o.needs_account_key], ids=str)
async def test_a_missing_account_key_is_told_before_everything_but_the_api_key(
    visitor: Visitor, operation: Operation
) -> None:
    answer = await visitor.knock(
        operation, without=("X-ACCOUNT-KEY",), headers={"Content-Type": "text/plain"}
    )

    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")
    assert "X-ACCOUNT-KEY" in answer.json()["detail"]


@pytest.mark.parametrize("operation", [o for o in PROTECTED if "{target}" in o.path], ids=str)
async def test_an_unknown_target_is_told_before_the_body_is_read(
    visitor: Visitor, operation: Operation
) -> None:
    content = b"x" * (operation.body_limit + MARGIN) if operation.media_type else b""
    answer = await visitor.knock(operation, id="no-such-target", content=content)

    assert answer.status_code == 404
