"""What a run says: on the terminal, and as JSON to compare with other runs."""

import os
import platform
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table

from tests.benchmarks.figures import Figures, Ratio, medians, ratios
from tests.benchmarks.run import CONNECTIONS, Outcome

LIBRARIES = (
    "granian",
    "litestar",
    "httpx2",
    "msgspec",
    "fastapi",
    "uvicorn",
    "httpx",
    "pydantic",
    "uvloop",
    "httptools",
)

FULLY_LOADED = (("bare", "many"), ("kontor", "many"), ("fastapi", "many"))
"""Slower than the load generator, so that 32 connections keep them busy all the time."""
ENOUGH = 0.85


def progress(line: str) -> None:
    print(line, flush=True)


def show(outcome: Outcome) -> None:
    """Medians of all subjects, then the goals."""
    console = Console(width=None if os.isatty(1) else 120)
    figures = medians(outcome.rounds)
    where = placement(outcome.core_of_subject, outcome.core_of_the_rest)
    console.print(f"\nmedians of {outcome.plan.rounds} rounds; {where}")
    table = Table(box=None)
    for title in (
        "",
        "requests/s",
        "CPU µs",
        "p50 µs",
        "p99 µs",
        "p50 µs, 1 line",
        "p99 µs, 1 line",
        "20 ms: requests/s",
        "20 ms, one invoice",
    ):
        table.add_column(title, justify="left" if not title else "right")
    for name, title in outcome.titles.items():
        many, one, slow, same = (figures.get((name, load)) for load in CONNECTIONS)
        table.add_row(title, *_cells(many, one, slow, same))
    console.print(table)
    console.print(goals(ratios(outcome.rounds)))
    for name in outcome.lacking:
        console.print(f"not measured: {name} is not installed")
    if (busy := crowded(figures)) is not None:
        console.print(f"[yellow]{busy}[/]")


def _cells(
    many: Figures | None, one: Figures | None, slow: Figures | None, same: Figures | None
) -> list[str]:
    def shown(value: float | None) -> str:
        return "–" if value is None else f"{value:,.0f}"

    return [
        shown(many and many.requests_per_second),
        shown(many and many.cpu_us),
        shown(many and many.p50_us),
        shown(many and many.p99_us),
        shown(one and one.p50_us),
        shown(one and one.p99_us),
        shown(slow and slow.requests_per_second),
        shown(same and same.requests_per_second),
    ]


def goals(ratios: Sequence[Ratio]) -> Table:
    table = Table(box=None)
    for title in ("goal", "", "reached", "wanted", "by CPU", ""):
        table.add_column(title)
    for ratio in ratios:
        table.add_row(*_goal_cells(ratio))
    return table


def _goal_cells(ratio: Ratio) -> list[str]:
    verdict = {None: "", True: "[green]reached[/]", False: "[red]missed[/]"}[ratio.reached]
    wanted = "printed" if ratio.goal is None else f"≥ {ratio.goal:.2f}"
    by_cpu = "" if ratio.by_cpu is None else f"{ratio.by_cpu:.2f}"
    return [ratio.name, ratio.meaning, f"{ratio.value:.2f}", wanted, by_cpu, verdict]


def crowded(
    figures: Mapping[tuple[str, str], Figures], loaded: Sequence[tuple[str, str]] = FULLY_LOADED
) -> str | None:
    """A warning when a server that had enough to do got less than its core."""
    busy = [share for which in loaded if (share := _share(figures.get(which))) is not None]
    if not busy or min(busy) >= ENOUGH:
        return None
    return (
        f"a server under full load had only {min(busy):.0%} of its core: the machine was busy with something "
        "else; trust the ratios by CPU, not requests/s, latencies and G6"
    )


def _share(figures: Figures | None) -> float | None:
    return None if figures is None else figures.core_share


def placement(core_of_subject: int | None, core_of_the_rest: int | None) -> str:
    if core_of_subject is None:
        return "one core for all: nothing pinned, so the load generator takes time from what it measures"
    return (
        f"the measured server alone on core {core_of_subject}, "
        f"load generator and upstream on core {core_of_the_rest}"
    )


def as_json(outcome: Outcome, at: datetime) -> dict[str, Any]:
    """Everything, rounds included; times in microseconds."""
    return {
        **circumstances(
            at,
            placement(outcome.core_of_subject, outcome.core_of_the_rest),
            crowded(medians(outcome.rounds)),
        ),
        "plan": outcome.plan,
        "notMeasured": outcome.lacking,
        "ratios": verdicts(ratios(outcome.rounds)),
        "subjects": {
            name: {
                "title": title,
                "loads": {
                    load: {
                        "connections": CONNECTIONS[load],
                        "median": median,
                        "rounds": outcome.rounds[name, load],
                    }
                    for (subject, load), median in medians(outcome.rounds).items()
                    if subject == name
                },
            }
            for name, title in outcome.titles.items()
        },
    }


def circumstances(at: datetime, placement: str, crowded: str | None) -> dict[str, Any]:
    """When, where and with what it was measured."""
    return {
        "at": at.isoformat(timespec="seconds"),
        "machine": {
            "system": platform.platform(),
            "python": platform.python_version(),
            "cores": os.cpu_count(),
            "loadAverage": list(os.getloadavg()),
            "placement": placement,
            "crowded": crowded,
        },
        "libraries": {name: version for name in LIBRARIES if (version := _version(name))},
    }


def verdicts(ratios: Sequence[Ratio]) -> list[dict[str, Any]]:
    return [{**msgspec.to_builtins(one), "reached": one.reached} for one in ratios]


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def keep(outcome: Outcome, directory: Path) -> Path:
    """The report, in a file named after the moment."""
    at = datetime.now(UTC)
    return write(as_json(outcome, at), directory, f"bench-{at:%Y%m%d-%H%M%S}")


def write(report: dict[str, Any], directory: Path, name: str) -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / f"{name}.json"
    path.write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n")
    return path
