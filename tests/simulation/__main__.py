"""`python -m tests.simulation`: run seeds, tell what breaks, and how to see it again."""

import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import rich_click as click

from tests.simulation import several
from tests.simulation.planted.all import PLANTED
from tests.simulation.planted.bug import NOTHING, Planted
from tests.simulation.runs import Outcome, digest_of, ground, run_seed, shrunk

EVERY = 25
"""Seeds between two lines of progress."""
SHOWN = 40
"""Last events of a broken run."""


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--seeds", default=200, show_default=True, type=click.IntRange(1), help="How many to run.")
@click.option("--first-seed", default=1, show_default=True, type=click.IntRange(0), help="The first of them.")
@click.option(
    "--planted",
    metavar="all|NAME",
    default="",
    help="Put a bug in and stop at the first seed that finds it; all: one bug after the other.",
)
@click.option(
    "--processes",
    default=1,
    show_default=True,
    type=click.IntRange(1),
    help="Run seeds in so many processes; with planted bugs only one.",
)
@click.option("--only", metavar="FAULTS", help="Let these faults happen and no others: replays a failure.")
def main(seeds: int, first_seed: int, planted: str, processes: int, only: str | None) -> None:
    """Run the whole gateway on a virtual clock, one world a seed, and check what must always hold."""
    wanted = range(first_seed, first_seed + seeds)
    allowed = None if only is None else tuple(name for name in only.split(",") if name)
    bugs = _bugs(planted)
    with ground() as directory:
        if bugs is None:
            sys.exit(_hold(wanted, directory, allowed, processes))
        sys.exit(_find(bugs, wanted, directory, allowed))


def _bugs(planted: str) -> tuple[Planted, ...] | None:
    """Those that are meant; None: the product as it is."""
    if not planted:
        return None
    if planted == "all":
        return tuple(PLANTED.values())
    if planted in PLANTED:
        return (PLANTED[planted],)
    raise click.UsageError(f"no such bug; there are {', '.join(PLANTED)}")


def _hold(seeds: range, directory: Path, only: tuple[str, ...] | None, processes: int) -> int:
    """Every seed has to hold."""
    outcomes: list[Outcome] = []
    ran = (
        several.outcomes(seeds, directory, only, processes)
        if processes > 1
        else _ran(seeds, directory, NOTHING, only)
    )
    for outcome in _told(ran, len(seeds)):
        outcomes.append(msgspec.structs.replace(outcome, lines=()))
        if outcome.broken:
            _tell(outcome, directory, NOTHING)
    breaks = sum(outcome.broken is not None for outcome in outcomes)
    print(_last_line(outcomes, f"breaks {breaks}"))
    return 1 if breaks else 0


def _find(bugs: tuple[Planted, ...], seeds: range, directory: Path, only: tuple[str, ...] | None) -> int:
    """Every bug has to break a seed."""
    outcomes: list[Outcome] = []
    found = 0
    for bug in bugs:
        for outcome in _told(_ran(seeds, directory, bug, only), len(seeds)):
            outcomes.append(outcome)
            if outcome.broken:
                found += 1
                print(f"({bug.number}) {bug.name}: seed {outcome.seed}: {outcome.broken}", flush=True)
                if len(bugs) == 1:
                    _tell(outcome, directory, bug)
                break
        else:
            print(f"({bug.number}) {bug.name}: NOT FOUND in {len(seeds)} seeds", flush=True)
    print(_last_line(outcomes, f"breaks {found}", f"planted bugs found {found} of {len(bugs)}"))
    return 0 if found == len(bugs) else 1


def _ran(seeds: range, directory: Path, bug: Planted, only: tuple[str, ...] | None) -> Iterator[Outcome]:
    return (run_seed(seed, directory, bug, only) for seed in seeds)


def _told(ran: Iterator[Outcome], seeds: int) -> Iterator[Outcome]:
    """The same, with a line of progress now and then."""
    operations = 0
    for number, outcome in enumerate(ran, 1):
        operations += outcome.operations
        yield outcome
        if number % EVERY == 0 and number < seeds:
            print(f"{number} of {seeds} seeds, {operations} operations", file=sys.stderr, flush=True)


def _tell(outcome: Outcome, directory: Path, bug: Planted) -> None:
    """What broke, with as few faults as it takes, and the line that shows it again."""
    print(f"seed {outcome.seed}: {outcome.broken}", flush=True)
    smallest = shrunk(outcome, directory, bug)
    print("\n".join(smallest.lines[-SHOWN:]))
    planted = f" --planted {bug.name}" if bug is not NOTHING else ""
    print(f"{smallest.broken}; with {len(smallest.faults)} of {len(outcome.faults)} faults:")
    only = ",".join(smallest.faults)
    print(f"  ./kontor simulate --seeds 1 --first-seed {outcome.seed}{planted} --only '{only}'", flush=True)


def _last_line(outcomes: list[Outcome], *more: str) -> str:
    operations = sum(outcome.operations for outcome in outcomes)
    told = (f"seeds {len(outcomes)}", *more, f"operations {operations}", f"trace hash {digest_of(outcomes)}")
    return ", ".join(told)


if __name__ == "__main__":
    main(prog_name="kontor simulate")
