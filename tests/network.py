"""Tests stay on this machine: whatever asks for another host fails at once, by name.

An audit hook sees every connect and every look-up of this process, asyncio's included, and cannot be undone
by a test. C libraries with sockets of their own (libpq) are not seen; they get loopback addresses only.
"""

import ipaddress
import sys
from typing import Any

ADDRESS_EVENTS = {"socket.connect": 1, "socket.sendto": 1}
NAME_EVENTS = {"socket.getaddrinfo": 0, "socket.gethostbyname": 0}


class NetworkForbidden(RuntimeError):
    """A test tried to leave the machine. No OSError, so that no client takes it for an ordinary failure."""


def is_local(host: Any) -> bool:
    """Whether `host` (name, address, or None for the wildcard) is this machine."""
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    if host in (None, "", "localhost") or str(host).endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(str(host).partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _guard(event: str, arguments: tuple[Any, ...]) -> None:
    if event in ADDRESS_EVENTS:
        target = arguments[ADDRESS_EVENTS[event]]
        if not isinstance(target, tuple):  # a path: a Unix socket
            return
        host = target[0]
    elif event in NAME_EVENTS:
        host = arguments[NAME_EVENTS[event]]
    else:
        return
    if not is_local(host):
        raise NetworkForbidden(f"a test tried to reach {host!r}; tests use loopback only")


def forbid_network() -> None:
    """For the rest of this process. There is no way back."""
    sys.addaudithook(_guard)
