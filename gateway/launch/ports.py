"""Finding out whether a port is free, in one clear line, and keeping it until the server has it."""

import errno
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from gateway.launch import LaunchError


@contextmanager
def reserved(host: str, port: int, setting: str) -> Iterator[int]:
    """The number of a free port on `host`: `port`, or any when it is 0. `setting` is named in the errors.

    granian binds with SO_REUSEPORT: a second server on the same port would start silently and take half of
    the calls. Only a plain bind tells the truth. Afterwards a socket that shares, but never listens, keeps
    the number from being given to somebody else while our server starts.

    Raises:
        LaunchError: the port is in use, or the address is not this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        _bind(probe, host, port, setting)
        number: int = probe.getsockname()[1]
    with socket.socket(family) as keeper:
        keeper.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        _bind(keeper, host, number, setting)
        yield number


def _bind(probe: socket.socket, host: str, port: int, setting: str) -> None:
    # The port of a server that just ended is free, although the kernel still remembers its connections.
    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        probe.bind((host, port))
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            advice = f"stop what uses it or set {setting} (0 takes a free one)"
            raise LaunchError(f"port {port} on {host} is in use; {advice}") from error
        raise LaunchError(f"cannot listen on {host}, port {port}: {error.strerror}") from error


def reachable(host: str) -> str:
    """The host under which a process of this machine reaches a server listening on `host`."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)


def url(host: str, port: int) -> str:
    """`http://…` of a server listening on `host` and `port`, as seen from this machine."""
    name = reachable(host)
    return f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"
