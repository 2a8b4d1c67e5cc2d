"""A week of a company that keeps its books by hand, while callbacks get lost, doubled and late, a receiver is
down for a day and the gateway is restarted: books, replica, feed and webhooks agree at its end.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct

from gateway.api.event_types import event_types
from schemas import RESOURCES
from tests.integration.replica.agreement import Fact, Object, by_documents, by_the_books, different
from tests.integration.replica.sync.books import bill, invoice
from tests.integration.replica.week.office import COPIED, MONDAY, NOUNS, Office

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(600)]

MANY = 100
"""More than what befalls is undone with."""


class Ids(Struct, kw_only=True):
    """What the week is about."""

    paid: str
    partly: str
    voided: str
    unheard: str
    """Paid while callbacks are lost."""
    late: str
    """Due on Wednesday, and not paid."""
    late_lost: str = ""
    while_away: str
    """Paid while the gateway is stopped."""
    unsubscribed: str
    """Voided while nobody is told."""
    drafts: list[str]
    customers: list[str]
    articles: list[str]
    bills: list[str]


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """Of the week: 0 is Monday. Berlin time, in a week without a change of clocks."""
    return (MONDAY + timedelta(days=day)).replace(hour=hour, minute=minute)


def sold(office: Office, day: int, net: int, *, term: int = 14, final: bool = True) -> str:
    body = invoice((MONDAY + timedelta(days=day)).date().isoformat(), Decimal(net))
    body["paymentConditions"] = {"paymentTermLabel": f"{term} Tage", "paymentTermDuration": term}
    return office.books.post(f"/v1/invoices?finalize={str(final).lower()}", body)


def customer(office: Office, name: str) -> str:
    body = {"version": 0, "roles": {"customer": {}}, "company": {"name": name}}
    return office.books.post("/v1/contacts", body)


def article(office: Office, title: str) -> str:
    price = {"netPrice": Decimal("9.90"), "leadingPrice": "NET", "taxRate": 19}
    body = {"title": title, "type": "PRODUCT", "unitName": "Stück", "price": price}
    return office.books.post("/v1/articles", body)


def booked(office: Office, number: str, gross: int) -> str:
    category = office.books.category
    return office.books.post("/v1/vouchers", bill(number, Decimal(gross), category))


@asynccontextmanager
async def lost(office: Office) -> AsyncIterator[None]:
    """Callbacks of what happens here reach nobody."""
    office.twin.mishaps.lose = MANY
    yield
    assert office.twin.mishaps.lose < MANY
    office.twin.mishaps.lose = 0


async def monday(office: Office) -> Ids:
    """Written by hand: everything that the rest of the week is about."""
    await office.until(at(0, 10))
    ids = Ids(
        paid=sold(office, 0, 100),
        partly=sold(office, 0, 200),
        voided=sold(office, 0, 300),
        unheard=sold(office, 0, 400),
        unsubscribed=sold(office, 0, 500),
        while_away=sold(office, 0, 800),
        late=sold(office, 0, 600, term=2),
        drafts=[sold(office, 0, 10 + n, final=False) for n in range(3)],
        customers=[customer(office, f"Muster {letter} GmbH") for letter in "ABCD"],
        articles=[article(office, f"Regal {n}") for n in range(3)],
        bills=[booked(office, f"R-{n}", 119 + n) for n in range(4)],
    )
    await office.until(at(0, 22))
    return ids


async def tuesday(office: Office, ids: Ids) -> None:
    """Paid, partly paid, voided, deleted, edited; in the afternoon callbacks are lost."""
    await office.until(at(1, 9))
    office.twin.mark_paid(ids.paid)
    office.twin.mark_paid(ids.partly, Decimal("50.00"))
    office.twin.void(ids.voided)
    office.twin.delete_document(ids.drafts[0])
    office.twin.edit_document(ids.drafts[1], {"remark": "Zweite Fassung"})
    office.twin.edit_contact(ids.customers[0], {"company": {"name": "Muster A und Söhne GmbH"}})
    office.twin.pay_voucher(ids.bills[0])
    await office.until(at(1, 15))
    async with lost(office):
        office.twin.mark_paid(ids.unheard)
        ids.late_lost = sold(office, 1, 700, term=1)
        office.books.send("DELETE", f"/v1/articles/{ids.articles[0]}")
        office.twin.delete_voucher(ids.bills[1])
        customer(office, "Muster Unerhört GmbH")
    await office.until(at(1, 23))


async def wednesday(office: Office, ids: Ids) -> None:
    """The receiver is down from midnight to midnight; callbacks come twice, hours late, the last first."""
    await office.until(at(2, 0))
    office.receiver.down = True
    await office.until(at(2, 9))
    mishaps = office.twin.mishaps
    mishaps.double, mishaps.late_s, mishaps.reversed = MANY, 7200.0, True
    office.twin.mark_paid(ids.partly, Decimal("25.00"))
    office.twin.finalize(ids.drafts[1])
    office.twin.edit_document(ids.drafts[2], {"remark": "Zweite Fassung"})
    office.clock.advance(60)
    office.twin.edit_document(ids.drafts[2], {"remark": "Dritte Fassung"})
    office.twin.edit_contact(ids.customers[1], {"note": "Zahlt spät"})
    office.twin.pay_voucher(ids.bills[2], Decimal("20.00"))
    assert mishaps.double <= MANY - 6
    mishaps.double, mishaps.late_s = 0, 0.0
    await office.until(at(2, 14))
    mishaps.reversed = False
    await office.until(at(3, 0))
    office.receiver.down = False
    assert office.receiver.refused >= 5


async def thursday(office: Office, ids: Ids) -> None:
    """Two invoices are overdue; subscriptions are deleted upstream; the gateway dies amid its work."""
    await office.until(at(3, 10))
    await unsubscribed(office, ids)
    await restarted(office, ids)
    await office.until(at(3, 22))


async def unsubscribed(office: Office, ids: Ids) -> None:
    """Noticed, and made again, within a quarter of an hour."""
    for one in [it for it in office.company.subscriptions.values() if it.event_type.startswith("invoice.")]:
        del office.company.subscriptions[one.id]
    for one in [it for it in office.company.subscriptions.values() if it.event_type == "payment.changed"]:
        del office.company.subscriptions[one.id]
    assert len(office.company.subscriptions) == 37
    office.twin.void(ids.unsubscribed)
    await office.until(office.clock.now() + timedelta(minutes=15), step_s=300)
    assert len(office.company.subscriptions) == 42


async def restarted(office: Office, ids: Ids) -> None:
    """Callbacks are stored and not followed, webhooks are taken and not sent, a pass has done one step."""
    await office.until(at(3, 13))
    sold(office, 3, 900)
    office.twin.edit_contact(ids.customers[2], {"note": "Neue Anschrift folgt"})
    await office.die_amid_work()
    office.twin.mark_paid(ids.while_away)
    await office.until(at(3, 13, 40))
    await office.start()


async def friday(office: Office, ids: Ids) -> None:
    """What is left: back to a draft, archived, deleted, booked otherwise."""
    await office.until(at(4, 9))
    office.twin.back_to_draft(ids.late_lost)
    office.books.send("DELETE", f"/v1/articles/{ids.articles[1]}")
    office.twin.archive_contact(ids.customers[0])
    office.twin.delete_contact(ids.customers[3])
    office.twin.set_voucher_status(ids.bills[3], "voided")
    office.twin.archive(ids.paid)
    await office.until(at(4, 20))


async def test_books_replica_feed_and_webhooks_agree_after_a_week(tmp_path: Path) -> None:
    office = Office(tmp_path)
    await office.start()
    await office.connect()
    await office.round()
    first_sync(office)
    before = set(office.company.documents)
    ids = await monday(office)
    for day in (tuesday, wednesday, thursday, friday):
        await day(office, ids)
        await office.read_feed()
    working_days(office, ids)
    await office.until(at(7, 7, 40))
    await office.read_feed()
    quiet_days(office)

    everything = by_the_books(office.company, office.clock.now())
    books = {key: fact for key, fact in everything.items() if key[0] in COPIED}
    agree(books, "replica", await office.documents())
    agree(books, "feed", office.feed.documents)
    agree(books, "webhooks", office.receiver.documents)
    told_once(office, ids, before)
    await delivered(office)
    await read_without_calls(office, books)
    await office.stop()


def agree(books: dict[Object, Fact], who: str, documents: dict[Object, Any]) -> None:
    kept = by_documents({key: document for key, document in documents.items() if key[0] in COPIED})
    print(f"{who}: {len(kept)} objects as in the books")
    assert different(books, kept) == [], who


def first_sync(office: Office) -> None:
    """A page of each list, and one call for each document whose list gives a summary: not one more."""
    count = len(office.company.documents)
    print(f"\nfirst sync: {office.passes} lists, {count} documents, {office.spent}")
    assert office.spent == {("subscriptions", "one"): 43, ("passes", "list"): 6, ("passes", "one"): count}
    assert office.passes == len(COPIED)
    office.spent.clear()
    office.looked_for.clear()
    office.passes = 0


def working_days(office: Office, ids: Ids) -> None:
    """With events one call for each object that they name, and one more where they do not tell what is open.
    Passes: a call a list, and one for each object of which no event had come yet.
    """
    spent = office.spent
    print(f"four days: {office.named} objects were named by events; {office.passes} passes; {spent}")
    assert spent["events", "one"] == office.named
    assert spent["events", "payments"] <= office.named
    assert spent["passes", "list"] == office.passes
    unheard = {ids.unheard, ids.late_lost, ids.unsubscribed, ids.articles[0], ids.bills[1]}
    late = {ids.partly, ids.drafts[1], ids.drafts[2], ids.bills[2]}
    assert sorted(office.looked_for) == sorted(unheard | late)
    spent.clear()
    office.passes = 0


def quiet_days(office: Office) -> None:
    """Where nothing changes a pass costs one call a list, those over all of it among them."""
    print(f"two days without change: {office.passes} passes; {office.spent}")
    looks = office.spent.pop(("subscriptions", "one"))
    assert office.spent == {("passes", "list"): office.passes}
    assert looks <= office.passes


def told_once(office: Office, ids: Ids, before: set[str]) -> None:
    """What happened by hand was told, under its own name, once. `before`: what was there before that week,
    of which some becomes overdue in it.
    """
    times = office.feed.times
    happened = {
        "invoice.paid": {ids.paid, ids.unheard, ids.while_away},
        "invoice.partially_paid": {ids.partly},
        "invoice.overdue": {ids.late, ids.late_lost},
        "invoice.deleted": {ids.drafts[0]},
        "bill.paid": {ids.bills[0]},
        "bill.partially_paid": {ids.bills[2]},
        "bill.deleted": {ids.bills[1]},
        "item.deleted": {ids.articles[0], ids.articles[1]},
        "customer.deleted": {ids.customers[3]},
    }
    for type, whose in happened.items():
        assert {id: count for id, count in times(type).items() if id not in before} == dict.fromkeys(whose, 1)
    assert {event["type"] for event in office.feed.told} <= set(event_types(RESOURCES))
    voided = times("invoice.status_changed")
    assert (voided[ids.voided], voided[ids.unsubscribed]) == (1, 1)


async def delivered(office: Office) -> None:
    """Each event reached the receiver, though it was down for a day and answered some with 500."""
    published = {event["id"] for event in office.feed.told if event["type"].partition(".")[0] in NOUNS}
    twice = sum(count > 1 for count in office.receiver.ids.values())
    print(f"{len(published)} webhooks, {office.receiver.refused} refusals, {twice} came more than once")
    assert office.receiver.ids.keys() == published
    assert twice >= 5
    assert (await office.deliveries()).keys() == {"delivered"}


async def read_without_calls(office: Office, books: dict[Object, Fact]) -> None:
    before = office.twin.ledger.count
    for resource in COPIED:
        assert len(await office.listed(resource)) == sum(key[0] == resource for key in books)
    assert office.twin.ledger.count == before
