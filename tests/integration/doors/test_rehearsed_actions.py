"""`dryRun=true` and `strict=true` on what is done with an object: nothing is sent, or nothing lost."""

from typing import Any

import pytest

from connectors import CONNECTORS
from connectors.base.operations import OPERATIONS
from gateway.api.examples import ACTIONS, BODIES
from schemas import RESOURCES
from tests.stage import Party, Stage

pytestmark = pytest.mark.anyio

DATA = "/v1/accounting"
SOME_ID = "e9066f04-8cc7-4616-93f8-ac9ecc8479c8"


def writes(stage: Stage) -> int:
    return sum(call.method != "GET" for call in stage.twin.twin.ledger.calls)


async def made(stage: Stage, party: Party, resource: str, **changes: Any) -> dict[str, Any]:
    body = BODIES[resource] | changes
    answer = await stage.call("POST", f"{DATA}/{resource}", party, key=f"make-{resource}", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()["data"]


async def rehearsed(stage: Stage, party: Party, path: str, body: Any, query: str = "") -> Any:
    """What a dry run without a key tells, after which the vendor has taken no write."""
    before = writes(stage)
    answer = await stage.call("POST", f"{DATA}/{path}?dryRun=true{query}", party, json=body)
    assert answer.status_code == 200, answer.text
    assert writes(stage) == before
    return answer.json()["data"]


async def test_a_rehearsed_conversion_tells_the_body_and_what_it_comes_to(stage: Stage, party: Party) -> None:
    quote = await made(stage, party, "quotes")
    body = {"to": "invoices", "issuedOn": "2026-11-24", "discount": {"percentage": "10"}}

    told = await rehearsed(stage, party, f"quotes/{quote['id']}/convert", body)

    outgoing = told["outgoing"]
    assert told["acceptable"]
    assert told["problems"] == []
    assert (outgoing["method"], outgoing["path"]) == ("POST", "/v1/invoices")
    assert outgoing["query"] == {"precedingSalesVoucherId": quote["id"]}
    assert outgoing["body"]["voucherDate"] == "2026-11-24T00:00:00.000+01:00"
    # 2 × 95.00 less 10 % is 171.00; 19 % of it is 32.49.
    assert [told["totals"][name] for name in ("lines", "discount", "net", "tax", "gross")] == [
        "190.00",
        "19.00",
        "171.00",
        "32.49",
        "203.49",
    ]
    assert [(share["rate"], share["tax"]) for share in told["taxBreakdown"]] == [("19", "32.49")]
    assert (told["taxRatesOn"], told["taxRatesAllowed"]) == ("2026-11-24", ["0", "7", "19"])
    assert told["required"][0] == "to"
    assert [warning["code"] for warning in told["warnings"]] == ["supply_day_missing"]


@pytest.mark.parametrize("to", ["sales-orders", "invoices"])
async def test_what_a_conversion_was_said_to_come_to_it_comes_to(stage: Stage, party: Party, to: str) -> None:
    lines = [
        BODIES["quotes"]["lines"][0] | {"quantity": "3", "unitPrice": "33.3333", "taxRate": "7"},
        BODIES["quotes"]["lines"][0] | {"discountPercentage": "2.5"},
    ]
    quote = await made(stage, party, "quotes", lines=lines, discount={"amount": "10.00"})
    path = f"quotes/{quote['id']}/convert"

    told = await rehearsed(stage, party, path, {"to": to})
    answer = await stage.call("POST", f"{DATA}/{path}", party, key="k1", json={"to": to})

    after = (await stage.call("GET", answer.headers["location"], party)).json()["data"]
    names = ("lines", "discount", "net", "tax", "gross")
    assert [told["totals"][name] for name in names] == [after["totals"][name] for name in names]
    assert [share["tax"] for share in told["taxBreakdown"]] == [
        share["tax"] for share in after["taxBreakdown"]
    ]


async def test_a_delivery_note_comes_to_nothing(stage: Stage, party: Party) -> None:
    order = await made(stage, party, "sales-orders", finalize=True)

    told = await rehearsed(stage, party, f"sales-orders/{order['id']}/convert", {"to": "delivery-notes"})

    assert (told["outgoing"]["path"], told["totals"]) == ("/v1/delivery-notes", None)


async def test_a_rate_of_another_day_stands_against_a_conversion(stage: Stage, party: Party) -> None:
    period = {"kind": "service", "startsOn": "2020-07-01", "endsOn": "2020-12-31"}
    line = BODIES["sales-orders"]["lines"][0] | {"taxRate": "16"}
    order = await made(stage, party, "sales-orders", lines=[line], servicePeriod=period, finalize=True)
    body = {"to": "invoices", "servicePeriod": {"kind": "service", "startsOn": "2026-11-20"}}
    path = f"sales-orders/{order['id']}/convert"

    told = await rehearsed(stage, party, path, body)
    real = await stage.call("POST", f"{DATA}/{path}", party, key="k1", json=body)

    assert not told["acceptable"]
    assert [(p["field"], p["code"]) for p in told["problems"]] == [("lines[0].taxRate", "rate_not_in_force")]
    assert real.status_code == 422  # the vendor says the same


async def test_what_would_be_lost_is_a_warning_and_strictly_a_problem(stage: Stage, party: Party) -> None:
    """A delivery note has neither discount nor terms: not given ones, and not the order's."""
    order = await made(stage, party, "sales-orders", discount={"percentage": "5"}, finalize=True)
    body = {"to": "delivery-notes", "paymentTerms": {"dueDays": 7}}
    path = f"sales-orders/{order['id']}/convert"

    told = await rehearsed(stage, party, path, body)
    strictly = await rehearsed(stage, party, path, body, "&strict=true")

    assert told["acceptable"]
    assert told["outgoing"]
    assert [(w["field"], w["code"]) for w in told["warnings"]] == [
        ("paymentTerms", "field_not_held"),
        ("discount", "field_not_held"),
    ]
    assert (strictly["acceptable"], strictly["outgoing"], strictly["warnings"]) == (False, None, [])
    assert [(p["field"], p["code"]) for p in strictly["problems"]] == [("paymentTerms", "field_not_held")]


async def test_strictly_nothing_that_is_given_is_lost(stage: Stage, party: Party) -> None:
    order = await made(stage, party, "sales-orders", discount={"percentage": "5"}, finalize=True)
    path, before = f"{DATA}/sales-orders/{order['id']}/convert", writes(stage)
    body = {"to": "delivery-notes", "paymentTerms": {"dueDays": 7}}

    strictly = await stage.call("POST", f"{path}?strict=true", party, key="k1", json=body)
    refused = writes(stage)
    mildly = await stage.call("POST", path, party, key="k2", json=body)

    assert (strictly.status_code, strictly.json()["sent"], refused) == (422, "no", before)
    assert [error["field"] for error in strictly.json()["errors"]] == ["paymentTerms"]
    assert mildly.status_code == 201
    fields = [warning["field"] for warning in mildly.json()["meta"]["warnings"]]
    assert fields == ["paymentTerms", "discount", "paymentTerms"]  # the given ones, and the order's


async def test_a_rehearsed_cancellation_is_the_whole_credit_note(stage: Stage, party: Party) -> None:
    invoice = await made(stage, party, "invoices", finalize=True)

    told = await rehearsed(stage, party, f"invoices/{invoice['id']}/cancel", {})

    outgoing = told["outgoing"]
    assert (outgoing["method"], outgoing["path"]) == ("POST", "/v1/credit-notes")
    assert outgoing["query"] == {"finalize": "true", "precedingSalesVoucherId": invoice["id"]}
    assert (told["totals"]["net"], told["totals"]["tax"], told["totals"]["gross"]) == (
        "190.00",
        "36.10",
        "226.10",
    )
    now = (await stage.call("GET", f"{DATA}/invoices/{invoice['id']}", party)).json()["data"]
    assert now["followingDocuments"] == []


async def test_what_its_state_forbids_ends_a_rehearsal_as_it_would_the_action(
    stage: Stage, party: Party
) -> None:
    order = await made(stage, party, "sales-orders")

    answer = await stage.call(
        "POST", f"{DATA}/sales-orders/{order['id']}/convert?dryRun=true", party, json={"to": "invoices"}
    )

    assert (answer.status_code, answer.json()["code"]) == (409, "not_writable")


@pytest.mark.parametrize(
    ("action", "body"), [("convert", {"to": "invoices", "finalize": True}), ("cancel", {})]
)
async def test_a_final_document_needs_its_scope_even_in_a_rehearsal(
    stage: Stage, party: Party, action: str, body: dict[str, Any]
) -> None:
    other = await stage.party(party.tenant_id, scopes=("read", "write"))
    resource = "quotes" if action == "convert" else "invoices"

    answer = await stage.call("POST", f"{DATA}/{resource}/{SOME_ID}/{action}?dryRun=true", other, json=body)

    assert answer.status_code == 403


async def test_partners_see_the_mail_the_movement_and_the_movements_before_they_leave(stage: Stage) -> None:
    partner = await stage.party(partner=True)
    invoice = await made(stage, partner, "invoices", finalize=True)
    account = await made(stage, partner, "bank-accounts")
    entry = BODIES["transactions"] | {"bankAccountId": account["id"]}
    payment = ACTIONS["settle"] | {"bankAccountId": account["id"]}

    mail = await rehearsed(stage, partner, f"invoices/{invoice['id']}/send", ACTIONS["send"])
    settled = await rehearsed(stage, partner, f"invoices/{invoice['id']}/settlements", payment)
    batch = await rehearsed(stage, partner, "transactions/batch", {"transactions": [entry, entry]})

    assert mail["outgoing"]["path"] == f"/v1/invoices/{invoice['id']}/sendmail"
    assert mail["outgoing"]["body"]["recipients"] == ["rechnung@muster-handel.example"]
    assert (mail["totals"], mail["required"]) == (
        None,
        ["recipients", "attachments[].fileId", "attachments[].filename"],
    )
    assert settled["outgoing"]["path"] == batch["outgoing"]["path"] == "/v1/finance/transactions"
    assert [told["amount"] for told in settled["outgoing"]["body"]] == [226.1]
    assert len(batch["outgoing"]["body"]) == 2


async def test_a_change_of_a_bill_comes_to_what_the_merged_bill_does(stage: Stage, party: Party) -> None:
    bill = await made(stage, party, "bills")
    lines = [{"accountId": bill["lines"][0]["accountId"], "amount": "107.00", "taxRate": "7"}]

    answer = await stage.call(
        "PATCH",
        f"{DATA}/bills/{bill['id']}?dryRun=true",
        party,
        json={"lines": lines},
        headers={"If-Match": "*", "Content-Type": "application/merge-patch+json"},
    )

    totals = answer.json()["data"]["totals"]
    assert (totals["net"], totals["tax"], totals["gross"]) == ("100.00", "7.00", "107.00")


WITHOUT = sorted(
    (resource.name, name)
    for resource in RESOURCES.values()
    for name in resource.operations
    if not OPERATIONS[name].rehearses and any(c.supports(resource.name, name) for c in CONNECTORS)
)
"""What takes no values of the caller's to rehearse."""


@pytest.mark.parametrize("parameter", ["dryRun", "strict"])
async def test_where_a_rehearsal_means_nothing_it_is_refused_and_not_ignored(
    stage: Stage, parameter: str
) -> None:
    partner = await stage.party(partner=True)
    form = {"files": {"file": ("a.pdf", b"%PDF-1.4 a", "application/pdf")}}
    refused: list[tuple[str, str]] = []
    stage.twin.twin.ledger.clear()

    for resource, name in WITHOUT:
        operation = OPERATIONS[name]
        path = "" if RESOURCES[resource].singleton else operation.path.replace("{id}", SOME_ID)
        answer = await stage.call(
            operation.method,
            f"{DATA}/{resource}{path}?{parameter}=true",
            partner,
            key="k1" if operation.method == "POST" else None,
            headers={"If-Match": "*"},
            **(form if operation.body == "file" else {}),
        )
        told = {(e["field"], e["code"]) for e in answer.json().get("errors", ())}
        refused += [(resource, name)] if (parameter, "unknown_parameter") in told else []

    assert len(WITHOUT) > 50
    assert refused == WITHOUT
    assert not stage.twin.twin.ledger.calls


async def test_meta_tells_what_actions_take_over_this_connection(stage: Stage) -> None:
    async def actions(party: Party, resource: str) -> dict[str, dict[str, Any]]:
        told = (await stage.call("GET", f"{DATA}/{resource}/meta", party)).json()["data"]["actions"]
        return {one["operation"]: {rule["path"]: rule for rule in one["fields"]} for one in told}

    by_key, partner = await stage.party(), await stage.party(partner=True)

    told = await actions(by_key, "invoices")
    to = (await actions(by_key, "quotes"))["convert"]["to"]

    assert set(told) == {"cancel", "convert"}  # payments and mail are for partners
    assert set(await actions(partner, "invoices")) == {"cancel", "convert", "settle", "send"}
    assert told["convert"]["to"]["values"] == ["delivery-notes", "credit-notes", "dunnings"]
    assert (to["values"], to["required"], to["writable"], to["updatable"], to["readable"]) == (
        ["sales-orders", "delivery-notes", "invoices"],
        True,
        True,
        False,
        False,
    )
    assert told["convert"]["title"]["maxLength"] == 25
    assert told["cancel"]["introduction"]["description"].startswith("Text above its lines.")
    assert await actions(by_key, "items") == {}
