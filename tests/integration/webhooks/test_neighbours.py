"""REL-35: endpoints do not harm each other. `TEST_LONG=1`: 100 of them."""

import asyncio
import os
from contextlib import suppress
from datetime import datetime
from statistics import quantiles
from time import perf_counter

import httpx2
import pytest

from gateway.tenants.directory import Directory
from gateway.webhooks.outbound.endpoints import Owner
from tests.integration.webhooks.conftest import Post
from tests.integration.webhooks.test_kills import until

pytestmark = pytest.mark.anyio

LONG = 10 if os.environ.get("TEST_LONG") else 1
ENDPOINTS, HANGING, ROUNDS = 10, 5, 8
HANGS_S = 15.0
ROUND_S = 0.2 * LONG
"""Between two events of a tenant, of which each of its endpoints is told: 50 deliveries a second."""


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


async def test_of_many_endpoints_those_that_answer_are_told_at_once(post: Post) -> None:
    """Ten to a tenant; of a hundred five hang, of ten one. Deliveries are counted, and how long they took is
    shown.
    """
    over, hanging = asyncio.Event(), (LONG + 1) // 2
    sent: dict[str, float] = {}
    arrived: list[tuple[str, float]] = []
    hung = 0

    async def hang(request: httpx2.Request) -> int:
        nonlocal hung
        hung += 1
        with suppress(TimeoutError):
            await asyncio.wait_for(over.wait(), HANGS_S)
        return 204

    def fine(request: httpx2.Request) -> int:
        arrived.append((request.headers["webhook-id"], perf_counter()))
        return 204

    owners = [post.owner, *[await another_tenant(post) for _ in range(LONG - 1)]]
    for number in range(10 * LONG):
        post.owner, host = owners[number % LONG], f"hooks-{number}.muster.example"
        await post.endpoint(f"https://{host}/")
        post.outside.answers[host] = hang if number < hanging else fine
    process = post.process()
    process.start()
    for _ in range(ROUNDS):
        for post.owner in owners:
            await published_at(post, sent)
        await asyncio.sleep(ROUND_S)
    expected = ROUNDS * (10 * LONG - hanging)
    await until(lambda: len(arrived) >= expected)
    over.set()
    await process.stop()

    took = [at - sent[id] for id, at in arrived]
    p50, p95 = (quantiles(took, n=100)[at - 1] for at in (50, 95))
    print(
        f"{10 * LONG} endpoints, {hanging} of them hang {HANGS_S:g} s ({hung} attempts): {len(took)} "
        f"deliveries to the others, p50 {p50:.2f} s, p95 {p95:.2f} s"
    )
    assert len(took) == expected
    assert hung >= hanging


async def another_tenant(post: Post) -> Owner:
    async with post.database.write() as session:
        return Owner((await Directory(post.ambient).create_tenant(session, "Muster & Co")).id, "test")


async def published_at(post: Post, sent: dict[str, float]) -> None:
    """One event, and when it was committed."""
    begun = perf_counter()
    sent[await post.publish()] = begun


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
