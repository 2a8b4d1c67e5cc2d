"""`kontor bench`: how the benchmark is run. It lies with the tests, as it measures other gateways too."""

import importlib.util
from pathlib import Path

from gateway.launch import LaunchError

MODULE = "tests.benchmarks"
NEEDED = ("fastapi", "uvicorn", "httpx", "pydantic")
"""What the extra `bench` brings for the reference gateway."""


def python_arguments(root: Path) -> tuple[str, ...]:
    """Arguments for Python, to be run in `root`.

    Raises:
        LaunchError: this is no checkout, or the extra is missing.
    """
    if not (root / MODULE.replace(".", "/")).is_dir():
        raise LaunchError("the benchmark is part of a checkout, not of an installed package")
    if missing := [name for name in NEEDED if importlib.util.find_spec(name) is None]:
        raise LaunchError(f"{', '.join(missing)} missing: ./kontor bench installs the extra bench")
    return ("-m", MODULE)
