"""What a run of the schedule says: on the terminal, and as JSON to compare with other runs."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.benchmarks import report
from tests.benchmarks.schedule.run import Measured

SHARE, MOST, COMMANDS = 0.99, 2, 6.0


def goals(measured: Measured) -> list[dict[str, Any]]:
    """G12 and G13, each with what was wanted and reached."""
    outcome, cost = measured.outcome, measured.commands_per_grant
    share, most, refused = outcome.share, outcome.most_in_a_second, outcome.answered.get(429, 0)
    told = (
        ("G12", "share of the allowed rate used", round(share, 4), SHARE, share >= SHARE),
        ("G12", "most slots in any second", most, MOST, most <= MOST),
        ("G12", "429 from the twin's bucket of 2", refused, 0, refused == 0),
        ("G13", "Redis commands a grant", round(cost, 2), COMMANDS, cost <= COMMANDS),
    )
    names = ("name", "meaning", "value", "goal", "reached")
    return [dict(zip(names, one, strict=True)) for one in told]


def show(measured: Measured) -> None:
    """Each goal on a line."""
    plan = measured.outcome.plan
    print(
        f"\n{plan.processes} processes with {plan.waiting:,} calls waiting each, {plan.seconds:.0f} s,"
        f" {len(measured.outcome.slots_us)} calls"
    )
    for goal in goals(measured):
        verdict = "reached" if goal["reached"] else "missed"
        print(f"{goal['name']} {goal['meaning']:<34} {goal['value']:>7} (goal {goal['goal']}) {verdict}")


def keep(measured: Measured, directory: Path) -> Path:
    """The report, in a file named after the moment."""
    at = datetime.now(UTC)
    outcome = measured.outcome
    kept = {
        **report.circumstances(at, "nothing pinned", None),
        "plan": outcome.plan,
        "calls": len(outcome.slots_us),
        "answered": outcome.answered,
        "goals": goals(measured),
    }
    return report.write(kept, directory, f"bench-schedule-{at:%Y%m%d-%H%M%S}")
