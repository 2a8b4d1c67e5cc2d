"""`/v1/connections` and `/v1/connect-sessions` as programs see them."""

import pytest

from tests.integration.onboarding.people import RETURN_URL, TARGET, Person, Program, program
from tests.stage import Stage

pytestmark = pytest.mark.anyio


async def connect(tenant: Program, customer: Person, **wanted: str) -> dict[str, str]:
    """A connection by key, exchanged: its id and account key."""
    session = await tenant.session(method="api_key", **wanted)
    key = tenant.stage.twin.identity.organizations[0].api_key
    back = await customer.press(session["url"], "api_key", key=key)
    data = (await tenant.exchange(back.headers["location"])).json()["data"]
    return {"id": data["connection"]["id"], "key": data["accountKey"]}


async def test_lists_go_by_pages_newest_first(tenant: Program, customer: Person) -> None:
    made = [(await connect(tenant, customer))["id"] for _ in range(3)]

    first = (await tenant.call("GET", "/v1/connections?limit=2")).json()
    second = (await tenant.call("GET", f"/v1/connections?limit=2&cursor={first['page']['next']}")).json()

    assert [c["id"] for c in first["data"] + second["data"]] == made[::-1]
    assert second["page"]["next"] is None


async def test_a_connection_without_trouble_says_so(tenant: Program, customer: Person) -> None:
    connection = await tenant.connection((await connect(tenant, customer))["id"])

    assert connection["state"] == "connected"
    assert connection["reason"] is None
    assert connection["whatToDo"] is None
    assert connection["stateSince"].endswith("Z")


async def test_a_new_account_key_ends_the_former(tenant: Program, customer: Person) -> None:
    connected = await connect(tenant, customer)

    answer = await tenant.call("POST", f"/v1/connections/{connected['id']}/account-key")

    new = answer.json()["data"]["accountKey"]
    for key, status in ((new, 200), (connected["key"], 404)):
        used = await tenant.call("GET", "/v1/accounting/company", headers={"X-ACCOUNT-KEY": key})
        assert used.status_code == status


async def test_a_pending_connection_has_no_account_key_to_replace(tenant: Program, customer: Person) -> None:
    session = await tenant.session(method="api_key")
    await customer.press(session["url"], "api_key", key=tenant.stage.twin.identity.organizations[0].api_key)
    (pending,) = await tenant.connections()

    answer = await tenant.call("POST", f"/v1/connections/{pending['id']}/account-key")

    assert answer.status_code == 409
    assert "/v1/connections/exchange" in answer.json()["hint"]


async def test_capabilities_are_those_of_the_target_less_what_needs_another_credential(
    tenant: Program, customer: Person
) -> None:
    connected = await connect(tenant, customer)

    of_connection = await tenant.call("GET", f"/v1/connections/{connected['id']}/capabilities")
    of_target = await tenant.call("GET", f"/v1/targets/{TARGET}/capabilities")

    pairs = list(zip(of_connection.json()["data"], of_target.json()["data"], strict=True))
    assert any(cell["supported"] for cell, _ in pairs)
    for cell, at_target in pairs:
        lacking = at_target["supported"] and (at_target["needs"] or {}).get("credential") == "oauth"
        assert cell["supported"] is (at_target["supported"] and not lacking)
        assert lacking or cell == at_target
    assert ("bank-accounts", "list") in {
        (own["resource"], own["operation"]) for own, theirs in pairs if own != theirs and own["reason"]
    }


async def test_fields_that_only_partners_are_told_are_no_over_a_key(
    tenant: Program, customer: Person
) -> None:
    connected = await connect(tenant, customer)
    asked = "capabilities?resource=company"

    (of_connection,) = (await tenant.call("GET", f"/v1/connections/{connected['id']}/{asked}")).json()["data"]
    (of_target,) = (await tenant.call("GET", f"/v1/targets/{TARGET}/{asked}")).json()["data"]

    mine, any_ = ({field["path"]: field for field in cell["fields"]} for cell in (of_connection, of_target))
    assert (any_["vatId"]["level"], any_["vatId"]["needsCredential"]) == ("yes", "oauth")
    assert (mine["vatId"]["level"], mine["vatId"]["reason"]) == ("no", "Told to connections by oauth only.")
    assert mine["name"]["level"] == "yes"


async def test_a_disconnected_connection_can_do_nothing_and_says_why(
    tenant: Program, customer: Person
) -> None:
    connected = await connect(tenant, customer)
    await tenant.call("DELETE", f"/v1/connections/{connected['id']}")

    cells = (await tenant.call("GET", f"/v1/connections/{connected['id']}/capabilities")).json()["data"]

    assert len(cells) > 10
    assert not any(cell["supported"] for cell in cells)
    assert all(cell["reason"] for cell in cells)


ROUTES = (
    ("GET", "/v1/connections/{}"),
    ("GET", "/v1/connections/{}/capabilities"),
    ("POST", "/v1/connections/{}/account-key"),
    ("DELETE", "/v1/connections/{}"),
)


@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_foreign_unknown_and_misshapen_ids_answer_alike(
    tenant: Program, customer: Person, stage: Stage, method: str, path: str
) -> None:
    connected = await connect(tenant, customer)
    other = await program(stage, name="Andere Software GmbH", partner_app=False)
    live = await program(
        stage, tenant_id=tenant.tenant_id, environment="live", target="lexoffice", partner_app=False
    )

    answers = [
        await caller.call(method, path.format(id))
        for caller, id in (
            (other, connected["id"]),
            (live, connected["id"]),
            (tenant, "con_" + "0" * 26),
            (tenant, "con_x"),
            (tenant, "%00"),
            (tenant, "a" * 3000),
        )
    ]

    assert {answer.status_code for answer in answers} == {404}
    assert len({str(answer.json() | {"requestId": ""}) for answer in answers}) == 1


async def test_a_session_of_another_tenant_does_not_exist(tenant: Program, stage: Stage) -> None:
    session = await tenant.session(method="api_key")
    other = await program(stage, name="Andere Software GmbH", partner_app=False)

    answer = await other.call("GET", f"/v1/connect-sessions/{session['id']}")

    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"returnUrl": "https://evil.example/"}, "returnUrl"),
        ({"label": ""}, "label"),
        ({"label": "x" * 101}, "label"),
        ({"customerReference": "x" * 256}, "customerReference"),
        ({"customerReference": "a\x00b"}, "customerReference"),
        ({"method": "passwort"}, "method"),
        ({"acceptOtherOrganization": "ja"}, "acceptOtherOrganization"),
        ({"unbekannt": 1}, "unbekannt"),
    ],
)
async def test_an_unfit_session_is_refused_by_field(
    tenant: Program, change: dict[str, object], field: str
) -> None:
    answer = await tenant.call(
        "POST", "/v1/connect-sessions", json={"target": TARGET, "returnUrl": RETURN_URL} | change
    )

    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]


@pytest.mark.parametrize("id", ["", "nichts", "con_" + "0" * 26, "a\u0001b"])
async def test_a_session_for_no_connection_is_not_made(tenant: Program, id: str) -> None:
    answer = await tenant.call(
        "POST",
        "/v1/connect-sessions",
        json={"target": TARGET, "returnUrl": RETURN_URL, "connectionId": id},
    )

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_the_session_answers_with_a_link_of_thirty_minutes(tenant: Program) -> None:
    from datetime import datetime

    session = await tenant.session()
    shown = await tenant.outcome(session)

    made = datetime.fromisoformat(shown["createdAt"])
    assert (datetime.fromisoformat(session["expiresAt"]) - made).total_seconds() == 1800
    assert session["url"].startswith("http://127.0.0.1:8080/connect/")
    assert session["url"].rsplit("/", 1)[1] not in str(shown)
