"""What Redis holds of a tenant: counts of its requests, lines of its calls; ids alone, and not for long."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from gateway.errors import Unavailable
from gateway.tenants.quotas import REQUESTS
from gateway.upstream.schedule.redis_book import AWAY, PREFIX
from gateway.upstream.wire import queue_key

if TYPE_CHECKING:
    from redis.asyncio import Redis


async def forget(url: str, tenant_id: str, key_ids: tuple[str, ...]) -> int:
    """Delete it; how many keys.

    Raises:
        Unavailable: Redis does not answer.
    """
    if not url:
        return 0
    from gateway.persistence.redis_client import connect

    redis = connect(url)
    try:
        found = [name async for name in _names(redis, tenant_id, key_ids)]
        return await redis.delete(*found) if found else 0
    except AWAY as error:
        raise Unavailable("Redis does not answer.") from error
    finally:
        await redis.aclose()


async def _names(redis: "Redis", tenant_id: str, key_ids: tuple[str, ...]) -> AsyncIterator[bytes]:
    for pattern in (PREFIX + queue_key(tenant_id), *(f"{REQUESTS}{key_id}:" for key_id in key_ids)):
        async for name in redis.scan_iter(match=f"{pattern}*"):
            yield name
