"""Overdue by our own clock: from midnight in Berlin on, told once, whoever looks and however often."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.ambient import Ambient
from gateway.feed.changes import Changes
from gateway.persistence.tables import events
from gateway.replica import days
from gateway.replica.days import Days
from gateway.replica.rows import Changed, OnChanged, Place
from gateway.replica.store import Replica
from schemas import RESOURCES
from schemas.documents import DocumentStatus, PaymentStatus
from tests.integration.replica.conftest import EXAMPLE, House, Shelf, at, invoice

pytestmark = pytest.mark.anyio

MIDNIGHT = datetime(2026, 11, 20, 23, tzinfo=UTC)
"""In Berlin, after the 20th."""
BEFORE = MIDNIGHT - timedelta(minutes=1)


class Hands:
    """A clock that is set."""

    def __init__(self, now: datetime = BEFORE) -> None:
        self.at = now

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return 0.0

    async def sleep(self, seconds: float) -> None:
        raise NotImplementedError


class Calendar:
    """A shelf whose changes become events, and whose days end."""

    def __init__(self, house: House, shelf: Shelf, ambient: Ambient) -> None:
        self.clock = Hands()
        self._house = house
        self.tell = Changes(ambient, RESOURCES).on_changed
        self.shelf = Shelf(shelf.database, self._replica(self.tell), shelf.place)

    def days(self, on_changed: OnChanged | None = None) -> Days:
        return Days(self._house.database, self.clock, self._replica(on_changed or self.tell))

    def _replica(self, on_changed: OnChanged) -> Replica:
        return Replica(self._house.contents(), RESOURCES, on_changed)

    async def put(self, id: str = "i-1", read: float = 0, **changes: Any) -> None:
        await self.shelf.put(owed(id, **changes), read=read)

    async def told(self, verb: str = "overdue") -> list[str]:
        """Ids of which it was told, in order."""
        async with self._house.database.read() as session:
            own = (
                events.c.type == f"invoice.{verb}",
                events.c.connection_id == self.shelf.place.connection_id,
            )
            order = (events.c.occurred_at, events.c.sequence, events.c.ordinal)
            found = await session.execute(select(events.c.resource_id).where(*own).order_by(*order))
            return list(found.scalars())

    async def says(self, id: str = "i-1") -> bool:
        held = await self.shelf.get(id)
        assert held is not None
        assert held.document is not None
        return msgspec.json.decode(held.document)["overdue"]


def owed(id: str = "i-1", **changes: Any) -> Any:
    """An open invoice that is due on the 20th."""
    facts = {
        "status": DocumentStatus.OPEN,
        "payment_status": PaymentStatus.OPEN,
        "due_on": date(2026, 11, 20),
        "overdue": False,
    }
    return invoice(id, **{**facts, **changes})


@pytest.fixture(params=[False, True], ids=["clear", "sealed"])
async def calendar(request: pytest.FixtureRequest, house: House, ambient: Ambient) -> Calendar:
    house.sealed = ("test",) if request.param else ()
    return Calendar(house, await house.shelf(), ambient)


async def test_what_was_due_on_a_day_is_overdue_from_midnight_on_and_that_is_told_once(
    calendar: Calendar,
) -> None:
    await calendar.put()
    await calendar.put("i-2", due_on=date(2026, 11, 21))

    seen = [(await calendar.days().run(), await calendar.says())]
    calendar.clock.at = MIDNIGHT
    seen += [(await calendar.days().run(), await calendar.says()) for _ in range(2)]

    assert seen == [(0, False), (1, True), (0, True)]
    assert (await calendar.told(), await calendar.told("updated")) == (["i-1"], ["i-1"])
    assert (await calendar.shelf.state()).late_at == datetime(2026, 11, 21, 23, tzinfo=UTC)
    assert await calendar.shelf.ids(overdue=True) == ["i-1"]
    assert await calendar.shelf.ids(overdue=False) == ["i-2"]


async def test_nothing_else_of_the_document_is_another(calendar: Calendar) -> None:
    await calendar.put()
    before = await calendar.shelf.get("i-1")
    calendar.clock.at = MIDNIGHT
    await calendar.days().run()

    after = await calendar.shelf.get("i-1")
    assert before is not None
    assert after is not None
    assert after.document == msgspec.json.encode(owed(overdue=True).data)
    assert (after.raw, after.version, after.as_of) == (before.raw, before.version, before.as_of)
    assert after.sequence == before.sequence + 1
    assert await calendar.shelf.ids(updated_since=MIDNIGHT) == ["i-1"]


@pytest.mark.parametrize(
    ("due_on", "midnight"),
    [
        (date(2026, 3, 28), datetime(2026, 3, 28, 23, tzinfo=UTC)),
        (date(2026, 3, 29), datetime(2026, 3, 29, 22, tzinfo=UTC)),  # the day that has 23 hours
        (date(2026, 10, 24), datetime(2026, 10, 24, 22, tzinfo=UTC)),
        (date(2026, 10, 25), datetime(2026, 10, 25, 23, tzinfo=UTC)),  # the day that has 25 hours
        (date(2026, 12, 31), datetime(2026, 12, 31, 23, tzinfo=UTC)),
    ],
)
async def test_a_day_ends_at_midnight_in_berlin_also_when_clocks_are_changed(
    calendar: Calendar, due_on: date, midnight: datetime
) -> None:
    await calendar.put(due_on=due_on)

    calendar.clock.at = midnight - timedelta(microseconds=1)
    early = await calendar.days().run()
    calendar.clock.at = midnight

    assert (early, await calendar.days().run()) == (0, 1)


@pytest.mark.parametrize(
    "facts",
    [
        {"status": DocumentStatus.PAID, "payment_status": PaymentStatus.PAID},
        {"payment_status": PaymentStatus.PAID},
        {"status": DocumentStatus.VOID, "payment_status": None},
        {"status": DocumentStatus.DRAFT, "payment_status": None},
        {"due_on": None},
        {"due_on": date.max},
    ],
    ids=["paid", "all-settled", "void", "draft", "no-day", "no-next-day"],
)
async def test_what_was_settled_before_is_never_overdue(calendar: Calendar, facts: dict[str, Any]) -> None:
    await calendar.put()
    await calendar.put(read=1, **facts)

    calendar.clock.at = MIDNIGHT
    assert (await calendar.days().run(), await calendar.says()) == (0, False)
    assert await calendar.told() == []


async def test_what_is_paid_in_part_is_overdue_all_the_same(calendar: Calendar) -> None:
    totals = msgspec.structs.replace(EXAMPLE.totals, open=Decimal("0.50"))
    await calendar.put(payment_status=PaymentStatus.PARTIALLY_PAID, totals=totals)

    calendar.clock.at = MIDNIGHT
    await calendar.days().run()

    assert await calendar.told() == ["i-1"]


async def test_what_the_vendor_tells_after_midnight_is_no_second_time(calendar: Calendar) -> None:
    await calendar.put()
    calendar.clock.at = MIDNIGHT
    await calendar.days().run()

    await calendar.put(read=900, overdue=True)

    assert await calendar.told() == ["i-1"]
    assert await calendar.days().run() == 0


async def test_what_the_vendor_told_first_is_not_told_again_by_our_clock(calendar: Calendar) -> None:
    await calendar.put()
    await calendar.put(read=900, overdue=True)

    calendar.clock.at = MIDNIGHT
    assert await calendar.days().run() == 0
    assert await calendar.told() == ["i-1"]


async def test_a_read_that_was_begun_before_midnight_takes_nothing_back(calendar: Calendar) -> None:
    await calendar.put()
    calendar.clock.at = MIDNIGHT
    await calendar.days().run()

    await calendar.put(read=839)  # at 23:59 in Berlin

    assert await calendar.says() is True
    assert await calendar.days().run() == 0
    assert (await calendar.told(), await calendar.told("updated")) == (["i-1"], ["i-1"])


async def test_what_gets_a_later_day_is_overdue_again_after_that(calendar: Calendar) -> None:
    await calendar.put()
    calendar.clock.at = MIDNIGHT
    await calendar.days().run()
    await calendar.put(read=900, due_on=date(2026, 11, 30))
    meanwhile = await calendar.says()

    calendar.clock.at = MIDNIGHT + timedelta(days=10)
    await calendar.days().run()

    assert meanwhile is False
    assert await calendar.told() == ["i-1", "i-1"]


async def test_what_is_known_to_be_behind_waits_for_its_next_read(calendar: Calendar) -> None:
    await calendar.put()
    await calendar.put("i-2")
    await calendar.shelf.mark("i-1", written=10)  # somebody may have paid it
    calendar.clock.at = MIDNIGHT

    assert await calendar.days().run() == 1
    assert await calendar.told() == ["i-2"]
    await calendar.put(read=11)
    assert await calendar.days().run() == 1
    assert await calendar.told() == ["i-2", "i-1"]


async def test_where_all_is_in_doubt_nobody_is_called_late(calendar: Calendar) -> None:
    await calendar.put()
    shelf = calendar.shelf
    async with shelf.database.write() as session:
        await shelf.replica.mark_all(session, shelf.place.tenant_id, shelf.place.connection_id, at(5))
    calendar.clock.at = MIDNIGHT

    assert await calendar.days().run() == 0
    await shelf.complete(as_of=900)  # a look at the list found it unchanged
    assert await calendar.days().run() == 1


async def test_a_crash_leaves_each_document_turned_and_told_or_neither(
    calendar: Calendar, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(days, "AT_ONCE", 2)
    for number in range(5):
        await calendar.put(f"i-{number}")
    calendar.clock.at = MIDNIGHT
    transactions = 0

    async def dying(session: AsyncSession, place: Place, changes: Sequence[Changed]) -> None:
        nonlocal transactions
        transactions += 1
        await calendar.tell(session, place, changes)
        if transactions == 2:
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await calendar.days(dying).run()
    half = await calendar.told()
    counts = [await calendar.days().run(), await calendar.days().run()]

    assert half == ["i-0", "i-1"]
    assert counts == [3, 0]
    assert await calendar.told() == [f"i-{number}" for number in range(5)]


async def test_several_workers_at_once_tell_of_it_once(calendar: Calendar) -> None:
    for number in range(5):
        await calendar.put(f"i-{number}")
    calendar.clock.at = MIDNIGHT + timedelta(days=3)  # nobody has looked meanwhile

    counts = await asyncio.gather(*(calendar.days().run() for _ in range(4)))

    assert sum(counts) == 5
    assert sorted(await calendar.told()) == [f"i-{number}" for number in range(5)]


async def test_what_is_kept_no_longer_is_left_alone(house: House, ambient: Ambient) -> None:
    calendar = Calendar(house, await house.shelf(keeps=False), ambient)
    await calendar.put()
    calendar.clock.at = MIDNIGHT

    assert await calendar.days().run() == 0
