"""The simulation proves itself: it finds the bugs that are put in, and tells how to see them again."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.upstream import circuits
from tests.machine import ROOT
from tests.simulation.faults import Faults
from tests.simulation.planted.all import PLANTED
from tests.simulation.planted.bug import Planted, replaced
from tests.simulation.runs import ground, run_seed, shrunk

pytestmark = pytest.mark.timeout(1200)

MOST_SEEDS = 1_000


@pytest.fixture(scope="module")
def directory() -> Iterator[Path]:
    with ground() as made:
        yield made


def seeds_of(bug: Planted) -> Iterator[int]:
    """The one that found it last, then all in turn: the product moves on, and with it what a seed does."""
    yield bug.found_by
    yield from range(1, MOST_SEEDS + 1)


@pytest.mark.parametrize("bug", PLANTED.values(), ids=PLANTED)
def test_a_planted_bug_is_found(directory: Path, bug: Planted) -> None:
    seed, broken = 0, None
    for seed in seeds_of(bug):
        if broken := run_seed(seed, directory, bug).broken:
            break

    print(f"({bug.number}) {bug.name}: found by seed {seed}: {broken}")
    assert broken
    assert run_seed(seed, directory).broken is None  # it was the bug, not the seed


def test_it_is_found_when_those_who_waited_through_an_outage_are_not_served_after_it(directory: Path) -> None:
    stuck = Planted(
        number=0,
        name="circuit-stays-open",
        what="a vendor that was away is left alone for most of an hour",
        found_by=0,
        installed=lambda: replaced(circuits, FIRST_S=3000.0, LONGEST_S=3000.0),
    )
    away = (seed for seed in range(1, MOST_SEEDS) if (it := Faults(seed, 2).away) and it.share == 1.0)

    broken = next(broken for seed in away if (broken := run_seed(seed, directory, stuck).broken))

    assert "not served for long" in broken


def test_a_failure_is_shrunk_to_the_faults_it_needs(directory: Path) -> None:
    bug = PLANTED["blind-resend"]
    failed = next(outcome for seed in seeds_of(bug) if (outcome := run_seed(seed, directory, bug)).broken)

    smallest = shrunk(failed, directory, bug)

    assert smallest.broken
    assert len(smallest.faults) <= 2
    assert set(smallest.faults) <= set(failed.faults)
    assert run_seed(failed.seed, directory, bug, smallest.faults) == smallest


def test_all_twenty_bugs_are_planted() -> None:
    assert sorted(bug.number for bug in PLANTED.values()) == list(range(1, 21))


def test_the_documentation_tells_of_each_what_it_is() -> None:
    text = (ROOT / "docs" / "reliability.md").read_text()
    told = {(bug.number, bug.name): bug.what for bug in PLANTED.values()}

    missing = [
        name for (number, name), what in told.items() if f"| {number} | `{name}` | {what} |" not in text
    ]

    assert missing == []
