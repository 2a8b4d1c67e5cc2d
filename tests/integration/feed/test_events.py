"""What becomes an event, and how the feed is read."""

from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from gateway.feed.positions import purge
from gateway.persistence.tables import events
from tests.integration.replica.sync.books import invoice
from tests.integration.replica.sync.conftest import Synced, synced

pytestmark = pytest.mark.anyio

DAY_S = 86_400.0
INVOICES = "/v1/accounting/invoices"
BODY = {
    "issuedOn": "2026-11-20",
    "buyer": {"name": "Erika Muster", "address": {"countryCode": "DE"}},
    "lines": [
        {"type": "custom", "name": "Beratung", "quantity": "1", "unitName": "Stunde", "unitPrice": "95"}
        | {"taxRate": "19"}
    ],
}


@pytest.fixture
async def books(tmp_path: Path) -> AsyncIterator[Synced]:
    """Gone through once."""
    async with synced(tmp_path) as found:
        found.stage.rooms.upstream.retries.begin = lambda: False
        await found.run()
        yield found


async def read(books: Synced, **params: Any) -> dict[str, Any]:
    answer = await books.call("GET", "/v1/events", params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def since(books: Synced, cursor: str | None) -> tuple[list[dict[str, Any]], str]:
    """Everything after a cursor, and the next one."""
    found: list[dict[str, Any]] = []
    while True:
        page = await read(books, limit=3, **({"cursor": cursor} if cursor else {"start": "now"}))
        found += page["data"]
        cursor = page["page"]["next"]
        assert cursor is not None
        if not page["page"]["more"]:
            return found, cursor


def types(found: list[dict[str, Any]], id: str | None = None) -> list[str]:
    return [event["type"] for event in found if id in (None, event["resourceId"])]


async def test_what_was_there_before_is_loaded_and_not_created(books: Synced) -> None:
    page = await read(books, limit=250)

    found = [event["type"] for event in page["data"] if event["resource"] == "invoices"]
    assert found == ["invoice.loaded"] * len(books.books.documents())
    assert not any(type.endswith(".created") for type in types(page["data"]))


async def test_each_thing_that_happens_to_an_invoice_is_told_once(books: Synced) -> None:
    books.clock.advance(240)  # into the next day
    _, cursor = await since(books, None)
    id = books.books.post("/v1/invoices", invoice("2026-11-21", Decimal(20)))
    await books.run()
    found, cursor = await since(books, cursor)
    assert types(found, id) == ["invoice.created"]

    books.books.twin.finalize(id)
    books.clock.advance(240)
    await books.run()
    found, cursor = await since(books, cursor)
    assert types(found, id) == ["invoice.updated", "invoice.status_changed"]
    assert {"status", "version", "totals.open"} <= set(found[0]["changedFields"])

    books.clock.advance(DAY_S)  # it was due at once
    await books.run()
    found, cursor = await since(books, cursor)
    assert types(found, id) == ["invoice.updated", "invoice.overdue"]
    assert next(e for e in found if e["resourceId"] == id)["changedFields"] == ["overdue"]

    books.books.twin.mark_paid(id, Decimal("0.50"))
    books.clock.advance(240)
    await books.run()
    found, cursor = await since(books, cursor)
    assert types(found, id) == ["invoice.updated", "invoice.partially_paid"]

    books.books.twin.mark_paid(id)
    books.clock.advance(240)
    await books.run()
    found, cursor = await since(books, cursor)
    assert types(found, id) == ["invoice.updated", "invoice.status_changed", "invoice.paid"]
    sequences = [event["sequence"] for event in found if event["resourceId"] == id]
    assert len(set(sequences)) == 1

    books.clock.advance(DAY_S)
    await books.run()
    assert types((await since(books, cursor))[0], id) == []


async def test_a_read_that_does_not_tell_what_is_open_is_no_news(books: Synced) -> None:
    id = books.books.post("/v1/invoices?finalize=true", invoice("2026-11-20", Decimal(20)))
    books.books.twin.mark_paid(id, Decimal("0.50"))
    books.clock.advance(240)
    await books.run()
    _, cursor = await since(books, None)

    live = await books.call("GET", f"{INVOICES}/{id}", headers={"Cache-Control": "no-cache"})
    assert live.json()["data"]["totals"]["open"] is None
    assert (await since(books, cursor))[0] == []
    calls = books.calls()
    books.clock.advance(240)
    await books.run()

    held = await books.call("GET", f"{INVOICES}/{id}", headers={"Cache-Control": "only-if-cached"})
    assert held.json()["data"]["paymentStatus"] == "partially_paid"
    assert (await since(books, cursor))[0] == []
    new = list(books.books.twin.ledger.calls)[-(books.calls() - calls) :]
    assert not any(call.path == f"/v1/invoices/{id}" for call in new)


async def test_what_is_written_over_kontor_is_told_when_it_is_confirmed(books: Synced) -> None:
    _, cursor = await since(books, None)
    made = await books.stage.call("POST", INVOICES, books.party, key="one", json=BODY)
    again = await books.stage.call("POST", INVOICES, books.party, key="one", json=BODY)
    assert made.status_code == again.status_code == 201

    found, _ = await since(books, cursor)

    assert types(found, made.json()["data"]["id"]) == ["invoice.created"]


async def test_what_was_deleted_is_told(books: Synced) -> None:
    draft = books.books.post("/v1/invoices", invoice("2026-11-20", Decimal(20)))
    books.clock.advance(240)
    await books.run()
    _, cursor = await since(books, None)
    books.books.twin.delete_document(draft)
    books.clock.advance(DAY_S)
    await books.run()

    found, _ = await since(books, cursor)

    assert types(found, draft) == ["invoice.deleted"]


async def test_states_of_a_connection_are_told_once(books: Synced) -> None:
    _, cursor = await since(books, None)
    rooms, id = books.stage.rooms, books.party.connection_id
    for state in ("degraded", "degraded", "connected"):
        books.clock.advance(1)
        async with rooms.database.write() as session:
            await rooms.connections.set_state(session, id, state)

    found, _ = await since(books, cursor)

    assert types(found) == ["connection.degraded", "connection.connected"]
    assert {event["connectionId"] for event in found} == {id}


async def test_a_feed_can_be_narrowed_and_goes_on_after_what_it_left_out(books: Synced) -> None:
    by_noun = await read(books, limit=250, types="customer.*,invoice.paid")
    assert set(types(by_noun["data"])) == {"customer.loaded"}
    assert by_noun["page"]["more"] is False
    by_resource = await read(books, limit=250, resource="suppliers")
    assert {event["resource"] for event in by_resource["data"]} == {"suppliers"}
    assert (await read(books, connectionId="con_" + "0" * 26))["data"] == []

    following = await read(books, types="customer.*,invoice.paid", cursor=by_noun["page"]["next"])
    assert following["data"] == []
    foreign = await books.call("GET", "/v1/events", params={"cursor": by_noun["page"]["next"]})
    assert foreign.status_code == 422
    for bad in (
        {"types": "Invoice.*"},
        {"types": "invoice"},
        {"limit": 0},
        {"start": "then"},
        {"include": "x"},
    ):
        assert (await books.call("GET", "/v1/events", params=bad)).status_code == 422, bad


async def test_objects_come_along_as_they_are_now(books: Synced) -> None:
    page = await read(books, limit=250, resource="invoices", include="data")
    held = {row["id"]: row for row in await books.all("invoices", "only-if-cached")}

    assert {event["resourceId"]: event["data"] for event in page["data"]} == held
    assert all(event["data"] is None for event in (await read(books, resource="invoices"))["data"])


async def test_another_tenant_sees_nothing_of_it(books: Synced) -> None:
    other = await books.stage.party(twin_api_key=books.stage.twin.identity.organizations[0].api_key)
    answer = await books.stage.call("GET", "/v1/events", other, params={"limit": 250})

    told = {event["type"] for event in answer.json()["data"]}
    assert told <= {"connection.connected"}
    ids = {event["id"] for event in (await read(books, limit=250))["data"]}
    assert not ids & {event["id"] for event in answer.json()["data"]}


async def test_a_cursor_from_before_what_is_kept_says_what_to_do(books: Synced) -> None:
    page = await read(books, limit=1)
    await read(books, limit=250)
    async with books.database.write() as session:
        await session.execute(update(events).values(occurred_at=books.clock.now() - timedelta(days=91)))
        await purge(session, books.clock.now() - timedelta(days=90))

    answer = await books.call("GET", "/v1/events", params={"cursor": page["page"]["next"]})
    assert (answer.status_code, answer.json()["code"]) == (410, "events_purged")
    assert "updatedSince" in answer.json()["hint"]
    assert (await read(books))["data"] == []
