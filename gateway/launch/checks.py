"""`kontor check`: what has to hold before a change lands."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
from rich.console import Console
from rich.table import Table

from gateway.launch import freshness, sizes

AT_ONCE = 2


class Check(msgspec.Struct, frozen=True):
    """One thing to hold: `run(root)` gives None, or what is wrong."""

    name: str
    run: Callable[[Path], str | None]
    remedy: str


class Outcome(msgspec.Struct, frozen=True):
    check: Check
    trouble: str | None
    seconds: float


def program(name: str, *arguments: str) -> Callable[[Path], str | None]:
    """A check by a program of the environment: it holds when the exit code is 0."""

    def run(root: Path) -> str | None:
        command = [str(Path(sys.executable).parent / name), *arguments]
        try:
            done = subprocess.run(
                command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
            )
        except FileNotFoundError:
            return f"{name} is not installed: ./kontor check installs the extra dev"
        return None if done.returncode == 0 else done.stdout.strip()

    return run


CHECKS = (
    Check("types", program("basedpyright"), "correct the types"),
    Check(
        "imports", program("lint-imports", "--no-logo"), "a room reaches where it may not: see pyproject.toml"
    ),
    Check("lint", program("ruff", "check"), "ruff check --fix corrects what it can"),
    Check("format", program("ruff", "format", "--check"), "ruff format"),
    Check("dependencies", program("deptry", ".", "--no-ansi"), "declare what is imported, and only that"),
    Check(
        "generated files", freshness.stale, "./kontor openapi writes them; read the difference as a customer"
    ),
)
"""The slowest first, since two run at once."""


def run_all(root: Path, checks: Sequence[Check] = CHECKS) -> bool:
    """Run the checks, print the troubles, a report of sizes and a table; whether all hold."""
    console = Console()
    outcomes = list(_outcomes(root, checks))
    table = Table("check", "", "seconds", box=None)
    for outcome in outcomes:
        verdict = "[green]ok[/]" if outcome.trouble is None else "[red]failed[/]"
        table.add_row(outcome.check.name, verdict, f"{outcome.seconds:.1f}")
    failed = [outcome for outcome in outcomes if outcome.trouble is not None]
    for outcome in failed:
        console.rule(outcome.check.name)
        print(outcome.trouble)
        print(f"→ {outcome.check.remedy}")
    console.rule("sizes")
    print(sizes.report(root))
    console.rule()
    console.print(table)
    return not failed


def _outcomes(root: Path, checks: Sequence[Check]) -> Iterator[Outcome]:
    def timed(check: Check) -> Outcome:
        begin = time.perf_counter()
        trouble = check.run(root)
        return Outcome(check, trouble, time.perf_counter() - begin)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield from pool.map(timed, checks)
