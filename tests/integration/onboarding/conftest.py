from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.integration.onboarding.people import Person, Program, ShiftedClock, person, program, shifted
from tests.stage import Stage, staged


@pytest.fixture
async def stage_and_clock(tmp_path: Path) -> AsyncIterator[tuple[Stage, ShiftedClock]]:
    ambient, clock = shifted()
    async with staged(tmp_path, ambient) as stage:
        yield stage, clock


@pytest.fixture
def stage(stage_and_clock: tuple[Stage, ShiftedClock]) -> Stage:
    return stage_and_clock[0]


@pytest.fixture
def clock(stage_and_clock: tuple[Stage, ShiftedClock]) -> ShiftedClock:
    """The gateway's clock, which can be put forward. The twin has one of its own."""
    return stage_and_clock[1]


@pytest.fixture
async def tenant(stage: Stage) -> Program:
    return await program(stage)


@pytest.fixture
async def customer(stage: Stage) -> AsyncIterator[Person]:
    async with person(stage) as somebody:
        yield somebody
