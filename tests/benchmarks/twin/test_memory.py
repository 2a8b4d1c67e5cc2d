"""The large company in the process that serves it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.benchmarks.processes import PROC
from tests.benchmarks.run import PATIENCE_S
from tests.benchmarks.twin.memory import GOAL_MB, memory
from tests.benchmarks.twin.run import Twin

pytestmark = pytest.mark.skipif(not PROC.is_dir(), reason="needs /proc")


@pytest.fixture
def twin(tmp_path: Path) -> Iterator[Twin]:
    twin = Twin(tmp_path / "twin", None)
    yield twin
    twin.child.stop(PATIENCE_S)


def test_25_000_documents_fit_into_500_mb(twin: Twin) -> None:
    taken = memory(twin.child.pid, twin.place, pages=1)

    assert taken is not None
    assert taken.documents == 25_000
    assert taken.peak_mb < GOAL_MB
