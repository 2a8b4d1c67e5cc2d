from collections.abc import AsyncIterator

import pytest

from tests.integration.doors.visiting import Visitor, visitor
from tests.stage import staged


@pytest.fixture(scope="module")
async def visitor_(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Visitor]:
    async with staged(tmp_path_factory.mktemp("doors")) as stage:
        yield await visitor(stage)


@pytest.fixture(name="visitor")
def _visitor(visitor_: Visitor) -> Visitor:
    """A tenant with both keys and one of everything, the same for all tests of a module."""
    return visitor_
