"""SEC-43: what is sensitive leaves its one entry, and the entry holds no secret."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import select

from gateway.launch import administration as office
from gateway.launch import erasing
from gateway.persistence.tables import audit_events
from tests.integration.doors.operations import OPERATIONS, Operation
from tests.integration.doors.visiting import visitor
from tests.integration.onboarding.people import Person, Program
from tests.stage import Stage

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(300)]

BOOKED = ["write.sent", "write.confirmed"]
OF_CONTROL = {
    "POST /v1/api-keys": ["api_key.created"],
    "DELETE /v1/api-keys/{id}": ["api_key.revoked"],
    "POST /v1/batches": ["batch.created"],
    "POST /v1/batches/{id}/pause": ["batch.paused"],
    "POST /v1/batches/{id}/resume": ["batch.resumed"],
    "POST /v1/batches/{id}/cancel": ["batch.cancelled"],
    "POST /v1/connect-sessions": ["connect_session.created"],
    "PATCH /v1/connections/{id}": ["connection.changed"],
    "POST /v1/connections/{id}/account-key": ["account_key.rotated"],
    "POST /v1/connections/{id}/syncs": ["connection.sync_asked"],
    "DELETE /v1/connections/{id}": ["connection.disconnected"],
    "POST /v1/jobs/{id}/replay": ["job.replayed"],
    "POST /v1/webhook-endpoints": ["webhook_endpoint.created"],
    "PATCH /v1/webhook-endpoints/{id}": ["webhook_endpoint.changed"],
    "POST /v1/webhook-endpoints/{id}/rotate-secret": ["webhook_endpoint.secret_rotated"],
    "POST /v1/webhook-endpoints/{id}/test": ["webhook_endpoint.tested"],
    "POST /v1/webhook-endpoints/{id}/replay": ["webhook_endpoint.replayed"],
    "POST /v1/webhook-endpoints/{id}/disable": ["webhook_endpoint.disabled"],
    "POST /v1/webhook-endpoints/{id}/enable": ["webhook_endpoint.enabled"],
    "DELETE /v1/webhook-endpoints/{id}": ["webhook_endpoint.removed"],
    "POST /v1/passthrough": BOOKED,
    "POST /v1/return-urls": ["return_url.added"],
    "DELETE /v1/return-urls/{id}": ["return_url.removed"],
    "PUT /v1/targets/{target}/credentials": ["partner_app.deposited"],
    "DELETE /v1/targets/{target}/credentials": ["partner_app.removed"],
}
APART = {
    "POST /v1/connections/exchange",  # below: it takes an end customer
    "POST /v1/webhook-endpoints/{id}/deliveries/{delivery}/replay",  # .../control/test_webhook_endpoints.py
    "POST /v1/operations/{id}/decision",  # tests/integration/reconcile/test_decisions.py
}
CHANGING = [o for o in reversed(OPERATIONS) if o.method != "GET" and str(o) not in APART]
CUSTOMER = {"version": 0, "roles": {"customer": {}}, "company": {"name": "Muster GmbH"}}
GIVEN: dict[str, dict[str, Any]] = {
    "POST /v1/passthrough": {
        "json": {"method": "POST", "path": "/v1/contacts", "body": CUSTOMER},
        "headers": {"Idempotency-Key": "passthrough"},
    }
}
"""Bodies that write, where the documented example reads."""
STEPS = [*OF_CONTROL]
CHANGING.sort(key=lambda o: (o.method == "DELETE", STEPS.index(str(o)) if str(o) in STEPS else -1))
"""What takes something away comes last, transactions before their account; a pause before its end."""


class Trail:
    """What was appended since the last look, over all tenants."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._seen: set[tuple[str, int]] = set()

    async def new(self) -> list[Any]:
        async with self._stage.rooms.database.read() as session:
            everything = select(audit_events).order_by(audit_events.c.at, audit_events.c.sequence)
            rows = (await session.execute(everything)).all()
        fresh = [row for row in rows if (row.tenant_id, row.sequence) not in self._seen]
        self._seen |= {(row.tenant_id, row.sequence) for row in fresh}
        return fresh

    async def actions(self) -> list[str]:
        return [row.action for row in await self.new()]


async def test_every_call_that_changes_something_leaves_its_entry(stage: Stage) -> None:
    caller, trail = await visitor(stage), Trail(stage)
    secrets = {caller.party.api_key, caller.party.account_key, stage.twin.identity.organizations[0].api_key}
    texts, acts = [], 0
    await trail.new()

    for operation in CHANGING:
        if not caller.can(operation):
            continue
        expected = expected_of(operation)
        answer = await caller.knock(operation, **GIVEN.get(str(operation), {}))
        assert answer.status_code < 300, f"{operation}: {answer.text}"
        secrets |= secrets_in(answer.content)
        entries = await trail.new()
        told = [entry.action for entry in entries if entry.request_id == answer.headers["request-id"]]
        if expected == BOOKED:
            assert told[-1:] == ["write.confirmed"], str(operation)
            assert set(told[:-1]) == {"write.sent"}, str(operation)
        else:
            assert told == expected, str(operation)
        assert {entry.actor for entry in entries if entry.action in told} == {caller.party.key_id}
        texts += [entry.detail for entry in entries]
        acts += 1

    print(f"SEC-43: {acts} kinds of call, {len(texts)} entries, {len(secrets)} secrets looked for")
    assert acts >= 40
    assert len(secrets) >= 5
    assert [(text, secret) for text in texts for secret in secrets if secret in text] == []


def expected_of(operation: Operation) -> list[str]:
    """By hand for control; whatever reaches the vendor's books is sent and confirmed."""
    return BOOKED if operation.resource else OF_CONTROL[str(operation)]


def secrets_in(body: bytes) -> set[str]:
    """What an answer shows this once."""
    data = msgspec.json.decode(body).get("data", {}) if body.startswith(b"{") else {}
    return {data[name] for name in ("secret", "accountKey") if isinstance(data, dict) and name in data}


async def test_what_an_end_customer_does_leaves_its_entry(
    stage: Stage, tenant: Program, customer: Person
) -> None:
    trail = Trail(stage)
    vendor_key = stage.twin.identity.organizations[0].api_key

    opened = await tenant.session()
    assert await trail.actions() == ["connect_session.created"]
    granted = await customer.grant(opened["url"])
    assert await trail.actions() == ["connection.created"]
    connection = (await tenant.exchange(granted.headers["location"])).json()["data"]["connection"]["id"]
    assert await trail.actions() == ["connection.exchanged"]

    again = await tenant.session(connectionId=connection)
    await customer.grant(again["url"])
    assert await trail.actions() == ["connect_session.created", "connection.reconnected"]

    refused = await tenant.session()
    await customer.open(await customer.consent(await customer.start(refused["url"]), allow=False))
    assert await trail.actions() == ["connect_session.created", "connect_session.failed"]

    typed = await tenant.session()
    await customer.press(typed["url"], "api_key", key=vendor_key)
    assert await trail.actions() == ["connect_session.created", "connection.created"]


async def test_what_an_operator_does_leaves_its_entry(stage: Stage, tmp_path: Path) -> None:
    rooms, trail = stage.rooms, Trail(stage)

    ((tenant_id, _),) = await office.create_tenant(rooms, "Muster Software GmbH")
    secret = await office.issue_key(rooms, tenant_id, "test", "first key", ["read"])
    made = await trail.new()
    await office.revoke_key(rooms, tenant_id, made[1].object_id)
    await office.rotate_vault(rooms)
    made += await trail.new()
    await erasing.export_records(rooms, tenant_id, tmp_path / "records.jsonl")
    made += await trail.new()
    await erasing.erase(rooms, tenant_id, tmp_path / "records.jsonl", tenant_id, quiet_s=0)
    entries = made + await trail.new()

    assert [(entry.action, entry.actor) for entry in entries] == [
        ("tenant.created", "operator"),
        ("api_key.created", "operator"),
        ("api_key.revoked", "operator"),
        ("vault.rotated", "operator"),
        ("audit.exported", "operator"),
        ("tenant.keys_ended", "operator"),
        ("tenant.erased", "operator"),
    ]
    assert all(secret not in entry.detail for entry in entries)


async def test_whoever_is_refused_leaves_an_entry(stage: Stage) -> None:
    reader, trail = await stage.party(scopes=("read",)), Trail(stage)
    path = "/v1/api-keys"

    await stage.client.get(path)
    await stage.client.get(path, headers={"X-API-KEY": "kontor_test_wrong"})
    await stage.call("GET", path, reader)
    await stage.call("POST", "/v1/accounting/items", reader, key="k", json={})
    await stage.client.get("/v1/accounting/items", headers=reader.headers() | {"X-ACCOUNT-KEY": "wrong"})
    await stage.rooms.refusals.flush()

    entries = [(e.object_id, msgspec.json.decode(e.detail)["code"]) for e in await trail.new()]
    assert sorted(entries) == [
        ("/v1/accounting/items", "scope_missing"),
        ("/v1/accounting/items", "unknown_connection"),
        ("/v1/api-keys", "scope_missing"),
        ("/v1/api-keys", "unauthenticated"),
    ]
