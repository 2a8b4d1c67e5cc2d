"""The product as it is, over the seeds of the suite (REL-45)."""

import os
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.machine import ROOT
from tests.simulation.faults import KINDS, Faults
from tests.simulation.runs import Outcome, digest_of, ground, run_seed

pytestmark = pytest.mark.timeout(600)

SEEDS, AT_ONCE = 200, 20
LEAST_OPERATIONS = 40 * AT_ONCE
"""Of the callers, in each lot of seeds: an empty loop cannot pass."""
LEAST_CALLS = 20 * AT_ONCE
LEAST_FAULTS = 30
LOTS = range(1, SEEDS + 1, AT_ONCE)

REGRESSIONS: dict[int, str] = {
    13: "who consented anew was forgotten by the harness amid it, and the connection was taken to be well",
    14: "a token that died while its call waited ended a connection that was well",
    17: "a token that was due opened the circuit of a connection that was well",
    70: "a read that failed amid a write was played again with it for ever, and the write never settled",
    780: "a token of a grant that was about to be replaced was lost with its process, and nothing excused it",
    1847: "a token that came while the database was away was kept in memory, and burnt by another process",
    2341: "what a killed process had half read was given on by the harness, and nobody could write any more",
}
"""Seeds that broke something once, and what."""


@pytest.fixture(scope="module")
def directory() -> Iterator[Path]:
    with ground() as made:
        yield made


@cache
def lot(directory: Path, first: int) -> tuple[Outcome, ...]:
    """So many runs, for every test that asks for them."""
    return tuple(run_seed(seed, directory) for seed in range(first, first + AT_ONCE))


@pytest.mark.parametrize("first", LOTS)
def test_nothing_breaks(directory: Path, first: int) -> None:
    outcomes = lot(directory, first)

    broken = {outcome.seed: outcome.broken for outcome in outcomes if outcome.broken}
    operations = sum(outcome.operations for outcome in outcomes)
    calls = sum(outcome.calls for outcome in outcomes)
    faults = sum(len(outcome.faults) for outcome in outcomes)
    print(
        f"seeds {len(outcomes)}, operations {operations}, calls {calls}, faults {faults}", digest_of(outcomes)
    )
    assert broken == {}, "./kontor simulate --seeds 1 --first-seed SEED tells more"
    assert operations >= LEAST_OPERATIONS
    assert calls >= LEAST_CALLS
    assert faults >= LEAST_FAULTS


def test_the_lots_are_two_hundred_seeds() -> None:
    assert len(LOTS) * AT_ONCE == SEEDS == 200


@pytest.mark.parametrize("seed", REGRESSIONS)
def test_what_broke_once_holds(directory: Path, seed: int) -> None:
    assert run_seed(seed, directory).broken is None


class TestSameSeed:
    def test_twice_it_is_the_same_run(self, directory: Path) -> None:
        seeds = (3, 7, 25)

        first = [run_seed(seed, directory) for seed in seeds]
        again = [run_seed(seed, directory) for seed in reversed(seeds)]

        assert [outcome.digest for outcome in first] == [outcome.digest for outcome in reversed(again)]
        assert len({outcome.digest for outcome in first}) == len(seeds)

    def test_a_lot_is_the_same_in_a_process_of_its_own_that_hashes_text_differently(
        self, directory: Path
    ) -> None:
        seeds = ("--seeds", str(AT_ONCE), "--first-seed", str(LOTS[0]))
        other = "2" if os.environ.get("PYTHONHASHSEED") == "1" else "1"

        done = subprocess.run(
            [sys.executable, "-m", "tests.simulation", *seeds],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": other},
            capture_output=True,
            text=True,
            check=True,
        )

        told = done.stdout.splitlines()[-1]
        assert told.startswith(f"seeds {AT_ONCE}, breaks 0, ")
        assert told.endswith(f"trace hash {digest_of(lot(directory, LOTS[0]))}")

    def test_a_run_without_its_faults_is_another_run(self, directory: Path) -> None:
        whole = run_seed(25, directory)
        spared = run_seed(25, directory, only=())

        assert whole.faults != ()
        assert spared.faults == ()
        assert spared.digest != whole.digest


class TestFaults:
    def test_among_the_seeds_are_some_without_faults_and_some_with_one_kind_only(self) -> None:
        drawn = [Faults(seed, 2) for seed in range(1, SEEDS + 1)]

        assert sum(not (faults.kinds or faults.blows or faults.outages) for faults in drawn) >= 10
        assert sum(len(faults.kinds) == 1 and not faults.blows for faults in drawn) >= 20
        assert sum(len(faults.blows) > 2 for faults in drawn) >= 20

    def test_in_some_the_vendor_is_away_wholly_or_in_part(self) -> None:
        shares = [faults.away.share for seed in range(1, SEEDS + 1) if (faults := Faults(seed, 2)).away]

        assert shares.count(1.0) >= 5
        assert shares.count(0.5) >= 5

    def test_every_kind_is_drawn(self) -> None:
        drawn = {kind for seed in range(1, SEEDS + 1) for kind in Faults(seed, 2).kinds}

        assert drawn == set(KINDS)
