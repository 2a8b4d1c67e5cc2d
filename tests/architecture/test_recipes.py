"""The recipes in docs/recipes are run as they stand, and called over the API."""

import importlib
import re
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx2
import msgspec
import pytest

import connectors
import schemas
from connectors.base.connector import Connector, Missing
from gateway.api import examples
from gateway.app import build_app
from gateway.persistence.migrate import migrate
from gateway.upstream.transport import Transports
from gateway.wiring import build_rooms
from schemas import RESOURCES
from schemas.base import Resource
from tests.stage import settings_in

pytestmark = pytest.mark.anyio

RECIPES = Path(__file__).resolve().parents[2] / "docs" / "recipes"
BLOCK = re.compile(r"```python file=(\S+)\n(.*?)```", re.DOTALL)


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The recipes' files, importable as if they lay in the packages they name."""
    for page in sorted(RECIPES.glob("*.md")):
        for name, code in BLOCK.findall(page.read_text()):
            file = tmp_path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(code)
    for package in (connectors, schemas):
        monkeypatch.setattr(package, "__path__", [*package.__path__, str(tmp_path / package.__name__)])
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if name.startswith(("connectors.beispiel", "schemas.warehouses")):
            del sys.modules[name]


class Beispiel(httpx2.AsyncBaseTransport):
    """The vendor of the recipe."""

    ANSWERS: dict[tuple[str, str], tuple[int, Any]] = {
        ("GET", "/articles/a1"): (200, {"id": "a1", "label": "Mehl", "price": 24.9, "vat": 7}),
        ("POST", "/depots"): (201, {"id": "d1", "title": "Halle Nord"}),
    }

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        key = (request.method, request.url.path)
        if request.headers["authorization"] != "Token geheim-geheim-geheim":
            return httpx2.Response(401)
        status, body = self.ANSWERS.get(key, (404, {"error": "unknown"}))
        return httpx2.Response(status, content=msgspec.json.encode(body))


def assembled() -> tuple[Connector, dict[str, Resource]]:
    """The connector and the model after both recipes' index lines."""
    connector: Connector = importlib.import_module("connectors.beispiel").CONNECTOR
    warehouses = importlib.import_module("connectors.beispiel.resources.warehouses").Warehouses
    resource: Resource = importlib.import_module("schemas.warehouses").RESOURCE
    missing = {
        ("warehouses", "get"): Missing(reason="Beispiel shows no depots.", alternative=None, source="")
    }
    held = msgspec.structs.replace(
        connector,
        resources={**connector.resources, "warehouses": warehouses},
        missing={**connector.missing, **missing},
    )
    return held, {**RESOURCES, resource.name: resource}


@pytest.fixture
async def caller(
    written: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[httpx2.AsyncClient]:
    """A client with both keys of a connection to the recipe's vendor."""
    monkeypatch.setitem(examples.BODIES, "warehouses", {"name": "Halle Nord"})
    connector, resources = assembled()
    settings = settings_in(tmp_path)
    await migrate(settings.database_url)
    rooms = build_rooms(settings, None, Transports(base=Beispiel()), (connector,), resources)
    app = build_app(rooms)
    async with rooms.database.write() as session:
        tenant = await rooms.directory.create_tenant(session, "Muster Software GmbH")
        _, api_key = await rooms.api_keys.issue(session, tenant.id, "test", "recipe", ("read", "write"))
        connection = await rooms.connections.create(
            session,
            tenant_id=tenant.id,
            environment="test",
            target="beispiel-sandbox",
            credential_kind="api_key",
            state="connected",
        )
        await rooms.tokens.store_api_key(session, connection, "geheim-geheim-geheim")
        account_key = await rooms.connections.new_account_key(session, connection.id)
    headers = {"X-API-KEY": api_key, "X-ACCOUNT-KEY": account_key}
    transport = httpx2.ASGITransport(app=app)  # pyright: ignore[reportArgumentType]
    async with (
        app.lifespan(),
        httpx2.AsyncClient(transport=transport, base_url="http://kontor.test", headers=headers) as client,
    ):
        yield client


async def test_the_recipes_connector_reads_its_item(caller: httpx2.AsyncClient) -> None:
    answer = await caller.get("/v1/accounting/items/a1")

    assert answer.status_code == 200
    assert (answer.json()["data"]["name"], answer.json()["data"]["netPrice"]) == ("Mehl", "24.90")


async def test_what_the_recipes_connector_lacks_is_501_with_its_reason(caller: httpx2.AsyncClient) -> None:
    answer = await caller.get("/v1/accounting/items")

    assert (answer.status_code, answer.json()["detail"]) == (
        501,
        "Beispiel's API only reads articles one by one.",
    )


async def test_the_recipes_resource_has_its_routes(caller: httpx2.AsyncClient) -> None:
    created = await caller.post(
        "/v1/accounting/warehouses", json={"name": "Halle Nord"}, headers={"Idempotency-Key": "one"}
    )
    read = await caller.get("/v1/accounting/warehouses/d1")

    assert (created.status_code, created.json()["data"]) == (201, {"id": "d1", "name": "Halle Nord"})
    assert (read.status_code, read.json()["code"]) == (501, "not_supported")


async def test_a_connector_that_lets_nothing_through_says_so(caller: httpx2.AsyncClient) -> None:
    answer = await caller.post("/v1/passthrough", json={"method": "GET", "path": "/articles/a1"})

    assert (answer.status_code, answer.json()["code"]) == (501, "not_supported")
    assert "Beispiel" in answer.json()["detail"]


async def test_the_recipes_resource_is_described(caller: httpx2.AsyncClient) -> None:
    described = (await caller.get("/openapi.json")).json()

    assert set(described["paths"]["/v1/accounting/warehouses"]) == {"post"}
    assert "Warehouse" in described["components"]["schemas"]
