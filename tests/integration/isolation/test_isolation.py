"""Nobody reaches what is another's: made from the OpenAPI document, so a new route is covered at once.

SEC-1, SEC-3, SEC-6. A try is one request with something foreign in it; its answer has to equal, but for the
requestId, the answer to the same request with an id that exists nowhere.
"""

import re
from collections.abc import AsyncIterator, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import httpx2
import msgspec
import pytest

from gateway.api.catalogue import endpoints
from gateway.api.openapi import document
from gateway.persistence import outbox
from schemas import RESOURCES
from tests.forms import FORM, form_of
from tests.references import followed
from tests.stage import Party, Stage, staged

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(900)]

METHODS = ("get", "post", "patch", "put", "delete")
LEAST_TRIES = 5_000
NOWHERE = "e9066f04-8cc7-4616-93f8-ac9ecc8479ff"
OPENAPI = followed(document(endpoints(RESOURCES), version="test", servers=[]))
NAMING = re.compile("(id|Id|code|url|Url|target|reference|Reference)$")
DELETED = "the account key of a deleted connection"
ANY = '"0"'
OPEN = {"/health/live", "/health/ready"}


class Operation(msgspec.Struct, frozen=True):
    """One method of one path, as the document tells it."""

    method: str
    path: str
    detail: dict[str, Any]

    @property
    def parameters(self) -> list[str]:
        return [p["name"] for p in self.detail["parameters"] if p["in"] == "path"]

    @property
    def query_parameters(self) -> list[str]:
        return [p["name"] for p in self.detail["parameters"] if p["in"] == "query"]

    @property
    def required_headers(self) -> dict[str, str]:
        return {p["name"]: ANY for p in self.detail["parameters"] if p["in"] == "header" and p["required"]}

    @property
    def body(self) -> tuple[str, Any] | None:
        content = self.detail.get("requestBody", {}).get("content", {})
        return next(((media, part["example"]) for media, part in content.items()), None)

    @property
    def needs_account_key(self) -> bool:
        return any("accountKey" in scheme for scheme in self.detail["security"])


OPERATIONS = [
    Operation(method, path, detail)
    for path, methods in OPENAPI["paths"].items()
    for method, detail in methods.items()
    if method in METHODS and path not in OPEN
]


class World(msgspec.Struct):
    """A victim with things of every kind, and those who want them."""

    stage: Stage
    victim: Party
    attackers: dict[str, dict[str, str]]
    treasures: dict[str, str]


@pytest.fixture(scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    async with staged(tmp_path_factory.mktemp("isolation")) as stage:
        victim = await stage.party()
        other = await stage.party(twin_api_key=stage.twin.identity.organizations[1].api_key)
        live = await stage.party(victim.tenant_id, environment="live", target="lexoffice")
        gone = await stage.party(victim.tenant_id)
        treasures = await collect(stage, victim)
        treasures["deleted_connection"] = gone.connection_id
        await stage.client.delete(f"/v1/connections/{gone.connection_id}", headers=gone.headers())
        attackers = {
            "another tenant": {"X-API-KEY": other.api_key},
            "another environment of the same tenant": {"X-API-KEY": live.api_key},
            "another tenant with a connection of its own": other.headers(),
            "another tenant with the victim's account key": {
                **other.headers(),
                "X-ACCOUNT-KEY": victim.account_key,
            },
            "another environment with the victim's account key": {
                "X-API-KEY": live.api_key,
                "X-ACCOUNT-KEY": victim.account_key,
            },
            DELETED: gone.headers(),
        }
        yield World(stage=stage, victim=victim, attackers=attackers, treasures=treasures)


async def collect(stage: Stage, victim: Party) -> dict[str, str]:
    """An id of everything the victim has."""
    found = {"connection": victim.connection_id, "api_key": victim.key_id, "account_key": victim.account_key}
    url = {"url": "https://app.muster-software.example/return"}
    made = await stage.call("POST", "/v1/return-urls", victim, json=url)
    found["return_url"] = made.json()["data"]["id"]
    made = await stage.call("POST", "/v1/webhook-endpoints", victim, json=url)
    found["webhook_endpoint"] = endpoint = made.json()["data"]["id"]
    made = await stage.call("POST", f"/v1/webhook-endpoints/{endpoint}/test", victim)
    found["webhook_delivery"] = made.json()["data"]["id"]
    session = {"target": "lexoffice-sandbox", "returnUrl": url["url"]}
    made = await stage.call("POST", "/v1/connect-sessions", victim, json=session)
    found["connect_session"] = made.json()["data"]["id"]
    written = await stage.call(
        "POST",
        "/v1/accounting/items",
        victim,
        key="treasure",
        json={"name": "A", "type": "product", "unitName": "St", "price": "1", "taxRate": "19"},
    )
    found["operation"] = written.headers["kontor-operation"]
    for resource in ("customers", "items", "invoices", "credit-notes"):
        page = await stage.call("GET", f"/v1/accounting/{resource}?limit=1", victim)
        body = page.json()
        found[resource] = body["data"][0]["id"]
        if body["page"]["next"]:
            found[f"{resource}_cursor"] = body["page"]["next"]
    logged = await stage.call("GET", "/v1/requests?limit=1", victim)
    found["request"] = logged.json()["data"][0]["id"]
    async with stage.rooms.database.write() as session:
        found["job"] = await outbox.put(
            session,
            stage.rooms.ambient,
            kind="revoke_connection",
            subject=victim.connection_id,
            tenant_id=victim.tenant_id,
            environment=victim.environment,
            connection_id=victim.connection_id,
        )
    body = {"company": {"name": "Muster Handel GmbH"}}
    batch = {"items": [{"resource": "customers", "operation": "create", "body": body}]}
    made = await stage.call("POST", "/v1/batches", victim, key="b-1", json=batch)
    found["batch"] = made.json()["data"]["id"]
    assert len(found) >= 10, found
    return found


def requests_with(operation: Operation, treasure: str) -> Iterator[dict[str, Any]]:
    """The operation's request with the foreign value in every place that takes one."""
    path = operation.path
    for name in operation.parameters:
        path = path.replace("{" + name + "}", treasure)
    plain = {"method": operation.method.upper(), "url": path, "headers": operation.required_headers}
    if "seconds" in operation.query_parameters:
        plain["params"] = {"seconds": "0"}  # or a stream would go on
    if operation.body:
        media, example = operation.body
        plain["headers"] = {**plain["headers"], "Content-Type": media}
        if media == FORM:
            plain["content"], plain["headers"]["Content-Type"] = form_of(example)
        else:
            plain["json"] = example
            for body in bodies_with(example, treasure):
                yield {**plain, "json": body}
    if operation.parameters or operation.needs_account_key:
        yield plain
    for name in operation.query_parameters:
        yield {**plain, "params": {**plain.get("params", {}), name: treasure}}
    for header in operation.required_headers:
        yield {**plain, "headers": {**plain["headers"], header: treasure}}


def bodies_with(example: Any, treasure: str) -> Iterator[Any]:
    """The example with the value in each field that can name something, one at a time."""
    if not isinstance(example, dict):
        return
    for name, value in example.items():
        if NAMING.search(name):
            yield {**example, name: treasure}
        for inner in bodies_with(value, treasure):
            yield {**example, name: inner}


def comparable(response: httpx2.Response, treasure: str) -> tuple[int, str, str]:
    """What may not differ: status, media type and body, without requestId, traceId and the id that was sent.

    A success is the caller's own: its own new invoice may well bear a foreign id as its title.
    """
    if response.status_code < 300:
        return response.status_code, "", ""
    text = re.sub(r'"(requestId|traceId)":"[^"]*"', r'"\1":"-"', response.text.replace(treasure, "<id>"))
    return response.status_code, response.headers.get("content-type", ""), text


KEYS = count()


async def tried(world: World, headers: dict[str, str], request: dict[str, Any]) -> httpx2.Response:
    """The answer; a write gets an Idempotency-Key of its own unless the request is about the key.

    The number of a document goes by the key: the same document under another key is refused as such.
    """
    if request["headers"].get("Idempotency-Key") == ANY:
        headers = {**headers, "Idempotency-Key": f"try-{next(KEYS)}"}
    merged = {**request, "headers": {**request["headers"], **headers}}
    body = request.get("json")
    if isinstance(body, dict) and "number" in body:
        merged["json"] = {**body, "number": merged["headers"].get("Idempotency-Key", body["number"])}
    return await world.stage.client.request(**merged)


def unknown_like(treasure: str) -> str:
    """A value of the same form that names nothing."""
    prefix, _, rest = treasure.rpartition("_")
    if not prefix:
        return NOWHERE if treasure.count("-") == 4 else "A" * len(treasure)
    return f"{prefix}_" + ("0" * len(rest) if not rest.isdigit() else rest[::-1])


async def test_what_is_anothers_answers_like_what_does_not_exist(world: World) -> None:
    tries = 0
    leaks: list[str] = []
    for operation in OPERATIONS:
        for who, headers in world.attackers.items():
            if who == DELETED and not operation.needs_account_key:
                continue  # the tenant's own key: only the connection is gone
            for kind, treasure in world.treasures.items():
                for request, unknown in zip(
                    requests_with(operation, treasure),
                    requests_with(operation, unknown_like(treasure)),
                    strict=True,
                ):
                    tries += 1
                    seen = comparable(await tried(world, headers, request), treasure)
                    expected = comparable(await tried(world, headers, unknown), unknown_like(treasure))
                    if seen != expected:
                        leaks.append(
                            f"{who}: {operation.method} {operation.path} with {kind}: {seen} {expected}"
                        )
    print(f"SEC-1: {tries} tries over {len(OPERATIONS)} operations, {len(leaks)} leaks")
    assert leaks[:5] == []
    assert tries >= LEAST_TRIES


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda o: f"{o.method} {o.path}")
async def test_a_route_is_open_to_its_declared_scope_only(world: World, operation: Operation) -> None:
    scope = operation.detail["x-kontor-scope"]
    request = next(requests_with(operation, NOWHERE), None) or {
        "method": operation.method.upper(),
        "url": operation.path,
        "headers": operation.required_headers,
    }
    others = tuple(s for s in ("admin", "read", "write", "finalize") if s != scope)
    lacking = await world.stage.party(world.victim.tenant_id, scopes=others)
    holding = await world.stage.party(world.victim.tenant_id, scopes=(scope,))

    assert (await tried(world, {}, request)).status_code == 401
    assert (await tried(world, {"X-API-KEY": "kontor_test_" + "A" * 32}, request)).status_code == 401
    refused = await tried(world, lacking.headers(), request)
    assert (refused.status_code, refused.json()["code"]) == (403, "scope_missing")
    assert (await tried(world, holding.headers(), request)).status_code not in (401, 403)


async def test_a_key_of_one_environment_does_not_reach_a_target_of_the_other(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        tenant = await stage.tenant()
        test, live = (
            await stage.party(tenant),
            await stage.party(tenant, environment="live", target="lexoffice"),
        )
        for caller, foreign in ((test, "lexoffice"), (live, "lexoffice-sandbox")):
            body = {"target": foreign, "returnUrl": "https://app.muster-software.example/return"}
            refused = await stage.call("POST", "/v1/connect-sessions", caller, json=body)
            assert refused.status_code == 404
