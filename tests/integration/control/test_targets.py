"""`/v1/targets`, their capabilities and the tenant's partner apps."""

import pytest
from sqlalchemy import select

from gateway.persistence.tables import METADATA, audit_events
from tests.integration.onboarding.people import Program, program
from tests.stage import PUBLIC_URL, Stage

pytestmark = pytest.mark.anyio

CREDENTIALS = "/v1/targets/lexoffice-sandbox/credentials"
APP = {"clientId": "7f3a2c1e-0000-4000-8000-00000000c901", "clientSecret": "sehr-geheim-4711"}


@pytest.fixture
async def live(stage: Stage) -> Program:
    return await program(stage, environment="live", target="lexoffice", partner_app=False)


async def test_test_keys_see_the_sandbox_stage_alone(tenant: Program) -> None:
    (target,) = (await tenant.call("GET", "/v1/targets")).json()["data"]

    assert target["name"] == "lexoffice-sandbox"
    assert target["environment"] == "test"
    assert target["methods"] == ["oauth", "api_key"]
    assert target["redirectUri"] == PUBLIC_URL + "/auth/callback/lexoffice-sandbox"


async def test_live_keys_see_the_production_stage_alone(live: Program) -> None:
    (target,) = (await live.call("GET", "/v1/targets")).json()["data"]

    assert (target["name"], target["environment"]) == ("lexoffice", "live")


REACHING = (
    ("GET", "/v1/targets/{}/capabilities", None),
    ("GET", "/v1/targets/{}/credentials", None),
    ("PUT", "/v1/targets/{}/credentials", APP),
    ("DELETE", "/v1/targets/{}/credentials", None),
)


@pytest.mark.parametrize(("method", "path", "body"), REACHING)
async def test_a_target_of_the_other_environment_is_as_unknown_as_none(
    tenant: Program, live: Program, method: str, path: str, body: dict[str, str] | None
) -> None:
    more = {"json": body} if body else {}
    answers = [
        await caller.call(method, path.format(target), **more)
        for caller, target in (
            (tenant, "lexoffice"),
            (tenant, "lexware-office"),
            (tenant, "nirgends"),
            (tenant, "%00"),
            (live, "lexoffice-sandbox"),
        )
    ]

    assert {answer.status_code for answer in answers} == {404}
    assert len({str(answer.json() | {"requestId": ""}) for answer in answers}) == 1
    assert "Test keys reach sandbox targets only" in answers[0].json()["hint"]


@pytest.mark.parametrize("target", ["lexoffice", "lexware-office", "nirgends"])
async def test_a_test_key_makes_no_session_for_other_targets(tenant: Program, target: str) -> None:
    body = {"target": target, "returnUrl": "https://app.muster-software.example/kontor/return?via=kontor"}

    answer = await tenant.call("POST", "/v1/connect-sessions", json=body)

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_capabilities_tell_what_works_and_why_not(tenant: Program) -> None:
    cells = (await tenant.call("GET", "/v1/targets/lexoffice-sandbox/capabilities")).json()["data"]

    by_cell = {(cell["resource"], cell["operation"]): cell for cell in cells}
    assert by_cell["invoices", "create"]["supported"] is True
    assert by_cell["invoices", "delete"]["supported"] is False
    assert by_cell["invoices", "delete"]["reason"]


async def test_capabilities_of_one_resource_tell_each_field_and_filter(tenant: Program) -> None:
    path = "/v1/targets/lexoffice-sandbox/capabilities?resource=invoices"
    cells = {cell["operation"]: cell for cell in (await tenant.call("GET", path)).json()["data"]}

    read, create = ({f["path"]: f for f in cells[name]["fields"]} for name in ("get", "create"))
    filters = {one["name"]: one for one in cells["list"]["filters"]}
    assert {cell["resource"] for cell in cells.values()} == {"invoices"}
    assert read["number"]["vendorFields"] == ["/v1/invoices/{id}#voucherNumber"]
    assert (read["seller.supplierId"]["level"], create["lines[].taxRate"]["level"]) == ("no", "yes")
    assert filters["status"]["level"] == "workaround"
    assert filters["customerId"]["vendorFields"] == ["contactId"]
    assert cells["update"]["fields"] is None  # there is none, so it has no fields


async def test_capabilities_of_one_resource_tell_the_rows_of_a_summary_and_the_bodies_of_actions(
    tenant: Program,
) -> None:
    path = "/v1/targets/lexoffice-sandbox/capabilities?resource=invoices"
    cells = {cell["operation"]: cell for cell in (await tenant.call("GET", path)).json()["data"]}

    rows = {field["path"]: field for field in cells["list"]["summaryFields"]}
    convert = {field["path"]: field for field in cells["convert"]["fields"]}
    assert rows["totals.gross"]["vendorFields"] == ["/v1/voucherlist#content[].totalAmount"]
    assert cells["get"]["summaryFields"] is None
    assert convert["finalize"]["vendorFields"] == ["?finalize"]
    assert (convert["paymentTerms.dueDays"]["level"], cells["finalize"]["fields"]) == ("no", None)


async def test_capabilities_tell_when_an_operation_was_last_seen_to_work(tenant: Program) -> None:
    cells = (await tenant.call("GET", "/v1/targets/lexoffice-sandbox/capabilities")).json()["data"]

    for cell in cells:
        assert (cell["verified"] is not None) is cell["supported"]
        assert cell["fields"] is None
    (create,) = (c for c in cells if (c["resource"], c["operation"]) == ("invoices", "create"))
    assert len(create["verified"]["commit"]) == 40
    assert create["verified"]["checks"] > 10


async def test_capabilities_of_a_resource_that_nobody_knows_are_refused(tenant: Program) -> None:
    answer = await tenant.call("GET", "/v1/targets/lexoffice-sandbox/capabilities?resource=invoice")

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "resource"
    assert "invoices" in answer.json()["errors"][0]["message"]


async def test_an_alias_names_the_same_target(tenant: Program) -> None:
    await tenant.call("PUT", "/v1/targets/lexware-office-sandbox/credentials", json=APP)

    shown = (await tenant.call("GET", CREDENTIALS)).json()["data"]

    assert (shown["target"], shown["configured"]) == ("lexoffice-sandbox", True)


async def test_without_a_partner_app_nothing_is_configured(tenant: Program) -> None:
    shown = (await tenant.call("GET", CREDENTIALS)).json()["data"]

    assert shown == {
        "target": "lexoffice-sandbox",
        "configured": False,
        "clientIdHint": None,
        "scopes": [],
        "redirectUri": PUBLIC_URL + "/auth/callback/lexoffice-sandbox",
        "updatedAt": None,
    }


async def test_the_secret_goes_in_and_never_comes_out(tenant: Program, stage: Stage) -> None:
    put = await tenant.call("PUT", CREDENTIALS, json=APP)
    shown = await tenant.call("GET", CREDENTIALS)
    async with stage.rooms.database.read() as session:
        stored = repr([(await session.execute(select(t))).all() for t in METADATA.sorted_tables])

    assert put.status_code == 200
    assert shown.json()["data"]["clientIdHint"] == "7f3a…c901"
    for text in (put.text, shown.text, stored):
        assert APP["clientSecret"] not in text
    assert APP["clientId"] not in put.text + shown.text


async def test_a_partner_app_is_removed_without_fuss(tenant: Program) -> None:
    await tenant.call("PUT", CREDENTIALS, json=APP)

    removed = [(await tenant.call("DELETE", CREDENTIALS)).status_code for _ in range(2)]

    assert removed == [204, 204]
    assert (await tenant.call("GET", CREDENTIALS)).json()["data"]["configured"] is False


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"clientId": ""}, "clientId"),
        ({"clientSecret": "ümlaut"}, "clientSecret"),
        ({"clientSecret": "zeile\r\nzwei"}, "clientSecret"),
        ({"scopes": ["a b"]}, "scopes"),
        ({"redirectUri": "https://evil.example"}, "redirectUri"),
    ],
)
async def test_unfit_credentials_are_named(tenant: Program, change: dict[str, object], field: str) -> None:
    answer = await tenant.call("PUT", CREDENTIALS, json=APP | change)

    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]


async def test_tenants_do_not_share_partner_apps(tenant: Program, stage: Stage) -> None:
    await tenant.call("PUT", CREDENTIALS, json=APP)
    other = await program(stage, name="Andere Software GmbH", partner_app=False)

    assert (await other.call("GET", CREDENTIALS)).json()["data"]["configured"] is False


async def test_oauth_without_a_partner_app_is_a_conflict_with_the_way_out(tenant: Program) -> None:
    body = {
        "target": "lexoffice-sandbox",
        "returnUrl": "https://app.muster-software.example/kontor/return?via=kontor",
        "method": "oauth",
    }

    answer = await tenant.call("POST", "/v1/connect-sessions", json=body)

    assert (answer.status_code, answer.json()["code"]) == (409, "partner_app_missing")
    assert "/credentials" in answer.json()["hint"]


async def test_deposit_and_removal_are_in_the_audit_trail(tenant: Program, stage: Stage) -> None:
    await tenant.call("PUT", CREDENTIALS, json=APP)
    await tenant.call("DELETE", CREDENTIALS)

    async with stage.rooms.database.read() as session:
        found = await session.execute(
            select(audit_events.c.action).where(audit_events.c.tenant_id == tenant.tenant_id)
        )
    assert list(found.scalars()) == ["partner_app.deposited", "partner_app.removed"]
