from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
from sqlalchemy import select, update

from gateway.jobs.batches import BatchRuns
from gateway.jobs.jobs import Again
from gateway.jobs.rows import Job
from gateway.persistence.tables import batches as BATCHES
from gateway.persistence.tables import jobs as JOBS
from gateway.wiring import build_batches
from tests.integration.reconcile.conftest import SameTime
from tests.stage import Party, Stage, staged
from tests.unit.upstream.virtual import VirtualClock, stand_still, virtual


def customer(number: int, **more: Any) -> dict[str, Any]:
    """An item that makes a customer whose name nobody else has."""
    body = {"company": {"name": f"Muster {number:03} GmbH"}}
    return {"resource": "customers", "operation": "create", "body": body, **more}


def invoice(number: int, **more: Any) -> dict[str, Any]:
    """An item that makes an invoice of its own."""
    line = {
        "type": "custom",
        "name": f"Beratung {number:03}",
        "quantity": "1",
        "unitName": "Stunde",
        "unitPrice": "95",
        "taxRate": "19",
    }
    buyer = {"name": "Erika Muster", "address": {"countryCode": "DE"}}
    body = {"issuedOn": "2026-11-20", "buyer": buyer, "lines": [line]}
    return {"resource": "invoices", "operation": "create", "body": body, **more}


class Desk:
    """A caller who hands batches in, and the worker who carries them out when told."""

    def __init__(self, stage: Stage, party: Party, clock: VirtualClock) -> None:
        self.stage = stage
        self.party = party
        self.clock = clock
        self.twin = stage.twin.twin
        self.runs: BatchRuns = build_batches(stage.rooms)

    async def ask(self, *items: dict[str, Any], key: str = "b-1") -> httpx2.Response:
        return await self.call("POST", "/v1/batches", key=key, json={"items": list(items)})

    async def call(self, method: str, path: str, **more: Any) -> httpx2.Response:
        return await self.stage.call(method, path, self.party, **more)

    async def id(self, *items: dict[str, Any], key: str = "b-1") -> str:
        answer = await self.ask(*items, key=key)
        assert answer.status_code == 202, answer.text
        return answer.json()["data"]["id"]

    async def batch(self, id: str) -> dict[str, Any]:
        return (await self.call("GET", f"/v1/batches/{id}")).json()["data"]

    async def items(self, id: str, **query: Any) -> list[dict[str, Any]]:
        params = {"limit": 250, **query}
        return (await self.call("GET", f"/v1/batches/{id}/items", params=params)).json()["data"]

    async def job(self, batch_id: str, attempt: int = 1) -> Job:
        """The job that runs the batch, as a worker gets it."""
        async with self.stage.rooms.database.read() as session:
            wanted = select(JOBS).join(BATCHES, BATCHES.c.job_id == JOBS.c.id)
            row = (await session.execute(wanted.where(BATCHES.c.id == batch_id))).one()
        names = [name for name in Job.__struct_fields__ if name != "attempt"]
        return Job(**{name: getattr(row, name) for name in names}, attempt=attempt)

    async def work(self, batch_id: str, attempt: int = 1) -> Again | None:
        """One run of the batch, as often as it only gave others their turn."""
        job = await self.job(batch_id, attempt)
        while (ended := await self.runs.run(job)) == Again(0.0):
            pass
        return ended

    async def park(self, batch_id: str) -> None:
        async with self.stage.rooms.database.write() as session:
            wanted = select(BATCHES.c.job_id).where(BATCHES.c.id == batch_id).scalar_subquery()
            values = {"state": "parked", "reason": "KeyError", "attempts": 8}
            await session.execute(update(JOBS).where(JOBS.c.id == wanted).values(**values))

    def made(self, path: str = "/v1/contacts") -> int:
        """How many objects the vendor has made at this path."""
        return sum(call.executed and call.path == path for call in self.twin.ledger.of("POST"))


@pytest.fixture(scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[Stage, VirtualClock]]:
    clock, ambient = virtual()
    async with staged(tmp_path_factory.mktemp("batches"), ambient) as stage:
        stage.twin.twin.clock = SameTime(clock)
        stand_still(clock, stage.rooms.database)
        yield stage, clock


@pytest.fixture
async def desk(running: tuple[Stage, VirtualClock]) -> Desk:
    stage, clock = running
    stage.twin.twin.faults.clear()
    stage.rooms.upstream.circuits.any.clear()  # of what befell others
    return Desk(stage, await stage.party(), clock)
