"""Accidents on demand, and the ledger that knows what really happened."""

import json
from decimal import Decimal
from typing import Any

import pytest

from sandbox.lexoffice.state import Organization
from sandbox.lexoffice.twin import Twin
from sandbox.lexoffice.wire import Outcome, Request
from tests.twin.conftest import Api, contact


def post_contact(api: Api) -> Outcome:
    headers = {"authorization": f"Bearer {api.key}", "content-type": "application/json"}
    return api.twin.handle(Request("POST", "/v1/contacts", (), headers, json.dumps(contact()).encode()))


def test_a_line_cut_before_leaves_nothing_behind(api: Api, twin: Twin, company: Organization) -> None:
    twin.fault("drop_before", "POST", "/v1/contacts")

    outcome = post_contact(api)

    assert (outcome.cut, len(company.contacts)) == ("silently", 0)


def test_a_line_cut_after_has_done_the_work(api: Api, twin: Twin, company: Organization) -> None:
    twin.fault("drop_after", "POST", "/v1/contacts")

    outcome = post_contact(api)

    assert (outcome.cut, len(company.contacts)) == ("silently", 1)


def test_a_504_after_the_booking_hides_it(api: Api, twin: Twin, company: Organization) -> None:
    twin.fault("status_after", status=504)

    reply = post_contact(api).reply

    assert (reply.status, reply.body) == (504, b'{"message":"Endpoint request timed out"}')
    assert len(company.contacts) == 1


def test_a_503_before_it_books_nothing(api: Api, twin: Twin, company: Organization) -> None:
    twin.fault("status", status=503)

    assert post_contact(api).reply.status == 503
    assert len(company.contacts) == 0


HTML = "<html>Wartung</html>"
# A rule, and what the caller sees of it: status, how the line is cut, how late; and whether it was booked.
ACCIDENTS: list[tuple[dict[str, Any], int, str | None, float, bool]] = [
    ({"kind": "delay", "seconds": 2}, 200, None, 2, True),
    ({"kind": "delay", "seconds": 31}, 504, None, 30, True),
    ({"kind": "drop_before"}, 0, "silently", 0, False),
    ({"kind": "drop_after"}, 200, "silently", 0, True),
    ({"kind": "reset_in_body"}, 200, "in_body", 0, True),
    ({"kind": "truncate"}, 200, None, 0, True),
    ({"kind": "status", "status": 429}, 429, None, 0, False),
    ({"kind": "status", "status": 500}, 500, None, 0, False),
    *(({"kind": "status", "status": status}, status, None, 0, False) for status in (502, 503, 504)),
    *(({"kind": "status_after", "status": status}, status, None, 0, True) for status in (502, 503, 504)),
    ({"kind": "status_after", "status": 200, "body": HTML}, 200, None, 0, True),
    ({"kind": "status", "status": 200, "body": HTML}, 200, None, 0, False),
]


@pytest.mark.parametrize(("rule", "status", "cut", "delay_s", "booked"), ACCIDENTS)
def test_an_accident_looks_like_this_and_was_booked_or_not(
    api: Api,
    twin: Twin,
    company: Organization,
    rule: Any,
    status: int,
    cut: Any,
    delay_s: float,
    booked: bool,
) -> None:
    twin.fault(path="/v1/contacts", **rule)

    outcome = post_contact(api)

    assert (outcome.reply.status, outcome.cut, outcome.delay_s) == (status, cut, delay_s)
    assert len(company.contacts) == int(booked)
    [noted] = twin.ledger.of()
    assert (noted.executed, noted.fault) == (booked, rule["kind"])


def test_a_rule_befalls_as_many_calls_as_it_says(api: Api, twin: Twin) -> None:
    twin.fault("status", status=500, times=2)

    assert [api.get("profile").status for _ in range(3)] == [500, 500, 200]


def test_a_rule_without_number_stays_until_taken_away(api: Api, twin: Twin) -> None:
    twin.fault("status", status=500, times=None)
    before = [api.get("profile").status for _ in range(3)]
    twin.faults.clear()

    assert (before, api.get("profile").status) == ([500] * 3, 200)


def test_a_rule_minds_method_and_path(api: Api, twin: Twin) -> None:
    twin.fault("status", "GET", "/v1/invoices/*", status=500)

    assert [api.get("profile").status, api.post("invoices/x", {}).status] == [200, 404]
    assert api.get("invoices/x").status == 500


def test_half_a_body_may_claim_to_be_whole(api: Api, twin: Twin) -> None:
    whole = api.get("profile").body
    twin.fault("truncate")

    assert api.get("profile").body == whole[: len(whole) // 2]


def test_a_body_of_one_s_own(api: Api, twin: Twin) -> None:
    twin.fault("status", status=502, body="<html>")

    assert api.get("profile").body == b"<html>"


def test_a_delay_is_told_to_the_shell(api: Api, twin: Twin) -> None:
    twin.fault("delay", seconds=Decimal("1.5"))

    outcome = post_contact(api)

    assert (outcome.delay_s, outcome.reply.status) == (Decimal("1.5"), 200)


def test_who_takes_longer_than_thirty_seconds_is_answered_504_and_works_on(
    api: Api, twin: Twin, company: Organization
) -> None:
    twin.fault("delay", seconds=31)

    outcome = post_contact(api)

    assert (outcome.delay_s, outcome.reply.status, len(company.contacts)) == (30, 504, 1)
    assert outcome.reply.body == b'{"message":"Endpoint request timed out"}'


def test_a_rule_may_let_the_first_calls_pass(api: Api, twin: Twin) -> None:
    twin.fault("status", status=500, skip=2)

    assert [api.get("profile").status for _ in range(4)] == [200, 200, 500, 200]


def test_chance_hits_the_same_calls_for_the_same_seed_and_about_as_many_as_told(api: Api, twin: Twin) -> None:
    def statuses(seed: int) -> list[int]:
        twin.faults.clear()
        twin.fault("status", status=500, times=None, percent=30, seed=seed)
        return [api.get("profile").status for _ in range(200)]

    first, again, other = statuses(1), statuses(1), statuses(2)

    assert first == again != other
    assert 40 <= first.count(500) <= 80


def test_the_ledger_knows_what_was_answered_and_what_was_done(
    api: Api, twin: Twin, company: Organization
) -> None:
    twin.fault("drop_before")
    post_contact(api)
    twin.fault("drop_after")
    post_contact(api)
    twin.fault("status_after", status=504)
    post_contact(api)
    api.get("unknown")

    noted = [(call.status, call.executed, call.fault) for call in twin.ledger.of()]
    assert noted == [
        (0, False, "drop_before"),
        (200, True, "drop_after"),
        (200, True, "status_after"),
        (404, False, None),
    ]
    assert twin.ledger.of("POST", "/v1/contacts")[-1].organization_id == company.id


def test_the_ledger_keeps_no_secret(api: Api, twin: Twin) -> None:
    api.get("profile")

    assert api.key not in str(twin.ledger.of())


def test_what_was_just_created_may_be_unknown_for_a_moment(api: Api, twin: Twin) -> None:
    twin.quirks.read_lag_s = 2
    id = api.create("contacts", contact())
    at_once = api.get(f"contacts/{id}").status
    twin.advance(2)

    assert (at_once, api.get(f"contacts/{id}").status) == (404, 200)
