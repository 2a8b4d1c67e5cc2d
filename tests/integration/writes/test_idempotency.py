"""Idempotency-Key, case by case: what the first request is told, what is kept, what a repetition gets."""

import pytest

from tests.integration.writes import acts
from tests.integration.writes.acts import FakeVendor, Response, lost, unreachable
from tests.integration.writes.conftest import Office

pytestmark = pytest.mark.anyio

CREATE, UPDATE, TWO = acts.created, acts.changed, acts.in_two_steps
CONFIRMED, REJECTED, UNKNOWN = "confirmed", "rejected", "unknown"
UNREAD = "written_not_read"

# What the vendor answers to writes (and to reads), what the caller is told, the state that is kept, what the
# same request with the same key is told next, and how often the vendor has been written to by then.
CASES = {
    "booked": (CREATE, [201], [], "201", CONFIRMED, "201 again", 1),
    "booked, update": (UPDATE, [200], [], "201", CONFIRMED, "201 again", 1),
    "booked in two steps": (TWO, [201, 201], [], "201", CONFIRMED, "201 again", 2),
    "nothing to do": (acts.unchanged, [], [], "201", CONFIRMED, "201 again", 0),
    "booked, not read back": (CREATE, [201], [500], UNREAD, UNKNOWN, UNREAD, 1),
    "booked, read refused": (CREATE, [201], [unreachable()], UNREAD, UNKNOWN, UNREAD, 1),
    "406": (CREATE, [406], [], "upstream_refused", REJECTED, "422 again", 1),
    "409": (UPDATE, [409], [], "stale_version", REJECTED, "412 again", 1),
    "404": (UPDATE, [404], [], "not_found", REJECTED, "404 again", 1),
    "401": (CREATE, [401], [], "reconnect_required", REJECTED, "201", 2),
    "402": (CREATE, [402], [], "plan_insufficient", REJECTED, "201", 2),
    "403": (CREATE, [403], [], "permission_missing", REJECTED, "201", 2),
    "429": (CREATE, [429], [], "upstream_busy", REJECTED, "201", 2),
    "no connection": (CREATE, [unreachable()], [], "upstream_unreachable", REJECTED, "201", 2),
    "no answer": (CREATE, [lost()], [], "outcome_unknown", UNKNOWN, "outcome_unknown", 1),
    "500": (CREATE, [500], [], "outcome_unknown", UNKNOWN, "outcome_unknown", 1),
    "502": (CREATE, [502], [], "outcome_unknown", UNKNOWN, "outcome_unknown", 1),
    "503": (CREATE, [503], [], "outcome_unknown", UNKNOWN, "outcome_unknown", 1),
    "504": (CREATE, [504], [], "outcome_unknown", UNKNOWN, "outcome_unknown", 1),
    "408": (CREATE, [408], [], "outcome_unknown", UNKNOWN, "outcome_unknown", 1),
    "a redirect": (CREATE, [302], [], "outcome_unknown", UNKNOWN, "outcome_unknown", 1),
    "a bug after the answer": (
        acts.broken_after,
        [201],
        [],
        "outcome_unknown",
        UNKNOWN,
        "outcome_unknown",
        1,
    ),
    "429 to the second step": (TWO, [201, 429], [], "outcome_unknown", UNKNOWN, "outcome_unknown", 2),
    "406 to the second step": (TWO, [201, 406], [], "outcome_unknown", UNKNOWN, "outcome_unknown", 2),
    "second step not sent": (TWO, [201, unreachable()], [], "outcome_unknown", UNKNOWN, "outcome_unknown", 2),
    "no answer to the second": (TWO, [201, lost()], [], "outcome_unknown", UNKNOWN, "outcome_unknown", 2),
    "lost, then 406": (acts.hopeful, [lost(), 406], [], "outcome_unknown", UNKNOWN, "outcome_unknown", 2),
    "lost, then 429": (acts.hopeful, [lost(), 429], [], "outcome_unknown", UNKNOWN, "outcome_unknown", 2),
    "500, then 403": (acts.hopeful, [500, 403], [], "outcome_unknown", UNKNOWN, "outcome_unknown", 2),
    "406 to the first step": (TWO, [406], [], "upstream_refused", REJECTED, "422 again", 1),
    "our own validation": (acts.invalid, [], [], "invalid", None, "201", 1),
    "a bug before sending": (acts.broken_before, [], [], "fault", None, "201", 1),
    "a failed read before": (UPDATE, [], [500], "upstream_broken", None, "201", 1),
    "a lost read before": (UPDATE, [], [unreachable()], "upstream_unreachable", None, "201", 1),
}


def test_the_table_has_at_least_thirty_cases() -> None:
    assert len(CASES) >= 30


@pytest.mark.parametrize("case", CASES)
async def test_a_key_gets_one_outcome(office: Office, case: str) -> None:
    act, responses, reads, first, state, again, writes = CASES[case]
    vendor = FakeVendor()
    vendor.responses, vendor.reads = list(responses), list(reads)

    assert await office.said(act(vendor)) == first
    assert await office.states() == ([state] if state else [])
    assert await office.said(CREATE(vendor)) == again
    assert vendor.writes == writes


async def test_a_kept_answer_is_the_first_to_the_byte(office: Office) -> None:
    vendor = FakeVendor()
    first, replayed = await office.run(CREATE(vendor))
    again, replayed_again = await office.run(CREATE(vendor))

    assert (replayed, replayed_again) == (False, True)
    assert again == first
    assert again.body == '{"data":{"writes":1,"name":"Müller"}}'.encode()


async def test_a_kept_problem_names_the_first_request(office: Office) -> None:
    vendor = FakeVendor()
    vendor.responses = [406]
    assert await office.said(CREATE(vendor)) == "upstream_refused"
    again, _ = await office.run(CREATE(vendor))

    assert again.body == b'{"code":"upstream_refused","requestId":"req_1"}'
    row = (await office.rows())[0]
    assert again.headers == (("content-type", "application/problem+json"), ("kontor-operation", row.id))


@pytest.mark.parametrize(
    "difference",
    [
        {"connection": "other tenant"},
        {"connection": "other connection"},
        {"environment": "live"},
        {"method": "PATCH"},
        {"route": "/v1/accounting/credit-notes"},
        {"key": "K-1"},
        {"key": "k-1 "},
        {"key": "x" * 255},
    ],
    ids=str,
)
async def test_a_key_holds_for_one_tenant_connection_environment_method_and_route(
    office: Office, difference: dict[str, str]
) -> None:
    vendor = FakeVendor()
    assert await office.said(CREATE(vendor)) == "201"
    assert await office.said(CREATE(vendor), **difference) == "201"
    assert await office.said(CREATE(vendor), **difference) == "201 again"
    assert await office.said(CREATE(vendor)) == "201 again"
    assert vendor.writes == 2


@pytest.mark.parametrize("response", [201, 406, 500], ids=["confirmed", "rejected", "unknown"])
async def test_a_key_that_comes_with_another_body_is_refused(office: Office, response: Response) -> None:
    vendor = FakeVendor()
    vendor.responses = [response]
    await office.said(CREATE(vendor), body={"total": "1"})

    assert await office.said(CREATE(vendor), body={"total": "2"}) == "idempotency_key_reused"
    assert vendor.writes == 1


async def test_a_released_key_may_come_with_another_body(office: Office) -> None:
    vendor = FakeVendor()
    vendor.responses = [429]
    await office.said(CREATE(vendor), body={"total": "1"})

    assert await office.said(CREATE(vendor), body={"total": "2"}) == "201"


async def test_writes_without_a_key_are_each_carried_out_and_recorded(office: Office) -> None:
    vendor = FakeVendor()
    assert await office.said(UPDATE(vendor), None, method="PATCH") == "201"
    assert await office.said(UPDATE(vendor), None, method="PATCH") == "201"

    assert vendor.writes == 2
    assert await office.states() == [CONFIRMED, CONFIRMED]


async def test_an_answer_is_sealed_where_it_lies(office: Office) -> None:
    await office.said(CREATE(FakeVendor()))
    (row,) = await office.rows()

    assert b"data" not in row.answer_sealed
    assert (row.answer_status, row.upstream_id, row.resource, row.operation) == (
        201,
        "inv-1",
        "invoices",
        "create",
    )
