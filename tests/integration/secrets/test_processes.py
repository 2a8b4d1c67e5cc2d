"""SEC-18 outside: arguments, environment and logs of the processes that `kontor up` starts."""

import json
from pathlib import Path

import psutil
import pytest

from tests.integration.secrets.hunting import found
from tests.launch.test_first_hour import Kontor

pytestmark = pytest.mark.timeout(120)


def test_no_process_tells_a_secret(tmp_path: Path) -> None:
    run = Kontor(tmp_path / "data")
    try:
        run.paste()
        family = [psutil.Process(run.process.pid), *psutil.Process(run.process.pid).children(recursive=True)]
        places = {
            f"{process.name()} {process.pid} {what}": text.encode()
            for process in family
            for what, text in (
                ("arguments", "\0".join(process.cmdline())),
                ("environment", "\0".join(process.environ().values())),
            )
        }
    finally:
        run.stop()
        run.close()
    places |= {file.name: file.read_bytes() for file in run.data_dir.glob("*.log")}
    places |= {file.name: file.read_bytes() for file in run.data_dir.glob("*.db*")}
    demo = run.demo()
    twin = json.loads((run.data_dir / "twin" / "twin.json").read_text())
    vault = json.loads((run.data_dir / "vault.json").read_text())
    secrets = {
        "API key": demo["apiKey"],
        "account key": demo["accountKey"],
        "vendor API key": twin["apiKey"],
        "client secret": twin["oauth"]["clientSecret"],
        "lookup key": vault["lookup"],
        "master key": vault["master"][0]["key"],
    }

    caught = {name: where for name, secret in secrets.items() if (where := found(secret, places))}

    assert caught == {}
    assert len(family) >= 4
    assert len(places) >= 12
