import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import msgspec

from gateway.ambient import Ambient, SystemRandomness, TimeSortedIds
from gateway.persistence.database import Database
from gateway.replica.sync import states
from gateway.replica.sync.states import Sync
from gateway.upstream.transport import Transports
from sandbox.lexoffice.app import create_app
from sandbox.lexoffice.clock import SeededIds
from sandbox.lexoffice.quirks import Quirks
from sandbox.lexoffice.settings import TwinSettings
from schemas import RESOURCES
from tests.integration.replica.sync.books import Books, Meddling, SharedClock
from tests.stage import TWIN_URL, Party, Stage, staged

COPIED = ("invoices", "customers", "suppliers", "bills")
LONG = 10 if os.environ.get("TEST_LONG") else 1
"""So many times as much as in the suite is done: `TEST_LONG=1`."""


class Synced(msgspec.Struct, kw_only=True):
    """A gateway over a company's books, on one clock with it."""

    stage: Stage
    party: Party
    books: Books
    clock: SharedClock
    wire: Meddling

    @property
    def database(self) -> Database:
        return self.stage.rooms.database

    async def call(self, method: str, path: str, **more: Any) -> httpx2.Response:
        return await self.stage.call(method, path, self.party, **more)

    async def keep(self, keeps: bool = True) -> None:
        path = f"/v1/connections/{self.party.connection_id}"
        assert (await self.call("PATCH", path, json={"keepsReplica": keeps})).status_code == 200

    async def run(self, most: int = 500) -> float | None:
        """As the job does, round after round, until there is nothing left to do; what it says then."""
        for _ in range(most):
            wait = await self.stage.rooms.synchronizer.run(
                self.party.tenant_id, "test", self.party.connection_id, "job_of_tests"
            )
            if wait is None or wait > 0:
                return wait
        raise AssertionError("it does not come to an end")

    async def syncs(self) -> dict[str, Sync]:
        async with self.database.read() as session:
            return await states.of_connection(session, self.party.tenant_id, self.party.connection_id)

    async def all(self, resource: str, cache: str) -> list[dict[str, Any]]:
        """Every page of a list."""
        found: list[dict[str, Any]] = []
        cursor: dict[str, str] = {}
        while True:
            answer = await self.call(
                "GET",
                f"/v1/accounting/{resource}",
                headers={"Cache-Control": cache},
                params={"limit": 250, **cursor},
            )
            assert answer.status_code == 200, answer.text
            found += answer.json()["data"]
            if (following := answer.json()["page"]["next"]) is None:
                return found
            cursor = {"cursor": following}

    def calls(self) -> int:
        """That the vendor has received of the gateway."""
        return sum(1 for call in self.books.twin.ledger.calls if call.method == "GET")


@asynccontextmanager
async def synced(directory: Path, seed: int = 1, **quirks: Any) -> AsyncIterator[Synced]:
    """A connection that keeps a replica, of books at their beginning."""
    clock = SharedClock()
    twin = create_app(
        TwinSettings(public_url=TWIN_URL, quirks=Quirks(rate_limit=False, **quirks)),
        clock=clock,
        ids=SeededIds(seed),
    )
    randomness = SystemRandomness()
    ambient = Ambient(clock=clock, ids=TimeSortedIds(clock, randomness), randomness=randomness)
    wire = Meddling(httpx2.ASGITransport(app=twin), clock)
    transports, kept = Transports(base=wire), {name: RESOURCES[name] for name in COPIED}
    async with staged(directory, ambient=ambient, transports=transports, resources=kept) as stage:
        api_key = twin.identity.organizations[0].api_key
        party = await stage.party(twin_api_key=api_key)
        found = Synced(
            stage=stage, party=party, books=Books(twin.twin, api_key, seed), clock=clock, wire=wire
        )
        await found.keep()
        yield found
