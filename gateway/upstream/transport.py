"""The one place that opens connections to vendors.

Transports are used bare, without a client around them: no cookie jar, no redirects, no proxy or netrc from
the environment, no resend: a connection that drops is an error.
"""

import ssl

import httpx2

from gateway.upstream.carrier import Carried, Carrier, Headers
from gateway.upstream.lines import Lines

LINES = 200
"""So many connections to one origin at a time."""
MOST_IDLE = 100
IDLE_S = 4.0
"""Idle connections are given up before common servers hang up (5 s): a write that meets a connection in the
act of closing has an unknown outcome."""


def tls_context() -> ssl.SSLContext:
    """The machine's trust store, certificates and host names checked, TLS 1.2 or newer."""
    context = httpx2.create_ssl_context(trust_env=False)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    return context


def open_lines(
    origin: httpx2.URL, tls: ssl.SSLContext | None = None, address: str | None = None, most: int = LINES
) -> Lines:
    """At most so many connections to one origin; to `address`, where it was looked up and checked before."""
    limits = httpx2.Limits(max_connections=most, max_keepalive_connections=MOST_IDLE, keepalive_expiry=IDLE_S)
    return Lines(origin, tls or tls_context(), limits, address)


class OverTransport:
    """A carrier over a transport of httpx2's interface, e.g. `httpx2.ASGITransport`."""

    def __init__(self, transport: httpx2.AsyncBaseTransport) -> None:
        self._transport = transport
        self.aclose = transport.aclose

    async def carry(
        self, method: str, url: httpx2.URL, headers: Headers, content: bytes, phase_s: float | None
    ) -> Carried:
        """See `Carrier.carry`."""
        request = httpx2.Request(
            method,
            url,
            headers=headers,
            stream=httpx2.ByteStream(content),
            extensions={"timeout": {"connect": phase_s, "pool": phase_s, "read": None, "write": None}},
        )
        response = await self._transport.handle_async_request(request)
        assert isinstance(response.stream, httpx2.AsyncByteStream)
        return Carried(response.status_code, response.headers.raw, response.stream)


class Transports:
    """One transport an origin, opened at its first use; all closed together.

    `base` stands in for every one of them, e.g. `httpx2.ASGITransport` over a vendor's stand-in. `most`:
    connections to each; a call that finds all of them busy waits.
    """

    def __init__(
        self,
        base: httpx2.AsyncBaseTransport | None = None,
        tls: ssl.SSLContext | None = None,
        most: int = LINES,
    ) -> None:
        self._base = None if base is None else OverTransport(base)
        self._tls = tls
        self._most = most
        self._by_origin: dict[tuple[str, str, int | None], Carrier] = {}

    def to(self, url: httpx2.URL) -> Carrier:
        """What carries calls to the origin of `url`."""
        if self._base is not None:
            return self._base
        origin = (url.scheme, url.host, url.port)
        if origin not in self._by_origin:
            self._tls = self._tls or tls_context()
            self._by_origin[origin] = open_lines(url, self._tls, most=self._most)
        return self._by_origin[origin]

    async def aclose(self) -> None:
        """Close every connection; calls under way fail."""
        carriers = [self._base] if self._base is not None else list(self._by_origin.values())
        self._by_origin.clear()
        for carrier in carriers:
            await carrier.aclose()
