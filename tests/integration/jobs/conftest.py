from collections.abc import Callable, Mapping
from typing import Any

import pytest
from sqlalchemy import Row, select

from gateway.ambient import Ambient
from gateway.jobs.jobs import Jobs, Kind
from gateway.persistence import outbox
from gateway.persistence.database import Database
from gateway.persistence.tables import jobs as JOBS
from gateway.tenants.directory import Directory
from tests.job_engine import Shelf, ShelfEngine

POLL_S, SILENCE_S = 0.02, 0.6


class Floor:
    """A database with a tenant, and processes over it that carry out its jobs."""

    def __init__(self, database: Database, ambient: Ambient, tenant_id: str) -> None:
        self.database = database
        self.ambient = ambient
        self.tenant_id = tenant_id
        self.shelf = Shelf()
        self.parked: list[int] = []

    def process(self, id: str, kinds: Mapping[str, Kind], *, sole: bool = False) -> tuple[Jobs, ShelfEngine]:
        """The jobs of one process, not started yet."""
        engine = ShelfEngine(self.shelf, id, self.ambient.clock, POLL_S)
        jobs = Jobs(
            engine,
            self.database,
            self.ambient,
            kinds,
            (),
            poll_s=POLL_S,
            silence_s=SILENCE_S,
            sole=sole,
            count_parked=self.parked.append,
        )
        return jobs, engine

    async def put(self, kind: str = "work", subject: str = "sub_1") -> str:
        async with self.database.write() as session:
            return await outbox.put(
                session,
                self.ambient,
                kind=kind,
                subject=subject,
                tenant_id=self.tenant_id,
                environment="test",
            )

    async def row(self, id: str) -> Row[Any]:
        async with self.database.read() as session:
            return (await session.execute(select(JOBS).where(JOBS.c.id == id))).one()

    async def until(self, id: str, told: Callable[[Row[Any]], bool]) -> Row[Any]:
        """The job's row once it is as told."""
        while not told(row := await self.row(id)):
            await self.ambient.clock.sleep(0.02)
        return row


@pytest.fixture
async def floor(database: Database, ambient: Ambient) -> Floor:
    async with database.write() as session:
        tenant = await Directory(ambient).create_tenant(session, "Muster Software GmbH")
    return Floor(database, ambient, tenant.id)
