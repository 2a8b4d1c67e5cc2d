"""Clients of others, installed as their registry has them into a directory of their own, and run there."""

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
    """How a client is installed into a directory, and how its story is told from there."""

    install: Callable[[Path], list[str]]
    tell: Callable[[Path], list[str]]


def _pip(directory: Path) -> list[str]:
    """pip of this environment; one made by uv has none, but then uv is there."""
    own = [sys.executable, "-m", "pip", "install"]
    pip = own if importlib.util.find_spec("pip") else ["uv", "pip", "install", "--python", sys.executable]
    pins = ["-r", str(HERE / "python" / "requirements.txt"), "-c", str(machine.ROOT / "constraints.txt")]
    return [*pip, "--quiet", "--target", str(directory / "packages"), *pins]


def _npm(directory: Path) -> list[str]:
    return ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel", "error"]


CLIENTS = {
    "python": Client(_pip, lambda directory: [sys.executable, "-s", str(directory / "story.py")]),
    "node": Client(_npm, lambda directory: ["node", str(directory / "story.js")]),
}
"""By the language they are written in; the folder beside holds the pins and the story."""


def told_by(name: str, directory: Path, place: Path) -> dict[str, Any]:
    """Install the client into `directory` and let it book at the twin of `place` (`twin.json`)."""
    client = CLIENTS[name]
    shutil.copytree(HERE / name, directory, dirs_exist_ok=True)
    _install(client.install(directory), directory)
    environment = {**os.environ, "PYTHONPATH": str(directory / "packages")}
    done = subprocess.run(
        [*client.tell(directory), str(place)],
        cwd=directory,
        env=environment,
        capture_output=True,
        text=True,
        timeout=INSTALL_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


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
