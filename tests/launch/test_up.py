"""`kontor up` around small stand-ins: what it prints, writes, refuses, and leaves behind."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psutil
import pytest

PATIENCE_S = 30.0


class Up:
    """One run of the command on `data_dir`."""

    def __init__(self, data_dir: Path, port: int = 0) -> None:
        self.data_dir = data_dir
        environment = {**os.environ, "KONTOR_DATA_DIR": str(data_dir), "KONTOR_PORT": str(port)}
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", "tests.launch.fakes", "up"],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.output = ""

    def wait_ready(self) -> "Up":
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.output += line
            if "Ctrl-C" in line:
                return self
        pytest.fail(f"it ended before it was ready:\n{self.output}")

    def ended(self) -> int:
        """Its exit code; the rest of its output is kept."""
        rest, _ = self.process.communicate(timeout=PATIENCE_S)
        self.output += rest
        return self.process.returncode

    def close(self) -> None:
        self.process.kill()
        with self.process:
            pass

    def demo(self) -> dict[str, Any]:
        return json.loads((self.data_dir / "demo.json").read_text())

    def ask(self) -> int:
        """The process id of the worker that answers."""
        with urllib.request.urlopen(self.demo()["baseUrl"] + "/", timeout=5) as answer:
            return int(answer.read())

    def family(self) -> dict[str, psutil.Process]:
        """The processes by role: the command, granian's main process, its worker, the twin."""
        command = psutil.Process(self.process.pid)
        worker = psutil.Process(self.ask())
        twin = psutil.Process(int((self.data_dir / "twin" / "pid").read_text()))
        main = worker.parent()
        assert main is not None
        assert {child.pid for child in command.children()} == {main.pid, twin.pid}
        return {"command": command, "main": main, "worker": worker, "twin": twin}


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Up]]:
    with ExitStack() as stack:

        def begin(**options: Any) -> Up:
            run = Up(options.pop("data_dir", tmp_path / "data"), **options)
            stack.callback(run.close)
            return run

        yield begin


def assert_gone(*processes: psutil.Process) -> None:
    gone, alive = psutil.wait_procs(processes, timeout=PATIENCE_S)
    zombies = [process for process in alive if process.status() == psutil.STATUS_ZOMBIE]
    assert len(gone) + len(zombies) == len(processes), f"still there: {alive}"


def test_what_it_prints_works_when_pasted(start: Callable[..., Up]) -> None:
    run = start().wait_ready()
    curl = next(line for line in run.output.splitlines() if line.startswith("curl "))

    answer = subprocess.run(
        ["/bin/sh", "-c", f"{curl} --silent --fail"], capture_output=True, text=True, timeout=20
    )

    assert (answer.returncode, answer.stdout) == (0, str(run.ask()))


def test_demo_json_is_private_and_complete(start: Callable[..., Up]) -> None:
    run = start().wait_ready()
    demo = run.demo()

    assert stat.S_IMODE((run.data_dir / "demo.json").stat().st_mode) == 0o600
    assert demo.keys() == {"baseUrl", "apiKey", "accountKey", "target", "twinUrl"}
    assert demo["apiKey"] in run.output


def test_twin_json_lies_where_a_twin_alone_would_leave_it(start: Callable[..., Up]) -> None:
    run = start().wait_ready()

    place = json.loads((run.data_dir / "twin.json").read_text())

    assert place == json.loads((run.data_dir / "twin" / "twin.json").read_text())
    assert place["url"] == run.demo()["twinUrl"]


def test_logs_are_private(start: Callable[..., Up]) -> None:
    run = start().wait_ready()

    modes = {name: stat.S_IMODE((run.data_dir / name).stat().st_mode) for name in ("gateway.log", "twin.log")}

    assert modes == {"gateway.log": 0o600, "twin.log": 0o600}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_stop_ends_all_and_is_no_failure(start: Callable[..., Up], number: signal.Signals) -> None:
    run = start().wait_ready()
    family = run.family()

    run.process.send_signal(number)

    assert run.ended() == 0
    assert_gone(*family.values())


def test_a_second_start_keeps_the_keys(start: Callable[..., Up]) -> None:
    first = start().wait_ready()
    key = first.demo()["apiKey"]
    first.process.terminate()
    first.ended()

    second = start().wait_ready()

    assert second.demo()["apiKey"] == key


def test_the_same_port_can_be_taken_again_at_once(start: Callable[..., Up]) -> None:
    first = start().wait_ready()
    port = int(first.demo()["baseUrl"].rpartition(":")[2])
    first.ask()
    first.process.terminate()
    first.ended()

    second = start(port=port).wait_ready()

    assert second.demo()["baseUrl"] == f"http://127.0.0.1:{port}"


def test_a_second_process_on_the_directory_is_refused_with_the_first_ones_id(
    start: Callable[..., Up],
) -> None:
    first = start().wait_ready()

    second = start()

    assert second.ended() == 1
    assert second.output == (
        f"Error: Kontor already runs on {first.data_dir} (process {first.process.pid}); "
        "stop it or set another KONTOR_DATA_DIR\n"
    )


def test_a_port_in_use_is_one_clear_line(start: Callable[..., Up]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        run = start(port=port)

        assert run.ended() == 1
    line = f"port {port} on 127.0.0.1 is in use; stop what uses it or set KONTOR_PORT (0 takes a free one)"
    assert run.output == f"Error: {line}\n"


def test_another_gateways_port_is_in_use_too(start: Callable[..., Up], tmp_path: Path) -> None:
    first = start().wait_ready()
    port = int(first.demo()["baseUrl"].rpartition(":")[2])

    second = start(port=port, data_dir=tmp_path / "other")

    assert second.ended() == 1
    assert f"port {port} on 127.0.0.1 is in use" in second.output


def test_a_data_directory_that_cannot_be_made_is_one_clear_line(
    start: Callable[..., Up], tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    run = start(data_dir=tmp_path / "file" / "data")

    assert run.ended() == 1
    assert run.output == (
        f"Error: cannot write to the data directory {run.data_dir} (Not a directory); "
        "set KONTOR_DATA_DIR to one you may write to\n"
    )


@pytest.mark.parametrize("victim", ["command", "main", "worker"])
def test_nothing_survives_a_kill(start: Callable[..., Up], victim: str) -> None:
    run = start().wait_ready()
    family = run.family()

    family[victim].kill()

    assert_gone(*family.values())


def test_nothing_survives_a_kill_of_the_whole_group(start: Callable[..., Up]) -> None:
    run = start().wait_ready()
    family = run.family()

    os.killpg(run.process.pid, signal.SIGKILL)

    assert_gone(*family.values())


@pytest.mark.parametrize(
    ("victim", "line"),
    [
        ("twin", "Error: the Lexware twin ended (exit code -9)"),
        ("main", "Error: the gateway ended (exit code -9)"),
        ("worker", "Error: the gateway ended (exit code 1)"),
    ],
)
def test_a_part_that_dies_ends_the_command_with_a_line(
    start: Callable[..., Up], victim: str, line: str
) -> None:
    run = start().wait_ready()
    family = run.family()

    family[victim].kill()

    assert run.ended() == 1
    assert line in run.output
    assert_gone(*family.values())


def test_the_directory_is_free_again_after_a_kill(start: Callable[..., Up]) -> None:
    first = start().wait_ready()
    family = first.family()
    family["command"].kill()
    assert_gone(*family.values())

    assert start().wait_ready().ask() > 0


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere granian's worker inherits no descriptors")
def test_the_worker_itself_holds_the_lock_of_the_directory(start: Callable[..., Up]) -> None:
    run = start().wait_ready()

    held = {file.path for file in psutil.Process(run.ask()).open_files()}

    assert str(run.data_dir / "kontor.lock") in held
