"""Find or create over the whole gateway: one certain match is used, doubt is a question, else one is made."""

from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

from tests.stage import Party, Stage, staged

pytestmark = pytest.mark.anyio
CUSTOMERS = "/v1/accounting/customers"


@pytest.fixture(scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    async with staged(tmp_path_factory.mktemp("kontor")) as stage:
        yield stage


@pytest.fixture(scope="module")
async def party(stage: Stage) -> Party:
    return await stage.party()


def nordlicht(**changes: Any) -> dict[str, Any]:
    return {
        "company": {"name": "Nordlicht Medien UG (haftungsbeschränkt)", "vatId": None},
        "billingAddresses": [
            {"street": "Hafenstr. 12", "postalCode": "20457", "city": "Hamburg", "countryCode": "DE"}
        ],
        "emails": {"business": ["j.vogt@nordlicht.example"]},
        **changes,
    }


@pytest.fixture(scope="module")
async def held(stage: Stage, party: Party) -> dict[str, Any]:
    """The customer that is there already."""
    created = await stage.call("POST", CUSTOMERS, party, key="held", json=nordlicht())
    assert created.status_code == 201, created.text
    return created.json()["data"]


def writes(stage: Stage) -> int:
    return sum(call.method == "POST" for call in stage.twin.twin.ledger.calls)


async def ask(stage: Stage, party: Party, key: str, body: dict[str, Any], **query: str) -> httpx2.Response:
    return await stage.call("POST", CUSTOMERS, party, key=key, json=body, params=query)


async def test_one_certain_match_is_answered_without_a_write(
    stage: Stage, party: Party, held: dict[str, Any]
) -> None:
    before = writes(stage)
    body = nordlicht(company={"name": "Nordlicht Medien UG"})
    found = await ask(stage, party, "find-1", body, match="email,name")

    assert found.status_code == 200, found.text
    assert found.json()["data"]["id"] == held["id"]
    assert found.json()["meta"]["matched"]["evidence"][0]["code"] == "personal_email"
    assert found.headers["etag"]
    assert "location" not in found.headers
    assert writes(stage) == before


async def test_the_answer_is_the_same_when_the_key_comes_again(
    stage: Stage, party: Party, held: dict[str, Any]
) -> None:
    body = nordlicht()
    first = await ask(stage, party, "find-again", body, match="email")
    again = await ask(stage, party, "find-again", body, match="email")

    assert (first.status_code, again.status_code) == (200, 200)
    assert again.headers["idempotency-replayed"] == "true"
    assert again.json()["data"] == first.json()["data"]


async def test_doubt_is_answered_with_the_candidates_and_why(
    stage: Stage, party: Party, held: dict[str, Any]
) -> None:
    before = writes(stage)
    body = nordlicht(emails={"business": ["info@nordlicht.example"]})
    refused = await ask(stage, party, "find-2", body, match="email,name")
    problem = refused.json()

    assert (refused.status_code, problem["code"], problem["sent"]) == (409, "ambiguous_match", "yes")
    assert [candidate["id"] for candidate in problem["candidates"]] == [held["id"]]
    assert {found["code"] for found in problem["candidates"][0]["evidence"]} == {
        "name",
        "address",
        "email_domain",
    }
    assert writes(stage) == before


async def test_in_doubt_a_caller_may_have_a_new_one_made(stage: Stage, party: Party) -> None:
    company = {"company": {"name": "Seewind Medien UG"}}
    there = (await ask(stage, party, "seewind", company)).json()["data"]
    branch = {"company": {"name": "Seewind Medien Verlag UG"}}
    made = await ask(stage, party, "find-3", branch, match="name", onAmbiguous="create")

    assert made.status_code == 201, made.text
    assert made.json()["data"]["id"] != there["id"]
    [warning] = made.json()["meta"]["warnings"]
    assert (warning["code"], warning["id"]) == ("similar_exists", there["id"])


async def test_whom_nobody_knows_is_made(stage: Stage, party: Party) -> None:
    body = {"person": {"firstName": "Tomke", "lastName": "Reimers"}}
    made = await ask(stage, party, "find-4", body, match="email,name")

    assert made.status_code == 201, made.text
    assert made.headers["location"].endswith(made.json()["data"]["id"])


async def test_a_number_proves_who_it_is(stage: Stage, party: Party, held: dict[str, Any]) -> None:
    body = {"company": {"name": "Ganz Anders GmbH"}}
    found = await ask(stage, party, "find-5", body, match="number", number=held["number"])

    assert (found.status_code, found.json()["data"]["id"]) == (200, held["id"])


@pytest.mark.parametrize(
    "query",
    [
        {"match": "number"},
        {"match": "name", "number": "10001"},
        {"match": "phone"},
        {"match": ""},
        {"number": "10001"},  # without `match` it would be dropped silently
        {"number": "10001", "dryRun": "true"},
        {"onAmbiguous": "create"},
    ],
)
async def test_parameters_that_do_not_belong_together_are_refused(
    stage: Stage, party: Party, query: dict[str, str]
) -> None:
    refused = await ask(stage, party, f"bad-{query}", nordlicht(), **query)

    assert (refused.status_code, refused.json()["code"]) == (422, "invalid")


async def test_other_resources_know_no_match(stage: Stage, party: Party) -> None:
    refused = await stage.call(
        "POST", "/v1/accounting/items", party, key="item", json={"name": "x"}, params={"match": "name"}
    )

    assert refused.json()["errors"][0]["code"] == "unknown_parameter"
