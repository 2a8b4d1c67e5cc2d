"""Payments made elsewhere, over HTTP: as a partner, by API key, and asked for twice."""

from typing import Any

import pytest

from gateway.api.examples import ACTIONS, BODIES
from tests.stage import Party, Stage

pytestmark = pytest.mark.anyio

INVOICES = "/v1/accounting/invoices"


async def open_invoice(stage: Stage, party: Party) -> dict[str, Any]:
    page = await stage.call("GET", f"{INVOICES}?status=open&limit=25", party)
    return page.json()["data"][0]


async def payment(stage: Stage, party: Party, **changes: Any) -> dict[str, Any]:
    """A payment over a new account."""
    made = await stage.call(
        "POST", "/v1/accounting/bank-accounts", party, key="account", json=BODIES["bank-accounts"]
    )
    assert made.status_code == 201, made.text
    return {**ACTIONS["settle"], "bankAccountId": made.json()["data"]["id"], **changes}


async def test_over_an_api_key_it_is_501_with_the_place_where_a_person_does_it(stage: Stage) -> None:
    party = await stage.party()
    invoice = await open_invoice(stage, party)

    answer = await stage.call(
        "POST", f"{INVOICES}/{invoice['id']}/settlements", party, key="k1", json=ACTIONS["settle"]
    )

    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["sent"]) == (501, "not_supported", "no")
    assert problem["link"] == invoice["links"]["view"]
    assert "OAuth" in problem["alternative"]
    assert [call.path for call in stage.twin.twin.ledger.calls if call.method == "POST"] == []


async def test_asked_for_twice_it_is_told_once(stage: Stage) -> None:
    party = await stage.party(partner=True)
    invoice = await open_invoice(stage, party)
    body = await payment(stage, party)
    path = f"{INVOICES}/{invoice['id']}/settlements"

    first = await stage.call("POST", path, party, key="k1", json=body)
    again = await stage.call("POST", path, party, key="k1", json=body)

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert first.json()["data"]["state"] == "pushed"
    told = [c.path for c in stage.twin.twin.ledger.calls if c.method == "POST" and "account" not in c.path]
    assert told == ["/v1/finance/transactions", "/v1/transaction-assignment-hint"]


async def test_a_hint_without_an_answer_leaves_a_booking_that_is_known(stage: Stage) -> None:
    party = await stage.party(partner=True)
    invoice = await open_invoice(stage, party)
    body = await payment(stage, party)
    stage.twin.twin.fault("status", path="/v1/transaction-assignment-hint", status=504)

    answer = await stage.call("POST", f"{INVOICES}/{invoice['id']}/settlements", party, key="k1", json=body)

    told = answer.json()["data"]
    assert (answer.status_code, told["state"], told["assignment"]) == (201, "pushed", "unknown")
    read = await stage.call("GET", f"/v1/accounting/transactions/{told['id']}", party)
    assert read.json()["data"]["externalReference"] == body["externalReference"]


async def test_a_lost_booking_is_unknown_under_its_key_and_not_made_under_a_new_one(stage: Stage) -> None:
    party = await stage.party(partner=True)
    invoice = await open_invoice(stage, party)
    body = await payment(stage, party)
    path = f"{INVOICES}/{invoice['id']}/settlements"
    stage.twin.twin.fault("status_after", path="/v1/finance/transactions", status=504)

    lost = await stage.call("POST", path, party, key="k1", json=body)
    again = await stage.call("POST", path, party, key="k1", json=body)
    anew = await stage.call("POST", path, party, key="k2", json=body)

    assert [a.status_code for a in (lost, again, anew)] == [504, 504, 409]
    assert anew.json()["code"] == "identical_write_pending"
    assert "same externalReference" in lost.json()["hint"]
    organization = stage.twin.twin.world.organizations[stage.twin.identity.organizations[0].id]
    assert len(organization.transactions) == 1


async def test_a_reference_that_is_taken_is_a_conflict_and_stays_one(stage: Stage) -> None:
    party = await stage.party(partner=True)
    entry = {**BODIES["transactions"], "bankAccountId": (await payment(stage, party))["bankAccountId"]}
    path = "/v1/accounting/transactions"
    first = await stage.call("POST", path, party, key="k1", json=entry)

    other = await stage.call("POST", path, party, key="k2", json={**entry, "amount": "1.00"})
    again = await stage.call("POST", path, party, key="k2", json={**entry, "amount": "1.00"})

    assert first.status_code == 201
    assert (other.status_code, other.json()["code"]) == (409, "reference_taken")
    assert other.json()["id"] == first.json()["data"]["id"]
    assert (again.status_code, again.json()) == (409, other.json())


async def test_transactions_have_no_list_and_say_what_to_do_instead(stage: Stage) -> None:
    for partner in (False, True):
        party = await stage.party(partner=partner)

        answer = await stage.call("GET", "/v1/accounting/transactions", party)

        assert answer.status_code == 501
        assert "latest-transaction" in answer.json()["alternative"]


async def test_a_batch_is_answered_in_its_order(stage: Stage) -> None:
    party = await stage.party(partner=True)
    account = (await payment(stage, party))["bankAccountId"]
    entries = [
        {**BODIES["transactions"], "bankAccountId": account, "externalReference": f"tx-{number}"}
        for number in range(3)
    ]

    answer = await stage.call(
        "POST", "/v1/accounting/transactions/batch", party, key="k1", json={"transactions": entries}
    )

    assert answer.status_code == 201, answer.text
    made = answer.json()["data"]["transactions"]
    assert [entry["externalReference"] for entry in made] == ["tx-0", "tx-1", "tx-2"]
    assert len(made) == len({entry["id"] for entry in made})


async def test_a_rehearsal_of_a_transaction_tells_the_one_call_and_books_nothing(stage: Stage) -> None:
    party = await stage.party(partner=True)
    entry = {**BODIES["transactions"], "bankAccountId": (await payment(stage, party))["bankAccountId"]}

    answer = await stage.call("POST", "/v1/accounting/transactions?dryRun=true", party, key=None, json=entry)

    told = answer.json()["data"]
    assert (answer.status_code, told["acceptable"]) == (200, True), answer.text
    assert (told["outgoing"]["method"], told["outgoing"]["path"]) == ("POST", "/v1/finance/transactions")
    assert told["outgoing"]["body"][0]["externalReference"] == entry["externalReference"]
    assert stage.twin.twin.world.organizations[stage.twin.identity.organizations[0].id].transactions == {}


async def test_what_a_new_account_needs_is_told_before(stage: Stage) -> None:
    party = await stage.party(partner=True)

    answer = await stage.call("GET", "/v1/accounting/bank-accounts/meta", party)

    needed = {rule["path"] for rule in answer.json()["data"]["fields"] if rule["required"]}
    assert {"name", "type", "balance", "bankName", "system"} <= needed
