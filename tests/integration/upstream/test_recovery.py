"""After an outage: those who waited come back within the limit, and not all at once (REL-21)."""

import asyncio
import random
from collections import Counter

import httpx2
import pytest

from connectors.base.errors import KontorError
from gateway.ambient import Ambient
from gateway.settings import Settings
from gateway.upstream.schedule import open_scheduler
from gateway.upstream.transport import Transports
from tests.integration.upstream.builders import bench, connection, reading
from tests.unit.upstream.bucket import Bucket, most_in_a_second
from tests.unit.upstream.virtual import VirtualClock, virtual

pytestmark = pytest.mark.anyio

OUTAGE_S = 600.0
WAITING = 1000


class Vendor(httpx2.AsyncBaseTransport):
    """Fails during the outage, then answers; its limit is a bucket of 2 a connection."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self.arrivals: list[tuple[float, str]] = []
        self.buckets: dict[str, Bucket] = {}

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        name, now = request.headers["authorization"], self._clock.time
        self.arrivals.append((now, name))
        bucket = self.buckets.setdefault(name, Bucket())
        bucket.call(now)
        return httpx2.Response(503 if now < OUTAGE_S else 200, content=b"{}")


async def insist(over, ambient: Ambient, name: str, number: int, rnd: random.Random) -> None:
    """A caller that repeats until it has its answer, and obeys Retry-After."""
    while True:
        try:
            got = await over.wire(connection(name)).send(reading(f"/v1/contacts/{number}"))
            wait = 1.0 if got.status != 200 else 0.0
        except KontorError as error:
            wait = error.retry_after_s or 1.0
        if not wait:
            return
        await ambient.clock.sleep(wait + rnd.uniform(0, wait / 2))


@pytest.mark.parametrize("connections", [1, 10])
async def test_a_thousand_that_waited_ten_minutes_are_served_within_the_limit(connections: int) -> None:
    clock, ambient = virtual()
    rnd = random.Random(21)
    vendor = Vendor(clock)
    memory = Settings(database_url="sqlite+aiosqlite:///")
    scheduler = open_scheduler(memory, ambient, None)  # pyright: ignore[reportArgumentType]
    over = bench("http://vendor.test", Transports(base=vendor), scheduler, ambient)
    callers = [insist(over, ambient, f"con_{n % connections}", n, rnd) for n in range(WAITING)]
    await clock.run(asyncio.gather(*callers))

    during = [at for at, _ in vendor.arrivals if at < OUTAGE_S]
    after = [at for at, _ in vendor.arrivals if at >= OUTAGE_S]
    minute = [at for at in after if at < after[0] + 60]
    tenths = Counter(int(at * 10) for at in after)
    back_s = after[0] - OUTAGE_S
    print(f"{len(during)} calls in the outage, back {back_s:.0f} s after it, {len(minute)} in a minute")
    assert len(after) >= WAITING
    assert len(during) <= 30
    assert back_s <= 301
    for bucket in vendor.buckets.values():
        assert bucket.refused == 0
        assert most_in_a_second(bucket.times) <= 2
    assert max(tenths.values()) <= WAITING * 0.05
    if connections == 1:  # enough of them wait at any time, so its rate is used up
        assert len(minute) >= 0.9 * 60 / 0.503
