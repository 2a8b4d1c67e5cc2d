"""Which connection a call takes, and when one is never taken again. Counted at a bare socket."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
import pytest

from gateway.upstream.lines import Lines
from gateway.upstream.transport import tls_context
from tests.integration.upstream.vendor import Answering, Request, Vendor, answer, saying, vendor

pytestmark = pytest.mark.anyio

STRAY = answer("500 Internal Server Error", b"stray")


@asynccontextmanager
async def lines_to(
    upstream: Vendor, *, most: int = 10, idle: int = 10, idle_s: float = 4.0
) -> AsyncIterator[Lines]:
    limits = httpx2.Limits(max_connections=most, max_keepalive_connections=idle, keepalive_expiry=idle_s)
    lines = Lines(httpx2.URL(upstream.url), tls_context(), limits)
    try:
        yield lines
    finally:
        await lines.aclose()


def request(upstream: Vendor, *, length: str | None = None, pool_s: float | None = None) -> httpx2.Request:
    url = httpx2.URL(f"{upstream.url}/v1/profile")
    headers = [("Host", url.netloc.decode())] + ([("Content-Length", length)] if length else [])
    timeout = {"pool": pool_s, "connect": 1.0}
    stream = httpx2.ByteStream(b"{}" if length else b"")
    return httpx2.Request(
        "POST" if length else "GET", url, headers=headers, stream=stream, extensions={"timeout": timeout}
    )


async def call(lines: Lines, upstream: Vendor) -> bytes:
    response = await lines.handle_async_request(request(upstream))
    try:
        return b"".join([part async for part in response.aiter_raw()])
    finally:
        await response.aclose()


def taken(upstream: Vendor) -> list[int]:
    """The connections of the requests, in order of arrival."""
    return [one.connection for one in upstream.requests]


def after(seconds: float, first: bytes, then: bytes) -> Answering:
    async def speak(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(first)
        await writer.drain()
        await asyncio.sleep(seconds)
        writer.write(then)
        await writer.drain()

    return speak


async def test_the_line_used_last_is_taken_first() -> None:
    async with vendor() as upstream, lines_to(upstream) as lines:
        one = await lines.handle_async_request(request(upstream))
        two = await lines.handle_async_request(request(upstream))
        for response in (two, one):
            await response.aread()
            await response.aclose()

        await call(lines, upstream)
        await call(lines, upstream)

    assert taken(upstream) == [0, 1, 0, 0]


async def test_a_line_that_was_idle_too_long_is_not_taken() -> None:
    async with vendor() as upstream, lines_to(upstream, idle_s=0.02) as lines:
        await call(lines, upstream)
        await asyncio.sleep(0.05)
        await call(lines, upstream)

    assert taken(upstream) == [0, 1]


async def test_no_more_lines_stay_open_than_allowed() -> None:
    async with vendor() as upstream, lines_to(upstream, idle=1) as lines:
        for _ in range(2):
            await asyncio.gather(*(call(lines, upstream) for _ in range(3)))

    assert upstream.connections == 5  # of the first three one was kept


@pytest.mark.parametrize(
    "first",
    [
        pytest.param(saying(answer() + STRAY), id="behind an answer"),
        pytest.param(after(0.02, answer(), STRAY), id="between two calls"),
    ],
)
async def test_bytes_nobody_asked_for_never_answer_the_next_call(first: Answering) -> None:
    async with vendor() as upstream, lines_to(upstream) as lines:
        upstream.script = [first]
        await call(lines, upstream)
        await asyncio.sleep(0.05)

        assert await call(lines, upstream) == b"{}"

    assert taken(upstream) == [0, 1]


async def test_a_line_whose_answer_says_close_is_not_taken_again() -> None:
    async with (
        vendor(saying(answer("200 OK", b"{}", "Connection: close"))) as upstream,
        lines_to(upstream) as lines,
    ):
        await call(lines, upstream)
        await call(lines, upstream)

    assert taken(upstream) == [0, 1]


async def test_an_answer_given_up_half_way_gives_up_its_line() -> None:
    async with vendor() as upstream, lines_to(upstream) as lines:
        upstream.script = [saying(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n{")]
        response = await lines.handle_async_request(request(upstream))
        await response.aclose()
        await call(lines, upstream)

    assert taken(upstream) == [0, 1]


async def test_a_cancelled_call_gives_up_its_line_and_its_place() -> None:
    async with vendor() as upstream, lines_to(upstream, most=1) as lines:
        upstream.script = [after(5, b"", b"")]
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await call(lines, upstream)

        assert await call(lines, upstream) == b"{}"

    assert taken(upstream) == [0, 1]


async def test_a_call_waits_for_a_line_only_as_long_as_it_may() -> None:
    async with vendor() as upstream, lines_to(upstream, most=1) as lines:
        held = await lines.handle_async_request(request(upstream))
        with pytest.raises(httpx2.PoolTimeout):
            await lines.handle_async_request(request(upstream, pool_s=0.02))
        await held.aread()
        await held.aclose()

        assert await call(lines, upstream) == b"{}"

    assert len(upstream.requests) == 2


async def test_a_failed_connection_frees_its_place() -> None:
    async with vendor() as upstream:
        pass  # it listens no more
    async with lines_to(upstream, most=1) as lines:
        for _ in range(2):
            with pytest.raises(httpx2.ConnectError):
                await lines.handle_async_request(request(upstream, pool_s=0.02))


async def test_a_call_to_another_origin_is_refused_before_anything_is_sent() -> None:
    async with vendor() as upstream, vendor() as other, lines_to(upstream) as lines:
        with pytest.raises(httpx2.UnsupportedProtocol):
            await lines.handle_async_request(request(other))

    assert (upstream.connections, other.connections) == (0, 0)


async def test_a_body_of_another_length_than_announced_is_not_sent_at_all() -> None:
    async with vendor() as upstream, lines_to(upstream) as lines:
        with pytest.raises(httpx2.LocalProtocolError):
            await lines.handle_async_request(request(upstream, length="5"))
        await asyncio.sleep(0.02)

    assert upstream.requests == []


async def test_closing_ends_calls_under_way() -> None:
    asked = asyncio.Event()

    async def silent(request: Request, writer: asyncio.StreamWriter) -> None:
        asked.set()
        await asyncio.sleep(5)

    async with vendor(silent) as upstream, lines_to(upstream) as lines:
        under_way = asyncio.ensure_future(lines.handle_async_request(request(upstream)))
        await asked.wait()
        await lines.aclose()

        with pytest.raises(httpx2.ReadError):
            await under_way
