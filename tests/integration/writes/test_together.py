"""Many at once, callers that go away, and processes that die or sleep: one write, and one answer."""

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Literal

import pytest

from connectors.base.wire import Wire
from gateway.persistence.database import in_transaction
from gateway.writes.journal import Journal, StoredAnswer
from tests.integration.writes.acts import READ, WRITE, FakeVendor, answer_of, created
from tests.integration.writes.conftest import Office

pytestmark = pytest.mark.anyio


class Gate(asyncio.Event):
    """Tells when somebody stands before it."""

    def __init__(self) -> None:
        super().__init__()
        self.reached = asyncio.Event()

    async def wait(self) -> Literal[True]:
        self.reached.set()
        return await super().wait()


class Pausing(FakeVendor):
    """Says when a write has arrived, and answers when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.arrived, self.go_on = asyncio.Event(), asyncio.Event()
        self.before_answer = self._pause

    async def _pause(self) -> None:
        self.arrived.set()
        await self.go_on.wait()


async def test_a_hundred_identical_requests_over_four_processes_are_one_write(office: Office) -> None:
    vendor = Pausing()
    processes = [office.another_process() for _ in range(4)]
    asking = [
        asyncio.ensure_future(office.said(created(vendor), journal=processes[number % 4]))
        for number in range(100)
    ]
    await vendor.arrived.wait()
    vendor.go_on.set()
    told = Counter(await asyncio.gather(*asking))

    assert vendor.writes == 1
    assert told["201"] == 1
    assert told["idempotency_key_in_progress"] + told["201 again"] == 99
    assert await office.said(created(vendor)) == "201 again"


async def test_while_the_first_is_at_work_a_repetition_is_told_to_come_back(office: Office) -> None:
    vendor = Pausing()
    first = asyncio.ensure_future(office.said(created(vendor)))
    await vendor.arrived.wait()

    assert await office.said(created(vendor)) == "idempotency_key_in_progress"
    assert await office.said(created(vendor), body="another") == "idempotency_key_reused"
    vendor.go_on.set()
    assert await first == "201"


async def test_sent_is_committed_before_the_vendor_sees_anything(office: Office) -> None:
    vendor = FakeVendor()
    seen: list[list[str]] = []

    async def look() -> None:
        seen.append(await office.states())

    vendor.before_answer = look
    await office.said(created(vendor))

    assert seen == [["sent"]]


async def test_no_transaction_is_open_while_the_vendor_is_awaited(office: Office) -> None:
    vendor = FakeVendor()
    seen: list[bool] = []

    async def look() -> None:
        seen.append(in_transaction())
        async with office.database.write():  # on SQLite a second open one would wait in vain
            pass

    vendor.before_answer = look
    assert await office.said(created(vendor)) == "201"
    assert seen == [False]


async def test_a_caller_that_goes_away_does_not_stop_a_write_that_was_sent(office: Office) -> None:
    vendor = Pausing()
    caller = asyncio.ensure_future(office.said(created(vendor)))
    await vendor.arrived.wait()
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    vendor.go_on.set()
    await office.journal.drain()

    assert await office.states() == ["confirmed"]
    assert await office.said(created(vendor)) == "201 again"
    assert vendor.writes == 1


async def test_a_caller_that_goes_away_before_anything_was_sent_frees_its_key(office: Office) -> None:
    vendor = FakeVendor()
    waiting, never = asyncio.Event(), asyncio.Event()

    async def act(wrap: Callable[[Wire], Wire]) -> StoredAnswer:
        waiting.set()
        await never.wait()  # for a slot, say
        await wrap(vendor).send(WRITE)
        return answer_of(vendor)

    caller = asyncio.ensure_future(office.said(act))
    await waiting.wait()
    caller.cancel()
    await asyncio.gather(caller, return_exceptions=True)
    await office.journal.drain()

    assert vendor.writes == 0
    assert await office.states() == []
    assert await office.said(created(vendor)) == "201"


def dead_at(point: str, vendor: FakeVendor, never: asyncio.Event) -> Callable:
    """A write whose process dies at `point`: it gets there, and nothing of it happens after."""

    async def act(wrap: Callable[[Wire], Wire]) -> StoredAnswer:
        wire = wrap(vendor)
        if point == "reserved":
            await never.wait()
        await wire.send(READ)
        if point == "read":
            await never.wait()
        await wire.send(WRITE)
        if point == "answered":
            await never.wait()
        await wire.send(READ)
        await never.wait()
        raise AssertionError("the dead do not go on")

    return act


POINTS = {"reserved": "201", "read": "201", "sent": "outcome_unknown", "answered": "outcome_unknown"}
POINTS |= {"read back": "outcome_unknown"}


@pytest.mark.parametrize("swept", [False, True], ids=["by the repetition", "by the sweep"])
@pytest.mark.parametrize("point", POINTS)
async def test_what_a_dead_process_left_is_settled_when_its_lease_is_over(
    office: Office, point: str, swept: bool
) -> None:
    vendor, never = FakeVendor(), Gate()
    if point == "sent":
        vendor.before_answer = lambda: _forever(never)
    dying = office.another_process()
    asking = asyncio.ensure_future(office.said(dead_at(point, vendor, never), journal=dying))
    await never.reached.wait()
    writes = vendor.writes

    assert await office.said(created(vendor)) == "idempotency_key_in_progress"
    office.clock.time += 61
    if swept:
        freed, unknown = await office.journal.sweep()
        assert (freed, unknown) == ((1, 0) if POINTS[point] == "201" else (0, 1))
    vendor.before_answer = None
    assert await office.said(created(vendor)) == POINTS[point]
    assert await office.said(created(vendor)) in ("201 again", "outcome_unknown")
    assert vendor.writes == writes + (POINTS[point] == "201")
    await _bury(dying, asking)


async def test_a_process_that_wakes_after_its_lease_sends_nothing(office: Office) -> None:
    vendor, wake = FakeVendor(), Gate()

    async def asleep(wrap: Callable[[Wire], Wire]) -> StoredAnswer:
        wire = wrap(vendor)
        await wake.wait()
        await wire.send(WRITE)
        return answer_of(vendor)

    sleeper = asyncio.ensure_future(office.said(asleep, journal=office.another_process()))
    await wake.reached.wait()
    office.clock.time += 61
    assert await office.said(created(vendor)) == "201"
    wake.set()

    assert await sleeper == "idempotency_key_in_progress"
    assert vendor.writes == 1
    assert await office.states() == ["confirmed"]


async def test_a_process_that_wakes_while_another_is_about_to_send_leaves_it_to_that_one(
    office: Office,
) -> None:
    vendor, wake, go_on = FakeVendor(), Gate(), Gate()

    def waiting_for(event: asyncio.Event) -> Callable:
        async def act(wrap: Callable[[Wire], Wire]) -> StoredAnswer:
            wire = wrap(vendor)
            await event.wait()
            await wire.send(WRITE)
            return answer_of(vendor)

        return act

    sleeper = asyncio.ensure_future(office.said(waiting_for(wake), journal=office.another_process()))
    await wake.reached.wait()
    office.clock.time += 61
    second = asyncio.ensure_future(office.said(waiting_for(go_on)))
    await go_on.reached.wait()
    wake.set()

    assert await sleeper == "idempotency_key_in_progress"
    assert vendor.writes == 0
    assert await office.states() == ["reserved"]
    go_on.set()
    assert await second == "201"
    assert vendor.writes == 1


async def test_a_process_that_wakes_after_it_was_given_up_changes_nothing(office: Office) -> None:
    vendor = Pausing()
    told: list[str] = []

    async def confirmed(session: object, what: object) -> None:
        told.append("confirmed")

    sleeper = asyncio.ensure_future(
        office.said(created(vendor), journal=office.another_process(on_confirmed=confirmed))
    )
    await vendor.arrived.wait()
    office.clock.time += 61
    assert await office.said(created(vendor)) == "outcome_unknown"
    vendor.go_on.set()
    await sleeper

    assert await office.states() == ["unknown"]
    assert told == []


async def test_a_write_at_work_keeps_its_lease_however_long_it_takes(office: Office) -> None:
    vendor = Pausing()
    at_work = office.another_process(lease_s=0.3)  # renewed every 0.1 s of real time
    first = asyncio.ensure_future(office.said(created(vendor), journal=at_work))
    await vendor.arrived.wait()
    office.clock.time += 1000
    for _ in range(100):
        await asyncio.sleep(0.05)
        if (await office.rows())[0].lease_until > office.clock.now():
            break

    assert await office.journal.sweep() == (0, 0)
    vendor.go_on.set()
    assert await first == "201"


async def test_a_task_that_is_killed_while_it_sends_leaves_an_unknown_outcome(office: Office) -> None:
    vendor = Pausing()
    journal = office.another_process()
    asking = asyncio.ensure_future(office.said(created(vendor), journal=journal))
    await vendor.arrived.wait()
    await _bury(journal, asking)

    assert await office.states() == ["unknown"]
    assert await office.said(created(vendor)) == "outcome_unknown"
    assert vendor.writes == 1


async def _forever(never: asyncio.Event) -> None:
    await never.wait()


async def _bury(journal: Journal, asking: "asyncio.Future[str]") -> None:
    for task in list(journal._running):
        task.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    await journal.drain()
