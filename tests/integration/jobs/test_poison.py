"""REL-37 over real processes on PostgreSQL: jobs that kill their worker step aside, their neighbours do not.

`TEST_LONG=1` runs the full numbers of the requirement.
"""

import os
import subprocess
import sys
import time
from collections import Counter

import pytest
from sqlalchemy import func, select

from gateway.ambient import Ambient
from gateway.jobs.rows import CRASHED
from gateway.persistence.database import Database
from gateway.persistence.tables import jobs as JOBS
from tests.integration.jobs.conftest import Floor
from tests.machine import ROOT

LONG = bool(os.environ.get("TEST_LONG"))
ALL, DEADLY, PROCESSES = (1000, 10, 3) if LONG else (100, 3, 2)
MOST_CRASHES = 8 * DEADLY

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.needs("postgres"),
    pytest.mark.timeout(3600 if LONG else 300),
]


@pytest.fixture
def database_url(migrated_postgres_url: str) -> str:
    return migrated_postgres_url


async def test_jobs_that_kill_their_worker_are_parked_and_all_others_are_done(
    floor: Floor, database: Database, ambient: Ambient, database_url: str
) -> None:
    deadly: set[str] = set()
    for number in range(ALL):
        if number % (ALL // DEADLY) == 5:  # spread, so that each has neighbours
            deadly.add(await floor.put("deadly"))
        else:
            await floor.put("harmless")
    arguments = [sys.executable, "-m", "tests.integration.jobs.crew", database_url, str(PROCESSES)]

    with subprocess.Popen(
        arguments, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as crew:
        assert crew.stdin is not None
        assert crew.stdout is not None
        try:
            began = time.monotonic()
            while (states := await counted(database))["done"] + states["parked"] < ALL:
                assert crew.poll() is None
                await ambient.clock.sleep(0.2)
        finally:
            crew.stdin.close()
            crashes = crew.stdout.read().count("died")

    print(f"\nREL-37: {dict(states)}, {crashes} crashes, {time.monotonic() - began:.0f} s")
    async with database.read() as session:
        parked = (await session.execute(select(JOBS).where(JOBS.c.state == "parked"))).all()
    assert states == {"done": ALL - DEADLY, "parked": DEADLY}
    assert {row.id for row in parked} == deadly
    assert {row.reason for row in parked} == {CRASHED}
    assert DEADLY <= crashes <= MOST_CRASHES


async def counted(database: Database) -> Counter[str]:
    async with database.read() as session:
        found = await session.execute(select(JOBS.c.state, func.count().label("jobs")).group_by(JOBS.c.state))
        return Counter({row.state: row.jobs for row in found})
