"""How the tests are run."""

import os
import subprocess
from datetime import date
from pathlib import Path

from gateway.launch import LaunchError

MOST_WORKERS = 8
REPORT = "openapi/conformance.json"


def pytest_arguments() -> list[str]:
    """Arguments for pytest-xdist: a worker for each core this process may use, and one more, since tests with
    processes of their own mostly wait.

    Work stealing keeps the tests of a module together where it can: what they share is then made once.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return ["--numprocesses", str(min(cores + 1, MOST_WORKERS)), "--dist", "worksteal"]


def conformance_arguments(root: Path, today: date) -> list[str]:
    """Arguments of a run that writes its report. The commit is the one it is made on, since a report cannot
    name the commit it comes with.

    Raises:
        LaunchError: what is checked out is no commit, so that the report would name what was not run.
    """
    changed = [line for line in _git(root, "status", "--porcelain").splitlines() if not line.endswith(REPORT)]
    if changed:
        raise LaunchError("commit first: the report names the commit it was made on")
    commit = _git(root, "rev-parse", "HEAD").strip()
    run = ["--report", REPORT, "--run-of", today.isoformat(), "--run-on", commit]
    return ["tests/conformance", "--numprocesses", "0", *run]


def _git(root: Path, *arguments: str) -> str:
    try:
        return subprocess.run(
            ["git", *arguments], cwd=root, check=True, capture_output=True, text=True
        ).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        raise LaunchError("this command works on a checkout with git") from error
