"""The way to hosts that others name: looked up first, and dialled only where the look-up was found good."""

import asyncio
import socket
import ssl
from typing import Protocol

import httpx2

from gateway.upstream.carrier import Carrier
from gateway.upstream.transport import open_lines, tls_context


class Dialling(Protocol):
    """Looks up and dials, apart, so that between the two nobody looks up again."""

    async def look_up(self, host: str, port: int) -> list[str]:
        """The addresses of a name, an address as it is; none where there is none."""
        ...

    def to(self, url: httpx2.URL, address: str) -> Carrier:
        """What carries one call to the origin of `url` at this address; to be closed after it."""
        ...


class SystemDialling:
    """By the machine's resolver, over connections of our own."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self._tls = tls

    async def look_up(self, host: str, port: int) -> list[str]:
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            return []
        return list(dict.fromkeys(str(address[0]) for *_, address in found))

    def to(self, url: httpx2.URL, address: str) -> Carrier:
        self._tls = self._tls or tls_context()
        return open_lines(url, self._tls, address)
