"""From the quote to the invoice over HTTP."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from gateway.api.examples import BODIES
from tests.stage import Party, Stage

pytestmark = pytest.mark.anyio

DATA = "/v1/accounting"


async def made(stage: Stage, party: Party, resource: str, **changes: Any) -> dict[str, Any]:
    body = BODIES[resource] | changes
    answer = await stage.call("POST", f"{DATA}/{resource}", party, key=f"make-{resource}", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()["data"]


async def test_the_answer_leads_to_the_new_document(stage: Stage, party: Party) -> None:
    quote = await made(stage, party, "quotes")

    answer = await stage.call(
        "POST", f"{DATA}/quotes/{quote['id']}/convert", party, key="k1", json={"to": "sales-orders"}
    )

    told = answer.json()["data"]
    assert answer.status_code == 201
    assert (told["document"]["resource"], told["final"]) == ("sales-orders", False)
    assert answer.headers["location"] == f"{DATA}/sales-orders/{told['document']['id']}"
    order = (await stage.call("GET", answer.headers["location"], party)).json()["data"]
    assert [found["id"] for found in order["precedingDocuments"]] == [quote["id"]]
    assert order["totals"] == quote["totals"]


async def test_it_is_made_once_however_often_it_is_asked(stage: Stage, party: Party) -> None:
    quote = await made(stage, party, "quotes")
    path = f"{DATA}/quotes/{quote['id']}/convert"

    first = await stage.call("POST", path, party, key="k1", json={"to": "invoices"})
    again = await stage.call("POST", path, party, key="k1", json={"to": "invoices"})

    assert again.json() == first.json()
    assert again.headers["location"] == first.headers["location"]
    assert again.headers["idempotency-replayed"] == "true"
    now = (await stage.call("GET", f"{DATA}/quotes/{quote['id']}", party)).json()["data"]
    assert [found["id"] for found in now["followingDocuments"]] == [first.json()["data"]["document"]["id"]]


async def test_what_cannot_follow_is_named_and_nothing_is_sent(stage: Stage, party: Party) -> None:
    note = await made(stage, party, "delivery-notes", finalize=True)
    stage.twin.twin.ledger.clear()

    answer = await stage.call(
        "POST", f"{DATA}/delivery-notes/{note['id']}/convert", party, key="k1", json={"to": "sales-orders"}
    )

    assert (answer.status_code, answer.json()["code"], answer.json()["sent"]) == (
        422,
        "invalid_for_target",
        "no",
    )
    assert [(e["field"], e["code"]) for e in answer.json()["errors"]] == [("to", "not_possible")]
    assert not stage.twin.twin.ledger.calls


async def test_a_draft_order_is_a_conflict_with_the_place_to_finalize_it(stage: Stage, party: Party) -> None:
    order = await made(stage, party, "sales-orders")

    answer = await stage.call(
        "POST", f"{DATA}/sales-orders/{order['id']}/convert", party, key="k1", json={"to": "invoices"}
    )

    assert (answer.status_code, answer.json()["code"]) == (409, "not_writable")
    assert answer.json()["link"] == order["links"]["view"]


async def test_a_final_one_needs_the_scope_for_it(stage: Stage) -> None:
    party = await stage.party(scopes=("read", "write"))
    quote = await made(stage, party, "quotes")
    path = f"{DATA}/quotes/{quote['id']}/convert"

    refused = await stage.call("POST", path, party, key="k1", json={"to": "invoices", "finalize": True})
    draft = await stage.call("POST", path, party, key="k2", json={"to": "invoices"})

    assert (refused.status_code, draft.status_code) == (403, 201)


async def test_dunnings_have_no_list_which_is_told_with_the_way_round(stage: Stage, party: Party) -> None:
    answer = await stage.call("GET", f"{DATA}/dunnings", party)

    assert (answer.status_code, answer.json()["code"]) == (501, "not_supported")
    assert "followingDocuments" in answer.json()["alternative"]


async def test_meta_tells_what_a_quote_needs_and_an_invoice_does_not_take(stage: Stage, party: Party) -> None:
    async def rules(resource: str) -> dict[str, Any]:
        told = (await stage.call("GET", f"{DATA}/{resource}/meta", party)).json()["data"]
        return {rule["path"]: rule for rule in told["fields"]}

    quotes, invoices, dunnings = [await rules(name) for name in ("quotes", "invoices", "dunnings")]
    notes = await rules("delivery-notes")

    assert quotes["validUntil"]["required"]
    assert quotes["lines[].optional"]["writable"]
    assert not invoices["lines[].optional"]["writable"]
    assert dunnings["precedingDocuments"]["required"]
    assert not notes["discount"]["writable"]


GUIDE = Path(__file__).resolve().parents[3] / "docs" / "guide" / "from-quote-to-invoice.md"
CALL = re.compile(r"^    POST (/\S+)\n((?:    .*\n)+)", re.MULTILINE)


async def test_the_guide_works_as_it_is_written(stage: Stage, party: Party) -> None:
    calls = CALL.findall(GUIDE.read_text())
    invoice = await made(stage, party, "invoices", finalize=True)
    ids = {"invoice": invoice["id"]}

    for number, (path, body) in enumerate(calls):
        answer = await stage.call(
            "POST", path.format_map(ids), party, key=f"k{number}", json=json.loads(body)
        )
        assert answer.status_code == 201, (path, answer.text)
        told = answer.json()["data"]
        made_of_it = told["document"] if "document" in told else {"resource": "quotes", "id": told["id"]}
        ids[made_of_it["resource"]] = made_of_it["id"]

    assert len(calls) == 5
    last = (await stage.call("GET", f"{DATA}/invoices/{ids['invoices']}", party)).json()["data"]
    assert (last["totals"]["gross"], last["paymentTerms"]["dueDays"]) == ("226.10", 14)
    assert last["servicePeriod"] == {"kind": "delivery", "startsOn": "2026-11-24", "endsOn": None}
