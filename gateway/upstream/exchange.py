"""One request, one answer, within a time."""

import asyncio

import httpx2

from connectors.base.wire import Answer
from gateway.upstream.body import LIMIT, read, told_size
from gateway.upstream.carrier import Carried, Carrier, Headers
from gateway.upstream.failures import FAILED, NOT_SENT, NotSent, lowered, no_answer
from gateway.upstream.flow import Flow

PHASES = 4
"""Waiting for the pool, TCP and TLS each get a quarter of the time, so that they end before the whole does:
running out of it then always means that a connection was up."""


async def exchange(
    carrier: Carrier,
    method: str,
    url: httpx2.URL,
    headers: Headers,
    content: bytes | None,
    *,
    timeout_s: float,
    limit: int = LIMIT,
) -> Answer:
    """Send once and read the answer to its end, all within `timeout_s`, however slowly bytes arrive.

    Raises:
        NotSent: certain that nothing left.
        NoAnswer: anything else that went wrong.
    """
    answer, _ = await begin(carrier, method, url, headers, content, timeout_s=timeout_s, limit=limit)
    return answer


async def begin(
    carrier: Carrier,
    method: str,
    url: httpx2.URL,
    headers: Headers,
    content: bytes | None,
    *,
    timeout_s: float,
    limit: int = LIMIT,
    ahead: int | None = None,
) -> tuple[Answer, Flow | None]:
    """`exchange`; but of a 2xx whose body is told to be longer than `ahead`, not much more than so many bytes
    are read. The `Flow` of the rest has to be closed.
    """
    carried: Carried | None = None
    until = asyncio.get_running_loop().time() + timeout_s
    try:
        async with asyncio.timeout_at(until):
            carried = await carrier.carry(method, url, headers, content or b"", timeout_s / PHASES)
            size = told_size(carried.headers) if 200 <= carried.status < 300 else None
            if size is not None and ahead is not None and size > ahead:
                flow = Flow(carried, size, until - asyncio.get_running_loop().time())
                beginning = await flow.beginning(ahead)
                return _answer(carried, beginning), flow if flow.size else None
            try:
                body = await read(carried.body, carried.headers, limit)
            finally:
                await carried.body.aclose()
    except NOT_SENT as error:
        raise NotSent(type(error).__name__) from error
    except FAILED as error:
        raise no_answer(error, timeout_s, carried) from error
    return _answer(carried, body), None


def _answer(carried: Carried, content: bytes) -> Answer:
    return Answer(status=carried.status, headers=lowered(carried.headers), content=content)
