"""The vendor that costs nothing."""

import asyncio
import json
from collections.abc import AsyncIterator
from time import perf_counter

import httpx2
import pytest

from tests.benchmarks.upstream import INVOICE_ID, Pace, Vendor

pytestmark = pytest.mark.anyio


@pytest.fixture
async def vendor() -> AsyncIterator[httpx2.AsyncClient]:
    pace = Pace()
    server = await asyncio.get_running_loop().create_server(lambda: Vendor(pace), "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with httpx2.AsyncClient(base_url=url, trust_env=False) as client:
        yield client
    server.close()


async def test_it_answers_the_vendors_sample_invoice(vendor: httpx2.AsyncClient) -> None:
    answer = await vendor.get(f"/v1/invoices/{INVOICE_ID}")

    assert answer.headers["content-type"] == "application/json"
    assert json.loads(answer.content)["voucherNumber"] == "RE1001"


async def test_it_knows_nothing_else(vendor: httpx2.AsyncClient) -> None:
    assert (await vendor.get("/v1/invoices/other")).status_code == 404


async def test_it_is_as_slow_as_told(vendor: httpx2.AsyncClient) -> None:
    await vendor.get("/pause/20")
    begin = perf_counter()
    await vendor.get("/v1/profile")

    assert perf_counter() - begin >= 0.02
