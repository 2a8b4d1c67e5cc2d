"""Overdue as callers see it, from the first second of the day on."""

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from gateway.wiring import build_upkeep
from tests.integration.replica.sync.books import invoice
from tests.integration.replica.sync.conftest import Synced, synced

pytestmark = pytest.mark.anyio

INVOICES = "/v1/accounting/invoices"
OVER_MIDNIGHT_S = 120.0
"""The books begin a minute and a half before it."""
KEPT = {"Cache-Control": "only-if-cached"}


@pytest.fixture
async def books(tmp_path: Path) -> AsyncIterator[Synced]:
    async with synced(tmp_path) as found:
        found.stage.rooms.upstream.retries.begin = lambda: False
        yield found


@pytest.fixture
async def due_today(books: Synced) -> str:
    """An invoice that is due on the day that ends, in a copy that was gone through."""
    id = books.books.post("/v1/invoices?finalize=true", invoice("2026-11-20", Decimal(20)))
    await books.run()
    assert (await kept(books, f"{INVOICES}/{id}"))["data"]["overdue"] is False
    return id


async def kept(books: Synced, path: str, **params: Any) -> dict[str, Any]:
    answer = await books.call("GET", path, headers=KEPT, params=params)
    assert answer.status_code == 200, answer.text
    assert answer.json()["meta"]["freshness"]["source"] == "replica"
    return answer.json()


async def overdue_events(books: Synced, id: str) -> int:
    page = await books.call("GET", "/v1/events", params={"limit": 250, "types": "invoice.overdue"})
    return sum(event["resourceId"] == id for event in page.json()["data"])


async def test_a_read_after_midnight_says_so_though_nobody_has_looked_yet(
    books: Synced, due_today: str
) -> None:
    calls = books.calls()
    books.clock.advance(OVER_MIDNIGHT_S)

    read = await kept(books, f"{INVOICES}/{due_today}")

    assert read["data"]["overdue"] is True
    assert books.calls() == calls
    assert await overdue_events(books, due_today) == 1


async def test_lists_and_their_filter_agree_with_it(books: Synced, due_today: str) -> None:
    before = [one["id"] for one in (await kept(books, INVOICES, overdue="true", limit=250))["data"]]
    books.clock.advance(OVER_MIDNIGHT_S)

    late = (await kept(books, INVOICES, overdue="true", limit=250))["data"]
    others = (await kept(books, INVOICES, overdue="false", limit=250))["data"]

    assert {one["id"] for one in late} - set(before) >= {due_today}
    assert {one["overdue"] for one in late} == {True}
    assert {one["overdue"] for one in others} == {False}


async def test_a_page_that_goes_on_over_midnight_tells_the_new_day(books: Synced, due_today: str) -> None:
    first = await kept(books, INVOICES, limit=1, sort="-createdAt")
    assert first["data"][0]["id"] != due_today or first["data"][0]["overdue"] is False
    books.clock.advance(OVER_MIDNIGHT_S)

    rest = await kept(books, INVOICES, limit=250, sort="-createdAt", cursor=first["page"]["next"])

    due = [one for one in rest["data"] if one["status"] == "open" and one["dueOn"] <= "2026-11-20"]
    assert due
    assert {one["overdue"] for one in due} == {True}


async def test_the_vendors_list_of_the_next_day_is_no_second_event(books: Synced, due_today: str) -> None:
    books.clock.advance(OVER_MIDNIGHT_S)
    (look,) = [work for work in build_upkeep(books.stage.rooms) if work.name == "turn_overdue"]
    assert await look.run() >= 1
    assert await overdue_events(books, due_today) == 1

    books.clock.advance(300)
    await books.run()

    assert (await kept(books, f"{INVOICES}/{due_today}"))["data"]["overdue"] is True
    assert await overdue_events(books, due_today) == 1
