"""What a run about news says: on the terminal, and as JSON."""

from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from tests.benchmarks import report
from tests.benchmarks.figures import Ratio, percentile
from tests.benchmarks.telling.run import Outcome

GOAL_S = 1.0


def ratios(outcome: Outcome) -> list[Ratio]:
    """A ceiling, told the other way about."""
    told = "at most a second, beside the vendor's call: 1 s / event in to webhook out, p50"
    return [Ratio("R news", told, GOAL_S / outcome.own_s, 1.0)]


def show(outcome: Outcome) -> None:
    console = Console(width=120)
    worst, call = percentile(outcome.told_s, 95), percentile(outcome.call_s, 50)
    console.print(
        f"\n{len(outcome.told_s)} changes: event in to webhook out p50 {outcome.p50_s * 1e3:,.0f} ms,"
        f" p95 {worst * 1e3:,.0f} ms; the vendor's call by itself {call * 1e3:,.0f} ms"
    )
    console.print(report.goals(ratios(outcome)))


def keep(outcome: Outcome, directory: Path) -> Path:
    """The report, in a file named after the moment."""
    at = datetime.now(UTC)
    kept = {
        **report.circumstances(at, "one machine for gateway, twin and receiver", None),
        "ratios": report.verdicts(ratios(outcome)),
        "outcome": outcome,
    }
    return report.write(kept, directory, f"bench-news-{at:%Y%m%d-%H%M%S}")
