"""`python -m tests.benchmarks`: run, print, keep."""

import asyncio
import importlib.util
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import rich_click as click

from gateway.launch import LaunchError
from tests.benchmarks import report
from tests.benchmarks.load import LoadError
from tests.benchmarks.mapping import report as mapping_report
from tests.benchmarks.mapping import run as mapping_run
from tests.benchmarks.replica import report as replica_report
from tests.benchmarks.replica import run as replica_run
from tests.benchmarks.run import Plan, run
from tests.benchmarks.schedule import report as schedule_report
from tests.benchmarks.schedule import run as schedule_run
from tests.benchmarks.subjects import SUBJECTS
from tests.benchmarks.telling import report as telling_report
from tests.benchmarks.telling import run as telling_run
from tests.benchmarks.twin import report as twin_report
from tests.benchmarks.twin import run as twin_run

REPORTS = Path(__file__).resolve().parent.parent.parent / "reports"
FULL = Plan(rounds=5, many_s=1.5, one_s=0.8, slow_s=1.5, warm_s=0.3)
QUICK = Plan(rounds=3, many_s=0.5, one_s=0.3, slow_s=0.5, warm_s=0.1)
SCHEDULE = schedule_run.Plan(processes=4, waiting=1000, seconds=600)
SCHEDULE_QUICK = schedule_run.Plan(processes=4, waiting=1000, seconds=60)
NEWS, NEWS_QUICK = telling_run.Plan(times=40), telling_run.Plan(times=5)
NEEDS = {
    "fastapi": lambda: importlib.util.find_spec("fastapi") and importlib.util.find_spec("uvicorn"),
    "nginx": lambda: shutil.which("nginx"),
}
"""References that this machine may lack."""


@click.command()
@click.option("--quick", is_flag=True, help="Fewer and shorter rounds: half a minute, more noise.")
@click.option("--only", default="", help="Measure these alone, comma-separated: kontor, direct, bare, …")
@click.option("--twin", is_flag=True, help="Measure the Lexware twin instead: speed and memory.")
@click.option("--mapping", is_flag=True, help="Measure the mapping of an invoice instead: CPU, no server.")
@click.option("--schedule", is_flag=True, help="Measure the schedule of calls over processes: 10 minutes.")
@click.option("--replica", is_flag=True, help="Measure reads from the replica instead, on both databases.")
@click.option("--news", is_flag=True, help="Measure event in to webhook out instead: 5 minutes.")
def main(
    quick: bool, only: str, twin: bool, mapping: bool, schedule: bool, replica: bool, news: bool
) -> None:
    """Measure a live read against references in the same run, and keep the figures in reports/."""
    # Stopped from outside we still end what we started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    plan = QUICK if quick else FULL
    if only and (twin or mapping or schedule or replica or news):
        raise click.UsageError("--only chooses among the gateway's references; others have one.")
    if twin:
        _measure_twin(plan)
    elif mapping:
        _measure_mapping(plan)
    elif schedule:
        _measure_schedule(SCHEDULE_QUICK if quick else SCHEDULE)
    elif replica:
        _measure_replica(plan)
    elif news:
        _measure_news(NEWS_QUICK if quick else NEWS)
    else:
        _measure_gateway(plan, only)


def _measure_twin(plan: Plan) -> None:
    with _scratch() as directory:
        outcome = asyncio.run(twin_run.run(plan, directory, report.progress))
    twin_report.show(outcome)
    print(f"\nfigures kept in {twin_report.keep(outcome, REPORTS)}")


def _measure_mapping(plan: Plan) -> None:
    outcome = mapping_run.run(mapping_run.Plan(rounds=plan.rounds * 3, times=1_000))
    mapping_report.show(outcome)
    print(f"\nfigures kept in {mapping_report.keep(outcome, REPORTS)}")


def _measure_schedule(plan: schedule_run.Plan) -> None:
    with _scratch() as directory:
        measured = asyncio.run(schedule_run.measure(plan, directory))
    schedule_report.show(measured)
    print(f"\nfigures kept in {schedule_report.keep(measured, REPORTS)}")


def _measure_replica(plan: Plan) -> None:
    with _scratch() as directory:
        outcome = asyncio.run(replica_run.run(plan, directory, report.progress))
    replica_report.show(outcome)
    print(f"\nfigures kept in {replica_report.keep(outcome, REPORTS)}")


def _measure_news(plan: telling_run.Plan) -> None:
    with _scratch() as directory:
        outcome = telling_run.run(plan, directory, report.progress)
    telling_report.show(outcome)
    print(f"\nfigures kept in {telling_report.keep(outcome, REPORTS)}")


def _measure_gateway(plan: Plan, only: str) -> None:
    lacking = tuple(name for name, there in NEEDS.items() if not there())
    chosen = [name for name in only.split(",") if name] or list(SUBJECTS)
    if unknown := set(chosen) - set(SUBJECTS):
        raise click.BadParameter(f"no such subject: {', '.join(sorted(unknown))}", param_hint="--only")
    with _scratch() as directory:
        outcome = asyncio.run(run(plan, directory, chosen, lacking, report.progress))
    report.show(outcome)
    print(f"\nfigures kept in {report.keep(outcome, REPORTS)}")


@contextmanager
def _scratch() -> Iterator[Path]:
    """A directory for the servers; what goes wrong with them is one line."""
    with tempfile.TemporaryDirectory(prefix="kontor-bench-") as directory:
        try:
            yield Path(directory)
        except (LaunchError, LoadError) as error:
            raise click.ClickException(str(error)) from error


if __name__ == "__main__":
    main(prog_name="kontor bench")
