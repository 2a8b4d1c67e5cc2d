"""One delivery on its way: checked at the address that is dialled, bounded in time and size, never followed.

No redirect, no proxy of the environment, no packed answers, no cookie: see `gateway.upstream.transport`.
"""

import asyncio

import httpx2
from msgspec import Struct

from gateway.upstream.carrier import Carried, Headers
from gateway.upstream.dialling import Dialling
from gateway.upstream.failures import FAILED, lowered
from gateway.upstream.headers import own_headers
from gateway.upstream.retries import asked_s
from gateway.webhooks.outbound.addresses import Allowed, Misfit, Place, check_all, place_of

TIMEOUT_S = 15.0
"""For looking up, connecting, sending and reading together."""
READ = 64 * 1024
"""Bytes of an answer; the rest is not waited for."""
KEPT = 1024
"""Bytes of it that its owner is shown."""
CONNECT_S = 5.0


class Outcome(Struct, frozen=True, kw_only=True):
    """What became of an attempt."""

    status: int | None
    reason: str | None
    """Why it failed; None when it was delivered."""
    answer: str | None
    """The beginning of the body."""
    retry_after_s: float | None


async def send(
    dialling: Dialling,
    allowed: Allowed,
    url: str,
    headers: Headers,
    body: bytes,
    timeout_s: float = TIMEOUT_S,
) -> Outcome:
    """Post `body` once. Never raises for what the other side does."""
    carried: Carried | None = None
    try:
        async with asyncio.timeout(timeout_s):
            place = place_of(url, allowed)
            addresses = check_all(place, await addresses_of(dialling, place), allowed)
            parsed = httpx2.URL(url)
            carrier = dialling.to(parsed, addresses[0])
            try:
                sent = [*own_headers(parsed.netloc), *headers, (b"Content-Length", b"%d" % len(body))]
                carried = await carrier.carry("POST", parsed, sent, body, CONNECT_S)
                return _told(carried, await _beginning(carried))
            finally:
                await carrier.aclose()
    except Misfit as error:
        return _failed(str(error))
    except TimeoutError:
        return _failed(f"No complete answer within {timeout_s:.0f} s.", carried)
    except (*FAILED, httpx2.InvalidURL) as error:
        return _failed(f"No answer: {type(error).__name__}.", carried)


def _told(carried: Carried, beginning: bytes) -> Outcome:
    headers = lowered(carried.headers)
    delivered = 200 <= carried.status < 300
    return Outcome(
        status=carried.status,
        reason=None if delivered else _refused(carried.status),
        answer=beginning[:KEPT].decode("utf-8", "replace").replace("\x00", "\ufffd"),
        retry_after_s=asked_s(headers) if "retry-after" in headers and not delivered else None,
    )


async def addresses_of(dialling: Dialling, place: Place) -> list[str]:
    """The addresses that a place stands for now; an address stands for itself."""
    if place.address is not None:
        return [str(place.address)]
    return await dialling.look_up(place.host, place.port)


async def _beginning(carried: Carried) -> bytes:
    kept = bytearray()
    try:
        async for part in carried.body:
            kept += part[: READ - len(kept)]
            if len(kept) >= READ:
                break
    finally:
        await carried.body.aclose()
    return bytes(kept)


def _failed(reason: str, carried: Carried | None = None) -> Outcome:
    status = None if carried is None else carried.status
    return Outcome(status=status, reason=reason, answer=None, retry_after_s=None)


def _refused(status: int) -> str:
    if 300 <= status < 400:
        return f"It answered {status}: redirects are not followed."
    return f"It answered {status}, and only 2xx counts."
