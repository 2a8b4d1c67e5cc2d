"""`kontor up` as a newcomer meets it: the real gateway, the real twin."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psutil
import pytest

pytestmark = pytest.mark.timeout(120)


class Kontor:
    """One `kontor up` on `data_dir`, ready."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", "gateway.cli", "up"],
            env={**os.environ, "KONTOR_DATA_DIR": str(data_dir), "KONTOR_PORT": "0"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert self.process.stdout is not None
        self.output = ""
        for line in self.process.stdout:
            self.output += line
            if "Ctrl-C" in line:
                return
        pytest.fail(f"it ended before it was ready:\n{self.output}")

    def demo(self) -> dict[str, str]:
        return json.loads((self.data_dir / "demo.json").read_text())

    def paste(self) -> dict[str, Any]:
        """What the printed line answers when pasted into a shell."""
        line = next(line for line in self.output.splitlines() if line.startswith("curl "))
        done = subprocess.run(
            ["/bin/sh", "-c", f"{line} --silent --fail-with-body"],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout)

    def stop(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(60)

    def close(self) -> None:
        self.process.kill()
        with self.process:
            pass


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[], Kontor]]:
    with ExitStack() as stack:

        def begin() -> Kontor:
            run = Kontor(tmp_path / "data")
            stack.callback(run.close)
            return run

        yield begin


def test_the_printed_line_lists_the_twins_invoices(start: Callable[[], Kontor]) -> None:
    listed = start().paste()

    assert listed["data"]
    assert listed["meta"]["target"] == "lexoffice-sandbox"


def test_a_second_start_keeps_keys_and_books(start: Callable[[], Kontor]) -> None:
    first = start()
    before = first.demo()
    invoices = [invoice["id"] for invoice in first.paste()["data"]]
    assert first.stop() == 0

    second = start()
    after = second.demo()

    assert (after["apiKey"], after["accountKey"]) == (before["apiKey"], before["accountKey"])
    assert [invoice["id"] for invoice in second.paste()["data"]] == invoices


def test_nothing_survives_a_kill_of_the_command(start: Callable[[], Kontor]) -> None:
    run = start()
    family = psutil.Process(run.process.pid).children(recursive=True)

    run.process.kill()

    _, alive = psutil.wait_procs(family, timeout=30)
    assert len(family) >= 3
    assert alive == []


def test_logs_and_process_arguments_hold_no_key(start: Callable[[], Kontor]) -> None:
    run = start()
    run.paste()
    demo = run.demo()
    family = [psutil.Process(run.process.pid), *psutil.Process(run.process.pid).children(recursive=True)]

    seen = " ".join(word for process in family for word in process.cmdline())
    seen += "".join((run.data_dir / name).read_text() for name in ("gateway.log", "twin.log"))

    assert "/v1/accounting/invoices" in seen
    assert demo["apiKey"] not in seen
    assert demo["accountKey"] not in seen
