"""Redis, which only ever helps: a client that gives up soon, since there is always another way."""

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

TIMEOUT_S = 0.5
"""A Redis that needs longer is as good as away."""


def connect(url: str) -> Redis:
    """Nothing is repeated by the client: whether that is of use, its user knows."""
    return Redis.from_url(
        url, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S, retry=Retry(NoBackoff(), 0)
    )
