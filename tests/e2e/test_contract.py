"""SEC-37: a stranger's checker reads our description and finds the gateway behaving as described."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests.launch.test_first_hour import Kontor

pytestmark = pytest.mark.timeout(600)

CONFIGURATION = Path(__file__).with_name("schemathesis.toml")
HOOKS = CONFIGURATION.with_name("schemathesis_hooks.py")
LEAST = 500
ANSWERED = {
    "GET /v1/accounting/accounts/meta",
    "GET /v1/accounting/customers/{id}",
    "GET /v1/accounting/invoices",
    "GET /v1/accounting/invoices/{id}",
    "GET /v1/accounting/invoices/{id}/document",
    "GET /v1/connections/{id}/capabilities",
    "POST /v1/accounting/customers",
    "POST /v1/accounting/files",
    "POST /v1/accounting/invoices",
    "POST /v1/passthrough",
}
"""Doors of all kinds behind which the checker has to have been."""
OWN_KEYS = r"^/v1/(connections/\{id\}/account-key|api-keys/\{id\})$"
"""A lucky id would take away what the checker calls with."""
STREAMS = r"/stream$"
"""Go on for as long as the checker lets them."""


@pytest.fixture
def unhurried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kontor]:
    """A gateway and a twin that let every call through at once."""
    monkeypatch.setenv("KONTOR_SCHEDULER", "false")
    monkeypatch.setenv("KONTOR_REQUEST_LIMIT", "0")
    monkeypatch.setenv("KONTOR_TWIN_RATE_LIMIT", "off")
    monkeypatch.setenv("KONTOR_REQUEST_LIMIT", "0")  # a checker asks more than anybody
    run = Kontor(tmp_path / "data")
    yield run
    run.stop()
    run.close()


def ids(demo: dict[str, str]) -> dict[str, str]:
    """By the path of a list, the id of something in it."""
    found: dict[str, str] = {}
    with caller(demo) as http:
        paths = http.get("/openapi.json").json()["paths"]
        for path in (path for path in paths if f"{path}/{{id}}" in paths and "get" in paths[path]):
            rows = http.get(path).json().get("data", ())
            rows = sorted(rows, key=lambda row: row.get("status") == "draft")  # a draft has no document
            found.update((path, row["id"]) for row in rows[:1])
    return found


def succeeded(demo: dict[str, str]) -> set[str]:
    """The doors that answered 200 or 201, by the call log."""
    doors: set[str] = set()
    with caller(demo) as http:
        for status in (200, 201):
            before: str | None = ""
            while before is not None:
                query = {"limit": 250, "status": status} | ({"before": before} if before else {})
                page = http.get("/v1/requests", params=query).json()
                doors.update(f"{row['method']} {row['route']}" for row in page["data"])
                before = page["page"]["next"]
    return doors


def caller(demo: dict[str, str]) -> httpx2.Client:
    """The demo tenant's program."""
    keys = {"X-API-KEY": demo["apiKey"], "X-ACCOUNT-KEY": demo["accountKey"]}
    return httpx2.Client(base_url=demo["baseUrl"], headers=keys, trust_env=False, timeout=30)


def test_a_checker_made_by_others_finds_nothing(unhurried: Kontor, tmp_path: Path) -> None:
    demo = unhurried.demo()
    seed = os.environ.get("KONTOR_SEED", str(os.getpid()))
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIGURATION), "run"]
    command += [f"{demo['baseUrl']}/openapi.json", "--seed", seed, "--no-shrink", "--continue-on-failure"]
    command += ["--phases", "examples,coverage,fuzzing", "--max-examples", "3", "--checks", "all"]
    command += ["--exclude-path-regex", f"{OWN_KEYS}|{STREAMS}", "--header", f"X-API-KEY: {demo['apiKey']}"]
    command += ["--header", f"X-ACCOUNT-KEY: {demo['accountKey']}"]

    done = subprocess.run(
        command,
        cwd=tmp_path,
        env={**os.environ, "SCHEMATHESIS_HOOKS": str(HOOKS), "CHECKER_IDS": json.dumps(ids(demo))},
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )

    generated = re.search(r"(\d+) generated", done.stdout)
    assert done.returncode == 0, f"seed {seed}\n{done.stdout[:20_000]}\n{done.stderr[-2_000:]}"
    assert generated is not None
    assert int(generated[1]) >= LEAST
    assert succeeded(demo) >= ANSWERED
    print(f"SEC-37: {generated[0]}, seed {seed}")
