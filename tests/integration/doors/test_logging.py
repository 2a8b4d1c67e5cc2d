"""Whoever builds the application keeps the logs that were set up for the process."""

import logging
from pathlib import Path

import pytest

from tests.stage import staged

pytestmark = pytest.mark.anyio


async def test_building_the_application_leaves_the_handlers_of_the_process_alone(tmp_path: Path) -> None:
    before = [*logging.getLogger().handlers]
    async with staged(tmp_path):
        assert logging.getLogger().handlers == before
