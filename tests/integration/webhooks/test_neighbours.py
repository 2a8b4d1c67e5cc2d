"""REL-35: endpoints do not harm each other."""

import asyncio
from datetime import datetime

import httpx2
import pytest

from tests.integration.webhooks.conftest import Post
from tests.integration.webhooks.test_kills import until

pytestmark = pytest.mark.anyio

ENDPOINTS, HANGING, ROUNDS = 10, 5, 8


async def test_endpoints_that_hang_do_not_hold_the_others_back(post: Post) -> None:
    """The pool is so small that those that hang could fill it; they hang for as long as the test lasts."""
    over = asyncio.Event()
    arrived: dict[str, list[str]] = {}

    async def hang(request: httpx2.Request) -> int:
        await over.wait()
        return 204

    def fine(request: httpx2.Request) -> int:
        arrived.setdefault(request.url.host, []).append(request.headers["webhook-id"])
        return 204

    for number in range(ENDPOINTS):
        host = f"hooks-{number}.muster.example"
        await post.endpoint(f"https://{host}/")
        post.outside.answers[host] = hang if number < HANGING else fine
    process = post.process(at_once=HANGING * 4 + 2, failing_at_once=4)
    process.start()
    published = []
    for _ in range(ROUNDS):
        published.append(await post.publish())
        await until(lambda: sum(map(len, arrived.values())) >= len(published) * (ENDPOINTS - HANGING))
    still_hanging = sum(request.url.host < f"hooks-{HANGING}" for request in post.outside.received)
    over.set()
    await process.stop()

    print(f"{len(published)} events to {ENDPOINTS - HANGING} endpoints while {still_hanging} attempts hung")
    assert still_hanging == HANGING * 4
    assert all(sorted(ids) == sorted(published) for ids in arrived.values())
    assert len(arrived) == ENDPOINTS - HANGING


async def test_a_long_backlog_of_one_does_not_come_before_the_event_of_another(post: Post) -> None:
    order: list[str] = []

    async def slow(request: httpx2.Request) -> int:
        order.append("slow")
        await asyncio.sleep(0.01)
        return 204

    def quick(request: httpx2.Request) -> int:
        order.append("quick")
        return 204

    await post.endpoint("https://slow.muster.example/", resources=("invoices",))
    await post.endpoint("https://quick.muster.example/", resources=("quotes",))
    post.outside.answers |= {"slow.muster.example": slow, "quick.muster.example": quick}
    for _ in range(60):
        await post.publish(resource="invoices")
    await post.publish("quote.updated", resource="quotes")

    process = post.process(at_once=5)
    await process.step()
    await process.settle()

    assert order.count("quick") == 1
    assert order.count("slow") == 4


async def test_who_failed_last_is_tried_one_at_a_time(still: Post) -> None:
    target, _ = await still.endpoint()
    still.outside.answers["hooks.muster.example"] = lambda request: 500
    for _ in range(6):
        await still.publish()
    await still.delivering.step()
    await still.delivering.settle()
    assert len(still.outside.received) == 4

    await still.delivering.step()
    await still.delivering.settle()

    assert len(still.outside.received) == 5
    assert isinstance((await still.target(target.id)).failing_since, datetime)
