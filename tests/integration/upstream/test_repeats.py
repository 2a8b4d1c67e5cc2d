"""What is repeated, and what never: a 401 once and a 429 twice, since both say that nothing was done."""

import pytest

from connectors.base.errors import ReconnectNeeded, UpstreamBusy
from connectors.base.wire import Call
from gateway.tenants.model import Connection
from tests.integration.upstream.builders import Bench, FakeTokens, bench, connection, reading, writing
from tests.integration.upstream.vendor import Vendor, answer, saying, vendor

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


@pytest.mark.parametrize(
    "status", ["500 Internal Server Error", "502 Bad Gateway", "503 Away", "504 Gateway Timeout"]
)
@BOTH
async def test_a_5xx_is_not_repeated(call: Call, status: str) -> None:
    async with vendor(saying(answer(status, b""))) as upstream:
        over = bench(upstream.url)
        await over.wire().send(call)
        await over.transports.aclose()

        assert len(upstream.requests) == 1


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
