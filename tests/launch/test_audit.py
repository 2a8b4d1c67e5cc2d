"""`kontor audit`: trails as their keeper goes over them, on a database of its own."""

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.timeout(300)


class Office:
    """The command line over one data directory."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("KONTOR_")},
            "KONTOR_DATA_DIR": str(directory),
        }

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "gateway.cli", *arguments],
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def told(self, *arguments: str) -> str:
        ended = self.run(*arguments)
        assert ended.returncode == 0, ended.stderr
        return ended.stdout.strip()

    def rewrite(self, *statements: str) -> None:
        """As somebody who has the file can."""
        with sqlite3.connect(self.directory / "kontor.db") as database:
            for trigger in ("audit_events_no_update", "audit_events_no_delete"):
                database.execute(f"DROP TRIGGER IF EXISTS {trigger}")
            for statement in statements:
                database.execute(statement)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    office = Office(tmp_path_factory.mktemp("audit"))
    tenant = office.told("tenants", "create", "Muster Software GmbH")
    for number in range(2):
        office.told("keys", "create", tenant, "--name", f"key {number}")
    return office


def test_whole_trails_are_told_and_what_is_broken_ends_with_1(office: Office) -> None:
    whole = office.run("audit", "verify")
    kept = office.directory / "heads.jsonl"
    kept.write_text(office.told("audit", "heads") + "\n")
    tenant = json.loads(kept.read_text())["tenantId"]

    assert whole.returncode == 0
    assert f"{tenant}  3        whole" in whole.stdout
    assert office.run("audit", "verify", tenant, "--heads", str(kept)).returncode == 0

    office.rewrite(
        "DELETE FROM audit_events WHERE sequence = 3",
        "UPDATE audit_heads SET sequence = 2, hash = (SELECT hash FROM audit_events WHERE sequence = 2)",
    )
    assert office.run("audit", "verify").returncode == 0
    cut = office.run("audit", "verify", "--heads", str(kept))
    assert (cut.returncode, "BROKEN at entry 3" in cut.stdout) == (1, True)

    office.rewrite("UPDATE audit_events SET actor = 'nobody' WHERE sequence = 1")
    changed = office.run("audit", "verify", tenant)
    assert (changed.returncode, "BROKEN at entry 1" in changed.stdout) == (1, True)


def test_an_unknown_trail_and_a_foreign_head_are_one_line(office: Office) -> None:
    unknown = office.run("audit", "verify", "ten_unknown")
    foreign = office.directory / "foreign.jsonl"
    head = {"tenantId": "t", "sequence": 1, "hash": "00", "at": "2026-11-20T12:00:00Z", "signature": "00"}
    foreign.write_text(json.dumps(head))
    refused = office.run("audit", "verify", "--heads", str(foreign))

    assert (unknown.returncode, "there is no trail of ten_unknown" in unknown.stderr) == (1, True)
    assert (refused.returncode, "line 1: the signature is not" in refused.stderr) == (1, True)
    assert "Traceback" not in unknown.stderr + refused.stderr
