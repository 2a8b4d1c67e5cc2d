"""Reads that are asked for at the same time go to the vendor once."""

import asyncio
from pathlib import Path

import msgspec
import pytest

from connectors.base.errors import KontorError, UpstreamBroken, UpstreamBusy
from connectors.base.wire import Answer, Call
from gateway.tenants.model import Connection
from gateway.upstream.flights import SharedWire
from gateway.upstream.hops import Ledger
from tests.integration.upstream.builders import Bench, bench, connection, reading, writing
from tests.integration.upstream.test_files import whole
from tests.integration.upstream.vendor import Request, Vendor, answer, saying, vendor
from tests.stage import staged

pytestmark = pytest.mark.anyio

READERS = 20


class Gate:
    """A vendor that answers when it is let; each answer has a number and a trace id of its own."""

    def __init__(self) -> None:
        self.open = asyncio.Event()
        self.answered = 0

    async def __call__(self, request: Request, writer: asyncio.StreamWriter) -> None:
        self.answered += 1
        number = self.answered
        await self.open.wait()
        writer.write(answer("200 OK", b'{"n":%d}' % number, f"x-amzn-RequestId: trace-{number}"))


def ask(
    over: Bench, call: Call, of: Connection | None = None, *, fresh: bool = False, deadline_s: float = 30
) -> "Reader":
    ledger = Ledger()
    deadline = over.ambient.clock.monotonic() + deadline_s
    wire = over.upstream.wire(of or connection(), deadline=deadline, ledger=ledger)
    return Reader(SharedWire(wire, fresh=fresh), call, ledger)


class Reader:
    """One who asks, as a task."""

    def __init__(self, wire: SharedWire, call: Call, ledger: Ledger) -> None:
        self.ledger = ledger
        self.task: asyncio.Task[Answer] = asyncio.create_task(wire.send(call))

    async def body(self) -> bytes:
        return (await self.task).content


async def arrived(upstream: Vendor, requests: int) -> None:
    async with asyncio.timeout(10):
        while len(upstream.requests) < requests:  # noqa: ASYNC110 - it is another's list
            await asyncio.sleep(0.001)


async def test_twenty_readers_of_one_thing_are_one_call_that_all_can_trace() -> None:
    gate = Gate()
    async with vendor(gate) as upstream:
        over = bench(upstream.url)
        readers = [ask(over, reading()) for _ in range(READERS)]
        await arrived(upstream, 1)
        gate.open.set()
        bodies = {await reader.body() for reader in readers}
        await over.transports.aclose()

        assert bodies == {b'{"n":1}'}
        assert len(upstream.requests) == 1
        assert sum(reader.ledger.calls for reader in readers) == len(over.records) == 1
        assert {tuple(reader.ledger.trace_ids) for reader in readers} == {("trace-1",)}


async def test_who_joins_a_call_that_has_left_is_told_that_its_answer_may_be_older() -> None:
    gate = Gate()
    async with vendor(gate) as upstream:
        over = bench(upstream.url)
        first = ask(over, reading())
        await arrived(upstream, 1)
        second = ask(over, reading())
        await asyncio.sleep(0)
        gate.open.set()
        await asyncio.gather(first.body(), second.body())
        await over.transports.aclose()

        assert len(upstream.requests) == 1
        assert [reader.ledger.older for reader in (first, second)] == [False, True]


@pytest.mark.parametrize(
    ("call", "of"),
    [
        (reading("/v1/contacts"), None),
        (reading(params=(("page", "1"),)), None),
        (reading(accept="application/pdf"), None),
        (reading(headers=(("x-odd", "1"),)), None),
        (reading(), connection("con_2")),
        (reading(), connection(tenant_id="ten_2")),
    ],
)
async def test_whoever_asks_for_something_else_gets_a_call_of_his_own(
    call: Call, of: Connection | None
) -> None:
    gate = Gate()
    async with vendor(gate) as upstream:
        over = bench(upstream.url)
        one, other = ask(over, reading()), ask(over, call, of)
        await arrived(upstream, 2)
        gate.open.set()

        assert await one.body() != await other.body()
        await over.transports.aclose()


async def test_a_file_has_one_reader() -> None:
    large = bytes(1024 * 1024)
    async with vendor(saying(answer(body=large))) as upstream:
        over = bench(upstream.url)
        readers = [ask(over, reading(streams=True)) for _ in range(2)]
        got = [await reader.task for reader in readers]
        files = [await whole(one) for one in got]
        await over.transports.aclose()

        assert files == [large, large]
        assert len(upstream.requests) == 2


async def test_reads_of_a_write_are_its_own() -> None:
    gate = Gate()
    async with vendor(gate) as upstream:
        over = bench(upstream.url)
        one = ask(over, reading())
        await arrived(upstream, 1)
        own = asyncio.create_task(over.wire().send(reading()))
        await arrived(upstream, 2)
        gate.open.set()

        assert (await own).content == b'{"n":2}' != await one.body()
        await over.transports.aclose()


async def test_when_the_first_goes_away_the_others_still_get_an_answer_by_one_more_call() -> None:
    gate = Gate()
    async with vendor(gate) as upstream:
        over = bench(upstream.url)
        first, *others = [ask(over, reading()) for _ in range(READERS)]
        await arrived(upstream, 1)
        first.task.cancel()
        await arrived(upstream, 2)
        gate.open.set()

        assert {await reader.body() for reader in others} == {b'{"n":2}'}
        assert first.task.cancelled()
        await over.transports.aclose()
        assert len(upstream.requests) == 2


async def test_one_who_joined_and_goes_away_disturbs_nobody() -> None:
    gate = Gate()
    async with vendor(gate) as upstream:
        over = bench(upstream.url)
        readers = [ask(over, reading()) for _ in range(READERS)]
        await arrived(upstream, 1)
        readers[7].task.cancel()
        await asyncio.wait([readers[7].task])
        gate.open.set()

        kept = [reader for reader in readers if not reader.task.cancelled()]
        assert {await reader.body() for reader in kept} == {b'{"n":1}'}
        assert len(kept) == READERS - 1
        await over.transports.aclose()


async def test_nobody_gets_an_answer_older_than_a_write_that_ended_before_he_asked() -> None:
    gate = Gate()
    async with vendor(gate) as upstream:
        over = bench(upstream.url)
        before = ask(over, reading())
        await arrived(upstream, 1)
        upstream.script.append(_at_once)
        await over.wire().send(writing())
        after = ask(over, reading())
        await arrived(upstream, 3)
        gate.open.set()

        assert await before.body() != await after.body()
        await over.transports.aclose()


async def _at_once(request: Request, writer: asyncio.StreamWriter) -> None:
    writer.write(answer())


async def test_a_fresh_read_joins_no_call_that_has_left() -> None:
    gate = Gate()
    async with vendor(gate) as upstream:
        over = bench(upstream.url)
        before = ask(over, reading())
        await arrived(upstream, 1)
        fresh = ask(over, reading(), fresh=True)
        await arrived(upstream, 2)
        gate.open.set()

        assert (await before.body(), await fresh.body()) == (b'{"n":1}', b'{"n":2}')
        await over.transports.aclose()


class Held:
    """A schedule that gives no slot before it is let."""

    def __init__(self) -> None:
        self.free = asyncio.Event()
        self.asked = 0
        self.refusal: KontorError | None = None

    async def slot(self, key: str, *, deadline: float, **how: object) -> float:
        self.asked += 1
        await self.free.wait()
        if self.refusal is not None:
            refusal, self.refusal = self.refusal, None
            raise refusal
        return 0.0

    async def pause(self, key: str, seconds: float) -> None: ...

    async def aclose(self) -> None: ...


async def test_an_older_call_that_ends_leaves_the_newer_one_open_to_join() -> None:
    older, newer = Gate(), Gate()
    async with vendor(newer) as upstream:
        upstream.script.append(older)
        over = bench(upstream.url)
        first = ask(over, reading())
        await arrived(upstream, 1)
        fresh = ask(over, reading(), fresh=True)
        await arrived(upstream, 2)
        older.open.set()
        await first.body()
        joined = ask(over, reading())
        await asyncio.sleep(0.05)
        newer.open.set()

        assert await joined.body() == await fresh.body()
        assert len(upstream.requests) == 2
        await over.transports.aclose()


async def test_a_fresh_read_joins_a_call_that_still_waits_for_its_slot() -> None:
    gate, schedule = Gate(), Held()
    gate.open.set()
    async with vendor(gate) as upstream:
        over = bench(upstream.url, scheduler=schedule)
        readers = [ask(over, reading(), fresh=number > 0) for number in range(READERS)]
        await asyncio.sleep(0)
        schedule.free.set()

        assert {await reader.body() for reader in readers} == {b'{"n":1}'}
        assert (schedule.asked, len(upstream.requests)) == (1, 1)
        await over.transports.aclose()


async def test_a_failure_is_everybodys_and_ends_with_them() -> None:
    gate = Gate()

    async def cut(request: Request, writer: asyncio.StreamWriter) -> None:
        await gate.open.wait()
        writer.close()

    async with vendor(cut) as upstream:
        over = bench(upstream.url)
        readers = [ask(over, reading()) for _ in range(READERS)]
        await arrived(upstream, 1)
        gate.open.set()
        ended = await asyncio.gather(*(reader.task for reader in readers), return_exceptions=True)
        upstream.answering = _at_once

        assert {type(error) for error in ended} == {UpstreamBroken}
        assert len(upstream.requests) == 3  # one read's tries
        assert await ask(over, reading()).body() == b"{}"
        await over.transports.aclose()


async def test_one_in_a_hurry_does_not_wait_for_a_call_with_more_time() -> None:
    gate = Gate()
    async with vendor(gate) as upstream:
        over = bench(upstream.url)
        patient = ask(over, reading(), deadline_s=30)
        await arrived(upstream, 1)
        hurried = ask(over, reading(), deadline_s=20)
        await arrived(upstream, 2)
        gate.open.set()

        assert await patient.body() != await hurried.body()
        await over.transports.aclose()


async def test_one_with_more_time_goes_on_when_the_first_is_refused_for_its_deadline() -> None:
    gate, schedule = Gate(), Held()
    gate.open.set()
    async with vendor(gate) as upstream:
        over = bench(upstream.url, scheduler=schedule)
        schedule.refusal = UpstreamBusy("no slot in time", retry_after_s=1)
        short = ask(over, reading(), deadline_s=10)
        long = ask(over, reading(), deadline_s=30)
        await asyncio.sleep(0)
        schedule.free.set()

        with pytest.raises(UpstreamBusy):
            await short.task
        assert await long.body() == b'{"n":1}'
        await over.transports.aclose()


@pytest.mark.parametrize("headers", [{}, {"Cache-Control": "no-cache"}], ids=["any", "fresh"])
async def test_callers_at_once_cost_one_call_and_each_gets_the_whole_answer(
    tmp_path: Path, headers: dict[str, str]
) -> None:
    async with staged(tmp_path) as stage:
        stage.rooms.upstream.scheduler = schedule = Held()  # so that all have asked before the call leaves
        schedule.free.set()
        party = await stage.party()
        page = await stage.call("GET", "/v1/accounting/invoices?limit=1", party)
        path = f"/v1/accounting/invoices/{page.json()['data'][0]['id']}"
        stage.twin.twin.ledger.clear()
        schedule.free.clear()

        asking = [
            asyncio.create_task(stage.call("GET", path, party, headers=headers)) for _ in range(READERS)
        ]
        await asyncio.sleep(0.5)
        schedule.free.set()
        answers = await asyncio.gather(*asking)

        assert {answer.status_code for answer in answers} == {200}
        assert len({msgspec.json.encode(answer.json()["data"]) for answer in answers}) == 1
        assert len({answer.headers["request-id"] for answer in answers}) == READERS
        assert [call.method for call in stage.twin.twin.ledger.calls] == ["GET"]
