"""What happens to a test whose machine lacks something, seen in a run of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.machine import ROOT

SOURCE = """
import pytest

@pytest.mark.needs("node")
def test_one(): pass

@pytest.mark.needs("node", "shared")
def test_two(): pass

def test_three(): pass
"""


def run(tmp_path: Path, source: str = SOURCE, **settings: str) -> tuple[int, str]:
    """Exit code and output of pytest on `source`, with no program on the path."""
    (tmp_path / "test_sample.py").write_text(source)
    environment = {name: value for name, value in os.environ.items() if name != "KONTOR_REQUIRE"}
    plugins = [part for name in ("tests.conftest", "pytest_timeout") for part in ("-p", name)]
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            *plugins,
            "-c",
            ROOT / "pyproject.toml",
            "--rootdir",
            tmp_path,
            tmp_path,
        ],
        cwd=ROOT,
        env={**environment, "PATH": str(tmp_path), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", **settings},
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_what_is_lacking_is_a_skip_with_a_counted_reason(tmp_path: Path) -> None:
    code, output = run(tmp_path)

    assert code == 0
    assert "skipped 2: needs node: no program node" in output
    assert output.splitlines()[-1].startswith("=")
    assert "1 passed, 2 skipped" in output.splitlines()[-1]


def test_what_is_required_and_lacking_is_a_failure(tmp_path: Path) -> None:
    code, output = run(tmp_path, KONTOR_REQUIRE="node")

    assert code == 1
    assert "needs node, which KONTOR_REQUIRE asks for: no program node" in output
    assert "1 passed, 2 errors" in output.splitlines()[-1]


def test_a_requirement_nobody_knows_stops_the_run(tmp_path: Path) -> None:
    code, output = run(tmp_path, KONTOR_REQUIRE="nodes")

    assert code != 0
    assert "KONTOR_REQUIRE names nodes" in output


def test_a_need_nobody_knows_is_a_failure(tmp_path: Path) -> None:
    code, output = run(tmp_path, source=SOURCE.replace('"node"', '"nodes"'))

    assert code == 1
    assert "needs('nodes') is unknown" in output


@pytest.mark.parametrize("setting", ["KONTOR_DATA_DIR", "KONTOR_DATABASE_URL"])
def test_a_developers_own_settings_are_not_seen(tmp_path: Path, setting: str) -> None:
    source = f"import os\ndef test_it(): assert {setting!r} not in os.environ\n"

    assert run(tmp_path, source=source, **{setting: "/somewhere"})[0] == 0
