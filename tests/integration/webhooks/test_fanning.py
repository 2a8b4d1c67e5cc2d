"""From the feed to deliveries."""

import asyncio

import pytest

from gateway.errors import Conflict
from gateway.persistence.event_log import tell
from gateway.webhooks.outbound.endpoints import MOST
from gateway.webhooks.outbound.fanning import Fanning
from tests.integration.webhooks.conftest import Post, id_of

pytestmark = pytest.mark.anyio


async def test_an_event_goes_once_to_each_endpoint_that_wants_it(post: Post) -> None:
    one, _ = await post.endpoint()
    other, _ = await post.endpoint(event_types=("quote.*",))
    wanted = await post.publish("invoice.paid", resource="invoices")
    await post.publish("invoice.loaded")

    await post.deliver()

    assert [row.event_id for row in await post.rows(one.id)] == [wanted]
    assert await post.rows(other.id) == []
    assert [id_of(request) for request in post.outside.received] == [wanted]


async def test_an_endpoint_is_told_nothing_of_what_was_before_it(post: Post) -> None:
    await post.publish()
    first, _ = await post.endpoint()
    await post.publish()
    second, _ = await post.endpoint()
    last = await post.publish()

    await post.deliver()

    assert len(await post.rows(first.id)) == 2
    assert [row.event_id for row in await post.rows(second.id)] == [last]


async def test_many_processes_make_each_delivery_once(post: Post) -> None:
    target, _ = await post.endpoint()
    ids = [await post.publish() for _ in range(40)]
    fans = [Fanning(post.database, post.ambient) for _ in range(6)]

    told = await asyncio.gather(*(fan.run() for fan in fans))

    assert sum(told) == 40
    assert sorted(row.event_id for row in await post.rows(target.id)) == sorted(ids)


async def test_what_is_rolled_back_is_told_to_nobody(post: Post) -> None:
    target, _ = await post.endpoint()

    async def failing() -> None:
        async with post.database.write() as session:
            tenant = post.owner.tenant_id
            await tell(session, post.ambient, type="invoice.paid", tenant_id=tenant, environment="test")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await failing()
    await post.deliver()

    assert await post.rows(target.id) == []


async def test_there_are_only_so_many_endpoints(post: Post) -> None:
    for _ in range(MOST):
        await post.endpoint()

    with pytest.raises(Conflict):
        await post.endpoint()
