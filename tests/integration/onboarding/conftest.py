from collections.abc import AsyncIterator

import pytest

from tests.integration.onboarding.people import Person, ShiftedClock, person, shifted
from tests.stage import Stage, staged


@pytest.fixture(scope="module")
async def stage_and_clock(
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[tuple[Stage, ShiftedClock]]:
    """One gateway and twin a module: tests keep apart by tenants and browsers of their own."""
    ambient, clock = shifted()
    async with staged(tmp_path_factory.mktemp("kontor"), ambient) as stage:
        yield stage, clock


@pytest.fixture
def stage(stage_and_clock: tuple[Stage, ShiftedClock]) -> Stage:
    """The gateway and the twin, both without accidents."""
    stage, clock = stage_and_clock
    clock.ahead_s = 0.0
    stage.twin.twin.faults.clear()
    stage.rooms.upstream.circuits.any.clear()
    stage.client.cookies.clear()
    return stage


@pytest.fixture
def clock(stage: Stage, stage_and_clock: tuple[Stage, ShiftedClock]) -> ShiftedClock:
    """The gateway's clock, which can be put forward. The twin has one of its own."""
    return stage_and_clock[1]


@pytest.fixture
async def stranger(stage: Stage) -> AsyncIterator[Person]:
    """Somebody else, with a browser of their own."""
    async with person(stage) as somebody:
        yield somebody
