"""What stands around the code: container files, the example of settings, the distribution."""

import os
import shutil
import subprocess
import sys
import tomllib
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from click.testing import CliRunner

from gateway import cli
from gateway.launch import env_example, freshness
from gateway.settings import Settings
from tests.machine import ROOT

PACKAGES = ("gateway", "connectors", "schemas", "sandbox")


def composed() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text())


@pytest.mark.needs("compose")
def test_compose_accepts_its_file(tmp_path: Path) -> None:
    shutil.copy(ROOT / "docker-compose.yml", tmp_path)

    done = subprocess.run(
        ["docker-compose", "config"], cwd=tmp_path, capture_output=True, text=True, timeout=50, check=False
    )

    assert done.returncode == 0, done.stderr
    services = yaml.safe_load(done.stdout)["services"]
    assert services.keys() == {"gateway-a", "gateway-b", "worker", "twin", "postgres", "redis"}


def test_compose_starts_commands_that_there_are() -> None:
    ours = {name: service for name, service in composed()["services"].items() if service["image"] == "kontor"}

    assert {service["command"][0] for service in ours.values()} <= cli.main.commands.keys()


def test_compose_sets_only_settings_that_there_are() -> None:
    known = {f"KONTOR_{field.name.upper()}" for field in msgspec.structs.fields(Settings)}

    assert composed()["x-kontor"]["environment"].keys() <= known


def test_compose_keeps_secrets_in_files() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    files = {secret["file"] for secret in composed()["secrets"].values()}

    assert files == {"./secrets/postgres_password", "./secrets/pgpass"}
    assert "/secrets/" in (ROOT / ".gitignore").read_text().splitlines()
    assert "POSTGRES_PASSWORD:" not in text


def test_every_setting_is_documented_in_the_example() -> None:
    example = (ROOT / ".env.example").read_text()

    missing = [f.name for f in msgspec.structs.fields(Settings) if f"KONTOR_{f.name.upper()}=" not in example]

    assert missing == ["parent_fd"]  # set by the launcher, not by people


def test_the_example_says_what_the_settings_say() -> None:
    assert (ROOT / ".env.example").read_text() == env_example.render()


def test_every_setting_has_a_sentence() -> None:
    assert env_example.docs().keys() == {field.name for field in msgspec.structs.fields(Settings)}


@pytest.mark.timeout(300)  # the matrix is read from the code anew, twice
def test_a_stale_generated_file_is_seen_and_written_anew(tmp_path: Path) -> None:
    (tmp_path / ".env.example").write_text("# old\n")

    before = freshness.stale(tmp_path)
    freshness.write(tmp_path)

    assert before is not None
    assert "openapi/kontor.json is missing" in before
    assert "-# old" in before
    assert freshness.stale(tmp_path) is None


def test_every_file_of_ours_is_in_the_distribution() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    patterns = ["*.py", *project["tool"]["setuptools"]["package-data"]["*"]]
    files = [path for package in PACKAGES for path in (ROOT / package).rglob("*") if path.is_file()]

    left_out = [path for path in files if not any(fnmatch(path.name, pattern) for pattern in patterns)]

    assert [path for path in left_out if path.suffix != ".pyc"] == []


def test_pins_are_exact_and_name_no_address() -> None:
    lines = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if not line.startswith("#")]

    assert all(line.count("==") == 1 for line in lines)
    assert not any(mark in line for line in lines for mark in ("://", "@", " ", "--hash"))


@pytest.mark.parametrize("name", ["kontor", ".ci/run"])
def test_scripts_can_be_executed(name: str) -> None:
    assert os.access(ROOT / name, os.X_OK)


def test_help_loads_no_framework() -> None:
    code = (
        "import sys, gateway.cli; print({'litestar', 'sqlalchemy', 'granian', 'dbos'} & sys.modules.keys())"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=True
    )

    assert done.stdout == "set()\n"


def test_a_setting_that_does_not_fit_is_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KONTOR_PORT", "eighty")

    done = CliRunner().invoke(cli.main, ["up"])

    assert done.exit_code == 1
    assert "A setting does not fit: Expected `int`" in done.output
    assert "Traceback" not in done.output


def test_asking_the_twin_for_help_does_not_start_it() -> None:
    done = CliRunner().invoke(cli.main, ["twin", "--help"])

    assert done.exit_code == 0
    assert "KONTOR_TWIN_" in done.output
