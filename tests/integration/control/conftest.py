from collections.abc import AsyncIterator

import pytest

from tests.integration.onboarding.people import Program, program
from tests.stage import Stage, staged


@pytest.fixture(scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """One gateway and twin a module: tests keep apart by tenants of their own."""
    async with staged(tmp_path_factory.mktemp("kontor")) as stage:
        yield stage


@pytest.fixture
def stage(running: Stage) -> Stage:
    running.twin.twin.faults.clear()
    running.rooms.upstream.circuits.any.clear()  # of what befell others
    return running


@pytest.fixture
async def tenant(stage: Stage) -> Program:
    return await program(stage, partner_app=False)
