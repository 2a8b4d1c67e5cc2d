"""What a run over the twin says: on the terminal, and as JSON to compare with other runs."""

import os
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from rich.console import Console
from rich.table import Table

from tests.benchmarks import report
from tests.benchmarks.figures import medians
from tests.benchmarks.twin.memory import GOAL_MB
from tests.benchmarks.twin.run import CONNECTIONS, TITLES, Outcome, ratios

FULLY_LOADED = [which for which in TITLES if which[0] == "twin"]


def show(outcome: Outcome) -> None:
    """Medians, goals, memory."""
    console = Console(width=None if os.isatty(1) else 120)
    where = report.placement(outcome.core_of_subject, outcome.core_of_the_rest)
    console.print(f"\nmedians of {outcome.plan.rounds} rounds at {CONNECTIONS} connections; {where}")
    figures = medians(outcome.rounds)
    table = Table(box=None)
    for title in ("", "requests/s", "CPU µs", "p50 µs", "p99 µs"):
        table.add_column(title, justify="left" if not title else "right")
    for which, title in TITLES.items():
        one = figures[which]
        cells = (one.requests_per_second, one.cpu_us, one.p50_us, one.p99_us)
        table.add_row(title, *("–" if cell is None else f"{cell:,.0f}" for cell in cells))
    console.print(table)
    console.print(report.goals(ratios(outcome.rounds)))
    console.print(memory_line(outcome))
    if (busy := report.crowded(figures, FULLY_LOADED)) is not None:
        console.print(f"[yellow]{busy}[/]")


def memory_line(outcome: Outcome) -> str:
    memory = outcome.memory
    if memory is None:
        return "memory not measured: this system does not tell it"
    verdict = "[green]reached[/]" if memory.reached else "[red]missed[/]"
    return (
        f"memory: {memory.started_mb:.0f} MB at the start, {memory.founded_mb:.0f} MB with "
        f"{memory.documents:,} documents, {memory.read_mb:.0f} MB after 10,000 were read, "
        f"{memory.peak_mb:.0f} MB at the most; goal < {GOAL_MB} MB {verdict}"
    )


def keep(outcome: Outcome, directory: Path) -> Path:
    """The report, in a file named after the moment."""
    at = datetime.now(UTC)
    figures = medians(outcome.rounds)
    where = report.placement(outcome.core_of_subject, outcome.core_of_the_rest)
    kept = {
        **report.circumstances(at, where, report.crowded(figures, FULLY_LOADED)),
        "plan": outcome.plan,
        "connections": CONNECTIONS,
        "ratios": report.verdicts(ratios(outcome.rounds)),
        "memory": None
        if outcome.memory is None
        else {**msgspec.to_builtins(outcome.memory), "goalMb": GOAL_MB, "reached": outcome.memory.reached},
        "loads": [
            {"subject": subject, "load": load, "median": figures[subject, load], "rounds": rounds}
            for (subject, load), rounds in outcome.rounds.items()
        ],
    }
    return report.write(kept, directory, f"bench-twin-{at:%Y%m%d-%H%M%S}")
