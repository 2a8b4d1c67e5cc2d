"""Renewing a connection: same id, same account key, and the same company unless a change was asked for."""

import pytest

from tests.integration.onboarding.people import Person, Program, person, program
from tests.stage import Stage

pytestmark = pytest.mark.anyio

FIRST, SECOND = "Muster Handel GmbH", "Blumen Muster e.K."


@pytest.fixture
async def connected(tenant: Program, customer: Person) -> dict[str, str]:
    """Connection id and account key of a connection by OAuth to the first company."""
    back = await customer.grant((await tenant.session(label="Alt"))["url"])
    data = (await tenant.exchange(back.headers["location"])).json()["data"]
    return {"id": data["connection"]["id"], "key": data["accountKey"]}


async def company(tenant: Program, key: str) -> tuple[int, str | None]:
    answer = await tenant.call("GET", "/v1/accounting/company", headers={"X-ACCOUNT-KEY": key})
    return answer.status_code, (answer.json().get("data") or {}).get("name")


async def withdraw(stage: Stage, name: str = FIRST) -> None:
    """Every grant of the company ends, as when its user disconnects the app at the vendor."""
    world = stage.twin.twin.world
    for connection in list(world.connections.values()):
        if connection.client_id and world.organizations[connection.organization_id].name == name:
            stage.twin.twin.revoke(connection.id)


async def test_id_and_account_key_stay(tenant: Program, customer: Person, connected: dict[str, str]) -> None:
    session = await tenant.session(connectionId=connected["id"])

    back = await customer.grant(session["url"])
    data = (await tenant.exchange(back.headers["location"])).json()["data"]

    assert data["connection"]["id"] == connected["id"]
    assert data["accountKey"] is None
    assert await company(tenant, connected["key"]) == (200, FIRST)
    assert len(await tenant.connections()) == 1


async def test_a_withdrawn_grant_shows_and_reconnecting_mends_it(
    tenant: Program, customer: Person, connected: dict[str, str], stage: Stage
) -> None:
    await withdraw(stage)

    lost = await tenant.call("GET", "/v1/accounting/company", headers={"X-ACCOUNT-KEY": connected["key"]})
    state = await tenant.connection(connected["id"])
    await customer.grant((await tenant.session(connectionId=connected["id"]))["url"])

    assert (lost.status_code, lost.json()["code"]) == (424, "reconnect_required")
    assert state["state"] == "reconnect_required"
    assert state["reason"]
    assert "connect session" in state["whatToDo"]
    assert (await tenant.connection(connected["id"]))["state"] == "connected"
    assert await company(tenant, connected["key"]) == (200, FIRST)


async def test_the_page_says_that_it_renews(
    tenant: Program, customer: Person, connected: dict[str, str]
) -> None:
    page = await customer.open((await tenant.session(connectionId=connected["id"]))["url"])

    assert "erneuern" in page.text


async def test_another_company_does_not_take_its_place(
    tenant: Program, customer: Person, connected: dict[str, str], stage: Stage
) -> None:
    session = await tenant.session(connectionId=connected["id"])
    revoked = len(stage.twin.twin.ledger.of("POST", "/oauth2/revoke"))

    page = await customer.grant(session["url"], company=1)

    assert page.status_code == 409
    assert "Das ist eine andere Firma" in page.text
    assert (await tenant.outcome(session))["problem"] == "organization_mismatch"
    assert len(stage.twin.twin.ledger.of("POST", "/oauth2/revoke")) == revoked + 1
    assert await company(tenant, connected["key"]) == (200, FIRST)


async def test_another_company_takes_its_place_when_that_was_asked_for(
    tenant: Program, customer: Person, connected: dict[str, str]
) -> None:
    session = await tenant.session(connectionId=connected["id"], acceptOtherOrganization=True)

    back = await customer.grant(session["url"], company=1)

    assert back.status_code == 303
    assert await company(tenant, connected["key"]) == (200, SECOND)
    assert (await tenant.connection(connected["id"]))["organization"]["name"] == SECOND


async def test_a_key_of_another_company_does_not_take_its_place(
    tenant: Program, customer: Person, connected: dict[str, str], stage: Stage
) -> None:
    session = await tenant.session(connectionId=connected["id"])
    other = stage.twin.identity.organizations[1].api_key

    page = await customer.press(session["url"], "api_key", key=other)

    assert page.status_code == 409
    assert (await tenant.connection(connected["id"]))["credentialKind"] == "oauth"


async def test_a_key_may_follow_on_a_grant(
    tenant: Program, customer: Person, connected: dict[str, str], stage: Stage
) -> None:
    session = await tenant.session(connectionId=connected["id"], label="Neu")

    await customer.press(session["url"], "api_key", key=stage.twin.identity.organizations[0].api_key)

    renewed = await tenant.connection(connected["id"])
    assert (renewed["credentialKind"], renewed["label"]) == ("api_key", "Neu")
    assert await company(tenant, connected["key"]) == (200, FIRST)


async def test_what_the_session_does_not_name_stays(
    tenant: Program, customer: Person, connected: dict[str, str]
) -> None:
    await customer.grant((await tenant.session(connectionId=connected["id"]))["url"])

    assert (await tenant.connection(connected["id"]))["label"] == "Alt"


async def test_a_connection_of_another_tenant_does_not_exist(connected: dict[str, str], stage: Stage) -> None:
    other = await program(stage, name="Andere Software GmbH")
    body = {"target": "lexoffice-sandbox", "returnUrl": "https://x.example", "connectionId": connected["id"]}

    foreign = await other.call("POST", "/v1/connect-sessions", json=body)
    unknown = await other.call(
        "POST", "/v1/connect-sessions", json=body | {"connectionId": connected["id"][:-4] + "0000"}
    )

    assert foreign.status_code == unknown.status_code == 404
    assert foreign.json() | {"requestId": ""} == unknown.json() | {"requestId": ""}


async def test_a_disconnected_connection_comes_back_with_a_new_account_key(
    tenant: Program, customer: Person, connected: dict[str, str]
) -> None:
    await tenant.call("DELETE", f"/v1/connections/{connected['id']}")

    back = await customer.grant((await tenant.session(connectionId=connected["id"]))["url"])
    data = (await tenant.exchange(back.headers["location"])).json()["data"]

    assert data["connection"]["id"] == connected["id"]
    assert data["accountKey"] not in (None, connected["key"])
    assert (await company(tenant, connected["key"]))[0] == 404
    assert await company(tenant, data["accountKey"]) == (200, FIRST)


async def test_a_lost_code_is_made_good_by_another_session(
    tenant: Program, customer: Person, stage: Stage
) -> None:
    await customer.grant((await tenant.session())["url"])
    (pending,) = await tenant.connections()

    async with person(stage) as somebody:
        back = await somebody.grant((await tenant.session(connectionId=pending["id"]))["url"])
    data = (await tenant.exchange(back.headers["location"])).json()["data"]

    assert data["connection"]["id"] == pending["id"]
    assert data["accountKey"] is not None
