"""A dropped connection means one call at the vendor, for every method. Counted at a bare socket."""

import asyncio

import pytest

from connectors.base.errors import OutcomeUnknown, UpstreamBroken, UpstreamUnreachable
from connectors.base.files import LARGEST, Part, form
from connectors.base.wire import Call
from tests.integration.upstream.builders import bench, reading, writing
from tests.integration.upstream.vendor import Request, answer, hang_up, reset, saying, vendor

pytestmark = pytest.mark.anyio

READS = [reading(method=method) for method in ("GET", "HEAD", "OPTIONS")]
WRITES = [writing(method=method) for method in ("POST", "PUT", "PATCH", "DELETE")]
DROPS = {
    "hang up": hang_up,
    "reset": reset,
    "half a head": saying(b"HTTP/1.1 200 OK\r\nContent-Le", hang_up=True),
    "half a body": saying(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", hang_up=True),
}


@pytest.mark.parametrize(
    ("call", "drop"),
    [
        pytest.param(call, drop, id=f"{call.method}, {drop}")
        for call in READS + WRITES
        for drop in DROPS
        if (call.method, drop) != ("HEAD", "half a body")  # an answer to HEAD has no body
    ],
)
async def test_a_reused_connection_that_drops_costs_one_call(call: Call, drop: str) -> None:
    async with vendor() as upstream:
        upstream.script = [saying(answer()), DROPS[drop]]
        over = bench(upstream.url)
        over.upstream.retries.begin = lambda: False  # pyright: ignore[reportAttributeAccessIssue]
        wire = over.wire()
        await wire.send(reading("/v1/first"))
        expected = OutcomeUnknown if call.writes else UpstreamBroken

        with pytest.raises(expected):
            await wire.send(call)
        await over.transports.aclose()

        assert [request.method for request in upstream.requests] == ["GET", call.method]
        assert upstream.connections == 1  # the second call really went over the kept connection


@pytest.mark.parametrize("call", READS + WRITES, ids=lambda call: call.method)
async def test_a_fresh_connection_that_drops_costs_one_call(call: Call) -> None:
    async with vendor(hang_up) as upstream:
        over = bench(upstream.url)
        over.upstream.retries.begin = lambda: False  # pyright: ignore[reportAttributeAccessIssue]
        with pytest.raises((OutcomeUnknown, UpstreamBroken)):
            await over.wire().send(call)
        await over.transports.aclose()

        assert len(upstream.requests) == 1


async def test_a_form_of_5_mb_that_is_cut_off_on_its_way_costs_one_call() -> None:
    async def cut(request: Request, writer: asyncio.StreamWriter) -> None:
        raise AssertionError("the request never ends")

    content, content_type = form(
        {}, (Part(name="file", filename="a.pdf", media_type="application/pdf", content=bytes(LARGEST)),)
    )
    async with vendor(cut) as upstream:
        upstream.most_body = 100_000
        over = bench(upstream.url)
        over.upstream.retries.begin = lambda: False  # pyright: ignore[reportAttributeAccessIssue]
        with pytest.raises(OutcomeUnknown):
            await over.wire().send(writing("/v1/files", content=content, content_type=content_type))
        await over.transports.aclose()

        assert (upstream.connections, upstream.requests) == (1, [])


async def test_an_idle_connection_that_the_vendor_closed_is_replaced_before_anything_is_sent() -> None:
    async with vendor() as upstream:
        upstream.script = [saying(answer(), hang_up=True)]
        over = bench(upstream.url)
        over.upstream.retries.begin = lambda: False  # pyright: ignore[reportAttributeAccessIssue]
        wire = over.wire()
        await wire.send(reading())
        await wire.pause(0.05)  # the vendor's FIN arrives

        sent = await wire.send(writing())
        await over.transports.aclose()

        assert sent.status == 200
        assert [(request.method, request.connection) for request in upstream.requests] == [
            ("GET", 0),
            ("POST", 1),
        ]


async def test_a_vendor_that_cannot_be_connected_is_unreachable_and_nothing_was_sent() -> None:
    async with vendor() as upstream:
        pass  # it listens no more
    over = bench(upstream.url)
    over.upstream.retries.begin = lambda: False  # pyright: ignore[reportAttributeAccessIssue]

    with pytest.raises(UpstreamUnreachable) as refused:
        await over.wire().send(writing())
    await over.transports.aclose()

    assert refused.value.sent_text == "no"
    assert (over.ledger.calls, over.ledger.sent) == (0, False)


async def test_a_lost_write_says_that_its_outcome_is_unknown_with_what_was_seen() -> None:
    headers = b"HTTP/1.1 201 Created\r\nx-amzn-RequestId: abc-1\r\nContent-Length: 9\r\n\r\n{"
    async with vendor(saying(headers, hang_up=True)) as upstream:
        over = bench(upstream.url)
        over.upstream.retries.begin = lambda: False  # pyright: ignore[reportAttributeAccessIssue]
        with pytest.raises(OutcomeUnknown) as lost:
            await over.wire().send(writing())
        await over.transports.aclose()

    assert lost.value.upstream is not None
    assert (lost.value.upstream.status, lost.value.upstream.trace_id) == (201, "abc-1")
    assert over.ledger.trace_ids == ["abc-1"]
    assert over.ledger.sent is True
