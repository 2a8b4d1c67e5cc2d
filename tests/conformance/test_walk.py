"""Walking numbered pages of a list that changes underneath, up to the vendor's ceiling and beyond."""

from datetime import date, timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.base.errors import InvalidForTarget
from connectors.lexoffice.native.base import Page
from connectors.lexoffice.paging import Listed, Position, Walk, cover, read_position, write_position

pytestmark = pytest.mark.anyio

FIRST = date(2020, 1, 1)
CEILING = 10_000


class VendorList:
    """A list as the vendor serves it: newest first, at most 10,000 rows, pages in multiples of their size."""

    def __init__(self, rows: list[tuple[str, date | None]]) -> None:
        self.rows = rows
        self.calls = 0

    async def fetch(self, number: int, size: int, window: date | None) -> tuple[Page, list[Listed[str]]]:
        assert (number + 1) * size <= CEILING, "the vendor would refuse this page"
        self.calls += 1
        rows = [(id, day) for id, day in self.rows if window is None or (day and day <= window)]
        shown = rows[number * size : (number + 1) * size]
        total = min(len(rows), CEILING)
        page = Page(content=[], last=(number + 1) * size >= total, total_elements=total, number=number)
        return page, [Listed(id=id, row=id, raw=msgspec.Raw(b"{}"), day=day) for id, day in shown]


async def take(
    vendor: VendorList, start: Position, count: int, least: int = 1
) -> tuple[list[str], Walk[str]]:
    walk = Walk(vendor.fetch, start, least=least)
    found: list[str] = []
    while len(found) < count and (row := await walk.next(count - len(found))) is not None:
        found.append(row.id)
    return found, walk


async def take_all(vendor: VendorList, limit: int, least: int = 1) -> tuple[list[str], Walk[str]]:
    found, position = [], Position()
    while True:
        page, walk = await take(vendor, position, limit, least)
        found += page
        if not walk.more:
            return found, walk
        position = read_position(write_position(walk.position))


def undated(count: int) -> list[tuple[str, date | None]]:
    return [(f"r{number}", None) for number in range(count)]


def dated(count: int, per_day: int) -> list[tuple[str, date | None]]:
    rows = [(f"r{number}", FIRST + timedelta(days=number // per_day)) for number in range(count)]
    return [(id, day) for id, day in reversed(rows)]


@pytest.mark.parametrize("limit", [1, 2, 24, 25, 26, 99, 250])
@pytest.mark.parametrize("least", [1, 25])
async def test_every_row_comes_once_whatever_the_limit(limit: int, least: int) -> None:
    rows = undated(613)

    found, _ = await take_all(VendorList(rows), limit, least)

    assert found == [id for id, _ in rows]


async def test_pages_of_250_cost_one_call_each() -> None:
    vendor = VendorList(undated(2_000))

    await take_all(vendor, 250)

    assert vendor.calls == 8


@pytest.mark.parametrize(
    ("offset", "count", "least"), [(0, 1, 25), (24, 24, 25), (25, 25, 1), (9_990, 25, 25)]
)
def test_a_page_covers_what_is_asked_within_the_vendors_limits(offset: int, count: int, least: int) -> None:
    number, size = cover(offset, count, least)

    assert least <= size <= 250
    assert number * size <= offset < (number + 1) * size <= CEILING


async def test_25000_rows_are_walked_in_windows_of_days() -> None:
    rows = dated(25_000, per_day=7)

    found, walk = await take_all(VendorList(rows), 250)

    assert found == [id for id, _ in rows]
    assert not walk.capped


async def test_a_list_that_is_not_sorted_by_a_day_ends_at_10000_and_says_so() -> None:
    found, walk = await take_all(VendorList(undated(12_000)), 250)

    assert len(found) == CEILING
    assert walk.capped


async def test_a_single_day_of_more_than_10000_ends_there_and_says_so() -> None:
    found, walk = await take_all(VendorList(dated(12_000, per_day=12_000)), 250)

    assert len(set(found)) == CEILING
    assert walk.capped


async def test_a_page_number_the_vendor_replaced_by_the_first_ends_the_walk() -> None:
    class Forgiving(VendorList):
        async def fetch(self, number: int, size: int, window: date | None) -> tuple[Page, list[Listed[str]]]:
            beyond = number * size >= len(self.rows)
            return await super().fetch(0 if beyond else number, size, window)

    start = Position(offset=500, last="gone", total=600)

    found, walk = await take(Forgiving([("a", None), ("b", None)]), start, 25)

    assert not walk.more
    assert found == []


async def test_an_upstream_that_never_says_last_still_ends() -> None:
    class Endless(VendorList):
        async def fetch(self, number: int, size: int, window: date | None) -> tuple[Page, list[Listed[str]]]:
            page, rows = await super().fetch(number, size, window)
            return msgspec.structs.replace(page, last=False), rows

    found, walk = await take(Endless([("a", None), ("b", None)]), Position(), 25)

    assert found == ["a", "b"]
    assert not walk.more


@pytest.mark.parametrize(
    "text", ["", "[]", '{"offset":-1}', '{"offset":"x"}', '{"window":"gestern"}', "\ud800"]
)
def test_a_continuation_that_is_none_is_told(text: str) -> None:
    with pytest.raises(InvalidForTarget) as told:
        read_position(text)

    assert told.value.errors[0].field == "cursor"


@settings(max_examples=200, deadline=None)
@given(
    count=st.integers(30, 300),
    limit=st.integers(1, 60),
    added=st.integers(0, 20),
    removed=st.integers(0, 20),
    least=st.sampled_from([1, 25]),
)
async def test_rows_added_or_removed_between_two_pages_double_and_skip_nothing(
    count: int, limit: int, added: int, removed: int, least: int
) -> None:
    """Rows come at the top and go from what was read; net change 0 is the one case that cannot be seen."""
    vendor = VendorList(dated(count, per_day=3))
    before = [id for id, _ in vendor.rows]
    first, walk = await take(vendor, Position(), limit, least)
    removed = min(removed, len(first) - 1)
    added = added + 1 if added == removed and added else added
    gone = set(first[:removed])
    newest = FIRST + timedelta(days=count)
    new: list[tuple[str, date | None]] = [(f"n{number}", newest) for number in range(added)]
    vendor.rows = new + [(id, day) for id, day in vendor.rows if id not in gone]

    rest: list[str] = []
    position, more = walk.position, walk.more
    while more:
        page, walk = await take(vendor, position, limit, least)
        rest += page
        position, more = walk.position, walk.more

    assert first + rest == before
