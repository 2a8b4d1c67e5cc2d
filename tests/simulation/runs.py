"""Runs: of one seed from beginning to end, the same with fewer faults, and what they all begin with."""

import asyncio
import gc
import hashlib
import logging
import shutil
import tempfile
import warnings
from collections.abc import Container, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import structlog
from msgspec import Struct
from sqlalchemy.exc import SAWarning

from gateway.ambient import Ambient, TimeSortedIds
from gateway.credentials.keyring import Keyring
from gateway.persistence.migrate import migrate
from gateway.settings import Settings
from gateway.telemetry.log import configure
from tests.simulation import loop
from tests.simulation.chance import Chance
from tests.simulation.keeping import KeepingWorld, keeps
from tests.simulation.planted.bug import NOTHING, Planted
from tests.simulation.surroundings import BEGIN, VirtualRandomness
from tests.simulation.truth import Break
from tests.simulation.world import DATABASE, KEYS, World

MIGRATED = "migrated.db"
SHRINKING_RUNS = 80
"""How many runs a failure is worth, to find which of its faults it needs."""


class Outcome(Struct, frozen=True, kw_only=True):
    """What came of a run."""

    seed: int
    broken: str | None
    """The invariant that does not hold; None when all do."""
    operations: int
    """Requests of callers."""
    calls: int
    """Calls to the vendor."""
    checks: int
    digest: str
    """Of the trace."""
    faults: tuple[str, ...]
    """Those that happened, by name."""
    lines: tuple[str, ...]
    """The end of the trace."""


@contextmanager
def ground(within: Path | None = None) -> Iterator[Path]:
    """A directory for runs, with a migrated database and a key file in it, until the end of the block."""
    with tempfile.TemporaryDirectory(prefix="kontor-simulation-", dir=within) as name, quiet():
        directory = Path(name)
        asyncio.run(migrate(f"sqlite:///{directory / MIGRATED}"))
        clock, randomness = Standing(), VirtualRandomness(Chance(0, "keys"))
        ambient = Ambient(clock=clock, randomness=randomness, ids=TimeSortedIds(clock, randomness))
        Keyring.open(directory / KEYS, ambient)
        run_seed(0, directory)  # what a process does once only, it has done then
        yield directory


class Standing:
    """`gateway.ambient.Clock` of what is made before time begins."""

    def now(self) -> datetime:
        return BEGIN

    def monotonic(self) -> float:
        return 0.0

    async def sleep(self, seconds: float) -> None:
        raise NotImplementedError


@contextmanager
def quiet() -> Iterator[None]:
    """No logs: in a simulation there are warnings by the thousand. Who is killed gives no connection back."""
    root, pool = logging.getLogger(), logging.getLogger("sqlalchemy.pool")
    handlers, level = root.handlers[:], root.level
    configure(Settings(log_level="CRITICAL"))
    pool.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "The garbage collector", SAWarning)
            yield
            gc.collect()
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
        pool.setLevel(logging.NOTSET)
        structlog.reset_defaults()


def run_seed(
    seed: int, directory: Path, planted: Planted = NOTHING, only: Container[str] | None = None
) -> Outcome:
    """One run. `only`: the faults that may happen; None: all that the seed has drawn."""
    for suffix in ("", "-wal", "-shm"):
        (directory / f"{DATABASE}{suffix}").unlink(missing_ok=True)
    shutil.copyfile(directory / MIGRATED, directory / DATABASE)

    async def live() -> tuple[World, str | None]:
        world = (KeepingWorld if keeps(seed) else World)(seed, directory, planted, only)
        try:
            await world.run()
        except Break as error:
            return world, str(error)
        return world, None

    with planted.installed():
        world, broken = loop.run(live())
    return Outcome(
        seed=seed,
        broken=broken,
        operations=world.operations,
        calls=world.calls,
        checks=world.truth.checks,
        digest=world.trace.digest(),
        faults=tuple(world.faults.happened),
        lines=tuple(world.trace.lines()),
    )


def shrunk(failed: Outcome, directory: Path, planted: Planted = NOTHING) -> Outcome:
    """The run with as few of its faults as still break it: halves are left out, then quarters, and so on."""
    kept, smallest = failed.faults, failed
    size, tries = len(kept), SHRINKING_RUNS
    while size:
        for start in range(0, len(kept), size):
            fewer = (*kept[:start], *kept[start + size :])
            tries -= 1
            outcome = run_seed(failed.seed, directory, planted, fewer)
            if outcome.broken:
                kept, smallest = tuple(name for name in fewer if name in outcome.faults), outcome
                break
            if not tries:
                return smallest
        else:
            size = 0 if size == 1 else (size + 1) // 2
        size = min(size, len(kept))
    return smallest


def digest_of(outcomes: Iterable[Outcome]) -> str:
    """Of all traces together, in the order of their seeds."""
    return hashlib.sha256("".join(outcome.digest for outcome in outcomes).encode()).hexdigest()
