"""What an operator says after a database was brought back, as the guide has it."""

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.machine import ROOT

GUIDE = ROOT / "docs" / "guide" / "running.md"


def kontor(directory: Path, *words: str, **settings: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-P", "-m", "gateway.cli", *words],
        env={**os.environ, "KONTOR_DATA_DIR": str(directory), "KONTOR_LOG_LEVEL": "ERROR", **settings},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_guides_command_closes_writes_until_a_gateway_has_looked(tmp_path: Path) -> None:
    told = re.search(r"^kontor (recovery begin --since \S+)$", GUIDE.read_text(), re.MULTILINE)
    assert told is not None

    begun = kontor(tmp_path, *told[1].split())
    status = kontor(tmp_path, "recovery", "status")

    assert begun.returncode == 0, begun.stderr
    assert begun.stdout == "writes wait until a gateway has looked at every connection\n"
    (_, row) = status.stdout.splitlines()
    assert row.startswith("2026-11-20 03:00:00  ")
    assert row.endswith("  not yet")


def test_a_time_to_come_is_no_time_of_a_backup(tmp_path: Path) -> None:
    refused = kontor(tmp_path, "recovery", "begin", "--since", "2999-01-01T00:00:00Z")

    assert refused.returncode == 1
    assert "2999-01-01T00:00:00Z is not in the past" in refused.stderr


def test_the_first_command_of_all_makes_what_it_needs_and_a_list_of_nothing_says_so(tmp_path: Path) -> None:
    status = kontor(tmp_path / "not" / "there", "recovery", "status")

    assert status.stdout == "backup of  restored  writes since  to be connected again\n"
    assert status.stderr.endswith("none\n")


def test_a_database_that_does_not_answer_is_one_clear_line(tmp_path: Path) -> None:
    url = "postgresql://nobody@127.0.0.1:9/kontor"
    refused = kontor(tmp_path, "recovery", "status", KONTOR_DATABASE_URL=url)

    assert refused.returncode == 1
    assert "the database at 127.0.0.1:9 does not answer; see KONTOR_DATABASE_URL" in refused.stderr
    assert "Traceback" not in refused.stderr
