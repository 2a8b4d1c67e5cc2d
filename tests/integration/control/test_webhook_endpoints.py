"""`/v1/webhook-endpoints`, over a receiver at a real socket."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from standardwebhooks.webhooks import Webhook

from gateway.persistence.event_log import tell
from gateway.upstream.dialling import SystemDialling
from gateway.webhooks.outbound.delivering import Delivering
from gateway.wiring import build_delivering
from tests.stage import Party, Stage, staged

pytestmark = pytest.mark.anyio
PATH = "/v1/webhook-endpoints"
URL = "https://hooks.muster.example/kontor"


class Receiver:
    """Notes what is posted to it, and answers as told."""

    def __init__(self) -> None:
        self.status = 204
        self.taken: list[tuple[dict[str, str], str]] = []

    async def served(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")[1:-2]
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in head)}
        body = (await reader.readexactly(int(headers["content-length"]))).decode()
        self.taken.append((headers, body))
        writer.write(b"HTTP/1.1 %d Told\r\nContent-Length: 0\r\nConnection: close\r\n\r\n" % self.status)
        await writer.drain()
        writer.close()


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with staged(tmp_path, dialling=SystemDialling(), webhook_allow="127.0.0.0/8") as stage:
        yield stage


@pytest.fixture
async def receiver() -> Receiver:
    return Receiver()


@pytest.fixture
async def url(receiver: Receiver) -> AsyncIterator[str]:
    server = await asyncio.start_server(receiver.served, "127.0.0.1", 0)
    yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook"
    server.close()


@pytest.fixture
def delivering(stage: Stage) -> Delivering:
    return build_delivering(stage.rooms)


async def made(stage: Stage, party: Party, **body: Any) -> dict[str, Any]:
    answer = await stage.call("POST", PATH, party, json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()["data"]


async def deliver(delivering: Delivering) -> None:
    while await delivering.step():
        await delivering.settle()


async def test_a_write_is_told_with_the_whole_document_once_it_is_confirmed(
    stage: Stage, party: Party, receiver: Receiver, url: str, delivering: Delivering
) -> None:
    await stage.call("PATCH", f"/v1/connections/{party.connection_id}", party, json={"keepsReplica": True})
    endpoint = await made(stage, party, url=url, eventTypes=["item.*"])
    item = {"name": "Brett", "type": "product", "unitName": "St", "price": "1", "taxRate": "19"}
    written = await stage.call("POST", "/v1/accounting/items", party, key="k", json=item)

    await deliver(delivering)

    ((headers, body),) = receiver.taken
    told = Webhook(endpoint["secret"]).verify(body, headers)
    assert told["type"] == "item.created"
    assert told["data"] == written.json()["data"]
    assert told["resourceId"] == written.json()["data"]["id"]


async def published_for(stage: Stage, party: Party, id: str) -> None:
    async with stage.rooms.database.write() as session:
        await tell(
            session,
            stage.rooms.ambient,
            tenant_id=party.tenant_id,
            environment=party.environment,
            type="item.created",
            connection_id=party.connection_id,
            resource="items",
            resource_id=id,
            sequence=1,
        )


async def test_a_test_event_arrives_signed_and_stands_in_the_log(
    stage: Stage, party: Party, receiver: Receiver, url: str, delivering: Delivering
) -> None:
    endpoint = await made(stage, party, url=url, payload="ids", eventTypes=["invoice.paid"])
    path = f"{PATH}/{endpoint['id']}"
    receiver.status = 503
    asked = await stage.call("POST", f"{path}/test", party)
    await deliver(delivering)
    receiver.status = 200
    delivery = asked.json()["data"]["id"]
    failed = (await stage.call("GET", f"{path}/deliveries/{delivery}", party)).json()["data"]
    pending = await stage.call("POST", f"{path}/deliveries/{delivery}/replay", party)

    assert asked.status_code == 202
    (headers, body) = receiver.taken[0]
    told = Webhook(endpoint["secret"]).verify(body, headers)
    assert (told["type"], "data" in told) == ("webhook_endpoint.test", False)
    assert headers["webhook-id"] == told["id"] == failed["eventId"]
    assert [(one["number"], one["status"]) for one in failed["tries"]] == [(1, 503)]
    assert pending.json()["data"]["state"] == "pending"
    assert pending.json()["data"]["attempts"] == 1


async def test_a_delivered_event_is_replayed_under_the_same_id(
    stage: Stage, party: Party, receiver: Receiver, url: str, delivering: Delivering
) -> None:
    endpoint = await made(stage, party, url=url)
    path = f"{PATH}/{endpoint['id']}"
    await stage.call("POST", f"{path}/test", party)
    await deliver(delivering)
    listed = (await stage.call("GET", f"{path}/deliveries?state=delivered", party)).json()["data"]
    await stage.call("POST", f"{path}/deliveries/{listed[0]['id']}/replay", party)
    await deliver(delivering)
    every = {"since": "2026-01-01T00:00:00Z", "onlyFailed": False}
    again = await stage.call("POST", f"{path}/replay", party, json=every)
    failed = await stage.call("POST", f"{path}/replay", party, json={**every, "onlyFailed": True})
    await deliver(delivering)

    assert again.json()["data"] == {"deliveries": 1}
    assert failed.json()["data"] == {"deliveries": 0}
    assert len(receiver.taken) == 3
    assert len({headers["webhook-id"] for headers, _ in receiver.taken}) == 1


async def test_secrets_are_shown_once_and_both_sign_during_a_rotation(
    stage: Stage, party: Party, receiver: Receiver, url: str, delivering: Delivering
) -> None:
    endpoint = await made(stage, party, url=url)
    path = f"{PATH}/{endpoint['id']}"
    rotated = (await stage.call("POST", f"{path}/rotate-secret", party, json={})).json()["data"]
    await stage.call("POST", f"{path}/test", party)
    await deliver(delivering)

    shown = [await stage.call("GET", p, party) for p in (PATH, path)]
    (headers, body) = receiver.taken[0]
    for secret in (endpoint["secret"], rotated["secret"]):
        Webhook(secret).verify(body, headers)
        assert all(secret not in answer.text for answer in shown)
    assert len(headers["webhook-signature"].split()) == 2


@pytest.mark.parametrize("hours", [0, 1, 23, 169])
async def test_an_overlap_under_a_day_is_refused(stage: Stage, party: Party, url: str, hours: int) -> None:
    endpoint = await made(stage, party, url=url)
    rotation = {"overlapHours": hours}

    answer = await stage.call("POST", f"{PATH}/{endpoint['id']}/rotate-secret", party, json=rotation)

    assert answer.status_code == 422


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("url", "https://10.0.0.1/"),
        ("url", "http://hooks.muster.example/"),
        ("url", "https://localhost/"),
        ("eventTypes", ["invoice"]),
        ("resources", ["invoice"]),
        ("connectionIds", ["con_0d1na8g0g8fsc6lq3r1ofqhb2k"]),
        ("connectionIds", ["nonsense"]),
    ],
)
async def test_what_does_not_fit_is_named(stage: Stage, party: Party, field: str, value: Any) -> None:
    body = {"url": "https://93.184.216.34/", field: value}

    answer = await stage.call("POST", PATH, party, json=body)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"].startswith(field)


@pytest.mark.parametrize(
    ("named", "told"),
    [
        (
            "invoice.foo",
            "loaded, created, updated, deleted, status_changed, paid, partially_paid, overdue, and *",
        ),
        ("customer.paid", "Of 'customer' there are loaded, created, updated, deleted, and * for all."),
        ("batch.paused", "Of 'batch' there are finished, cancelled, and * for all."),
        ("invoices.paid", "'invoices.paid'. Types begin with account, bank-account, batch, bill, "),
    ],
)
async def test_a_type_that_nobody_tells_is_refused_with_those_that_there_are(
    stage: Stage, party: Party, url: str, named: str, told: str
) -> None:
    endpoint = await made(stage, party, url=url)
    body = {"url": url, "eventTypes": ["invoice.paid", named]}

    for answer in (
        await stage.call("POST", PATH, party, json=body),
        await stage.call("PATCH", f"{PATH}/{endpoint['id']}", party, json={"eventTypes": ["batch.*", named]}),
    ):
        (error,) = answer.json()["errors"]
        assert (answer.status_code, error["field"]) == (422, "eventTypes[1]")
        assert told in error["message"]


async def test_what_a_laptop_may_reach_holds_for_test_alone(stage: Stage, url: str) -> None:
    live = await stage.party(environment="live", target="lexoffice")

    assert (await stage.call("POST", PATH, live, json={"url": url})).status_code == 422


async def test_a_change_leaves_what_it_does_not_name(stage: Stage, party: Party, url: str) -> None:
    endpoint = await made(stage, party, url=url, description="Mahnwesen", eventTypes=["invoice.*"])

    changed = await stage.call("PATCH", f"{PATH}/{endpoint['id']}", party, json={"payload": "ids"})

    expected = {**endpoint, "payload": "ids"}
    del expected["secret"]
    assert changed.json()["data"] == expected


async def test_a_disabled_endpoint_is_told_later_what_it_missed(
    stage: Stage, party: Party, receiver: Receiver, url: str, delivering: Delivering
) -> None:
    endpoint = await made(stage, party, url=url, eventTypes=["item.*"])
    path = f"{PATH}/{endpoint['id']}"
    off = await stage.call("POST", f"{path}/disable", party)
    await published_for(stage, party, "i-1")
    await deliver(delivering)
    refused = await stage.call("POST", f"{path}/test", party)
    on = await stage.call("POST", f"{path}/enable", party)
    await deliver(delivering)
    assert receiver.taken == []

    since = {"since": "2026-01-01T00:00:00Z"}
    await stage.call("POST", f"{path}/replay", party, json=since)
    await deliver(delivering)

    assert (off.json()["data"]["state"], on.json()["data"]["state"]) == ("disabled", "enabled")
    assert refused.status_code == 409
    assert [msgspec.json.decode(body)["type"] for _, body in receiver.taken] == ["item.created"]


async def test_what_is_removed_is_gone_with_its_deliveries(
    stage: Stage, party: Party, url: str, delivering: Delivering
) -> None:
    endpoint = await made(stage, party, url=url)
    path = f"{PATH}/{endpoint['id']}"
    await stage.call("POST", f"{path}/test", party)
    await deliver(delivering)

    removed = await stage.call("DELETE", path, party)

    assert removed.status_code == 204
    assert (await stage.call("GET", path, party)).status_code == 404
    assert (await stage.call("DELETE", path, party)).status_code == 404


async def test_each_change_stands_in_the_audit_trail_without_a_secret(
    stage: Stage, party: Party, url: str
) -> None:
    endpoint = await made(stage, party, url=url)
    path = f"{PATH}/{endpoint['id']}"
    rotated = await stage.call("POST", f"{path}/rotate-secret", party, json={})
    for action in ("disable", "enable", "test"):
        await stage.call("POST", f"{path}/{action}", party)
    await stage.call("PATCH", path, party, json={"payload": "ids"})
    await stage.call("DELETE", path, party)

    trail = await stage.call("GET", f"/v1/audit-events?objectId={endpoint['id']}", party)

    done = [entry["action"].removeprefix("webhook_endpoint.") for entry in reversed(trail.json()["data"])]
    assert done == ["created", "secret_rotated", "disabled", "enabled", "tested", "changed", "removed"]
    assert endpoint["secret"] not in trail.text
    assert rotated.json()["data"]["secret"] not in trail.text
