"""Seeds in several processes at a time: a seed is one world, so only the order of answers is shared."""

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from tests.simulation.runs import Outcome, ground, run_seed

_held = ExitStack()
_grounds: list[Path] = []
"""Of this process: made once. Whoever started it takes the directory away."""


def outcomes(
    seeds: range, directory: Path, only: tuple[str, ...] | None, processes: int
) -> Iterator[Outcome]:
    """In the order of their seeds, whichever process ran them."""
    with ProcessPoolExecutor(processes, get_context("spawn"), _settle, (directory,)) as pool:
        yield from pool.map(partial(_run, only), seeds)


def _settle(directory: Path) -> None:
    _grounds.append(_held.enter_context(ground(directory)))


def _run(only: tuple[str, ...] | None, seed: int) -> Outcome:
    return run_seed(seed, _grounds[0], only=only)
