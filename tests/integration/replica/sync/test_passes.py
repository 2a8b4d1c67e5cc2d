"""One pass after the other: what each costs at the vendor by its ledger, what it finds, what it survives."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from gateway.persistence.tables import jobs
from gateway.persistence.tables import replica_rows as rows
from gateway.replica.sync.asking import SYNCHRONIZE, begin_all
from gateway.replica.sync.states import IDLE
from sandbox.lexoffice.faults import Fault, Match
from tests.integration.replica.sync.books import invoice
from tests.integration.replica.sync.conftest import Synced, synced

pytestmark = pytest.mark.anyio

DAY_S = 86_400.0
INVOICES = "/v1/accounting/invoices"


@pytest.fixture
async def books(tmp_path: Path) -> AsyncIterator[Synced]:
    """With twelve final invoices of the first twelve days beside those of the demo."""
    async with synced(tmp_path) as found:
        found.stage.rooms.upstream.retries.begin = lambda: False
        for day in range(1, 13):
            found.books.post("/v1/invoices?finalize=true", invoice(f"2026-11-{day:02}", Decimal(day)))
        yield found


def reads(books: Synced) -> Counter[str]:
    """Calls that the vendor has received by kind: `list` of documents, `one` of them, others by path."""
    found: Counter[str] = Counter()
    for call in books.books.twin.ledger.calls:
        if call.path == "/v1/voucherlist" and "voucherType=invoice" in call.query:
            found["list"] += 1
        elif call.path.startswith("/v1/invoices/"):
            found["one"] += 1
    return found


def last_told(books: Synced) -> datetime:
    """When the last answer to a call for the list of invoices came; others may have been called since."""
    calls = [call for call in books.books.twin.ledger.calls if "voucherType=invoice" in call.query]
    return calls[-1].at + timedelta(seconds=books.wire.takes_s)


async def told(books: Synced, id: str, cache: str = "only-if-cached") -> dict[str, Any]:
    answer = await books.call("GET", f"{INVOICES}/{id}", headers={"Cache-Control": cache})
    return answer.json()


async def test_all_is_read_once_and_then_a_look_costs_one_call(books: Synced) -> None:
    count = len(books.books.documents())
    await books.run()

    assert reads(books) == {"list": 1, "one": count}
    books.clock.advance(240)
    await books.run()
    assert reads(books) == {"list": 2, "one": count}
    assert len(await books.all("invoices", "only-if-cached")) == count


async def test_a_look_at_all_of_it_costs_its_pages(books: Synced) -> None:
    books.stage.rooms.synchronizer.rows_a_page = 5
    count = len(books.books.documents())
    pages = -(-count // 5)
    await books.run()
    assert reads(books) == {"list": 2 * pages, "one": count}  # gone through again: it might have moved

    books.clock.advance(DAY_S)
    await books.run()

    assert (await books.syncs())["invoices"].whole
    assert reads(books) == {"list": 3 * pages, "one": count}


async def test_the_newest_come_first(books: Synced) -> None:
    synchronizer, steps = books.stage.rooms.synchronizer, iter([False] * 9)
    synchronizer.told_to_stop = lambda: next(steps, True)

    await synchronizer.run(books.party.tenant_id, "test", books.party.connection_id, "job_of_tests")

    days = {document.id: document.voucher_date for document in books.books.documents()}
    async with books.database.read() as session:
        wanted = select(rows.c.id).where(rows.c.resource == "invoices", rows.c.document.is_not(None))
        held = set((await session.execute(wanted)).scalars())
    assert 0 < len(held) < len(days)
    assert min(days[id] for id in held) >= max(day for id, day in days.items() if id not in held)


async def step_by_step(books: Synced) -> int:
    """Each step by another process; how many there were."""
    synchronizer = books.stage.rooms.synchronizer
    for rounds in range(1, 200):
        steps = iter([False])
        synchronizer.told_to_stop = lambda steps=steps: next(steps, True)
        if await synchronizer.run(books.party.tenant_id, "test", books.party.connection_id, "job"):
            return rounds
    raise AssertionError("it does not come to an end")


async def test_whoever_goes_on_reads_nothing_again(books: Synced) -> None:
    """Each step by another process, which remembers nothing."""
    count = len(books.books.documents())
    rounds = await step_by_step(books)

    assert rounds > count / 4
    assert reads(books) == {"list": 1, "one": count}


async def test_whoever_dies_amid_a_step_costs_no_more_than_that_step(books: Synced) -> None:
    count, deaths, calls = len(books.books.documents()), 0, 0

    def die_now_and_then() -> None:
        nonlocal deaths, calls
        calls += 1
        if calls % 17 == 0 and deaths < 8:
            deaths += 1
            raise asyncio.CancelledError

    books.wire.act = die_now_and_then
    for _ in range(20):
        try:
            if await books.run():
                break
        except asyncio.CancelledError:
            continue
    books.wire.act = lambda: None

    assert deaths >= 2
    assert reads(books)["one"] <= count + 4 * deaths
    assert len(await books.all("invoices", "only-if-cached")) == count


async def test_what_was_deleted_in_the_application_is_found_gone(books: Synced) -> None:
    draft = books.books.post("/v1/invoices", invoice("2026-11-20", Decimal(20)))
    await books.run()
    books.books.twin.delete_document(draft)
    books.clock.advance(240)
    await books.run()
    assert (await told(books, draft))["data"]["id"] == draft  # a look at changes shows no deletion

    books.clock.advance(DAY_S)
    await books.run()

    assert (await told(books, draft))["code"] == "not_found"
    assert (await books.syncs())["invoices"].deleted == 1
    changed = await books.call("GET", INVOICES, params={"updatedSince": "2026-11-01T00:00:00Z"})
    assert [gone["id"] for gone in changed.json()["meta"]["deleted"]] == [draft]


async def test_what_lists_do_not_show_yet_is_not_taken_for_gone(tmp_path: Path) -> None:
    async with synced(tmp_path, list_lag_s=20.0) as books:
        await books.run()
        books.clock.advance(DAY_S)
        new = books.books.post("/v1/invoices", invoice("2026-11-20", Decimal(20)))
        assert (await told(books, new, "no-cache"))["data"]["id"] == new
        books.clock.advance(1)
        await books.run()

        sync = (await books.syncs())["invoices"]
        assert (sync.whole, sync.deleted) == (True, 0)
        assert (await told(books, new))["data"]["id"] == new


async def test_payments_and_lateness_come_with_the_list(books: Synced) -> None:
    due_today = books.books.post("/v1/invoices?finalize=true", invoice("2026-11-20", Decimal(20)))
    await books.run()
    assert (await told(books, due_today))["data"]["overdue"] is False
    before = reads(books)["one"]

    books.clock.advance(DAY_S)
    await books.run()
    assert (await told(books, due_today))["data"]["overdue"] is True
    assert reads(books)["one"] == before  # the row alone told

    books.books.twin.mark_paid(due_today, Decimal("0.50"))
    books.clock.advance(240)
    await books.run()
    data = (await told(books, due_today))["data"]
    assert data["paymentStatus"] == "partially_paid"
    assert Decimal(data["totals"]["open"]) == Decimal(data["totals"]["gross"]) - Decimal("0.50")
    assert reads(books)["one"] == before + 1


async def test_what_cannot_be_read_keeps_the_list_from_being_called_complete(books: Synced) -> None:
    broken = books.books.documents("open")[0].id
    fault = Fault(
        kind="status", status=200, body="[]", match=Match(path=f"/v1/invoices/{broken}"), times=None
    )
    books.books.twin.faults.add(fault)
    await books.run()

    view = next(v for v in await views(books) if v["resource"] == "invoices")
    assert (view["complete"], view["held"]) == (False, len(books.books.documents()) - 1)
    assert view["error"].startswith("upstream_broken: ")
    assert (await told(books, books.books.documents()[-1].id))["meta"]["freshness"]["source"] == "replica"

    books.books.twin.faults.clear()
    books.clock.advance(240)
    await books.run()
    assert len(await books.all("invoices", "only-if-cached")) == len(books.books.documents())


async def test_each_object_that_cannot_be_read_is_tried_twice_in_a_pass(books: Synced) -> None:
    """By its row and by its id, though each step is another process's, which remembers nothing."""
    fault = Fault(kind="status", status=200, body="[]", match=Match(path="/v1/invoices/*"), times=None)
    books.books.twin.faults.add(fault)
    count = len(books.books.documents())

    await step_by_step(books)

    assert reads(books) == {"list": 1, "one": 2 * count}
    view = next(v for v in await views(books) if v["resource"] == "invoices")
    assert (view["done"], view["held"], view["complete"]) == (count, 0, False)


async def test_what_is_deleted_between_its_row_and_its_read_is_asked_for_once(books: Synced) -> None:
    drafts = [books.books.post("/v1/invoices", invoice("2026-11-20", Decimal(n))) for n in range(1, 13)]

    def delete_all_once_listed() -> None:
        if reads(books)["list"]:
            books.wire.act = lambda: None
            for draft in drafts:
                books.books.twin.delete_document(draft)

    books.wire.act = delete_all_once_listed
    count = len(books.books.documents())
    await step_by_step(books)

    assert reads(books) == {"list": 1, "one": count}
    assert len(await books.all("invoices", "only-if-cached")) == count - len(drafts)


async def test_a_vendor_that_fails_is_tried_again_later_and_later(books: Synced) -> None:
    books.books.twin.faults.add(Fault(kind="status", match=Match(path="/v1/voucherlist"), times=None))
    waits = []
    for failed in range(1, 5):
        await books.run()
        sync = (await books.syncs())["invoices"]
        assert sync.failures == failed
        assert sync.error is not None
        waits.append((sync.due_at - last_told(books)).total_seconds())
        books.clock.advance((sync.due_at - books.clock.now()).total_seconds() + 0.001)
        books.stage.rooms.upstream.circuits.any.clear()

    assert waits == pytest.approx([15, 30, 60, 120], rel=0.1)
    assert (await books.all("customers", "only-if-cached")) != []  # others go on
    books.books.twin.faults.clear()
    books.clock.advance(3600)
    books.stage.rooms.upstream.circuits.any.clear()
    await books.run()
    sync = (await books.syncs())["invoices"]
    assert (sync.failures, sync.error, sync.phase) == (0, None, IDLE)


async def test_a_connection_that_has_to_be_renewed_rests(books: Synced) -> None:
    await books.run()
    async with books.database.write() as session:
        await books.stage.rooms.connections.set_state(
            session, books.party.connection_id, "reconnect_required"
        )
    books.clock.advance(DAY_S)
    before = books.calls()

    assert await books.run() == 900.0
    assert books.calls() == before


async def views(books: Synced) -> list[dict[str, Any]]:
    path = f"/v1/connections/{books.party.connection_id}/syncs"
    return (await books.call("GET", path)).json()["data"]


async def test_somebody_who_asks_is_served_at_once_and_not_every_moment(books: Synced) -> None:
    path = f"/v1/connections/{books.party.connection_id}/syncs"
    await books.run()
    refused = await books.call("POST", path, json={"resources": ["invoices"]})
    assert (refused.status_code, refused.json()["code"]) == (429, "synced_just_now")
    assert int(refused.headers["retry-after"]) <= 30

    books.clock.advance(31)
    new = books.books.post("/v1/invoices", invoice("2026-11-20", Decimal(20)))
    accepted = await books.call("POST", path, json={"resources": ["invoices"]})
    assert accepted.status_code == 202
    assert [view["resource"] for view in accepted.json()["data"]] == ["invoices"]
    await books.run()
    assert (await told(books, new))["data"]["id"] == new
    view = next(v for v in await views(books) if v["resource"] == "invoices")
    assert (view["state"], view["created"], view["complete"]) == ("fresh", 1, True)


@pytest.mark.parametrize("asked", [["nothing"], ["payments"], ["invoices", "company"]])
async def test_what_cannot_be_gone_through_is_named(books: Synced, asked: list[str]) -> None:
    path = f"/v1/connections/{books.party.connection_id}/syncs"
    refused = await books.call("POST", path, json={"resources": asked})

    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "resources")


async def test_without_a_replica_nothing_is_gone_through_and_nothing_stays(books: Synced) -> None:
    await books.run()
    await books.keep(keeps=False)
    before = books.calls()

    assert await books.run() is None
    assert books.calls() == before
    assert await books.syncs() == {}
    assert await views(books) == []
    path = f"/v1/connections/{books.party.connection_id}/syncs"
    assert (await books.call("POST", path, json={})).status_code == 409


async def test_there_is_one_job_however_often_it_is_asked_for(books: Synced) -> None:
    await books.keep()
    await books.keep()
    assert await begin_all(books.database, books.stage.rooms.ambient) == 0
    assert await _jobs(books) == ["queued"]

    async with books.database.write() as session:
        await session.execute(jobs.update().values(state="parked"))
    assert await begin_all(books.database, books.stage.rooms.ambient) == 1
    assert sorted(await _jobs(books)) == ["parked", "queued"]


async def _jobs(books: Synced) -> list[str]:
    async with books.database.read() as session:
        wanted = select(jobs.c.state).where(jobs.c.kind == SYNCHRONIZE)
        return list((await session.execute(wanted)).scalars())
