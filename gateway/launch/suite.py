"""How the tests are run."""

import os

MOST_WORKERS = 8


def pytest_arguments() -> list[str]:
    """Arguments for pytest-xdist: a worker for each core this process may use.

    Work stealing keeps the tests of a module together where it can: what they share is then made once.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return ["--numprocesses", str(min(cores, MOST_WORKERS)), "--dist", "worksteal"]
