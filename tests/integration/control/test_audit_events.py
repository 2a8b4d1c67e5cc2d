"""The trail as its tenant reads it, and what gets into it."""

import json
from typing import Any

import pytest

from gateway.audit.log import HOUSE, entries
from tests.stage import Party, Stage

pytestmark = pytest.mark.anyio

PATH = "/v1/audit-events"


async def trail(stage: Stage, party: Party, query: str = "") -> list[dict[str, Any]]:
    answer = await stage.call("GET", PATH + query, party)
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


async def keys_made(stage: Stage, party: Party, count: int) -> list[str]:
    made = [
        await stage.call("POST", "/v1/api-keys", party, json={"name": f"key {number}", "scopes": ["read"]})
        for number in range(count)
    ]
    return [answer.json()["data"]["id"] for answer in made]


async def test_what_a_key_did_is_told_with_who_when_and_by_which_request(stage: Stage) -> None:
    party = await stage.party()
    made = await stage.call("POST", "/v1/api-keys", party, json={"name": "till", "scopes": ["read"]})
    (entry,) = await trail(stage, party)

    assert (entry["action"], entry["actor"]) == ("api_key.created", party.key_id)
    assert entry["environment"] == "test"
    assert (entry["objectType"], entry["objectId"]) == ("api_key", made.json()["data"]["id"])
    assert entry["requestId"] == made.headers["request-id"]
    assert entry["detail"] == {"name": "till", "scopes": ["read"]}
    assert made.json()["data"]["secret"] not in json.dumps(entry)


async def test_each_entry_names_the_hash_of_the_one_before(stage: Stage) -> None:
    party = await stage.party()
    await keys_made(stage, party, 3)
    newest, middle, oldest = await trail(stage, party)

    assert (newest["previous"], middle["previous"]) == (middle["hash"], oldest["hash"])
    assert oldest["previous"] == "00" * 32


async def test_pages_lead_to_the_beginning_without_a_gap_or_a_double(stage: Stage) -> None:
    party = await stage.party()
    made = await keys_made(stage, party, 7)
    seen: list[str] = []
    query = "?limit=3"
    while True:
        page = (await stage.call("GET", PATH + query, party)).json()
        seen += [entry["objectId"] for entry in page["data"]]
        if page["page"]["next"] is None:
            break
        query = f"?limit=3&before={page['page']['next']}"

    assert seen == made[::-1]


async def test_filters_narrow_it(stage: Stage) -> None:
    party = await stage.party()
    _, other = await keys_made(stage, party, 2)
    revoked = await stage.call("DELETE", f"/v1/api-keys/{other}", party)
    now = stage.rooms.ambient.clock.now().isoformat().replace("+00:00", "Z")

    assert [e["action"] for e in await trail(stage, party, f"?objectId={other}")] == [
        "api_key.revoked",
        "api_key.created",
    ]
    assert [e["objectId"] for e in await trail(stage, party, "?action=api_key.revoked")] == [other]
    by_request = await trail(stage, party, f"?requestId={revoked.headers['request-id']}")
    assert [e["action"] for e in by_request] == ["api_key.revoked"]
    assert len(await trail(stage, party, f"?actor={party.key_id}")) == 3
    assert await trail(stage, party, "?actor=key_other") == []
    assert await trail(stage, party, f"?since={now}") == []
    assert len(await trail(stage, party, f"?until={now}")) == 3


async def test_nobody_reads_another_tenants_trail_nor_that_of_the_other_environment(stage: Stage) -> None:
    party = await stage.party()
    await keys_made(stage, party, 1)
    stranger = await stage.party()
    live = await stage.party(party.tenant_id, environment="live", target="lexoffice")

    assert await trail(stage, stranger) == []
    assert await trail(stage, live) == []
    assert len(await trail(stage, party)) == 1


async def test_it_takes_the_scope_admin(stage: Stage) -> None:
    party = await stage.party(scopes=("read", "write", "finalize"))
    assert (await stage.call("GET", PATH, party)).status_code == 403


async def test_refusals_are_counted_and_written_down_without_what_was_sent(stage: Stage) -> None:
    party = await stage.party(scopes=("read",))
    admin = await stage.party(party.tenant_id)
    for _ in range(3):
        await stage.call("GET", PATH, party)
    for _ in range(2):
        await stage.client.get("/v1/api-keys", headers={"X-API-KEY": "kontor_test_wrong"})
    await stage.client.get(
        "/v1/accounting/company", headers={"X-API-KEY": party.api_key, "X-ACCOUNT-KEY": "acc_wrong"}
    )
    await stage.rooms.refusals.flush()
    await stage.rooms.refusals.flush()

    told = {(e["action"], e["objectId"]): e for e in await trail(stage, admin)}
    assert set(told) == {
        ("access.refused", "/v1/audit-events"),
        ("access.refused", "/v1/accounting/company"),
    }
    scope = told["access.refused", "/v1/audit-events"]
    assert scope["detail"] == {"code": "scope_missing", "times": 3}
    assert (scope["actor"], scope["environment"]) == (party.key_id, "test")
    async with stage.rooms.database.read() as session:
        (unknown,) = await entries(session, HOUSE)
    assert json.loads(unknown.detail) == {"code": "unauthenticated", "times": 2}
    assert (unknown.actor, unknown.object_id) == ("unknown", "/v1/api-keys")


async def test_a_connection_that_is_found_cut_off_is_told_once(stage: Stage) -> None:
    party = await stage.party(twin_api_key="withdrawn")
    answers = [await stage.call("GET", "/v1/accounting/company", party) for _ in range(2)]
    (entry,) = await trail(stage, party)

    assert [answer.status_code for answer in answers] == [424, 424]
    assert (entry["action"], entry["actor"]) == ("connection.reconnect_required", "kontor")
    assert (entry["objectId"], entry["environment"]) == (party.connection_id, "test")
