"""SEC-37: a stranger's checker reads our description and finds the gateway behaving as described."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.launch.test_first_hour import Kontor

pytestmark = pytest.mark.timeout(600)

CONFIGURATION = Path(__file__).with_name("schemathesis.toml")
HOOKS = CONFIGURATION.with_name("schemathesis_hooks.py")
LEAST = 500
OWN_KEYS = r"^/v1/(connections/\{id\}/account-key|api-keys/\{id\})$"
"""A lucky id would take away what the checker calls with."""


@pytest.fixture
def unhurried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kontor]:
    """A gateway and a twin that let every call through at once."""
    monkeypatch.setenv("KONTOR_SCHEDULER", "false")
    monkeypatch.setenv("KONTOR_TWIN_RATE_LIMIT", "off")
    run = Kontor(tmp_path / "data")
    yield run
    run.stop()
    run.close()


def test_a_checker_made_by_others_finds_nothing(unhurried: Kontor, tmp_path: Path) -> None:
    demo = unhurried.demo()
    seed = os.environ.get("KONTOR_SEED", str(os.getpid()))
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIGURATION), "run"]
    command += [f"{demo['baseUrl']}/openapi.json", "--seed", seed, "--no-shrink", "--continue-on-failure"]
    command += ["--phases", "examples,coverage,fuzzing", "--max-examples", "3", "--checks", "all"]
    command += ["--exclude-path-regex", OWN_KEYS, "--header", f"X-API-KEY: {demo['apiKey']}"]
    command += ["--header", f"X-ACCOUNT-KEY: {demo['accountKey']}"]

    done = subprocess.run(
        command,
        cwd=tmp_path,
        env={**os.environ, "SCHEMATHESIS_HOOKS": str(HOOKS)},
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )

    generated = re.search(r"(\d+) generated", done.stdout)
    assert done.returncode == 0, f"seed {seed}\n{done.stdout[:20_000]}\n{done.stderr[-2_000:]}"
    assert generated is not None
    assert int(generated[1]) >= LEAST
    print(f"SEC-37: {generated[0]}, seed {seed}")
