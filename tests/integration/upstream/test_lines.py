"""Connections that are kept: which one is taken, and what makes one useless."""

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from gateway.settings import Settings
from gateway.upstream.carrier import Carried, Carrier
from gateway.upstream.lines import Lines
from gateway.upstream.transport import Transports, tls_context
from gateway.wiring import build_rooms, close_rooms
from tests.integration.upstream.builders import bench, reading, writing
from tests.integration.upstream.vendor import Request, Vendor, answer, saying, vendor

pytestmark = pytest.mark.anyio

LIMITS = httpx2.Limits(max_connections=9, max_keepalive_connections=9, keepalive_expiry=5.0)


@contextmanager
def a_vendor_in_a_thread_of_its_own() -> Iterator[tuple[str, list[bytes]]]:
    """Answers one request a connection, promises to keep it, and hangs up at once. Its URL, and what came."""
    seen: list[bytes] = []
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection:
                seen.append(connection.recv(65536))
                connection.sendall(answer())

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}", seen
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join(5)


async def test_a_hang_up_that_nobody_had_time_to_notice_is_seen_before_a_write_leaves() -> None:
    with a_vendor_in_a_thread_of_its_own() as (url, seen):
        over = bench(url)
        await over.wire().send(reading())
        time.sleep(0.1)  # the event loop is held up; the FIN waits at the socket
        got = await over.wire().send(writing())
        await over.transports.aclose()

        assert got.status == 200
        assert [request.split(b" ")[0] for request in seen] == [b"GET", b"POST"]


async def test_calls_one_after_another_use_one_connection_and_calls_together_several() -> None:
    async with vendor() as upstream:
        over = bench(upstream.url)
        for _ in range(5):
            await over.wire().send(reading())
        assert upstream.connections == 1
        await asyncio.gather(*(over.wire().send(reading()) for _ in range(5)))
        assert upstream.connections == 5
        await asyncio.gather(*(over.wire().send(reading()) for _ in range(5)))
        assert upstream.connections == 5
        await over.transports.aclose()


async def test_bytes_that_nobody_asked_for_end_a_connection() -> None:
    async def talkative(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(answer())
        await writer.drain()
        await asyncio.sleep(0.05)
        writer.write(answer("500 Too late"))

    async with vendor(talkative) as upstream:
        over = bench(upstream.url)
        wire = over.wire()
        await wire.send(reading())
        await wire.pause(0.15)
        got = await wire.send(reading())
        await over.transports.aclose()

        assert got.status == 200
        assert upstream.connections == 2


async def test_a_second_answer_behind_the_first_is_not_taken_for_the_next_calls() -> None:
    async with vendor() as upstream:
        upstream.script = [saying(answer() + answer("200 OK", b"somebody else's"))]
        over = bench(upstream.url)
        await over.wire().send(reading())
        got = await over.wire().send(reading())
        await over.transports.aclose()

        assert got.content == b"{}"
        assert upstream.connections == 2


async def test_a_vendor_that_says_close_is_taken_at_its_word() -> None:
    async with vendor(saying(answer("200 OK", b"{}", "Connection: close"))) as upstream:
        over = bench(upstream.url)
        await over.wire().send(reading())
        await over.wire().send(reading())
        await over.transports.aclose()

        assert upstream.connections == 2


async def carried(over: Carrier, url: str, phase_s: float | None = None) -> Carried:
    return await over.carry("GET", httpx2.URL(url), [(b"Host", b"vendor")], b"", phase_s)


async def read_to_the_end(got: Carried) -> bytes:
    content = b"".join([part async for part in got.body])
    await got.body.aclose()
    return content


async def idle_lines(upstream: Vendor, limits: httpx2.Limits, pause_s: float) -> int:
    """How many connections three calls together, a pause, and one more call need."""
    lines = Lines(httpx2.URL(upstream.url), tls_context(), limits)

    async def get() -> None:
        await read_to_the_end(await carried(lines, upstream.url + "/v1/profile"))

    await asyncio.gather(get(), get(), get())
    await asyncio.sleep(pause_s)
    await get()
    await lines.aclose()
    return upstream.connections


async def test_a_connection_idle_for_too_long_is_not_used() -> None:
    async with vendor() as upstream:
        limits = httpx2.Limits(max_connections=9, max_keepalive_connections=9, keepalive_expiry=0.05)
        assert await idle_lines(upstream, limits, 0.2) == 4


async def test_a_connection_just_used_is_used_again() -> None:
    async with vendor() as upstream:
        assert await idle_lines(upstream, LIMITS, 0) == 3


async def test_no_more_connections_are_made_than_allowed() -> None:
    async with vendor() as upstream:
        lines = Lines(httpx2.URL(upstream.url), tls_context(), httpx2.Limits(max_connections=1))
        held = await carried(lines, upstream.url)
        with pytest.raises(httpx2.PoolTimeout):
            await carried(lines, upstream.url, phase_s=0.05)
        await held.body.aclose()
        freed = await carried(lines, upstream.url)
        await freed.body.aclose()
        await lines.aclose()

        assert freed.status == 200


async def test_all_requests_that_a_process_takes_can_wait_for_one_vendor_and_no_more(tmp_path: Path) -> None:
    database_url, key_file = f"sqlite:///{tmp_path / 'kontor.db'}", str(tmp_path / "vault.json")
    settings = Settings(requests_at_once=300, database_url=database_url, vault_key_file=key_file)
    all_there, over = asyncio.Event(), build_rooms(settings)

    async def say_nothing(request: Request, writer: asyncio.StreamWriter) -> None:
        if len(upstream.requests) == 300:
            all_there.set()
        await asyncio.Event().wait()

    async with vendor(say_nothing) as upstream:
        lines = over.upstream.transports.to(httpx2.URL(upstream.url))
        waiting = [asyncio.create_task(carried(lines, upstream.url)) for _ in range(300)]
        await all_there.wait()
        with pytest.raises(httpx2.PoolTimeout):
            await carried(lines, upstream.url, phase_s=0.05)
        await close_rooms(over)
        ends = await asyncio.gather(*waiting, return_exceptions=True)

    assert {type(end) for end in ends} == {httpx2.ReadError}


async def test_lines_lead_to_one_origin() -> None:
    lines = Transports().to(httpx2.URL("http://127.0.0.1:9"))
    with pytest.raises(httpx2.UnsupportedProtocol):
        await carried(lines, "http://localhost:9/")


@pytest.mark.parametrize(
    "header",
    [
        (b"X-Evil", b"a\r\nX-Other: b"),
        (b"X-Evil", b"a\nb"),
        (b"X-Evil", b"a\x00"),
        (b"X Evil", b"a"),
        (b"", b"a"),
    ],
)
async def test_what_would_end_a_line_early_is_not_sent(header: tuple[bytes, bytes]) -> None:
    async with vendor() as upstream:
        lines = Lines(httpx2.URL(upstream.url), tls_context(), LIMITS)
        with pytest.raises(httpx2.LocalProtocolError):
            await lines.carry("GET", httpx2.URL(upstream.url), [(b"Host", b"x"), header], b"", None)
        await lines.aclose()

        assert upstream.connections == 0


async def test_the_answer_to_head_has_no_body_whatever_length_it_tells() -> None:
    async with vendor(saying(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")) as upstream:
        lines = Lines(httpx2.URL(upstream.url), tls_context(), LIMITS)
        got = await lines.carry("HEAD", httpx2.URL(upstream.url), [(b"Host", b"x")], b"", None)
        content = await read_to_the_end(got)
        await lines.aclose()

        assert (got.status, content) == (200, b"")
