"""Clients of others, installed as their registry has them into directories of their own, and run there.

Some are generators of clients: what they write from our OpenAPI document is made there too.

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
QUIET = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"}
"""Nothing that is installed calls home."""


class Client(msgspec.Struct, frozen=True):
    """How the clients of a folder are installed into its copy, and how a script is run there."""

    install: Callable[[Path], list[str]]
    run: Callable[[Path], list[str]]
    generate: tuple[list[str], ...] = ()
    """Commands, one after the other, that make a client from the document."""


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


def _node(script: Path) -> list[str]:
    return ["node", str(script)]


DOCUMENT = str(machine.ROOT / "openapi" / "kontor.json")
GENERATE_PYTHON = [sys.executable, "-s", "-m", "openapi_python_client", "generate", "--path", DOCUMENT]
GENERATE_PYTHON += ["--config", "generator.yaml", "--meta", "none", "--output-path", "kontor_client"]
GENERATE_PYTHON += ["--fail-on-warning"]
GENERATE_TYPESCRIPT = ["npx", "openapi-typescript", DOCUMENT, "--output", "api.ts"]
GENERATE_TYPESCRIPT += ["--default-non-nullable=false"]
CLIENTS = {
    "python": Client(_pip, _python),
    "mcp": Client(_pip, _python),
    "webhooks": Client(_npm, _node),
    "node": Client(_npm, _node),
    "openapi_python": Client(_pip, _python, (GENERATE_PYTHON,)),
    "openapi_typescript": Client(_npm, _node, (GENERATE_TYPESCRIPT, ["npx", "tsc"])),
}
"""By folder: it holds the pins and the scripts."""


def told_by(script: str, installations: Path, place: Path) -> dict[str, Any]:
    """What a script (`python/tour.py`) says of its work at `place`: a `twin.json`, or a `demo.json`."""
    name = script.split("/")[0]
    directory = installed(name, installations)
    done = within(directory, [*CLIENTS[name].run(installations / script), str(place)])
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def installed(name: str, installations: Path) -> Path:
    """The directory of a folder's copy with all it needs, made by whoever comes first."""
    directory, ready = installations / name, installations / f"{name}.ready"
    with (installations / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not ready.exists():
            shutil.copytree(HERE / name, directory, dirs_exist_ok=True)
            _install(CLIENTS[name].install(directory), directory)
            for command in CLIENTS[name].generate:
                done = within(directory, command)
                assert done.returncode == 0, done.stdout[-5_000:] + done.stderr
            ready.touch()
    return directory


def within(directory: Path, command: list[str]) -> subprocess.CompletedProcess[str]:
    """A command of what is installed there, carried out."""
    return subprocess.run(
        command,
        cwd=directory,
        env={**os.environ, **QUIET, "PYTHONPATH": str(directory / "packages")},
        capture_output=True,
        text=True,
        timeout=INSTALL_S,
        check=False,
    )


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
