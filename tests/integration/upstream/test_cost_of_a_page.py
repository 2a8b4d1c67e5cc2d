"""What a page of full documents costs at the vendor, through the whole gateway and its schedule."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextvars import ContextVar
from pathlib import Path

import pytest

from gateway.ambient import Ambient, SystemClock, SystemRandomness, TimeSortedIds
from gateway.api.examples import BODIES
from tests.stage import Party, Stage, staged

pytestmark = pytest.mark.anyio

INVOICES = "/v1/accounting/invoices"
INTERVAL_S = 0.503
"""The default of `KONTOR_SLOT_INTERVAL_MS`."""
WAITS_PASS: ContextVar[bool] = ContextVar("waits_pass", default=False)
"""True in the test's own requests: what sleeps in the background goes on doing so."""


class WaitedClock(SystemClock):
    """A steady clock that shows nothing but the waits of requests, which take no time."""

    def __init__(self) -> None:
        self.waited_s = 0.0

    def monotonic(self) -> float:
        return 1000.0 + self.waited_s

    async def sleep(self, seconds: float) -> None:
        if not WAITS_PASS.get():
            await super().sleep(seconds)
            return
        self.waited_s += seconds
        await asyncio.sleep(0)


@pytest.fixture
def clock() -> WaitedClock:
    return WaitedClock()


@pytest.fixture
async def stage(tmp_path: Path, clock: WaitedClock) -> AsyncIterator[Stage]:
    randomness = SystemRandomness()
    ambient = Ambient(clock=clock, randomness=randomness, ids=TimeSortedIds(clock, randomness))
    async with staged(tmp_path, ambient, scheduler=True) as stage:
        yield stage


async def a_party_with_fourteen(stage: Stage) -> Party:
    """Whose company has eight more invoices than the six of the demo."""
    WAITS_PASS.set(True)
    party = await stage.party()
    for number in range(8):
        body = BODIES["invoices"] | {"finalize": True}
        made = await stage.call("POST", INVOICES, party, key=f"k{number}", json=body)
        assert made.status_code == 201, made.text
    return party


@pytest.mark.parametrize(
    ("query", "pages", "documents"),
    [
        ("limit=1", 1, 1),
        ("limit=10", 1, 10),
        ("limit=25&sort=-issuedOn", 1, 14),
        ("limit=5&status=open", 3, 5),  # two tell whether overdue ones come with open ones
    ],
)
async def test_n_full_invoices_cost_the_lists_pages_and_n_calls_one_a_slot(
    stage: Stage, clock: WaitedClock, query: str, pages: int, documents: int
) -> None:
    party = await a_party_with_fourteen(stage)
    clock.waited_s += 60  # nobody asks for anything for a minute
    ledger = stage.twin.twin.ledger
    ledger.clear()
    before = clock.waited_s

    answer = await stage.call("GET", f"{INVOICES}?{query}", party)

    ids = [invoice["id"] for invoice in answer.json()["data"]]
    seen = Counter(call.path for call in ledger.calls)
    calls = pages + documents
    assert answer.json()["meta"]["completeness"]["complete"]
    assert len(ids) == documents
    assert seen == {"/v1/voucherlist": pages, **{f"/v1/invoices/{id}": 1 for id in ids}}
    assert int(answer.headers["kontor-upstream-calls"]) == calls
    # After a pause two calls leave together; from then on each has a slot of its own.
    slots = 0 if calls == 2 else calls - 1
    assert clock.waited_s - before == pytest.approx(slots * INTERVAL_S)
    assert float(answer.headers["kontor-queue-wait"]) == pytest.approx(slots * INTERVAL_S, abs=0.001)


async def test_the_next_page_costs_as_much_and_nothing_is_read_twice(stage: Stage) -> None:
    party = await a_party_with_fourteen(stage)
    ledger = stage.twin.twin.ledger
    ledger.clear()

    first = (await stage.call("GET", f"{INVOICES}?limit=7", party)).json()
    second = (await stage.call("GET", f"{INVOICES}?limit=7&cursor={first['page']['next']}", party)).json()

    ids = [invoice["id"] for page in (first, second) for invoice in page["data"]]
    seen = Counter(call.path for call in ledger.calls)
    assert len(set(ids)) == 14
    assert seen == {"/v1/voucherlist": 2, **{f"/v1/invoices/{id}": 1 for id in ids}}


async def test_a_page_of_summaries_costs_the_lists_pages_alone(stage: Stage) -> None:
    party = await a_party_with_fourteen(stage)
    stage.twin.twin.ledger.clear()

    answer = await stage.call("GET", f"{INVOICES}?limit=25&fields=summary", party)

    assert len(answer.json()["data"]) == 14
    assert [call.path for call in stage.twin.twin.ledger.calls] == ["/v1/voucherlist"]
