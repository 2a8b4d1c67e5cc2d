"""What a misbehaving vendor can answer, and what becomes of it: an answer, or one error (REL-30)."""

import asyncio
import gzip
import zlib
from time import perf_counter

import pytest

from connectors.base.errors import OutcomeUnknown, UpstreamBroken
from connectors.base.wire import Call
from gateway.upstream.retries import PASSING
from tests.integration.upstream.builders import bench, reading, writing
from tests.integration.upstream.vendor import Answering, Request, answer, hang_up, reset, saying, vendor
from tests.standing import standing

pytestmark = pytest.mark.anyio

MIB = 1024 * 1024
DEADLINE_S = 0.6


def packed(body: bytes, *headers: str, encoding: str = "gzip") -> bytes:
    return answer("200 OK", body, f"Content-Encoding: {encoding}", *headers)


async def silent(request: Request, writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(30)


async def a_byte_now_and_then(request: Request, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    for _ in range(1000):
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.05)


async def a_slow_head(request: Request, writer: asyncio.StreamWriter) -> None:
    for byte in b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}":
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(0.05)


async def a_body_without_end(request: Request, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    for _ in range(4096):
        writer.write(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")
        await writer.drain()


async def the_right_answer_twice(request: Request, writer: asyncio.StreamWriter) -> None:
    writer.write(answer() + answer("500 Internal Server Error"))
    await writer.drain()


HEAD = b"HTTP/1.1 200 OK\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
GZIPPED = gzip.compress(b'{"a":1}')

# An answer: its status and body reach the connector, who judges them.
ANSWERED: dict[str, tuple[Answering, int, bytes]] = {
    "plain": (saying(answer()), 200, b"{}"),
    "truncated JSON": (saying(answer(body=b'{"id":')), 200, b'{"id":'),
    "an HTML page": (saying(answer(body=b"<html>")), 200, b"<html>"),
    "an error as 200": (saying(answer(body=b'{"message":"no"}')), 200, b'{"message":"no"}'),
    "a wrong charset": (saying(answer(body=b"\xe4\xf6")), 200, b"\xe4\xf6"),
    "an empty body": (saying(answer(body=b"")), 200, b""),
    "204": (saying(b"HTTP/1.1 204 No Content\r\n\r\n"), 204, b""),
    "null": (saying(answer(body=b"null")), 200, b"null"),
    "three error shapes, 1": (
        saying(answer("406 Not Acceptable", b'{"IssueList":[]}')),
        406,
        b'{"IssueList":[]}',
    ),
    "three error shapes, 2": (saying(answer("400 Bad Request", b'{"status":400}')), 400, b'{"status":400}'),
    "three error shapes, 3": (saying(answer("403 Forbidden", b'{"message":null}')), 403, b'{"message":null}'),
    "500": (saying(answer("500 Internal Server Error", b"oops")), 500, b"oops"),
    "502 as HTML": (saying(answer("502 Bad Gateway", b"<html>")), 502, b"<html>"),
    "503 without a body": (saying(answer("503 Service Unavailable", b"")), 503, b""),
    "504": (saying(answer("504 Gateway Timeout", b"{}")), 504, b"{}"),
    "a status nobody knows": (saying(answer("299 Fine", b"{}")), 299, b"{}"),
    "a redirect": (saying(answer("302 Found", b"", "Location: http://127.0.0.1:9/")), 302, b""),
    "a permanent redirect": (saying(answer("308 Moved", b"", "Location: /v1/x")), 308, b""),
    "no reason phrase": (saying(b"HTTP/1.1 200\r\nContent-Length: 2\r\n\r\n{}"), 200, b"{}"),
    "HTTP/1.0 until it hangs up": (saying(b"HTTP/1.0 200 OK\r\n\r\n{}", hang_up=True), 200, b"{}"),
    "an interim answer first": (saying(b"HTTP/1.1 103 Early Hints\r\n\r\n" + answer()), 200, b"{}"),
    "chunks": (saying(CHUNKED + b"1\r\n{\r\n1\r\n}\r\n0\r\n\r\n"), 200, b"{}"),
    "a chunk with an extension": (saying(CHUNKED + b"2;a=b\r\n{}\r\n0\r\n\r\n"), 200, b"{}"),
    "the answer twice": (the_right_answer_twice, 200, b"{}"),
    "gzip": (saying(packed(GZIPPED)), 200, b'{"a":1}'),
    "x-gzip in capitals": (saying(packed(GZIPPED, encoding="X-GZIP")), 200, b'{"a":1}'),
    "deflate": (saying(packed(zlib.compress(b"{}"), encoding="deflate")), 200, b"{}"),
    "bare deflate": (saying(packed(zlib.compress(b"{}", wbits=-15), encoding="deflate")), 200, b"{}"),
    "identity by name": (saying(packed(b"{}", encoding="identity")), 200, b"{}"),
    "gzip of nothing": (saying(packed(b"")), 200, b""),
    "10 MB": (saying(answer(body=b"x" * 10 * MIB)), 200, b"x" * 10 * MIB),
    "headers in Latin-1": (saying(answer("200 OK", b"{}", "X-Name: M\xfcller")), 200, b"{}"),
    "a cookie": (saying(answer("200 OK", b"{}", "Set-Cookie: a=b; Path=/")), 200, b"{}"),
}

# No answer: a read is broken, a write has an unknown outcome.
LOST: dict[str, Answering] = {
    "nothing at all": silent,
    "hang up": hang_up,
    "reset": reset,
    "reset after the head": saying(HEAD + b"Content-Length: 5\r\n\r\n", hang_up=True),
    "a byte now and then": a_byte_now_and_then,
    "a slow head": a_slow_head,
    "a body without end": a_body_without_end,
    "a body cut short": saying(HEAD + b"Content-Length: 5\r\n\r\n{}", hang_up=True),
    "a chunk cut short": saying(CHUNKED + b"5\r\n{}", hang_up=True),
    "a chunk of a negative size": saying(CHUNKED + b"-1\r\n{}\r\n"),
    "not HTTP": saying(b"SSH-2.0-OpenSSH_9.6\r\n\r\n", hang_up=True),
    "HTTP/2": saying(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", hang_up=True),
    "a status of four digits": saying(b"HTTP/1.1 2000 OK\r\nContent-Length: 2\r\n\r\n{}", hang_up=True),
    "a negative length": saying(HEAD + b"Content-Length: -1\r\n\r\n", hang_up=True),
    "two lengths": saying(HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", hang_up=True),
    "a header without colon": saying(HEAD + b"nonsense\r\n\r\n", hang_up=True),
    "NUL in a header": saying(HEAD + b"X-A: a\x00b\r\nContent-Length: 2\r\n\r\n{}", hang_up=True),
    "a head of 200 KB": saying(HEAD + b"X-A: " + b"a" * 200_000 + b"\r\n\r\n", hang_up=True),
    "21 MiB announced": saying(HEAD + b"Content-Length: %d\r\n\r\n" % (21 * MIB), hang_up=True),
    "gzip that is none": saying(packed(b"{}")),
    "gzip cut off": saying(packed(GZIPPED[:-6])),
    "gzip with a wrong checksum": saying(packed(GZIPPED[:-8] + b"12345678")),
    "gzip with something behind": saying(packed(GZIPPED + b"more")),
    "gzip in gzip": saying(packed(gzip.compress(GZIPPED), encoding="gzip, gzip")),
    "brotli": saying(packed(b"\x0b\x01\x80{}\x03", encoding="br")),
    "zstd": saying(packed(b"(\xb5/\xfd", encoding="zstd")),
    "a packing nobody knows": saying(packed(b"{}", encoding="rot13")),
    "deflate that is none": saying(packed(b"\xff\xff\xff", encoding="deflate")),
    "a bomb": saying(packed(gzip.compress(b"\0" * 30 * MIB))),
}


def test_at_least_forty_odd_answers_are_told_apart() -> None:
    assert len(ANSWERED) + len(LOST) >= 40


@pytest.mark.parametrize("call", [reading(), writing()], ids=["read", "write"])
@pytest.mark.parametrize("odd", ANSWERED)
async def test_an_odd_but_whole_answer_reaches_the_connector(odd: str, call: Call) -> None:
    answering, status, body = ANSWERED[odd]
    async with vendor(answering) as upstream:
        over = bench(upstream.url, ambient=standing())
        got = await over.wire().send(call)
        await over.transports.aclose()

        assert (got.status, got.content) == (status, body)
        assert len(upstream.requests) == (3 if status in PASSING and not call.writes else 1)


@pytest.mark.parametrize("odd", LOST)
@pytest.mark.parametrize(
    ("call", "error"),
    [pytest.param(reading(), UpstreamBroken, id="read"), pytest.param(writing(), OutcomeUnknown, id="write")],
)
async def test_no_usable_answer_is_one_error_soon_after_the_deadline(
    call: Call, error: type[Exception], odd: str
) -> None:
    async with vendor(LOST[odd]) as upstream:
        over = bench(upstream.url)
        # One try: what a deadline leaves of a second may be too little to send it.
        over.upstream.retries.begin = lambda: False  # pyright: ignore[reportAttributeAccessIssue]
        started = perf_counter()
        with pytest.raises(error):
            await over.wire(deadline_s=DEADLINE_S).send(call)
        took = perf_counter() - started
        await over.transports.aclose()

        assert len(upstream.requests) == 1
        assert took < DEADLINE_S + 5  # without the deadline these would take 30 s and more


async def test_the_connection_of_a_refused_answer_is_not_used_again() -> None:
    async with vendor() as upstream:
        upstream.script = [LOST["brotli"], a_body_without_end]
        over = bench(upstream.url)
        for _ in range(2):
            with pytest.raises(UpstreamBroken):
                await over.wire().send(reading())
        got = await over.wire().send(reading())
        await over.transports.aclose()

        assert got.content == b"{}"
        assert len(upstream.requests) == 3


async def test_an_answer_that_is_announced_as_too_long_is_not_waited_for() -> None:
    async def announce(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD + b"Content-Length: %d\r\n\r\n" % (21 * MIB))
        await silent(request, writer)

    async with vendor(announce) as upstream:
        over = bench(upstream.url)
        started = perf_counter()
        with pytest.raises(UpstreamBroken):
            await over.wire(deadline_s=25).send(reading())
        await over.transports.aclose()

        assert perf_counter() - started < 20
