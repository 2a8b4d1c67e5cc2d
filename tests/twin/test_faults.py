"""Accidents on demand, and the ledger that knows what really happened."""

import json
from decimal import Decimal

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
