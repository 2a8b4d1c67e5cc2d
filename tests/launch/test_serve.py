"""`kontor serve` and `kontor worker` around a small application: one gateway without a supervisor."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest
from click.testing import CliRunner

from gateway import cli

PATIENCE_S = 30.0


class Serve:
    """One run of the command on `data_dir`, on a free port."""

    def __init__(self, data_dir: Path, **settings: str) -> None:
        environment = {**os.environ, "KONTOR_DATA_DIR": str(data_dir), "KONTOR_PORT": "0", **settings}
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", "tests.launch.fakes", "serve"],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.url = ""

    def wait_ready(self) -> "Serve":
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        match = re.fullmatch(r"Kontor listens on (http://127\.0\.0\.1:\d+)\n", line)
        assert match, line
        self.url = match[1]
        for _ in range(100):
            try:
                self.ask()
            except OSError:
                time.sleep(0.1)
            else:
                return self
        pytest.fail("it does not answer")

    def ask(self, path: str = "/") -> int:
        """The process id of the worker that answers."""
        with urllib.request.urlopen(self.url + path, timeout=10) as answer:
            return int(answer.read())

    def close(self) -> None:
        self.process.kill()
        with self.process:
            pass


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Serve]]:
    with ExitStack() as stack:

        def begin(data_dir: Path | None = None, **settings: str) -> Serve:
            run = Serve(data_dir or tmp_path, **settings)
            stack.callback(run.close)
            return run

        yield begin


def test_a_request_that_is_running_is_finished_before_it_stops(start: Callable[..., Serve]) -> None:
    run = start().wait_ready()
    answers: list[int] = []
    slow = threading.Thread(target=lambda: answers.append(run.ask("/slow")))
    slow.start()
    time.sleep(0.3)

    run.process.send_signal(signal.SIGTERM)

    assert run.process.wait(PATIENCE_S) == 0
    slow.join(PATIENCE_S)
    assert len(answers) == 1


def test_no_worker_survives_a_kill(start: Callable[..., Serve]) -> None:
    run = start().wait_ready()
    worker = psutil.Process(run.ask())

    run.process.kill()

    gone, _ = psutil.wait_procs([worker], timeout=PATIENCE_S)
    assert gone


def test_a_second_gateway_on_a_directory_with_sqlite_is_refused(start: Callable[..., Serve]) -> None:
    first = start().wait_ready()

    second = start()
    out, _ = second.process.communicate(timeout=PATIENCE_S)

    assert second.process.returncode == 1
    assert "already runs on" in out
    assert f"(process {first.process.pid})" in out


@pytest.mark.needs("postgres")
def test_two_gateways_share_a_directory_with_postgresql(
    start: Callable[..., Serve], postgres_url: str
) -> None:
    first = start(KONTOR_DATABASE_URL=postgres_url).wait_ready()
    second = start(KONTOR_DATABASE_URL=postgres_url).wait_ready()

    assert first.ask() != second.ask()


def test_a_database_that_is_away_is_one_clear_line(start: Callable[..., Serve]) -> None:
    run = start(KONTOR_DATABASE_URL="postgresql+psycopg://kontor:hidden@127.0.0.1:9/kontor")

    out, _ = run.process.communicate(timeout=PATIENCE_S)

    assert run.process.returncode == 1
    assert out == "Error: the database at 127.0.0.1:9 does not answer; see KONTOR_DATABASE_URL\n"


def test_a_worker_with_sqlite_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KONTOR_DATA_DIR", str(tmp_path))

    done = CliRunner().invoke(cli.main, ["worker"])

    assert done.exit_code == 1
    assert "a worker needs PostgreSQL" in done.output
