"""What is repeated, and what never: a 401 once and a 429 twice, since both say that nothing was done; a read
that failed, within a budget.
"""

import asyncio

import pytest

from connectors.base.errors import (
    ConnectionProblem,
    OutcomeUnknown,
    ReconnectNeeded,
    UpstreamBusy,
    UpstreamUnreachable,
)
from connectors.base.wire import Call
from gateway.tenants.model import Connection
from tests.integration.upstream.builders import Bench, FakeTokens, bench, connection, reading, writing
from tests.integration.upstream.vendor import Request, Vendor, answer, hang_up, reset, saying, vendor
from tests.standing import standing
from tests.unit.upstream.virtual import virtual

pytestmark = pytest.mark.anyio

UNAUTHORIZED = saying(
    answer("401 Unauthorized", b'{"message":"Unauthorized"}', "x-amzn-RequestId: refused-1")
)
TOO_MANY = saying(answer("429 Too Many Requests", b'{"message":"Rate limit exceeded"}'))
FINE = saying(answer())
BOTH = pytest.mark.parametrize("call", [reading(), writing()], ids=["read", "write"])


class Pauses:
    """A schedule that lets everything through and notes its pauses."""

    def __init__(self) -> None:
        self.slots: list[str] = []
        self.pauses: list[float] = []

    async def slot(self, key: str, *, deadline: float, **how: object) -> float:
        self.slots.append(key)
        return 0.25

    async def pause(self, key: str, seconds: float) -> None:
        self.pauses.append(seconds)

    async def aclose(self) -> None: ...


def used(upstream: Vendor) -> list[str | None]:
    return [request.header("authorization") for request in upstream.requests]


@BOTH
async def test_a_401_is_repeated_once_with_a_fresh_token(call: Call) -> None:
    async with vendor() as upstream:
        upstream.script = [UNAUTHORIZED]
        over = bench(upstream.url)
        got = await over.wire().send(call)
        await over.transports.aclose()

        assert got.status == 200
        assert used(upstream) == ["Bearer token-of-con_1", "Bearer token-of-con_1-1"]
        assert upstream.requests[0].body == upstream.requests[1].body
        assert over.ledger.calls == 2


@BOTH
async def test_a_second_401_is_the_answer(call: Call) -> None:
    async with vendor(UNAUTHORIZED) as upstream:
        over = bench(upstream.url)
        got = await over.wire().send(call)
        await over.transports.aclose()

        assert got.status == 401
        assert len(upstream.requests) == 2


async def test_an_api_key_has_nothing_to_refresh() -> None:
    async with vendor(UNAUTHORIZED) as upstream:
        over = bench(upstream.url)
        got = await over.wire(connection(kind="api_key")).send(reading())
        await over.transports.aclose()

        assert got.status == 401
        assert (len(upstream.requests), over.tokens.refreshed) == (1, [])


async def test_a_bare_credential_has_nothing_to_refresh() -> None:
    async with vendor(UNAUTHORIZED) as upstream:
        over = bench(upstream.url)
        deadline = over.ambient.clock.monotonic() + 5
        wire = over.upstream.bare_wire("muster-alias", "Bearer fresh", deadline=deadline, ledger=over.ledger)
        got = await wire.send(reading())
        await over.transports.aclose()

        assert got.status == 401
        assert used(upstream) == ["Bearer fresh"]
        assert over.records[0].connection == "-"


async def test_a_refresh_that_fails_ends_the_call_without_another_one() -> None:
    class Withdrawn(FakeTokens):
        async def refreshed_after_401(self, connection: Connection, used: str) -> str:
            raise ReconnectNeeded("Consent was withdrawn.")

    async with vendor(UNAUTHORIZED) as upstream:
        over = bench(upstream.url, tokens=Withdrawn())
        with pytest.raises(ReconnectNeeded):
            await over.wire().send(writing())
        await over.transports.aclose()

        assert len(upstream.requests) == 1


@BOTH
async def test_a_429_pauses_the_line_and_is_repeated(call: Call) -> None:
    async with vendor() as upstream:
        upstream.script = [TOO_MANY, TOO_MANY]
        schedule = Pauses()
        over = bench(upstream.url, scheduler=schedule)
        got = await over.wire().send(call)
        await over.transports.aclose()

        assert got.status == 200
        assert schedule.pauses == [1.0, 2.0]
        assert len(schedule.slots) == 3  # every try takes a slot of its own
        assert over.ledger.waited_s == 0.75
        assert [record.status for record in over.records] == [429, 429, 200]
        assert [record.attempt for record in over.records] == [1, 2, 3]


@BOTH
async def test_a_third_429_is_told_to_the_caller_with_a_time_to_wait(call: Call) -> None:
    async with vendor(TOO_MANY) as upstream:
        over = bench(upstream.url, scheduler=Pauses())
        with pytest.raises(UpstreamBusy) as busy:
            await over.wire().send(call)
        await over.transports.aclose()

        assert len(upstream.requests) == 3
        assert (busy.value.sent_text, busy.value.retry_after_s) == ("no", 4.0)


@pytest.mark.parametrize(
    ("asked", "pause"),
    [
        ("7", 7.0),
        ("0", 1.0),
        ("0.5", 1.0),
        ("-3", 1.0),
        ("86400", 300.0),
        ("Wed, 21 Oct 2026 07:28:00 GMT", 1.0),
    ],
)
async def test_retry_after_of_the_vendor_is_a_minimum_within_reason(asked: str, pause: float) -> None:
    busy = saying(answer("429 Too Many Requests", b"", f"Retry-After: {asked}"))
    async with vendor() as upstream:
        upstream.script = [busy]
        schedule = Pauses()
        over = bench(upstream.url, scheduler=schedule)
        await over.wire().send(reading())
        await over.transports.aclose()

        assert schedule.pauses == [pause]


FIVES = ["500 Internal Server Error", "502 Bad Gateway", "503 Away", "504 Gateway Timeout"]


@pytest.mark.parametrize("status", FIVES)
async def test_a_write_is_never_repeated_after_a_5xx(status: str) -> None:
    async with vendor(saying(answer(status, b""))) as upstream:
        over = bench(upstream.url, ambient=standing())
        await over.wire().send(writing())
        await over.transports.aclose()

        assert len(upstream.requests) == 1


@pytest.mark.parametrize("status", FIVES)
async def test_a_read_is_tried_three_times_and_the_last_answer_counts(status: str) -> None:
    async with vendor(saying(answer(status, b""))) as upstream:
        schedule = Pauses()
        over = bench(upstream.url, ambient=standing(), scheduler=schedule)
        got = await over.wire().send(reading())
        await over.transports.aclose()

        assert got.status == int(status[:3])
        assert (len(upstream.requests), len(schedule.slots), over.ledger.calls) == (3, 3, 3)


@pytest.mark.parametrize("status", ["501 Not Implemented", "404 Not Found", "406 Not Acceptable"])
async def test_what_would_be_the_same_again_is_not_asked_again(status: str) -> None:
    async with vendor(saying(answer(status, b""))) as upstream:
        over = bench(upstream.url, ambient=standing())
        await over.wire().send(reading())
        await over.transports.aclose()

        assert len(upstream.requests) == 1


async def test_a_read_whose_connection_breaks_is_tried_again_and_a_write_is_not() -> None:
    async with vendor() as upstream:
        upstream.script = [hang_up, reset]
        over = bench(upstream.url, ambient=standing())
        got = await over.wire().send(reading())
        upstream.script = [hang_up]
        with pytest.raises(OutcomeUnknown):
            await over.wire().send(writing())
        await over.transports.aclose()

        assert got.status == 200
        assert len(upstream.requests) == 4


async def test_a_read_that_finds_nobody_there_is_tried_again() -> None:
    over = bench("http://127.0.0.1:9", ambient=standing())
    with pytest.raises(UpstreamUnreachable):
        await over.wire().send(reading())
    await over.transports.aclose()

    assert [record.failure for record in over.records] == ["upstream_unreachable"] * 3
    assert over.ledger.sent is False


async def test_a_write_that_finds_nobody_there_is_not_tried_again() -> None:
    over = bench("http://127.0.0.1:9", ambient=standing())
    with pytest.raises(UpstreamUnreachable):
        await over.wire().send(writing())
    await over.transports.aclose()

    assert len(over.records) == 1


async def test_retry_after_of_a_failure_is_a_minimum_and_jitter_comes_on_top() -> None:
    away = saying(answer("503 Away", b"", "Retry-After: 7"))
    waits = []
    for _ in range(20):
        async with vendor() as upstream:
            upstream.script = [away]
            ambient = standing()
            over = bench(upstream.url, ambient=ambient)
            await over.wire().send(reading())
            await over.transports.aclose()
        waits.append(ambient.clock.elapsed_s)

    assert all(7 <= wait <= 7.5 for wait in waits)
    assert len(set(waits)) > 15


async def test_no_retry_begins_that_would_end_after_the_deadline() -> None:
    away = saying(answer("503 Away", b"", "Retry-After: 60"))
    async with vendor(away) as upstream:
        ambient = standing()
        over = bench(upstream.url, ambient=ambient)
        got = await over.wire(deadline_s=30).send(reading())
        await over.transports.aclose()

        assert (got.status, len(upstream.requests), ambient.clock.elapsed_s) == (503, 1, 0)


@pytest.mark.parametrize(("many", "retried"), [(40, 8), (5, 3)])
async def test_a_fifth_of_the_calls_under_way_may_be_retries_and_three_always(
    many: int, retried: int
) -> None:
    arrived = 0
    everybody = asyncio.Event()

    async def fail(request: Request, writer: asyncio.StreamWriter) -> None:
        nonlocal arrived
        arrived += 1
        if arrived == many:
            everybody.set()
        await everybody.wait()
        await saying(answer("404 Not Found" if arrived > many else "503 Away", b""))(request, writer)

    async with vendor(fail) as upstream:
        clock, ambient = virtual()  # nobody wakes who waits for a retry
        over = bench(upstream.url, ambient=ambient)
        over.upstream.circuits.answered = lambda *_, **__: None  # pyright: ignore[reportAttributeAccessIssue]
        reads = [
            asyncio.ensure_future(over.wire().send(reading(f"/v1/contacts/{number}")))
            for number in range(many)
        ]
        waiting = set(reads)
        while len(waiting) > retried:
            _, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        await clock.settle()

        assert sum(not task.done() for task in reads) == retried
        for task in waiting:
            task.cancel()
        await asyncio.gather(*reads, return_exceptions=True)
        await over.transports.aclose()
        assert over.upstream.retries.retrying == 0


async def test_a_vendor_that_fails_is_left_alone_and_asked_again_later() -> None:
    async with vendor(saying(answer("503 Away", b""))) as upstream:
        ambient = standing()
        over = bench(upstream.url, ambient=ambient)
        await over.wire().send(reading())  # three tries
        with pytest.raises(UpstreamUnreachable):
            await over.wire().send(reading())  # two, and the third is not made
        with pytest.raises(UpstreamUnreachable) as left_alone:
            await over.wire(connection("con_2")).send(writing())
        assert (len(upstream.requests), left_alone.value.sent_text) == (5, "no")
        assert 25 < (left_alone.value.retry_after_s or 0) <= 30

        upstream.answering = FINE
        ambient.clock.advance(31)
        got = await over.wire(connection("con_2")).send(writing())
        await over.transports.aclose()

        assert got.status == 200
        assert over.upstream.circuits.any == {}


async def test_a_credential_that_is_refused_stops_its_own_connection_alone() -> None:
    refused = saying(answer("403 Forbidden", b'{"message":null}'))
    async with vendor(refused) as upstream:
        over = bench(upstream.url, ambient=standing())
        for _ in range(5):
            await over.wire().send(reading())
        with pytest.raises(ConnectionProblem):
            await over.wire().send(reading())
        upstream.answering = FINE
        got = [await over.wire(connection(f"con_{number}")).send(reading()) for number in range(2, 12)]
        await over.transports.aclose()

        assert {each.status for each in got} == {200}
        assert len(upstream.requests) == 15


async def test_a_record_tells_what_happened_without_a_secret() -> None:
    async with vendor(saying(answer("200 OK", b"12345", "X-Amzn-Trace-Id: Root=1-abc"))) as upstream:
        over: Bench = bench(upstream.url, scheduler=Pauses())
        await over.wire().send(reading("/v1/contacts/4711", params=(("email", "erika@example.org"),)))
        await over.transports.aclose()

    record = over.records[0]
    assert (record.target, record.connection, record.purpose) == ("muster", "con_1", "company.get")
    assert (record.status, record.failure, record.received_bytes) == (200, None, 5)
    assert (record.trace_id, record.waited_s) == ("Root=1-abc", 0.25)
    assert "erika" not in repr(record) + repr(over.ledger)
    assert "token" not in repr(record) + repr(over.ledger)


@pytest.mark.parametrize("hostile", ["a\tb", "<script>", "x" * 129, "caf\xe9", "a b"])
async def test_a_trace_id_that_could_do_harm_elsewhere_is_left_out(hostile: str) -> None:
    async with vendor(saying(answer("200 OK", b"{}", f"x-amzn-RequestId: {hostile}"))) as upstream:
        over = bench(upstream.url)
        await over.wire().send(reading())
        await over.transports.aclose()

    assert over.ledger.trace_ids == []
