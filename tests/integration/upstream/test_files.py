"""Files that are handed on as they arrive: who waits for whom, what breaks, what becomes of the line."""

import asyncio
import gzip
import subprocess
import sys
from collections.abc import AsyncIterator
from random import Random
from time import perf_counter

import httpx2
import pytest

from connectors.base.errors import UpstreamBroken, UpstreamBusy
from connectors.base.wire import Answer, Rest
from gateway.upstream.arriving import AHEAD, MOST_AT_ONCE
from gateway.upstream.transport import Transports
from tests.integration.upstream.builders import bench, reading
from tests.integration.upstream.vendor import Answering, Request, answer, saying, vendor

pytestmark = pytest.mark.anyio

MIB = 1024 * 1024
BIG = Random(7).randbytes(3 * MIB)
FILE = reading("/v1/files/1", streams=True, accept="*/*")
HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n"


class Sent:
    """What a vendor could hand over of a file of `size` bytes, and whether it was hung up on."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.bytes = 0
        self.hung_up = asyncio.Event()

    async def __call__(self, request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD % self.size)
        try:
            while self.bytes < self.size:
                writer.write(bytes(65536))
                await writer.drain()
                self.bytes += 65536
        except ConnectionError:
            self.hung_up.set()
            raise


def in_two(first: int, pause_s: float) -> Answering:
    """`BIG`, with a pause after its first bytes."""

    async def speak(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD % len(BIG) + BIG[:first])
        await writer.drain()
        await asyncio.sleep(pause_s)
        writer.write(BIG[first:])
        await writer.drain()

    return speak


def rest_of(got: Answer) -> Rest:
    assert got.rest is not None
    return got.rest


async def take(got: Answer, into: bytearray) -> None:
    into += got.content
    async for piece in rest_of(got):
        into += piece


async def whole(got: Answer) -> bytes:
    came = bytearray()
    await take(got, came)
    return bytes(came)


async def test_a_small_file_comes_whole() -> None:
    async with vendor(saying(answer(body=b"x" * AHEAD))) as upstream:
        over = bench(upstream.url)
        got = await over.wire().send(FILE)
        await over.transports.aclose()

        assert (len(got.content), got.rest) == (AHEAD, None)
        assert over.records[0].received_bytes == AHEAD


async def test_of_a_large_file_the_beginning_comes_first_and_its_length_is_known() -> None:
    async with vendor(saying(answer(body=BIG))) as upstream:
        over = bench(upstream.url)
        got = await over.wire().send(FILE)

        assert AHEAD <= len(got.content) < len(BIG)
        assert len(got.content) + rest_of(got).size == len(BIG)
        assert await whole(got) == BIG
        await over.transports.aclose()


async def test_what_is_no_file_is_read_whole_however_large() -> None:
    async with vendor(saying(answer(body=BIG))) as upstream:
        over = bench(upstream.url)
        got = await over.wire().send(reading())
        await over.transports.aclose()

        assert (got.content, got.rest) == (BIG, None)


async def test_a_refusal_is_read_whole_however_large() -> None:
    async with vendor(saying(answer("404 Not Found", BIG))) as upstream:
        over = bench(upstream.url)
        got = await over.wire().send(FILE)
        await over.transports.aclose()

        assert (got.status, got.content, got.rest) == (404, BIG, None)


@pytest.mark.parametrize(
    "raw",
    [
        answer("200 OK", gzip.compress(BIG), "Content-Encoding: gzip"),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(BIG), BIG),
    ],
    ids=["packed", "in chunks"],
)
async def test_a_file_of_untold_length_is_read_whole_so_that_its_length_can_be_told(raw: bytes) -> None:
    async with vendor(saying(raw)) as upstream:
        over = bench(upstream.url)
        got = await over.wire().send(FILE)
        await over.transports.aclose()

        assert (got.content, got.rest) == (BIG, None)


async def test_a_bomb_is_refused_though_a_file_was_asked_for() -> None:
    packed = gzip.compress(bytes(30 * MIB))
    async with vendor(saying(answer("200 OK", packed, "Content-Encoding: gzip"))) as upstream:
        over = bench(upstream.url)
        with pytest.raises(UpstreamBroken):
            await over.wire().send(FILE)
        await over.transports.aclose()


async def test_files_are_asked_for_unpacked() -> None:
    async with vendor() as upstream:
        over = bench(upstream.url)
        await over.wire().send(FILE)
        await over.transports.aclose()

        assert upstream.requests[0].header("accept-encoding") == "identity"


class TestTheLine:
    async def test_it_is_used_again_once_the_file_was_read_to_its_end(self) -> None:
        async with vendor(saying(answer(body=BIG))) as upstream:
            over = bench(upstream.url)
            for _ in range(3):
                await whole(await over.wire().send(FILE))
            await over.transports.aclose()

            assert upstream.connections == 1

    async def test_it_is_cut_when_the_file_is_given_up(self) -> None:
        sent = Sent(64 * MIB)
        async with vendor(sent) as upstream:
            over = bench(upstream.url)
            got = await over.wire().send(FILE)
            await rest_of(got).aclose()

            await asyncio.wait_for(sent.hung_up.wait(), 10)
            assert over.records[0].failure == "abandoned"
            assert over.upstream.arriving == 0
            await over.transports.aclose()

    async def test_so_many_files_are_under_way_at_a_time_and_no_more(self) -> None:
        async with vendor(saying(answer(body=BIG))) as upstream:
            over = bench(upstream.url)
            held = [await over.wire().send(FILE) for _ in range(MOST_AT_ONCE)]
            with pytest.raises(UpstreamBusy):
                await over.wire().send(FILE)
            small = await over.wire().send(reading())
            await rest_of(held[0]).aclose()
            another = await over.wire().send(FILE)
            for got in (*held, another):
                await rest_of(got).aclose()
            await over.transports.aclose()

            assert small.status == 200


class TestTheRecord:
    async def test_the_request_knows_of_the_call_at_once_and_the_log_at_its_end(self) -> None:
        async with vendor(saying(answer("200 OK", BIG, "x-amzn-RequestId: trace-1"))) as upstream:
            over = bench(upstream.url)
            got = await over.wire().send(FILE)
            counted, noted = over.ledger.calls, list(over.records)
            await whole(got)
            await rest_of(got).aclose()
            await over.transports.aclose()

            assert (counted, noted) == (1, [])
            assert [(r.status, r.failure, r.received_bytes) for r in over.records] == [(200, None, len(BIG))]
            assert over.records[0].trace_id == "trace-1"
            assert over.ledger.trace_ids == ["trace-1"]

    async def test_a_file_nobody_read_on_is_left_to_whoever_answers_the_request(self) -> None:
        async with vendor(saying(answer(body=BIG))) as upstream:
            over = bench(upstream.url)
            got = await over.wire().send(FILE)

            assert over.ledger.arriving == [got.rest]
            await rest_of(got).aclose()
            await over.transports.aclose()


class TestWhatBreaks:
    async def test_before_the_answer_began_it_is_an_error(self) -> None:
        async with vendor(saying(HEAD % len(BIG) + BIG[:1000], hang_up=True)) as upstream:
            over = bench(upstream.url)
            with pytest.raises(UpstreamBroken):
                await over.wire().send(FILE)
            await over.transports.aclose()

            assert [(r.failure, r.received_bytes) for r in over.records] == [("upstream_broken", 0)] * 3

    async def test_later_it_is_one_for_whoever_reads_on(self) -> None:
        cut = 2 * MIB
        async with vendor(saying(HEAD % len(BIG) + BIG[:cut], hang_up=True)) as upstream:
            over = bench(upstream.url)
            got = await over.wire().send(FILE)
            came = bytearray()
            with pytest.raises(UpstreamBroken):
                await take(got, came)
            await over.transports.aclose()

            assert came == BIG[: len(came)]
            assert over.records[0].failure == "upstream_broken"
            assert over.records[0].received_bytes == len(came) <= cut

    @pytest.mark.parametrize("length", [len(BIG) - 1, len(BIG) + 1])
    async def test_a_file_of_another_length_than_told_is_broken(self, length: int) -> None:
        class Liar(httpx2.AsyncBaseTransport):
            async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
                headers = {"content-length": str(length)}
                return httpx2.Response(200, headers=headers, stream=Pieces())

        class Pieces(httpx2.AsyncByteStream):
            async def __aiter__(self) -> AsyncIterator[bytes]:
                for start in range(0, len(BIG), 65536):
                    yield BIG[start : start + 65536]

        over = bench("http://vendor.test", Transports(base=Liar()))
        got = await over.wire().send(FILE)
        with pytest.raises(UpstreamBroken):
            await whole(got)


class TestTime:
    async def test_a_vendor_who_falls_silent_is_waited_for_until_the_deadline(self) -> None:
        async with vendor(in_two(MIB, pause_s=30)) as upstream:
            over = bench(upstream.url)
            started = perf_counter()
            got = await over.wire(deadline_s=1).send(FILE)
            with pytest.raises(UpstreamBroken):
                await whole(got)
            await over.transports.aclose()

            assert perf_counter() - started < 20  # without a deadline 30 s
            assert over.records[0].failure == "upstream_broken"

    async def test_what_the_reader_takes_is_none_of_the_vendors_time(self) -> None:
        async with vendor(saying(answer(body=BIG))) as upstream:
            over = bench(upstream.url)
            got = await over.wire(deadline_s=0.5).send(FILE)
            came = got.content
            async for piece in rest_of(got):
                came += piece
                await asyncio.sleep(0.1)  # a second and more in all
            await over.transports.aclose()

            assert came == BIG


async def test_a_vendor_is_made_to_wait_for_a_slow_reader() -> None:
    sent = Sent(64 * MIB)
    async with vendor(sent) as upstream:
        over = bench(upstream.url)
        got = await over.wire().send(FILE)
        await asyncio.sleep(0.5)
        before = sent.bytes
        size = len(await whole(got))
        await over.transports.aclose()

        # What the kernel keeps of a connection on this machine is some megabytes; the file is 64.
        assert before < 32 * MIB
        assert size == sent.bytes == 64 * MIB


MEASURE = """
import asyncio, resource
from tests.integration.upstream.builders import bench
from tests.integration.upstream.test_files import FILE, MIB, Sent
from tests.integration.upstream.vendor import vendor

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024

async def take(over):
    got = await over.wire().send(FILE)
    size = len(got.content)
    async for piece in got.rest:
        size += len(piece)
        await asyncio.sleep(0.001)
    return size

async def main():
    async with vendor(lambda *asked: Sent(15 * MIB)(*asked)) as upstream:
        over = bench(upstream.url)
        await take(over)
        before = peak()
        sizes = await asyncio.gather(*(take(over) for _ in range(8)))
        await over.transports.aclose()
        print(sum(sizes) // MIB, peak() - before)

asyncio.run(main())
"""


def test_eight_files_of_fifteen_megabytes_at_once_cost_less_than_two_of_them() -> None:
    done = subprocess.run([sys.executable, "-c", MEASURE], capture_output=True, text=True, check=True)
    passed_mib, grown_mib = map(int, done.stdout.split())

    assert passed_mib == 120
    assert grown_mib < 30
