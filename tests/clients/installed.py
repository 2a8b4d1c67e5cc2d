"""Clients of others, installed as their registry has them into directories of their own, and run there.

The workers of a run share what is installed: the first that needs a client installs it while the others wait.
"""

import fcntl
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests import machine

HERE = Path(__file__).parent
INSTALL_S = 240


class Client(msgspec.Struct, frozen=True):
    """How the clients of a folder are installed into its copy, and how a script is run there."""

    install: Callable[[Path], list[str]]
    run: Callable[[Path], list[str]]


def _pip(directory: Path) -> list[str]:
    """pip of this environment; one made by uv has none, but then uv is there."""
    own = [sys.executable, "-m", "pip", "install"]
    pip = own if importlib.util.find_spec("pip") else ["uv", "pip", "install", "--python", sys.executable]
    pins = HERE / directory.name / "requirements.txt"  # names constraints beside itself: not the copy
    return [*pip, "--quiet", "--target", str(directory / "packages"), "-r", str(pins)]


def _npm(directory: Path) -> list[str]:
    return ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel", "error"]


def _python(script: Path) -> list[str]:
    return [sys.executable, "-s", str(script)]


CLIENTS = {
    "python": Client(_pip, _python),
    "mcp": Client(_pip, _python),
    "node": Client(_npm, lambda script: ["node", str(script)]),
}
"""By folder: it holds the pins and the scripts."""


def told_by(script: str, installations: Path, place: Path) -> dict[str, Any]:
    """What a script (`python/tour.py`) says of its work at the twin of `place` (`twin.json`)."""
    name = script.split("/")[0]
    directory = _installed(name, installations)
    done = subprocess.run(
        [*CLIENTS[name].run(installations / script), str(place)],
        cwd=directory,
        env={**os.environ, "PYTHONPATH": str(directory / "packages")},
        capture_output=True,
        text=True,
        timeout=INSTALL_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def _installed(name: str, installations: Path) -> Path:
    directory, ready = installations / name, installations / f"{name}.ready"
    with (installations / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not ready.exists():
            shutil.copytree(HERE / name, directory, dirs_exist_ok=True)
            _install(CLIENTS[name].install(directory), directory)
            ready.touch()
    return directory


def _install(command: list[str], directory: Path) -> None:
    """Where no registry is within reach the test is skipped; where things are required it fails."""
    try:
        done = subprocess.run(
            command, cwd=directory, capture_output=True, text=True, timeout=INSTALL_S, check=False
        )
        trouble = "" if done.returncode == 0 else done.stderr.strip()
    except subprocess.TimeoutExpired:
        trouble = f"no end after {INSTALL_S} s"
    if not trouble:
        return
    if machine.required():
        pytest.fail(f"{command[0]} could not install the client: {trouble}", pytrace=False)
    pytest.skip("needs a package registry within reach")
