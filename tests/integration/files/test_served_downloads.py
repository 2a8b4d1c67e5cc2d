"""Files through the real server: a caller notices what breaks, and the gateway a caller who goes."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random

import httpx2
import psutil
import pytest
from msgspec import Struct

from gateway.upstream.transport import Transports
from tests.integration.files.office import Office, open_office
from tests.stage import Party, staged

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(120)]

MIB = 1024 * 1024
PATH = "/v1/accounting/files/c2382a58-1248-4293-832f-562d45e6cc2a/content"
PICTURE = Random(7).randbytes(15 * MIB)


class Served(Struct, kw_only=True):
    """`kontor serve` in front of an office."""

    office: Office
    party: Party
    process: asyncio.subprocess.Process
    url: str

    def client(self) -> httpx2.AsyncClient:
        return httpx2.AsyncClient(
            base_url=self.url, headers=self.party.headers(), timeout=30, trust_env=False
        )

    @property
    def memory_mib(self) -> int:
        """Of the command and its worker."""
        family = psutil.Process(self.process.pid)
        return sum(one.memory_info().rss for one in (family, *family.children(recursive=True))) // MIB

    async def log(self) -> str:
        """What it wrote, once it has ended."""
        self.process.send_signal(signal.SIGINT)
        _, logged = await asyncio.wait_for(self.process.communicate(), 60)
        return logged.decode()


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    async with open_office() as office:
        async with staged(tmp_path, transports=Transports(), twin_url=office.url) as stage:
            party = await stage.party()
        changes = {
            "KONTOR_DATA_DIR": str(tmp_path),
            "KONTOR_PORT": "0",
            "KONTOR_TWIN_URL": office.url,
            "KONTOR_LOG_FORMAT": "json",
        }
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "gateway.cli", "serve"),
            env={**os.environ, **changes},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            limit=16 * MIB,
        )
        try:
            assert process.stdout is not None
            url = (await process.stdout.readline()).decode().removeprefix("Kontor listens on ").strip()
            yield Served(office=office, party=party, process=process, url=await ready(url))
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()


async def ready(url: str) -> str:
    async with httpx2.AsyncClient(base_url=url, trust_env=False) as http, asyncio.timeout(30):
        while True:
            try:
                await http.get("/health/live")
                return url
            except httpx2.TransportError:
                await asyncio.sleep(0.1)


async def test_a_large_file_arrives_as_it_is(served: Served) -> None:
    served.office.files = {"*/*": served.office.serve("image/png", PICTURE)}

    async with served.client() as http:
        got = await http.get(PATH)

    assert got.content == PICTURE
    assert got.headers["content-length"] == str(len(PICTURE))


async def test_a_file_that_breaks_off_is_an_error_at_the_caller_and_in_the_log(served: Served) -> None:
    served.office.files = {"*/*": served.office.serve("image/png", PICTURE, until=5 * MIB)}

    came = 0

    async def read() -> None:
        nonlocal came
        async with http.stream("GET", PATH) as got:
            async for piece in got.aiter_bytes():
                came += len(piece)

    async with served.client() as http:
        with pytest.raises(httpx2.RemoteProtocolError):
            await read()
        afterwards = await http.get("/v1/connections")

    assert 0 < came <= 5 * MIB
    assert afterwards.status_code == 200
    logged = await served.log()
    assert '"code":"upstream_broken"' in logged
    assert '"failure":"upstream_broken"' in logged


async def test_a_caller_who_goes_slowly_costs_little_and_when_he_goes_the_vendor_is_left(
    served: Served,
) -> None:
    large = bytes(128 * MIB)
    served.office.files = {"*/*": served.office.serve("image/png", large)}
    async with served.client() as http:
        await http.get("/v1/connections")
        before = served.memory_mib
        async with http.stream("GET", PATH) as got:
            pieces = got.aiter_raw()
            for _ in range(3):
                await anext(pieces)
            await asyncio.sleep(1)

            assert served.office.handed_over < 64 * MIB  # the kernel's buffers of two connections
            assert served.memory_mib - before < 32

    await asyncio.wait_for(served.office.hung_up.wait(), 20)
    logged = await served.log()
    assert '"code":"abandoned"' in logged
    assert '"failure":"abandoned"' in logged
