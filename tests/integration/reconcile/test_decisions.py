"""What a person is asked, and what follows from the answer."""

from typing import Any

import httpx2
import pytest
from sqlalchemy import text

from tests.integration.reconcile.conftest import SETTLE_S, WINDOW_S, Shop

pytestmark = pytest.mark.anyio

ALL = WINDOW_S + SETTLE_S + 1


@pytest.fixture
async def undecided(shop: Shop) -> dict[str, Any]:
    """An operation with two candidates: ours, and one that was written by hand a moment later."""
    shop.twin.fault("drop_after", "POST", "/v1/invoices")
    lost = await shop.create()
    shop.clock.time += 3
    await shop.by_hand()
    await shop.wait(ALL)
    return await shop.operation(lost)


async def decide(shop: Shop, operation: dict[str, Any], **decision: Any) -> httpx2.Response:
    return await shop.call("POST", f"/v1/operations/{operation['id']}/decision", json=decision)


async def test_two_equal_documents_are_shown_to_a_person(shop: Shop, undecided: dict[str, Any]) -> None:
    assert undecided["state"] == "needs_decision"
    assert len(undecided["candidates"]) == 2
    assert {one["equal"] for one in undecided["candidates"]} == {True}
    assert {one["facts"]["total"] for one in undecided["candidates"]} == {"113.05"}
    assert "More than one" in undecided["reason"]


async def test_meanwhile_the_same_key_is_told_that_a_person_has_to_decide(
    shop: Shop, undecided: dict[str, Any]
) -> None:
    again = await shop.create()

    assert (again.status_code, again.json()["code"]) == (504, "outcome_unknown")
    assert again.json()["state"] == "needs_decision"


async def test_an_adopted_candidate_is_the_answer(shop: Shop, undecided: dict[str, Any]) -> None:
    chosen = undecided["candidates"][1]["id"]

    decided = await decide(shop, undecided, action="adopt", candidateId=chosen)
    again = await shop.create()

    assert decided.json()["data"]["state"] == "confirmed"
    assert decided.json()["data"]["candidates"] == []
    assert (again.status_code, again.json()["data"]["id"]) == (201, chosen)
    assert shop.tried() == 2


async def test_who_listens_hears_of_the_question_and_of_its_end(
    shop: Shop, undecided: dict[str, Any]
) -> None:
    asked = await heard(shop)
    await decide(shop, undecided, action="adopt", candidateId=undecided["candidates"][1]["id"])

    assert asked == [("operation.needs_decision", "operations", undecided["id"])]
    assert await heard(shop) == [*asked, ("operation.settled", "operations", undecided["id"])]


async def test_a_write_whose_outcome_was_never_open_is_no_news(shop: Shop) -> None:
    assert (await shop.create()).status_code == 201

    assert await heard(shop) == []


async def heard(shop: Shop) -> list[tuple[str, str, str]]:
    """What the feed tells of operations."""
    answer = await shop.call("GET", "/v1/events", params={"types": "operation.*"})
    return [(event["type"], event["resource"], event["resourceId"]) for event in answer.json()["data"]]


async def test_a_decision_to_send_it_again_makes_another(shop: Shop, undecided: dict[str, Any]) -> None:
    decided = await decide(shop, undecided, action="resend")

    assert decided.json()["data"]["state"] == "confirmed"
    others = {one["id"] for one in undecided["candidates"]}
    assert decided.json()["data"]["upstreamId"] not in others
    assert shop.tried() == 3


async def test_what_is_given_up_is_over_for_its_key(shop: Shop, undecided: dict[str, Any]) -> None:
    decided = await decide(shop, undecided, action="abandon")
    again = await shop.create()

    assert (decided.status_code, decided.json()["data"]["state"]) == (200, "rejected")
    assert (again.status_code, again.json()["code"]) == (409, "write_abandoned")
    assert (await shop.create("k-2")).status_code == 201


async def test_a_decision_is_made_once(shop: Shop, undecided: dict[str, Any]) -> None:
    await decide(shop, undecided, action="abandon")

    second = await decide(shop, undecided, action="resend")

    assert (second.status_code, second.json()["code"]) == (409, "no_decision_needed")


@pytest.mark.parametrize(
    "decision",
    [
        {"action": "adopt"},
        {"action": "adopt", "candidateId": "e9066f04-8cc7-4616-93f8-ac9ecc8479ff"},
        {"action": "resend", "candidateId": "e9066f04-8cc7-4616-93f8-ac9ecc8479ff"},
        {"action": "wait"},
    ],
    ids=str,
)
async def test_a_decision_that_does_not_fit_changes_nothing(
    shop: Shop, undecided: dict[str, Any], decision: dict[str, str]
) -> None:
    refused = await decide(shop, undecided, **decision)

    assert refused.status_code == 422
    now = await shop.data("GET", f"/v1/operations/{undecided['id']}")
    assert (now["state"], now["candidates"]) == ("needs_decision", undecided["candidates"])
    assert (await decide(shop, undecided, action="abandon")).status_code == 200


async def test_a_decision_stands_in_the_audit_trail(shop: Shop, undecided: dict[str, Any]) -> None:
    await decide(shop, undecided, action="abandon")
    async with shop.stage.rooms.database.read() as session:
        asked = "SELECT action, actor FROM audit_events WHERE object_id = :id ORDER BY sequence"
        trail = (await session.execute(text(asked), {"id": undecided["id"]})).all()

    assert [tuple(entry) for entry in trail] == [
        ("write.sent", shop.party.key_id),
        ("operation.undecided", "kontor"),
        ("operation.decided", shop.party.key_id),
        ("write.rejected", shop.party.key_id),
    ]


async def test_a_key_without_the_scope_decides_nothing(shop: Shop, undecided: dict[str, Any]) -> None:
    reader = await shop.stage.party(shop.party.tenant_id, scopes=("read",))
    path = f"/v1/operations/{undecided['id']}"
    refused = await shop.stage.call("POST", f"{path}/decision", reader, json={"action": "abandon"})

    assert (refused.status_code, refused.json()["scope"]) == (403, "write")


async def test_operations_are_listed_by_state_and_connection(shop: Shop, undecided: dict[str, Any]) -> None:
    await shop.create("k-9", title="Anders")

    waiting = await shop.call("GET", "/v1/operations?state=needs_decision")
    page = await shop.call("GET", "/v1/operations?limit=1")
    rest = await shop.call("GET", f"/v1/operations?cursor={page.json()['page']['next']}")
    none = await shop.call("GET", "/v1/operations?connectionId=con_none")

    assert [one["id"] for one in waiting.json()["data"]] == [undecided["id"]]
    assert [one["state"] for one in page.json()["data"]] == ["confirmed"]
    assert [one["id"] for one in rest.json()["data"]] == [undecided["id"]]
    assert none.json()["data"] == []
