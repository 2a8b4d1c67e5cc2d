"""`kontor simulate`: how the simulation is run. It lies with the tests, as it knows the twin, too."""

from pathlib import Path

from gateway.launch import LaunchError

MODULE = "tests.simulation"


def python_arguments(root: Path) -> tuple[str, ...]:
    """Arguments for Python, to be run in `root`.

    Raises:
        LaunchError: this is no checkout.
    """
    if not (root / MODULE.replace(".", "/")).is_dir():
        raise LaunchError("the simulation is part of a checkout, not of an installed package")
    return ("-m", MODULE)
