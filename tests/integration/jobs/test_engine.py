import asyncio
from pathlib import Path

import pytest

from gateway.ambient import system
from gateway.jobs.engine import JobEngine, Upkeep

pytestmark = pytest.mark.anyio


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
async def test_upkeep_runs_by_its_schedule_until_stopped(tmp_path: Path) -> None:
    ran = asyncio.Event()

    async def run() -> int:
        ran.set()
        return 1

    work = Upkeep(name="every_second", schedule="* * * * * *", run=run)
    engine = JobEngine(f"sqlite:///{tmp_path / 'jobs.db'}", "tests", system().clock, (work,))

    await engine.start()
    try:
        await asyncio.wait_for(ran.wait(), 50)
    finally:
        await engine.stop()

    assert (tmp_path / "jobs.db").exists()
