"""Bills over HTTP: sent back as they were read, rehearsed, recorded once, and never without their files."""

from typing import Any

import pytest

from gateway.api.examples import ACTIONS, BODIES
from tests.forms import PDF, encoded
from tests.stage import Party, Stage

pytestmark = pytest.mark.anyio

BILLS = "/v1/accounting/bills"
BODY = BODIES["bills"]


async def recorded(stage: Stage, party: Party) -> dict[str, Any]:
    """A bill with its PDF, as it is read."""
    made = await stage.call("POST", BILLS, party, key="bill", json=BODY)
    assert made.status_code == 201, made.text
    id = made.json()["data"]["id"]
    content, media_type = encoded({"file": PDF})
    headers = {"Content-Type": media_type}
    file = await stage.call(
        "POST", f"{BILLS}/{id}/files", party, key="file", content=content, headers=headers
    )
    assert file.status_code == 201, file.text
    return (await stage.call("GET", f"{BILLS}/{id}", party)).json()["data"]


async def patched(stage: Stage, party: Party, bill: dict[str, Any], patch: Any, query: str = "") -> Any:
    headers = {"If-Match": f'"{bill["version"]}"', "Content-Type": "application/merge-patch+json"}
    return await stage.call("PATCH", f"{BILLS}/{bill['id']}{query}", party, json=patch, headers=headers)


def writes(stage: Stage) -> list[str]:
    return [call.method for call in stage.twin.twin.ledger.calls if call.method != "GET"]


async def test_what_was_read_may_be_sent_back_and_changes_nothing(stage: Stage, party: Party) -> None:
    bill = await recorded(stage, party)

    answer = await patched(stage, party, bill, bill)

    assert answer.status_code == 200, answer.text
    moved = {"version", "updatedAt"}
    after = answer.json()["data"]
    assert {n: v for n, v in after.items() if n not in moved} == {
        n: v for n, v in bill.items() if n not in moved
    }


@pytest.mark.parametrize(
    "files", [[], None, [{"id": "e9066f04-8cc7-4616-93f8-ac9ecc8479c8", "kind": "attachment"}]]
)
async def test_files_are_not_taken_away_by_a_patch(stage: Stage, party: Party, files: Any) -> None:
    bill = await recorded(stage, party)

    answer = await patched(stage, party, bill, {"files": files, "remark": "neu"})

    assert answer.status_code == 422
    assert [(e["field"], e["code"]) for e in answer.json()["errors"]] == [("files", "read_only")]
    assert (await stage.call("GET", f"{BILLS}/{bill['id']}", party)).json()["data"]["files"] == bill["files"]


async def test_a_rehearsed_change_shows_all_files_and_sends_nothing(stage: Stage, party: Party) -> None:
    bill = await recorded(stage, party)
    before = writes(stage)

    answer = await patched(stage, party, bill, {"remark": "neu"}, "?dryRun=true")

    told = answer.json()["data"]
    assert (told["acceptable"], told["outgoing"]["method"]) == (True, "PUT")
    assert told["outgoing"]["body"]["files"] == [file["id"] for file in bill["files"]]
    assert told["outgoing"]["body"]["remark"] == "neu"
    assert writes(stage) == before


async def test_a_rehearsed_bill_tells_sums_problems_and_warnings(stage: Stage, party: Party) -> None:
    lines = [{"accountId": BODY["lines"][0]["accountId"], "amount": "116.00", "taxRate": "16"}]
    body = {**BODY, "lines": lines, "seller": {}}

    answer = await stage.call("POST", f"{BILLS}?dryRun=true", party, json=body)

    told = answer.json()["data"]
    assert (told["totals"]["net"], told["totals"]["tax"], told["totals"]["gross"]) == (
        "100.00",
        "16.00",
        "116.00",
    )
    assert [(p["field"], p["code"]) for p in told["problems"]] == [("seller.supplierId", "required")]
    assert [(w["field"], w["code"]) for w in told["warnings"]] == [("lines[0].taxRate", "rate_not_in_force")]
    assert told["taxRatesAllowed"] == ["0", "5", "7", "16", "19"]
    assert writes(stage) == []


async def test_the_same_bill_under_another_key_is_a_conflict_and_under_the_same_key_the_same_answer(
    stage: Stage, party: Party
) -> None:
    first = await stage.call("POST", BILLS, party, key="k1", json=BODY)
    again = await stage.call("POST", BILLS, party, key="k1", json=BODY)
    anew = await stage.call("POST", BILLS, party, key="k2", json=BODY)

    assert (first.status_code, again.json()) == (201, first.json())
    problem = anew.json()
    assert (anew.status_code, problem["code"], problem["sent"]) == (409, "already_recorded", "no")
    assert problem["id"] == first.json()["data"]["id"]
    assert [(e["field"], e["code"]) for e in problem["errors"]] == [("number", "already_exists")]
    assert writes(stage) == ["POST"]


async def test_a_refusal_to_book_twice_leaves_the_key_free(stage: Stage, party: Party) -> None:
    await stage.call("POST", BILLS, party, key="k1", json=BODY)
    await stage.call("POST", BILLS, party, key="k2", json=BODY)

    answer = await stage.call("POST", BILLS, party, key="k2", json={**BODY, "number": "ER-2026-0418"})

    assert answer.status_code == 201


async def test_a_payment_over_an_api_key_is_501_with_the_place_where_a_person_does_it(
    stage: Stage, party: Party
) -> None:
    bill = await recorded(stage, party)

    answer = await stage.call(
        "POST", f"{BILLS}/{bill['id']}/settlements", party, key="k", json=ACTIONS["settle"]
    )

    assert (answer.status_code, answer.json()["code"]) == (501, "not_supported")
    assert answer.json()["link"] == bill["links"]["view"]


async def test_meta_tells_what_this_connection_takes(stage: Stage, party: Party) -> None:
    told = (await stage.call("GET", f"{BILLS}/meta", party)).json()["data"]
    rules = {rule["path"]: rule for rule in told["fields"]}

    assert told["operations"] == ["list", "get", "create", "update", "document", "attach"]
    assert "supplierId" in told["filters"]
    assert rules["lines[].taxRate"]["values"] == ["0", "5", "7", "16", "19"]
    assert (rules["files"]["writable"], rules["number"]["required"]) == (False, True)
