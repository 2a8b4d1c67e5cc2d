"""Cutting a line from below: a server offers no way to drop a connection, its sockets do."""

import os
import socket
from pathlib import Path
from typing import Any

DESCRIPTORS = next((path for path in (Path("/proc/self/fd"), Path("/dev/fd")) if path.exists()), None)


def cut(client: Any) -> bool:
    """Close the connection of this process whose other end is `client` (host, port). False without one."""
    if DESCRIPTORS is None or not client:
        return False
    wanted = (client[0], int(client[1]))
    for entry in os.listdir(DESCRIPTORS):
        if (connection := _socket(int(entry))) is None:
            continue
        with connection:
            if _peer(connection) == wanted:
                connection.shutdown(socket.SHUT_RDWR)
                return True
    return False


def _socket(descriptor: int) -> socket.socket | None:
    """A second hold on it, to be closed; None of what is no socket, or was closed meanwhile."""
    try:
        held = os.dup(descriptor)
    except OSError:
        return None
    try:
        return socket.socket(fileno=held)
    except OSError:
        os.close(held)
        return None


def _peer(connection: socket.socket) -> tuple[str, int] | None:
    try:
        return connection.getpeername()[:2]
    except (OSError, TypeError):
        return None
