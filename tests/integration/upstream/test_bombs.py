"""Answers that unpack to far more than they are: refused with bounded memory."""

import gzip
import os
import subprocess
import sys
import zlib

import pytest

from connectors.base.errors import UpstreamBroken
from tests.integration.upstream.builders import bench, reading
from tests.integration.upstream.vendor import answer, saying, vendor

pytestmark = pytest.mark.anyio

MIB = 1024 * 1024

MEASURE = """
import asyncio, gzip, io, resource, sys, zlib
from tests.integration.upstream.builders import bench, reading
from tests.integration.upstream.vendor import answer, saying, vendor
from connectors.base.errors import UpstreamBroken

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024

def zeros(mib):
    packing = zlib.compressobj(9, wbits=31)
    return b"".join(packing.compress(bytes(1 << 20)) for _ in range(mib)) + packing.flush()

async def main():
    bomb = answer("200 OK", zeros(300), "Content-Encoding: gzip")
    async with vendor(saying(answer())) as upstream:
        over = bench(upstream.url)
        await over.wire().send(reading())
        before = peak()
        upstream.answering = saying(bomb)
        refused = 0
        for _ in range(5):
            try:
                await over.wire().send(reading())
            except UpstreamBroken:
                refused += 1
        await over.transports.aclose()
        print(refused, peak() - before)

asyncio.run(main())
"""


def test_three_hundred_megabytes_of_zeros_cost_less_than_sixty_four() -> None:
    done = subprocess.run(
        [sys.executable, "-c", MEASURE], capture_output=True, text=True, check=True, env={**os.environ}
    )
    refused, grown_mib = map(int, done.stdout.split())

    assert refused == 5
    assert grown_mib < 64


async def test_what_packs_tighter_than_a_hundred_to_one_is_refused_from_the_first_mebibyte() -> None:
    packed = gzip.compress(b"\0" * (2 * MIB))  # about 2 KB: under 20 MiB, over 100:1
    async with vendor(saying(answer("200 OK", packed, "Content-Encoding: gzip"))) as upstream:
        over = bench(upstream.url)
        with pytest.raises(UpstreamBroken):
            await over.wire().send(reading())
        await over.transports.aclose()


@pytest.mark.parametrize(
    "body", [b'{"a":1}' * 20_000, os.urandom(19 * MIB)], ids=["small and even", "19 MiB"]
)
async def test_an_honest_answer_is_unpacked(body: bytes) -> None:
    packed = zlib.compress(body, wbits=31)
    async with vendor(saying(answer("200 OK", packed, "Content-Encoding: gzip"))) as upstream:
        over = bench(upstream.url)
        got = await over.wire().send(reading())
        await over.transports.aclose()

        assert got.content == body
