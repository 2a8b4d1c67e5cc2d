"""`dryRun=true` and `…/meta` over HTTP: what would be sent and come of it, with nothing sent."""

from typing import Any

import pytest

from tests.stage import Party, Stage

pytestmark = pytest.mark.anyio

INVOICES = "/v1/accounting/invoices"
LINE = {
    "type": "custom",
    "name": "Beratung",
    "quantity": "2",
    "unitName": "Stunde",
    "unitPrice": "95.00",
    "taxRate": "19",
}
BODY: dict[str, Any] = {
    "issuedOn": "2026-11-20",
    "buyer": {"name": "Erika Muster", "address": {"countryCode": "DE"}},
    "lines": [LINE],
    "servicePeriod": {"kind": "service", "startsOn": "2026-11-19"},
}


async def rehearsed(stage: Stage, party: Party, query: str = "", **changes: Any) -> Any:
    answer = await stage.call("POST", f"{INVOICES}?dryRun=true{query}", party, json=BODY | changes)
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


def writes(stage: Stage) -> int:
    """Calls that the twin took and that were no reads."""
    return sum(call.method != "GET" for call in stage.twin.twin.ledger.calls)


async def test_it_tells_the_vendors_own_words_and_totals_and_sends_nothing(
    stage: Stage, party: Party
) -> None:
    before = writes(stage)

    told = await rehearsed(stage, party, finalize=True)

    assert writes(stage) == before
    assert told["acceptable"]
    assert (told["outgoing"]["method"], told["outgoing"]["path"]) == ("POST", "/v1/invoices")
    assert told["outgoing"]["query"] == {"finalize": "true"}
    assert told["outgoing"]["body"]["voucherDate"] == "2026-11-20T00:00:00.000+01:00"
    assert (told["totals"]["net"], told["totals"]["tax"], told["totals"]["gross"]) == (
        "190.00",
        "36.10",
        "226.10",
    )
    assert told["taxBreakdown"] == [
        {
            "rate": "19",
            "category": "S",
            "exemptionCode": None,
            "net": "190.00",
            "tax": "36.10",
            "gross": "226.10",
        }
    ]
    assert told["problems"] == told["warnings"] == []


async def test_it_needs_no_idempotency_key_and_a_write_does(stage: Stage, party: Party) -> None:
    real = await stage.call("POST", f"{INVOICES}?dryRun=false", party, json=BODY)

    assert (real.status_code, real.json()["code"]) == (400, "malformed")


async def test_finalizing_needs_its_scope_even_in_a_rehearsal(stage: Stage, party: Party) -> None:
    other = await stage.party(party.tenant_id, scopes=("read", "write"))

    answer = await stage.call("POST", f"{INVOICES}?dryRun=true", other, json=BODY | {"finalize": True})

    assert answer.status_code == 403


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"lines": [LINE | {"taxRate": "16"}]}, "lines[0].taxRate", "rate_not_in_force"),
        (
            {
                "lines": [LINE],
                "servicePeriod": {"kind": "service", "startsOn": "2020-07-01", "endsOn": "2020-12-31"},
            },
            "lines[0].taxRate",
            "rate_not_in_force",
        ),
        (
            {"taxTreatment": "intra_community_supply", "lines": [LINE | {"taxRate": "0"}]},
            "buyer.customerId",
            "required",
        ),
        (
            {"taxTreatment": "intra_community_supply", "lines": [LINE | {"taxRate": "0"}]},
            "buyer.address.countryCode",
            "invalid",
        ),
        ({"taxTreatment": "export_of_goods"}, "lines[0].taxRate", "invalid"),
        ({"buyer": {"name": "Erika Muster"}}, "buyer.address.countryCode", "required"),
        ({"buyerReference": "991-03730-19"}, "buyer.customerId", "required"),
    ],
)
async def test_what_stands_against_it_is_told_and_nothing_would_be_sent_to_be_refused(
    stage: Stage, party: Party, changes: dict[str, Any], field: str, code: str
) -> None:
    told = await rehearsed(stage, party, **changes)

    assert not told["acceptable"]
    assert (field, code) in {(problem["field"], problem["code"]) for problem in told["problems"]}


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"servicePeriod": None}, "servicePeriod", "supply_day_missing"),
        ({"language": "fr"}, "language", "field_not_held"),
        ({"buyerReference": "04011000-1234512345-35"}, "buyerReference", "check_digits"),
    ],
)
async def test_what_a_person_should_look_at_is_a_warning(
    stage: Stage, party: Party, changes: dict[str, Any], field: str, code: str
) -> None:
    told = await rehearsed(stage, party, **changes)

    assert (field, code) in {(warning["field"], warning["code"]) for warning in told["warnings"]}


async def test_strictly_a_value_without_a_place_stands_against_it(stage: Stage, party: Party) -> None:
    told = await rehearsed(stage, party, "&strict=true", language="fr")

    assert (told["acceptable"], told["outgoing"]) == (False, None)
    assert [problem["field"] for problem in told["problems"]] == ["language"]


async def test_the_rates_of_the_second_half_of_2020_are_the_lower_ones(stage: Stage, party: Party) -> None:
    period = {"kind": "service", "startsOn": "2020-07-01", "endsOn": "2020-12-31"}

    told = await rehearsed(stage, party, servicePeriod=period, lines=[LINE | {"taxRate": "16"}])

    assert told["acceptable"]
    assert (told["taxRatesOn"], told["taxRatesAllowed"]) == ("2020-12-31", ["0", "5", "16"])


async def test_an_update_reads_merges_and_sends_nothing(stage: Stage, party: Party) -> None:
    page = await stage.call("GET", "/v1/accounting/items?limit=1", party)
    item = page.json()["data"][0]
    before = writes(stage)

    answer = await stage.call(
        "PATCH",
        f"/v1/accounting/items/{item['id']}?dryRun=true",
        party,
        json={"note": "neu"},
        headers={"If-Match": "*", "Content-Type": "application/merge-patch+json"},
    )

    told = answer.json()["data"]
    assert writes(stage) == before
    assert told["outgoing"]["body"]["note"] == "neu"
    assert told["outgoing"]["body"]["title"] == item["name"]
    now = await stage.call("GET", f"/v1/accounting/items/{item['id']}", party)
    assert now.json()["data"] == item


async def rules(stage: Stage, party: Party, resource: str) -> dict[str, Any]:
    answer = await stage.call("GET", f"/v1/accounting/{resource}/meta", party)
    assert answer.status_code == 200, answer.text
    return {rule["path"]: rule for rule in answer.json()["data"]["fields"]}


async def test_meta_tells_what_this_connection_takes_in_a_field(stage: Stage, party: Party) -> None:
    fields = await rules(stage, party, "invoices")

    assert fields["language"]["values"] == ["de", "en"]
    assert fields["precedingDocuments"]["maxItems"] == 1
    assert fields["title"]["maxLength"] == 25
    assert (fields["lines[].unitPrice"]["type"], fields["lines[].unitPrice"]["decimals"]) == ("decimal", 4)
    assert fields["lines[].type"]["values"] == ["custom", "product", "service", "text"]
    assert (fields["issuedOn"]["required"], fields["title"]["required"]) == (True, False)
    assert (fields["number"]["writable"], fields["number"]["reason"]) == (
        False,
        "The accounting system sets it.",
    )
    assert (fields["title"]["writable"], fields["title"]["updatable"]) == (True, False)
    assert all(rule["description"] for rule in fields.values() if rule["readable"])


async def test_meta_of_credit_notes_says_that_lines_take_no_discount(stage: Stage, party: Party) -> None:
    fields = await rules(stage, party, "credit-notes")

    assert fields["lines[].discountPercentage"]["writable"] is False
    assert "have no discounts" in fields["lines[].discountPercentage"]["reason"]


@pytest.mark.parametrize(
    "resource", ["company", "customers", "suppliers", "items", "invoices", "credit-notes"]
)
async def test_every_resource_has_its_meta(stage: Stage, party: Party, resource: str) -> None:
    assert await rules(stage, party, resource)
