"""What a run over the mapping says: on the terminal, and as JSON to compare with other runs."""

import os
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from rich.console import Console
from rich.table import Table

from tests.benchmarks import report
from tests.benchmarks.mapping.run import GOAL, Outcome

TITLES = {
    "bare": "bare msgspec: decode and encode",
    "reading": "to_unified",
    "writing": "to_native",
    "all_of_reading": "vendor's bytes to unified bytes",
    "all_of_writing": "caller's bytes to vendor's bytes",
}
WHERE = "in this process, by its own CPU time"


def show(outcome: Outcome) -> None:
    """Medians, the goal."""
    console = Console(width=None if os.isatty(1) else 120)
    console.print(f"\nmedians of {outcome.plan.rounds} rounds of {outcome.plan.times:,}; {WHERE}")
    middle = outcome.middle
    table = Table(box=None)
    table.add_column("an invoice of 20 lines")
    table.add_column("CPU µs", justify="right")
    for name, title in TITLES.items():
        table.add_row(title, f"{getattr(middle, name):,.1f}")
    console.print(table)
    console.print(f"mapping both ways / bare: {outcome.mapping:.2f}")
    console.print(f"with decoding and encoding / bare: {outcome.whole:.2f}; {verdict(outcome)}")


def verdict(outcome: Outcome) -> str:
    return f"goal ≤ {GOAL:.0f} " + ("[green]reached[/]" if outcome.reached else "[red]missed[/]")


def keep(outcome: Outcome, directory: Path) -> Path:
    """The report, in a file named after the moment."""
    at = datetime.now(UTC)
    kept = {
        **report.circumstances(at, WHERE, None),
        "plan": outcome.plan,
        "ratios": {
            "mapping": outcome.mapping,
            "whole": outcome.whole,
            "goal": GOAL,
            "reached": outcome.reached,
        },
        "median": outcome.middle,
        "rounds": outcome.rounds,
    }
    return report.write(msgspec.to_builtins(kept), directory, f"bench-mapping-{at:%Y%m%d-%H%M%S}")
