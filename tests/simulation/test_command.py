"""`./kontor simulate` says what it did in one line, and what is wrong with how it was called."""

import subprocess
import sys
from pathlib import Path

import pytest

from gateway.launch import LaunchError, simulation
from tests.machine import ROOT

pytestmark = pytest.mark.timeout(300)


def simulate(*arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "gateway.cli", "simulate", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_the_last_line_tells_seeds_breaks_operations_and_the_hash() -> None:
    done = simulate("--seeds", "2", "--first-seed", "1")

    last = done.stdout.splitlines()[-1]
    assert done.returncode == 0
    assert last.startswith("seeds 2, breaks 0, operations ")
    assert len(last.rpartition("trace hash ")[2]) == 64


def test_processes_beside_each_other_change_nothing_but_the_time() -> None:
    alone, beside = simulate("--seeds", "6"), simulate("--seeds", "6", "--processes", "2")

    assert (alone.returncode, beside.returncode) == (0, 0)
    assert beside.stdout.splitlines()[-1] == alone.stdout.splitlines()[-1]


def test_a_bug_that_was_put_in_is_found_and_the_line_that_replays_it_is_told() -> None:
    done = simulate("--seeds", "30", "--planted", "lines-ignored")

    assert done.returncode == 0
    assert "planted bugs found 1 of 1" in done.stdout
    replay = next(line for line in done.stdout.splitlines() if "./kontor simulate" in line)
    assert "--planted lines-ignored" in replay
    assert "breaks 1" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--planted", "no-such-bug"), "no such bug"),
        (("--seeds", "0"), "0 is not in the range"),
        (("--seeds", "many"), "not a valid integer"),
    ],
)
def test_a_wrong_argument_is_told_and_nothing_is_run(arguments: tuple[str, ...], told: str) -> None:
    done = simulate(*arguments)

    words = " ".join(done.stderr.replace("│", " ").split())
    assert done.returncode == 2
    assert told in words


def test_an_installed_package_has_no_simulation(tmp_path: Path) -> None:
    with pytest.raises(LaunchError, match="part of a checkout"):
        simulation.python_arguments(tmp_path)
