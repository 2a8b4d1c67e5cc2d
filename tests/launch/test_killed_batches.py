"""REL-9 with real processes: a worker that is killed again and again carries a batch to its end, once."""

import asyncio
import json
import os
import random
import time
from collections import Counter
from pathlib import Path
from typing import Any

import httpx2
import pytest

from gateway.persistence.migrate import migrate
from gateway.settings import Settings, with_defaults
from gateway.tenants.model import SCOPES
from gateway.wiring import build_rooms, close_rooms
from tests.launch.test_topology import Topology, ask, topology

__all__ = ["topology"]

pytestmark = [pytest.mark.needs("postgres", "valkey"), pytest.mark.timeout(600)]

LONG = bool(os.environ.get("TEST_LONG"))
ITEMS, KILLS = (200, 40) if LONG else (24, 4)
SEED = 20261120


async def party(settings: Settings, vendor_key: str) -> dict[str, str]:
    """Headers of a caller with a connection to the twin."""
    await migrate(settings.database_url)
    rooms = build_rooms(settings)
    async with rooms.database.write() as session:
        tenant = await rooms.directory.create_tenant(session, "Muster Software GmbH")
        _, api_key = await rooms.api_keys.issue(session, tenant.id, "test", "tests", SCOPES)
        connection = await rooms.connections.create(
            session,
            tenant_id=tenant.id,
            environment="test",
            target="lexoffice-sandbox",
            credential_kind="api_key",
            state="connected",
        )
        account_key = await rooms.connections.new_account_key(session, connection.id)
        await rooms.tokens.store_api_key(session, connection, vendor_key)
    await close_rooms(rooms)
    return {"X-API-KEY": api_key, "X-ACCOUNT-KEY": account_key}


def customers_of(twin: str, vendor_key: str) -> Counter[str]:
    """How often each customer of the batch stands in the vendor's books."""
    with httpx2.Client(base_url=twin, headers={"Authorization": f"Bearer {vendor_key}"}) as vendor:
        names: Counter[str] = Counter()
        page, last = 0, False
        while not last:
            time.sleep(0.6)  # the vendor's two calls a second
            answer = vendor.get("/v1/contacts", params={"page": page, "size": 250})
            if answer.status_code == 429:
                continue
            body = answer.json()
            names.update(contact.get("company", {}).get("name", "") for contact in body["content"])
            page, last = page + 1, body["last"]
    return Counter({name: count for name, count in names.items() if name.startswith("Muster Stapel")})


def test_a_worker_that_is_killed_writes_every_item_once(topology: Topology, tmp_path: Path) -> None:
    twin = topology.begin("twin", "twin")
    topology.settings |= {
        "KONTOR_TWIN_URL": twin,
        "KONTOR_JOB_POLL_S": "0.2",
        "KONTOR_JOB_SILENCE_S": "3",
        "KONTOR_WRITE_LEASE_S": "2",
        "KONTOR_RECONCILE_SETTLE_S": "5",
        "KONTOR_UPSTREAM_TIMEOUT_S": "5",
    }
    vendor_key = json.loads((tmp_path / "twin" / "twin.json").read_text())["apiKey"]
    mine = Settings(
        database_url=topology.settings["KONTOR_DATABASE_URL"],
        vault_key_file=topology.settings["KONTOR_VAULT_KEY_FILE"],
        data_dir=str(tmp_path / "office"),
        twin_url=twin,
    )
    caller = asyncio.run(party(with_defaults(mine, {}), vendor_key))
    topology.settings["KONTOR_LOG_LEVEL"] = "ERROR"  # nobody reads on once it listens
    gateway = topology.begin("gateway", "serve")
    del topology.settings["KONTOR_LOG_LEVEL"]
    ask(f"{gateway}/health/ready")
    chance = random.Random(SEED)

    with httpx2.Client(base_url=gateway, headers=caller, timeout=60) as client:
        items = [
            {
                "resource": "customers",
                "operation": "create",
                "body": {"company": {"name": f"Muster Stapel {number:03} GmbH"}},
            }
            for number in range(ITEMS)
        ]
        made = client.post("/v1/batches", json={"items": items}, headers={"Idempotency-Key": "b-1"})
        path = made.headers["location"]
        kills = 0
        while (batch := client.get(path).json()["data"])["state"] == "running":
            topology.begin("worker", "worker")
            if kills < KILLS and _moved(client, path, batch, chance.randint(1, 3)):
                topology.processes["worker"].kill()
                topology.processes["worker"].wait()
                kills += 1
            else:
                _ended(client, path)
        told: list[dict[str, Any]] = client.get(f"{path}/items", params={"limit": 250}).json()["data"]

    found = customers_of(twin, vendor_key)
    print(f"\nREL-9: {ITEMS} items, {kills} kill -9, {sum(found.values())} in the vendor's books")
    assert kills == KILLS
    assert found == Counter({item["body"]["company"]["name"]: 1 for item in items})
    assert [(row["index"], row["state"]) for row in told] == [(index, "done") for index in range(ITEMS)]


def _moved(client: httpx2.Client, path: str, batch: dict[str, Any], items: int) -> bool:
    """Wait until so many items more are done. False: the batch ended."""
    while (now := client.get(path).json()["data"])["state"] == "running":
        if now["done"] >= batch["done"] + items:
            return True
        time.sleep(0.1)
    return False


def _ended(client: httpx2.Client, path: str) -> None:
    while client.get(path).json()["data"]["state"] == "running":
        time.sleep(0.3)
