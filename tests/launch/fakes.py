"""Small stand-ins for what `kontor up` starts: an application, a twin, a demo tenant."""

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

import msgspec

from gateway.launch import LaunchError
from gateway.launch.serving import serve_alone
from gateway.launch.up import Parts, up
from gateway.settings import Settings, from_environment

PARTS = Parts(app="tests.launch.fakes:create", twin="tests.launch.fakes", demo="tests.launch.fakes:prepare")
TWIN_URL = "http://127.0.0.1:9"


def create() -> Any:
    """Answers 200 with its process id to whatever is asked; `/slow` takes a second."""

    async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        if scope["path"] == "/slow":
            await asyncio.sleep(1)
        body = str(os.getpid()).encode()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": body})

    return app


async def prepare(settings: Settings, twin: dict[str, Any]) -> dict[str, str]:
    """Keys that are made once and stay in the data directory."""
    keys = Path(settings.data_dir) / "keys"
    if not keys.exists():
        keys.write_text(os.urandom(4).hex())
    return {
        "apiKey": f"kontor_test_{keys.read_text()}",
        "accountKey": "account",
        "target": "lexoffice-sandbox",
    }


def twin() -> None:
    """Keeps what `kontor up` expects of a twin."""
    home = Path(os.environ["KONTOR_DATA_DIR"])
    (home / "twin.json").write_bytes(msgspec.json.encode({"url": TWIN_URL, "apiKey": "k"}))
    (home / "pid").write_text(str(os.getpid()))
    print(f"Lexware twin listening on {TWIN_URL}", flush=True)
    os.read(int(os.environ["KONTOR_TWIN_PARENT_FD"]), 1)


def main(command: str) -> None:
    """`kontor up` or `kontor serve` with the parts above, errors told as the command line tells them."""
    try:
        if command == "serve":
            serve_alone(from_environment(), PARTS.app)
        else:
            up(from_environment(), PARTS)
    except LaunchError as error:
        sys.exit(f"Error: {error}")


if __name__ == "__main__":
    if "KONTOR_TWIN_PARENT_FD" in os.environ:
        twin()
    else:
        main(sys.argv[1])
