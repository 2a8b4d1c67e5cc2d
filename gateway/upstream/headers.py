"""What is written above a call, and what is read above its answer."""

import re
from collections.abc import Mapping
from importlib.metadata import version

from connectors.base.wire import Answer, Call
from gateway.upstream.retries import asked_s

BUSY_PAUSE_S = 1.0
"""Pause after a 429 without Retry-After, doubled at each further one."""
LONGEST_PAUSE_S = 300.0
TRACE_HEADERS = ("x-amzn-requestid", "x-amzn-trace-id", "x-request-id")
TRACE = re.compile(r"[A-Za-z0-9=;:.,_/+-]{1,128}\Z")


def own_headers(host: bytes) -> tuple[tuple[bytes, bytes], ...]:
    """The same for every call to a host. Offered are the packings that can be read within a limit."""
    return (
        (b"Host", host),
        (b"User-Agent", f"Kontor/{version('kontor')}".encode()),
        (b"Accept-Encoding", b"gzip, deflate"),
    )


def headers_of(
    call: Call, authorization: str, base: tuple[tuple[bytes, bytes], ...]
) -> list[tuple[bytes, bytes]]:
    """What is sent: ours, the credential, and what the call asks for. Never a cookie."""
    headers = [*base, (b"Authorization", authorization.encode("latin-1")), (b"Accept", call.accept.encode())]
    if call.content_type is not None:
        headers.append((b"Content-Type", call.content_type.encode()))
    if call.content is not None or call.method in ("POST", "PUT", "PATCH"):
        headers.append((b"Content-Length", b"%d" % len(call.content or b"")))
    headers += [(name.encode("ascii"), value.encode("latin-1")) for name, value in call.headers]
    return headers


def trace_id(headers: Mapping[str, str]) -> str | None:
    """The vendor's name for a call. None when there is none, or none that could safely be shown."""
    for name in TRACE_HEADERS:
        if (value := headers.get(name)) and TRACE.match(value):
            return value
    return None


def pause_s(answer: Answer, times: int) -> float:
    """The vendor's own Retry-After in seconds, as a minimum; else a second, then two, then four."""
    return min(max(asked_s(answer.headers), BUSY_PAUSE_S * 2 ** (times - 1)), LONGEST_PAUSE_S)
