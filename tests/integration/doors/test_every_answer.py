"""REL-43: every answer can be traced, every error is a problem, a fault tells nothing of the inside."""

import os
import random
import re
from collections import Counter
from typing import Any

import httpx2
import pytest

from tests.integration.doors.inspection import REQUEST_ID
from tests.integration.doors.operations import DOCUMENT, METHODS, OPERATIONS, Operation, found
from tests.integration.doors.visiting import TARGET, Visitor

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(300)]

REQUESTS = 1_000
SEED = int(os.environ.get("KONTOR_SEED", random.randrange(2**32)))
CANARY = "canary-in-the-exception postgresql://kontor:geheim@db/kontor"


async def fitting(visitor: Visitor, operation: Operation, luck: random.Random) -> httpx2.Response:
    return await visitor.knock(operation)


async def misfit(visitor: Visitor, operation: Operation, luck: random.Random) -> httpx2.Response:
    """One of the things that can be wrong with any request."""
    wrong: list[dict[str, Any]] = [
        {"query": "nosuch=1"},
        {"query": "a=%ff"},
        {"id": "nosuch"},
        {"headers": {"Content-Type": "text/plain"}},
        {"headers": {"X-API-KEY": "kontor_test_wrong"}} if operation.protected else {},
    ]
    if operation.media_type:
        wrong += [
            {"content": b"{"},
            {"content": b'{"a": 1}'},
            {"content": b" " * (operation.body_limit + 65_536)},
        ]
    if operation.needs_account_key:
        wrong.append({"headers": {"X-ACCOUNT-KEY": "kontor_account_wrong"}})
    if operation.required_headers:
        wrong.append({"without": tuple(operation.required_headers)})
    return await visitor.knock(operation, **luck.choice(wrong))


async def nowhere(visitor: Visitor, operation: Operation, luck: random.Random) -> httpx2.Response:
    return await visitor.ask(
        "GET", luck.choice(["/v3", "/v1/accounting/unicorns", "/hooks/lexoffice", "/.env"])
    )


async def other_method(visitor: Visitor, operation: Operation, luck: random.Random) -> httpx2.Response:
    return await visitor.ask(luck.choice(["TRACE", "PROPFIND"]), visitor.path(operation, None))


async def trouble(visitor: Visitor, operation: Operation, luck: random.Random) -> httpx2.Response:
    """The vendor fails, at most once."""
    twin = visitor.stage.twin.twin
    twin.fault("status", "*", "/v1/*", status=luck.choice([404, 406, 429, 500, 503, 504]))
    try:
        return await visitor.knock(operation)
    finally:
        twin.faults.clear()


KINDS = (fitting, misfit, misfit, nowhere, other_method, trouble)
TAKING_AWAY = {
    "DELETE /v1/connections/{id}",
    "POST /v1/connections/{id}/account-key",
    "DELETE /v1/api-keys/{id}",
}


async def test_a_thousand_mixed_requests_are_all_traceable_and_every_error_is_a_problem(
    visitor: Visitor,
) -> None:
    luck = random.Random(SEED)
    operations = [o for o in OPERATIONS if str(o) not in TAKING_AWAY]
    operations += [o for o in operations if visitor.can(o)] * 3
    statuses, ids = Counter[int](), set[str]()
    for _ in range(REQUESTS - 20):
        answer = await luck.choice(KINDS)(visitor, luck.choice(operations), luck)
        statuses[answer.status_code] += 1
        ids.add(answer.headers["request-id"])
    for answer in [await faulty(visitor) for _ in range(20)]:
        statuses[answer.status_code] += 1
        ids.add(answer.headers["request-id"])
    print(f"REL-43: {REQUESTS} requests, seed {SEED}, {dict(sorted(statuses.items()))}")
    assert len(ids) == REQUESTS
    assert {200, 201, 400, 401, 404, 405, 413, 415, 422, 500, 501, 502} <= set(statuses)


async def faulty(visitor: Visitor) -> httpx2.Response:
    """An answer to a bug: what talks to the vendor raises what nobody foresaw."""
    twin = visitor.stage.twin
    twin.settings.on_cut = lambda: LookupError(CANARY)
    twin.twin.fault("drop_before", "GET", "/v1/profile")
    headers = visitor.headers(found("GET /v1/accounting/company"))
    return await visitor.stage.client.get("/v1/accounting/company", headers=headers)


async def test_a_fault_of_ours_is_a_problem_that_tells_only_where_to_ask(visitor: Visitor) -> None:
    answer = await faulty(visitor)
    problem = answer.json()

    assert (answer.status_code, answer.headers["content-type"]) == (500, "application/problem+json")
    assert problem == {
        "type": "/docs/errors#fault",
        "title": "Kontor made a mistake",
        "status": 500,
        "code": "fault",
        "detail": "An internal error occurred.",
        "sent": "unknown",
        "retry": "after_delay",
        "hint": "Repeat with the same Idempotency-Key; if it stays, report the requestId.",
        "errors": [],
        "upstream": None,
        "requestId": answer.headers["request-id"],
        "doc": "/docs/errors#fault",
    }


async def test_a_request_is_found_in_the_call_log_by_its_id(visitor: Visitor) -> None:
    answers = [
        await visitor.knock(found("GET /v1/accounting/invoices/{id}")),
        await visitor.knock(found("GET /v1/accounting/invoices/{id}"), id="nosuch"),
        await visitor.knock(found("POST /v1/accounting/items"), content=b"{}"),
    ]
    rows = {row["id"]: row for row in (await visitor.ask("GET", "/v1/requests?limit=250")).json()["data"]}
    found_rows = [rows[answer.headers["request-id"]] for answer in answers]

    assert [(row["status"], row["code"], row["upstreamCalls"]) for row in found_rows] == [
        (200, None, 1),
        (404, "not_found", 0),
        (422, "invalid", 0),
    ]
    assert found_rows[0]["upstreamTraceIds"]


async def test_every_page_and_every_list_of_methods_can_be_traced_too(visitor: Visitor) -> None:
    stage = visitor.stage
    paths = {route.path for route in stage.app.routes}
    assert len(paths) >= 35
    for path in paths:
        filled = re.sub(r"{target:?\w*}", TARGET, re.sub(r"{(id|link):?\w*}", "nosuch", path))
        declared = set(DOCUMENT["paths"].get(re.sub(r":str}", "}", path), ())) & set(METHODS)
        options = await stage.client.options(filled)
        assert REQUEST_ID.fullmatch(options.headers["request-id"]), path
        allowed = {method.lower() for method in options.headers["allow"].split(", ")} - {"options", "head"}
        assert allowed >= (declared or {"get"}), path
        if not declared:
            page = await stage.client.get(filled)
            assert REQUEST_ID.fullmatch(page.headers["request-id"]), path


async def test_the_page_of_errors_explains_a_fault_by_what_the_caller_can_do(visitor: Visitor) -> None:
    page = (await visitor.stage.client.get("/docs/errors")).text
    section = page.partition('<section id="fault">')[2].partition("</section>")[0]

    assert "Kontor made a mistake" in section
    assert "report the requestId" in section
