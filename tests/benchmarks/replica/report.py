"""What a run over the replica says: on the terminal, and as JSON to compare with other runs."""

import os
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.benchmarks import report
from tests.benchmarks.figures import medians
from tests.benchmarks.replica.run import CONNECTIONS, TITLES, Outcome, ratios


def show(outcome: Outcome) -> None:
    """Medians, goals."""
    console = Console(width=None if os.isatty(1) else 120)
    where = report.placement(outcome.core_of_subject, outcome.core_of_the_rest)
    console.print(f"\nmedians of {outcome.plan.rounds} rounds at {CONNECTIONS} connections; {where}")
    figures = medians(outcome.rounds)
    table = Table(box=None)
    for title in ("", "", "requests/s", "CPU µs", "p50 µs", "p99 µs"):
        table.add_column(title, justify="right" if title else "left")
    for (name, load), one in sorted(figures.items(), key=lambda item: item[0][1]):
        cells = (one.requests_per_second, one.cpu_us, one.p50_us, one.p99_us)
        table.add_row(load, TITLES[name], *("–" if cell is None else f"{cell:,.0f}" for cell in cells))
    console.print(table)
    console.print(report.goals(ratios(outcome)))


def keep(outcome: Outcome, directory: Path) -> Path:
    """The report, in a file named after the moment."""
    at = datetime.now(UTC)
    figures = medians(outcome.rounds)
    where = report.placement(outcome.core_of_subject, outcome.core_of_the_rest)
    kept = {
        **report.circumstances(at, where, None),
        "plan": outcome.plan,
        "connections": CONNECTIONS,
        "ratios": report.verdicts(ratios(outcome)),
        "pages": outcome.pages,
        "loads": [
            {"subject": subject, "load": load, "median": figures[subject, load], "rounds": rounds}
            for (subject, load), rounds in outcome.rounds.items()
        ],
    }
    return report.write(kept, directory, f"bench-replica-{at:%Y%m%d-%H%M%S}")
