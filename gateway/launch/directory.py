"""The data directory: made private, held by one gateway at a time."""

import fcntl
import os
from pathlib import Path
from typing import Any

import msgspec

from gateway.launch import LaunchError

LOCK_FILE = "kontor.lock"


def prepare(directory: Path) -> None:
    """Make `directory` (mode 0700) when it is missing, and see that it takes files.

    Raises:
        LaunchError: it cannot be made or written to.
    """
    probe = directory / f".probe-{os.getpid()}"
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise LaunchError(
            f"cannot write to the data directory {directory} ({error.strerror}); "
            "set KONTOR_DATA_DIR to one you may write to"
        ) from error


def lock(directory: Path) -> int:
    """Hold `directory` for this process and all that inherit the descriptor.

    Returns the descriptor. A child that gets it (`pass_fds`, fork) holds the directory too: so it stays held
    as long as anything that serves from it lives, whichever process is killed, and not longer.

    Raises:
        LaunchError: another process holds it; the line names its id.
    """
    descriptor = os.open(directory / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        holder = os.read(descriptor, 32).decode("ascii", "replace").strip() or "unknown"
        os.close(descriptor)
        raise LaunchError(
            f"Kontor already runs on {directory} (process {holder}); stop it or set another KONTOR_DATA_DIR"
        ) from error
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
    return descriptor


def write_private(path: Path, content: dict[str, Any]) -> None:
    """Write `content` as JSON, readable by the owner alone, whole or not at all."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(content), indent=2) + b"\n")
    draft.replace(path)
