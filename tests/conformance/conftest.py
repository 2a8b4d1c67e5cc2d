"""Fresh books at a fresh twin for every test."""

from pathlib import Path

import pytest

from tests.conformance.report import Seen
from tests.conformance.vendor import Books


def pytest_configure(config: pytest.Config) -> None:
    """`--report PATH --run-of DATE --run-on COMMIT`: write what was seen to work."""
    path = config.getoption("--report", None)
    if path:
        run_of, run_on = (str(config.getoption(name)) for name in ("--run-of", "--run-on"))
        config.pluginmanager.register(Seen(Path(str(path)), run_of, run_on))


@pytest.fixture
def books() -> Books:
    return Books()
