"""`kontor listen` as a developer uses it, with the receiver of the guide behind it."""

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.launch.test_first_hour import Kontor
from tests.machine import ROOT
from tests.servers import free_port

pytestmark = pytest.mark.timeout(180)
GUIDE = ROOT / "docs" / "guide" / "webhooks.md"


def begun(stack: ExitStack, *command: str, **environment: str) -> "subprocess.Popen[str]":
    process = subprocess.Popen(
        [sys.executable, *command],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    stack.enter_context(process)
    stack.callback(process.kill)
    return process


def line_of(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def asked(demo: dict[str, str], method: str, path: str) -> Any:
    request = urllib.request.Request(
        demo["baseUrl"] + path, method=method, headers={"X-API-KEY": demo["apiKey"]}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.loads(answer.read())["data"]


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def test_events_reach_the_receiver_of_the_guide_until_ctrl_c(
    stack: ExitStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KONTOR_WEBHOOK_ALLOW", "127.0.0.0/8")
    run = Kontor(tmp_path / "data")
    stack.callback(run.close)
    port, demo = free_port(), run.demo()
    forward = f"http://127.0.0.1:{port}/"
    command = ("-P", "-m", "gateway.cli", "listen", "--forward", forward)
    listening = begun(stack, *command, KONTOR_DATA_DIR=str(run.data_dir))
    secret = line_of(listening).split()[-1]
    code = re.findall(r"```python\n(.*?)```", GUIDE.read_text(), re.DOTALL)[0]
    receiver = begun(stack, "-c", code, PORT=str(port), WEBHOOK_SECRET=secret)
    (endpoint,) = asked(demo, "GET", "/v1/webhook-endpoints")
    asked(demo, "POST", f"/v1/webhook-endpoints/{endpoint['id']}/test")

    shown = line_of(listening)
    while " 204 " not in shown:  # it may have been tried before the receiver was up
        shown = line_of(listening)

    assert endpoint["url"] == forward
    assert "webhook_endpoint.test" in shown
    printed = line_of(receiver)
    while "webhook_endpoint.test" not in printed:
        printed = line_of(receiver)
    listening.send_signal(signal.SIGINT)
    assert listening.wait(30) == 0
    assert asked(demo, "GET", "/v1/webhook-endpoints") == []


def test_without_the_setting_it_says_what_to_do(stack: ExitStack, tmp_path: Path) -> None:
    run = Kontor(tmp_path / "data")
    stack.callback(run.close)

    command = ("-P", "-m", "gateway.cli", "listen", "--forward", "http://127.0.0.1:3000/")
    listening = begun(stack, *command, KONTOR_DATA_DIR=str(run.data_dir))
    told, _ = listening.communicate(timeout=60)

    assert listening.returncode == 1
    assert "KONTOR_WEBHOOK_ALLOW=127.0.0.0/8" in told
    assert asked(run.demo(), "GET", "/v1/webhook-endpoints") == []
