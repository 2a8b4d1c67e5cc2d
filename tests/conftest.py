import httpx2

# Litestar's test client imports httpx: one exception tree for both.
httpx2.alias_httpx()

import atexit
import os
import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import machine, servers
from tests.network import forbid_network

KEPT_SETTINGS = {
    "KONTOR_REQUIRE",
    "KONTOR_PYTHON",
    "KONTOR_SEED",
    "KONTOR_CASES",
    "KONTOR_CHAOS",
    "KONTOR_OPEN",
    "KONTOR_CALLERS",
    "KONTOR_BETWEEN_S",
}

for name in [name for name in os.environ if name.startswith("KONTOR_") and name not in KEPT_SETTINGS]:
    del os.environ[name]  # a developer's own settings must not change what the tests see

if "XDG_RUNTIME_DIR" not in os.environ:  # the PostgreSQL wheel warns at import, and warnings are errors
    os.environ["XDG_RUNTIME_DIR"] = tempfile.mkdtemp(prefix="kontor-run-")
    atexit.register(shutil.rmtree, os.environ["XDG_RUNTIME_DIR"], ignore_errors=True)

forbid_network()


def pytest_addoption(parser: pytest.Parser) -> None:
    """What `kontor conformance` gives; read in `conformance/conftest.py`."""
    for name, meaning in (("report", "file to write"), ("run-of", "day"), ("run-on", "commit")):
        parser.addoption(f"--{name}", help=f"of the conformance report: {meaning}")


def pytest_runtest_setup(item: pytest.Item) -> None:
    for marker in item.iter_markers("needs"):
        for name in marker.args:
            machine.need(name)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Count the skips by reason: a suite that quietly shrank would still be green."""
    reports = terminalreporter.stats.get("skipped", [])
    reasons = Counter(
        re.sub(r"^Skipped: ", "", report.longrepr[2])
        for report in reports
        if isinstance(report.longrepr, tuple)
    )
    for reason, count in reasons.most_common():
        terminalreporter.write_line(f"skipped {count}: {reason}")


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder `../shared` of reference material."""
    machine.need("shared")
    return machine.SHARED


@pytest.fixture(scope="session")
def chromium() -> dict[str, Any]:
    """Launch options for playwright: `playwright.chromium.launch(**chromium)`."""
    machine.need("browser")
    return {"executable_path": machine.chromium_path(), "args": machine.CHROMIUM_FLAGS, "headless": True}


@pytest.fixture(scope="session")
def run(request: pytest.FixtureRequest) -> str:
    """The name of this run of tests, the same for all its workers."""
    return getattr(request.config, "workerinput", {}).get("testrunuid") or f"{os.getpid()}"


@pytest.fixture(scope="session")
def postgres_server(run: str) -> Iterator[str]:
    """URL of a PostgreSQL server (libpq form), one for all workers of this run."""
    machine.need("postgres")
    with servers.postgres(run) as url:
        yield url


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """SQLAlchemy URL (`postgresql+psycopg://…`) of an empty database of this test's own."""
    with servers.fresh_database(postgres_server) as url:
        yield url


@pytest.fixture(scope="session")
def valkey_server() -> Iterator[str]:
    """URL of a Redis-speaking server, one per worker."""
    machine.need("valkey")
    with servers.valkey() as url:
        yield url


@pytest.fixture
def valkey_url(valkey_server: str) -> str:
    """`redis://…` of a server that holds nothing when the test starts."""
    servers.flush(valkey_server)
    return valkey_server
