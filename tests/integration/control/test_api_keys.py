"""`/v1/api-keys`: made once, shown once, ended within seconds."""

import pytest
from sqlalchemy import select

from gateway.persistence.tables import audit_events
from tests.integration.onboarding.people import Program, program
from tests.stage import Stage

pytestmark = pytest.mark.anyio

BODY = {"name": "Buchungsdienst", "scopes": ["read", "write"]}


async def test_a_new_key_works_with_its_scopes_alone(tenant: Program, stage: Stage) -> None:
    made = (await tenant.call("POST", "/v1/api-keys", json=BODY)).json()["data"]

    holder = Program(stage=stage, tenant_id=tenant.tenant_id, api_key=made["secret"])
    reads = await holder.call("GET", "/v1/connections")
    administers = await holder.call("GET", "/v1/api-keys")

    assert reads.status_code == 200
    assert (administers.status_code, administers.json()["code"]) == (403, "scope_missing")


async def test_the_secret_is_shown_once(tenant: Program) -> None:
    made = await tenant.call("POST", "/v1/api-keys", json=BODY)
    listed = await tenant.call("GET", "/v1/api-keys")

    secret = made.json()["data"]["secret"]
    assert made.status_code == 201
    assert secret.startswith("kontor_test_")
    assert secret not in listed.text
    assert secret.endswith(listed.json()["data"][-1]["ending"])


async def test_a_key_is_of_the_environment_of_the_key_that_made_it(tenant: Program, stage: Stage) -> None:
    live = await program(
        stage, tenant_id=tenant.tenant_id, environment="live", target="lexoffice", partner_app=False
    )

    made = (await live.call("POST", "/v1/api-keys", json=BODY)).json()["data"]
    of_tests = (await tenant.call("GET", "/v1/api-keys")).json()["data"]

    assert made["secret"].startswith("kontor_live_")
    assert made["environment"] == "live"
    assert made["id"] not in [key["id"] for key in of_tests]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (BODY | {"scopes": []}, "scopes"),
        (BODY | {"scopes": ["root"]}, "scopes[0]"),
        (BODY | {"name": ""}, "name"),
        (BODY | {"name": "   "}, "name"),
        (BODY | {"expiresAt": "2020-01-01T00:00:00Z"}, "expiresAt"),
        (BODY | {"expiresAt": "2099-01-01T00:00:00"}, "expiresAt"),
        (BODY | {"environment": "live"}, "environment"),
        (BODY | {"tenantId": "ten_1"}, "tenantId"),
        ({"scopes": ["read"]}, "name"),
    ],
)
async def test_what_does_not_fit_is_named(tenant: Program, body: dict[str, object], field: str) -> None:
    answer = await tenant.call("POST", "/v1/api-keys", json=body)

    assert answer.status_code == 422
    assert field in [error["field"] for error in answer.json()["errors"]]


async def test_a_revoked_key_is_refused_and_gone_from_the_list(tenant: Program, stage: Stage) -> None:
    made = (await tenant.call("POST", "/v1/api-keys", json=BODY)).json()["data"]
    holder = Program(stage=stage, tenant_id=tenant.tenant_id, api_key=made["secret"])
    assert (await holder.call("GET", "/v1/connections")).status_code == 200

    revoked = await tenant.call("DELETE", f"/v1/api-keys/{made['id']}")

    assert revoked.status_code == 204
    assert (await holder.call("GET", "/v1/connections")).status_code == 401
    assert made["id"] not in (await tenant.call("GET", "/v1/api-keys")).text


async def test_foreign_unknown_revoked_and_misshapen_ids_answer_alike(tenant: Program, stage: Stage) -> None:
    other = await program(stage, name="Andere Software GmbH", partner_app=False)
    foreign = (await other.call("GET", "/v1/api-keys")).json()["data"][0]["id"]
    revoked = (await tenant.call("POST", "/v1/api-keys", json=BODY)).json()["data"]["id"]
    await tenant.call("DELETE", f"/v1/api-keys/{revoked}")

    answers = [
        await tenant.call("DELETE", f"/v1/api-keys/{id}")
        for id in (foreign, revoked, "key_" + "0" * 26, "nichts", "%00", "%F0%9F%92%A9")
    ]

    assert {answer.status_code for answer in answers} == {404}
    assert len({str(answer.json() | {"requestId": ""}) for answer in answers}) == 1


async def test_making_and_revoking_are_in_the_audit_trail(tenant: Program, stage: Stage) -> None:
    made = (await tenant.call("POST", "/v1/api-keys", json=BODY)).json()["data"]
    await tenant.call("DELETE", f"/v1/api-keys/{made['id']}")

    async with stage.rooms.database.read() as session:
        found = (
            await session.execute(select(audit_events).where(audit_events.c.object_id == made["id"]))
        ).all()
    assert [row.action for row in found] == ["api_key.created", "api_key.revoked"]
    assert made["secret"] not in repr(found)


async def test_use_is_visible(tenant: Program, stage: Stage) -> None:
    await stage.rooms.api_keys.flush()

    listed = (await tenant.call("GET", "/v1/api-keys")).json()["data"]

    assert listed[0]["lastUsedAt"] is None or listed[0]["lastUsedAt"].endswith("Z")
    await stage.rooms.api_keys.flush()
    assert (await tenant.call("GET", "/v1/api-keys")).json()["data"][0]["lastUsedAt"] is not None
