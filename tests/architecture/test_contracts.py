"""Each import contract is broken once on purpose: a contract that nothing can break guards nothing."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("gateway", "connectors", "schemas", "sandbox")

WIDE = {**os.environ, "COLUMNS": "300"}
"""Or long names are broken over two lines."""

BREACHES = {
    "floors": ("schemas/breach.py", "import gateway.errors"),
    "connectors-libraries": ("connectors/lexoffice/breach.py", "import aiohttp"),
    "islands": ("connectors/base/breach.py", "import connectors.lexoffice.targets"),
    "registry": ("gateway/upstream/breach.py", "import connectors.lexoffice.client"),
    "rooms": ("gateway/upstream/breach.py", "import gateway.api.envelope"),
    "dbos": ("gateway/upstream/breach.py", "import dbos"),
    "litestar": ("gateway/tenants/breach.py", "import litestar"),
    "authlib": ("gateway/upstream/breach.py", "import authlib"),
    "twin": ("sandbox/lexoffice/breach.py", "import schemas.money"),
    "twin-unknown": ("gateway/upstream/breach.py", "import sandbox.lexoffice.money"),
}


def contracts() -> dict[str, str]:
    """Id and name of each contract."""
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    return {contract["id"]: contract["name"] for contract in declared}


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The source alone, where it can be broken."""
    target = tmp_path_factory.mktemp("source")
    for package in PACKAGES:
        shutil.copytree(
            ROOT / package, target / package, ignore=shutil.ignore_patterns("__pycache__", "static", "*.html")
        )
    shutil.copy(ROOT / "pyproject.toml", target)
    return target


@pytest.fixture
def breach(copy: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    path, line = BREACHES[request.param]
    file = copy / path
    file.write_text(line + "\n")
    yield request.param
    file.unlink()


def broken(copy: Path) -> set[str]:
    """Names of the broken contracts."""
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-logo", "--no-cache"]
    done = subprocess.run(
        command, cwd=copy, capture_output=True, text=True, env=WIDE, timeout=120, check=False
    )
    lines = [line.strip() for line in done.stdout.splitlines()]
    assert any("kept" in line for line in lines), done.stdout + done.stderr
    return {found[1] for line in lines if (found := re.match(r"(.*) BROKEN(?: \(.*\))?$", line))}


def test_every_contract_has_a_breach() -> None:
    assert set(BREACHES) == set(contracts())


def test_the_source_keeps_all_contracts(copy: Path) -> None:
    assert broken(copy) == set()


@pytest.mark.parametrize("breach", BREACHES, indirect=True)
def test_a_breach_is_seen(copy: Path, breach: str) -> None:
    assert contracts()[breach] in broken(copy)


def test_a_room_that_nobody_placed_is_seen(copy: Path) -> None:
    room = copy / "gateway" / "attic"
    room.mkdir()
    (room / "__init__.py").write_text("")
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-logo", "--no-cache"]

    done = subprocess.run(command, cwd=copy, capture_output=True, text=True, timeout=120, check=False)

    shutil.rmtree(room)
    assert done.returncode != 0
    assert "attic" in done.stdout + done.stderr
