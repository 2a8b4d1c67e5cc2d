"""The Lexware twin as a child process. It is started by its name alone: nothing of ours imports it."""

import os
import sys
from pathlib import Path
from typing import Any

import msgspec

from gateway.launch import directory
from gateway.launch.children import Child

MODULE = "sandbox.lexoffice"
LISTENING = "Lexware twin listening on http"
START_S = 30.0


def start(data_dir: Path, module: str = MODULE) -> Child:
    """Start the twin on a free port.

    Its books and keys lie in `twin/` of the data directory and outlive it; its address is new at each start.
    """
    home = data_dir / "twin"
    directory.prepare(home)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("KONTOR_")}
    environment |= {name: value for name, value in os.environ.items() if name.startswith("KONTOR_TWIN_")}
    environment |= {"KONTOR_DATA_DIR": str(home)}
    return Child(
        "Lexware twin",
        [sys.executable, "-P", "-m", module],
        environment={"KONTOR_TWIN_HOST": "127.0.0.1", "KONTOR_TWIN_PORT": "0"} | environment,
        lifeline_setting="KONTOR_TWIN_PARENT_FD",
        log=data_dir / "twin.log",
    )


def describe(child: Child, data_dir: Path) -> dict[str, Any]:
    """What the twin wrote about itself in `twin.json`, once it listens: the file comes before the line.

    The data directory itself points to that file, for whoever looks where a twin alone would leave it.

    Raises:
        LaunchError: it ended, or does not listen in time.
    """
    child.wait_until(lambda: LISTENING in child.log.read_text(errors="replace"), START_S)
    place = Path("twin", "twin.json")
    pointer = data_dir / place.name
    pointer.unlink(missing_ok=True)
    pointer.symlink_to(place)
    return msgspec.json.decode(pointer.read_bytes(), type=dict[str, Any])
