"""The composed topology as processes: two gateways, a worker and the twin, on PostgreSQL and Valkey."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.needs("postgres", "valkey"), pytest.mark.timeout(120)]

READY = re.compile(r"(?:Kontor listens on|Lexware twin listening on) (http://\S+)|\"event\":\"worker ready\"")


class Topology:
    """Processes of one installation, by name, with the settings they share."""

    def __init__(self, directory: Path, stack: ExitStack, **settings: str) -> None:
        self.directory = directory
        self.stack = stack
        self.settings = settings
        self.processes: dict[str, subprocess.Popen[str]] = {}

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-P", "-m", "gateway.cli", *words]

    def environment(self, name: str) -> dict[str, str]:
        home = self.directory / name
        return {**os.environ, "KONTOR_DATA_DIR": str(home), "KONTOR_PORT": "0", **self.settings}

    def begin(self, name: str, *words: str) -> str:
        """Start `kontor …` and wait for its line; the address in it."""
        process = subprocess.Popen(
            self.command(*words),
            env=self.environment(name),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.processes[name] = process
        self.stack.callback(self.close, process)
        assert process.stdout is not None
        for line in process.stdout:
            if found := READY.search(line):
                return found[1] or ""
        pytest.fail(f"{name} ended before it was ready")

    def close(self, process: subprocess.Popen[str]) -> None:
        process.kill()
        with process:
            pass

    def run(self, *words: str) -> str:
        """What a short command prints."""
        done = subprocess.run(
            self.command(*words),
            env=self.environment("operator"),
            capture_output=True,
            text=True,
            timeout=50,
            check=True,
        )
        return done.stdout.strip()


def ask(url: str, **headers: str) -> tuple[int, Any]:
    """Status and JSON of a GET; waits for a server that is still starting."""
    request = urllib.request.Request(url, headers=headers)
    for _ in range(200):
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"{url} does not answer")


@pytest.fixture
def topology(tmp_path: Path, postgres_url: str, valkey_url: str) -> Iterator[Topology]:
    with ExitStack() as stack:
        settings = {
            "KONTOR_DATABASE_URL": postgres_url,
            "KONTOR_REDIS_URL": valkey_url,
            "KONTOR_VAULT_KEY_FILE": str(tmp_path / "vault.json"),
        }
        yield Topology(tmp_path, stack, **settings)


def test_a_key_made_by_command_line_opens_both_gateways_until_it_is_revoked(topology: Topology) -> None:
    topology.settings["KONTOR_TWIN_URL"] = topology.begin("twin", "twin")
    gateways = [topology.begin(name, "serve") for name in ("gateway-a", "gateway-b")]
    topology.begin("worker", "worker")
    tenant = topology.run("tenants", "create", "Muster Software GmbH")
    key = topology.run("keys", "create", tenant)

    opened = [ask(f"{url}/v1/connections", **{"X-API-KEY": key})[0] for url in gateways]
    (row,) = [line for line in topology.run("keys", "list", tenant).splitlines() if "key_" in line]
    topology.run("keys", "revoke", tenant, row.split()[0])
    time.sleep(5)
    closed = [ask(f"{url}/v1/connections", **{"X-API-KEY": key})[0] for url in gateways]

    assert (opened, closed) == ([200, 200], [401, 401])


def test_every_process_stops_when_told(topology: Topology) -> None:
    topology.settings["KONTOR_TWIN_URL"] = topology.begin("twin", "twin")
    for name, word in {"gateway-a": "serve", "gateway-b": "serve", "worker": "worker"}.items():
        url = topology.begin(name, word)
        if url:
            ask(f"{url}/health/ready")

    for process in topology.processes.values():
        process.send_signal(signal.SIGTERM)

    codes = {name: process.wait(40) for name, process in topology.processes.items()}
    assert codes == {"twin": 0, "gateway-a": 0, "gateway-b": 0, "worker": 0}
