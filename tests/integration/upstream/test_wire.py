"""The wire's own duties: deadline, transactions, the gate before a write, and the ledger."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from connectors.base.errors import OutcomeUnknown, RecordNotFound, UpstreamBroken, UpstreamBusy
from connectors.base.wire import Call
from gateway.persistence.database import Database
from gateway.tenants.model import Connection
from gateway.upstream.schedule import Lane
from gateway.upstream.wire import ScheduledWire, queue_key
from tests.integration.upstream.builders import FakeTokens, bench, connection, reading, writing
from tests.integration.upstream.vendor import Request, answer, saying, vendor

pytestmark = pytest.mark.anyio


class Slow:
    """A schedule whose slots take `wait_s` of real time."""

    def __init__(self, wait_s: float) -> None:
        self._wait_s = wait_s
        self.keys: list[str] = []

    async def slot(self, key: str, *, deadline: float, **how: object) -> float:
        self.keys.append(key)
        await asyncio.sleep(self._wait_s)
        return self._wait_s

    async def pause(self, key: str, seconds: float) -> None: ...

    async def aclose(self) -> None: ...


async def silent(request: Request, writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(30)


async def test_no_call_leaves_while_a_transaction_is_open(tmp_path: Path) -> None:
    database = Database.open(f"sqlite+aiosqlite:///{tmp_path / 'kontor.db'}")
    async with vendor() as upstream:
        over = bench(upstream.url)
        async with database.read():
            with pytest.raises(RuntimeError, match="transaction"):
                await over.wire().send(reading())
        await over.transports.aclose()
        await database.dispose()

        assert upstream.requests == []


@pytest.mark.parametrize(("call", "error"), [(reading(), UpstreamBroken), (writing(), OutcomeUnknown)])
async def test_one_call_takes_no_longer_than_the_setting(call: Call, error: type[Exception]) -> None:
    async with vendor(silent) as upstream:
        over = bench(upstream.url, upstream_timeout_s=0.2)
        started = over.ambient.clock.monotonic()
        with pytest.raises(error):
            await over.wire(deadline_s=20).send(call)
        took = over.ambient.clock.monotonic() - started
        await over.transports.aclose()

        assert 0.2 <= took < 10


async def test_a_call_whose_slot_came_too_late_does_not_leave() -> None:
    async with vendor() as upstream:
        over = bench(upstream.url, scheduler=Slow(0.1))
        with pytest.raises(UpstreamBusy) as busy:
            await over.wire(deadline_s=0.05).send(writing())
        await over.transports.aclose()

        assert upstream.requests == []
        assert (busy.value.sent_text, over.ledger.calls, over.ledger.sent) == ("no", 0, False)


async def test_an_answer_tells_when_its_call_left_and_not_when_it_began_to_wait() -> None:
    async with vendor() as upstream:
        over = bench(upstream.url, scheduler=Slow(0.3))
        began = over.ambient.clock.now()
        answer = await over.wire().send(reading())
        came = over.ambient.clock.now()
        await over.transports.aclose()

    assert answer.left_at is not None
    assert began + timedelta(seconds=0.29) <= answer.left_at <= came


async def test_a_pause_beyond_the_deadline_is_refused_at_once() -> None:
    over = bench("http://127.0.0.1:9")
    wire = over.wire(deadline_s=0.5)

    assert await wire.pause(0.01) is True
    assert await wire.pause(60) is False


async def test_an_id_that_would_steer_the_path_costs_neither_a_call_nor_a_slot() -> None:
    schedule = Slow(0)
    over = bench("http://127.0.0.1:9", scheduler=schedule)
    with pytest.raises(RecordNotFound):
        await over.wire().send(reading("/v1/contacts/.."))

    assert schedule.keys == []


async def test_the_gate_opens_after_the_slot_and_before_a_writing_call_alone() -> None:
    order: list[str] = []

    class Noting(Slow):
        async def slot(self, key: str, *, deadline: float, **how: object) -> float:
            order.append("slot")
            return 0.0

    async def gate() -> None:
        order.append("gate")

    async def receive(request: Request, writer: asyncio.StreamWriter) -> None:
        order.append(request.method)
        await saying(answer())(request, writer)

    async with vendor(receive) as upstream:
        over = bench(upstream.url, scheduler=Noting(0))
        wire = over.wire()
        assert isinstance(wire, ScheduledWire)
        gated = wire.gated(gate)
        await gated.send(reading())
        await gated.send(writing())
        await over.transports.aclose()

    assert order == ["slot", "GET", "slot", "gate", "POST"]


async def test_a_gate_that_refuses_keeps_the_call_at_home() -> None:
    async def gate() -> None:
        raise ZeroDivisionError

    async with vendor() as upstream:
        over = bench(upstream.url)
        wire = over.wire()
        assert isinstance(wire, ScheduledWire)
        with pytest.raises(ZeroDivisionError):
            await wire.gated(gate).send(writing())
        await over.transports.aclose()

        assert upstream.requests == []


async def test_a_caller_that_goes_away_ends_the_call_and_the_record_says_so() -> None:
    arrived = asyncio.Event()

    async def receive(request: Request, writer: asyncio.StreamWriter) -> None:
        arrived.set()
        await silent(request, writer)

    async with vendor(receive) as upstream:
        over = bench(upstream.url)
        asking = asyncio.ensure_future(over.wire().send(reading()))
        await arrived.wait()
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        await over.transports.aclose()

        assert [record.failure for record in over.records] == ["abandoned"]
        assert over.ledger.sent is True


async def test_the_ledger_adds_up_what_a_request_cost() -> None:
    told = [saying(answer("200 OK", b"{}", f"x-amzn-RequestId: trace-{number}")) for number in range(3)]
    async with vendor() as upstream:
        upstream.script = told
        over = bench(upstream.url, scheduler=Slow(0.01))
        wire = over.wire()
        for _ in range(3):
            await wire.send(reading())
        await over.transports.aclose()

    assert over.ledger.waited_s == pytest.approx(0.03)
    assert over.ledger.trace_ids == ["trace-0", "trace-1", "trace-2"]
    assert (over.ledger.calls, over.ledger.sent) == (3, True)


async def test_every_connection_has_a_queue_of_its_own() -> None:
    schedule = Slow(0)
    async with vendor() as upstream:
        over = bench(upstream.url, scheduler=schedule)
        for one in (connection("con_1", "ten_1"), connection("con_2", "ten_1"), connection("con_1", "ten_1")):
            await over.wire(one).send(reading())
        deadline = over.ambient.clock.monotonic() + 5
        bare = over.upstream.bare_wire("muster", "Bearer geheim", deadline=deadline, ledger=over.ledger)
        await bare.send(reading())
        await over.transports.aclose()

    assert schedule.keys[0] == schedule.keys[2]
    assert len(set(schedule.keys)) == 3
    assert "geheim" not in schedule.keys[3]


def test_no_two_lists_of_names_make_one_key() -> None:
    pieces = ["", ":", "1", "1:", ":1", "1:a", "a", "a1:", "a1:b", "3:a1:", "b"]
    pairs = [(one, two) for one in pieces for two in pieces]

    assert len({queue_key(*pair) for pair in pairs} | {queue_key(one) for one in pieces}) == len(pairs) + len(
        pieces
    )


async def test_a_credential_that_comes_too_late_ends_the_request_and_not_the_renewal() -> None:
    came = asyncio.Event()

    class Slowly(FakeTokens):
        async def authorization(self, connection: Connection) -> str:
            return await asyncio.shield(asyncio.ensure_future(self._renewal()))

        async def _renewal(self) -> str:
            await asyncio.sleep(0.2)
            came.set()
            return "Bearer late"

    async with vendor() as upstream:
        over = bench(upstream.url, tokens=Slowly())
        with pytest.raises(UpstreamBusy):
            await over.wire(deadline_s=0.05).send(writing())
        await asyncio.wait_for(came.wait(), 5)
        await over.transports.aclose()

        assert (upstream.requests, over.ledger.sent) == ([], False)


async def test_who_waits_tells_the_lane_and_a_callers_write_has_one_of_its_own() -> None:
    lanes: list[object] = []

    class Noting(Slow):
        async def slot(self, key: str, *, deadline: float, **how: object) -> float:
            lanes.append((how["lane"], how["client"]))
            return 0.0

    async with vendor() as upstream:
        over = bench(upstream.url, scheduler=Noting(0))
        await over.wire().send(reading())
        await over.wire().send(writing())
        await over.wire(connection(kind="api_key")).send(reading())
        for call in (reading(), writing()):
            deadline = over.ambient.clock.monotonic() + 5
            job = over.upstream.wire(connection(), deadline=deadline, ledger=over.ledger, lane=Lane.BACKFILL)
            await job.send(call)
        await over.transports.aclose()

    app = "5:ten_16:muster3:app"
    assert lanes == [
        (Lane.INTERACTIVE, app),
        (Lane.WRITE, app),
        (Lane.INTERACTIVE, None),
        (Lane.BACKFILL, app),
        (Lane.BACKFILL, app),
    ]
