"""What events name is read, and the replica shows it: each object once, however many events name it."""

from collections import Counter
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select, update

from gateway.persistence.tables import inbound_events, jobs
from gateway.webhooks.inbound import asking
from gateway.webhooks.inbound.following import TRIES
from sandbox.lexoffice.faults import Fault, Match
from tests.integration.replica.sync.books import invoice
from tests.integration.webhooks.inbound.conftest import Told

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
async def subscribed(told: Told) -> None:
    told.stage.rooms.upstream.retries.begin = lambda: False  # pyright: ignore[reportAttributeAccessIssue]
    await told.subscribe()


async def heard(told: Told) -> list[str]:
    """All that has happened is delivered and followed; paths that it was read from."""
    before = told.twin.ledger.count
    told.clock.advance(1)
    await told.deliver()
    await told.follow()
    calls = told.twin.ledger.calls
    return [call.path for call in calls if call.number > before and call.method == "GET"]


def an_invoice(told: Told, *, final: bool) -> str:
    """Over 119 euros."""
    path = f"/v1/invoices?finalize={str(final).lower()}"
    return told.books.post(path, invoice("2026-11-20", Decimal(100)))


def a_contact(told: Told, *roles: str) -> str:
    body = {"version": 0, "roles": {role: {} for role in roles}, "company": {"name": "Muster Bau GmbH"}}
    return told.books.post("/v1/contacts", body)


def a_bill(told: Told) -> str:
    told.books.write_bill()
    return list(told.company.vouchers)[-1]


async def live(told: Told, resource: str, id: str) -> dict[str, Any]:
    """From the vendor's list, which tells what is open."""
    path = f"/v1/accounting/{resource}"
    headers = {"Cache-Control": "no-cache, no-store"}
    answer = await told.stage.call("GET", path, told.party, headers=headers, params={"limit": 250})
    return next(one for one in answer.json()["data"] if one["id"] == id)


async def test_a_draft_that_somebody_writes_is_there_after_one_call(told: Told) -> None:
    id = an_invoice(told, final=False)

    assert await heard(told) == [f"/v1/invoices/{id}"]

    assert await told.row("invoices", id) == await live(told, "invoices", id)
    assert await told.states() == {"done": 1}


async def test_of_an_open_invoice_it_is_told_what_is_open_by_one_call_more(told: Told) -> None:
    id = an_invoice(told, final=True)

    assert await heard(told) == [f"/v1/invoices/{id}", f"/v1/payments/{id}"]

    row = await told.row("invoices", id)
    assert row is not None
    assert (row["totals"]["open"], row["paymentStatus"]) == ("119.00", "open")
    assert row == await live(told, "invoices", id)


async def test_a_payment_is_followed_into_open_amount_and_status(told: Told) -> None:
    id = an_invoice(told, final=True)
    await heard(told)

    told.twin.mark_paid(id, Decimal("19.00"))
    await heard(told)
    row, payment = await told.row("invoices", id), await told.row("payments", id)
    assert row is not None
    assert payment is not None
    assert (row["status"], row["totals"]["open"], row["paymentStatus"]) == (
        "open",
        "100.00",
        "partially_paid",
    )
    assert (payment["open"], [item["amount"] for item in payment["items"]]) == ("100.00", ["19.00"])
    assert row == await live(told, "invoices", id)

    told.twin.mark_paid(id)
    await heard(told)
    row = await told.row("invoices", id)
    assert row is not None
    assert (row["status"], row["totals"]["open"], row["paymentStatus"]) == ("paid", "0.00", "paid")


async def test_a_payment_alone_leads_to_its_document(told: Told) -> None:
    id = an_invoice(told, final=True)
    await heard(told)
    told.twin.mark_paid(id, Decimal("19.00"))
    for _, body, headers in told.callbacks("payment.changed"):
        await told.post(body, headers)

    before = told.twin.ledger.count
    await told.follow()

    calls = [call.path for call in told.twin.ledger.calls if call.number > before]
    assert calls == [f"/v1/payments/{id}", f"/v1/invoices/{id}"]
    row = await told.row("invoices", id)
    assert row is not None
    assert row["totals"]["open"] == "100.00"


async def test_a_payment_of_what_went_back_to_a_draft_is_no_error(told: Told) -> None:
    id = an_invoice(told, final=True)
    await heard(told)
    told.twin.back_to_draft(id)
    for _, body, headers in told.callbacks("payment.changed"):
        await told.post(body, headers)

    await told.follow()

    row = await told.row("invoices", id)
    assert row is not None
    assert (row["status"], row["totals"]["open"]) == ("draft", None)
    assert await told.row("payments", id) is None
    assert set(await told.states()) == {"done"}


async def test_a_bill_s_event_finds_out_by_one_call_which_resource_it_is(told: Told) -> None:
    id = a_bill(told)

    assert await heard(told) == [f"/v1/vouchers/{id}", f"/v1/payments/{id}"]

    row = await told.row("bills", id)
    assert row is not None
    assert row["totals"]["open"] == row["totals"]["gross"]
    assert [await told.row(name, id) for name in ("vendor-credits", "sales-vouchers")] == [None, None]

    told.twin.pay_voucher(id)
    await heard(told)
    row = await told.row("bills", id)
    assert row is not None
    assert (row["status"], row["totals"]["open"]) == ("paid", "0.00")


async def test_a_contact_of_both_roles_is_both_after_one_call_and_loses_one_with_its_role(told: Told) -> None:
    id = a_contact(told, "customer", "vendor")

    assert await heard(told) == [f"/v1/contacts/{id}"]
    for resource in ("customers", "suppliers"):
        row = await told.row(resource, id)
        assert row is not None
        assert row["name"] == "Muster Bau GmbH"

    told.company.contacts[id].customer_number = None
    told.twin.edit_contact(id, {})
    assert await heard(told) == [f"/v1/contacts/{id}"]
    assert await told.row("customers", id) is None
    assert await told.row("suppliers", id) is not None


async def test_what_is_deleted_is_looked_for_once_and_buried(told: Told) -> None:
    draft, contact, bill = an_invoice(told, final=False), a_contact(told, "customer"), a_bill(told)
    await heard(told)
    told.twin.delete_document(draft)
    told.twin.delete_contact(contact)
    told.twin.delete_voucher(bill)

    calls = await heard(told)

    expected = {f"/v1/invoices/{draft}", f"/v1/contacts/{contact}", f"/v1/vouchers/{bill}"}
    assert (set(calls), len(calls)) == (expected, 3)
    names = {"invoices": draft, "customers": contact, "bills": bill, "payments": bill}
    assert [await told.row(name, id) for name, id in names.items()] == [None] * 4
    assert set(await told.states()) == {"done"}


async def test_a_deletion_that_is_not_true_buries_nothing(told: Told) -> None:
    """The payload is never applied: an object that is still there stays."""
    id = an_invoice(told, final=False)
    await heard(told)
    told.twin.emit(told.company.id, "invoice.deleted", id)

    await heard(told)

    assert await told.row("invoices", id) is not None


async def test_ten_events_of_one_object_cost_one_look(told: Told) -> None:
    id = an_invoice(told, final=False)
    for number in range(10):
        told.clock.advance(1)
        told.twin.edit_document(id, {"remark": f"Fassung {number}"})

    assert await heard(told) == [f"/v1/invoices/{id}"]

    assert (await told.states())["done"] >= 11
    row = await told.row("invoices", id)
    assert row is not None
    assert row["remark"] == "Fassung 9"


async def test_an_object_that_the_vendor_does_not_show_yet_is_looked_for_again(told: Told) -> None:
    told.twin.quirks.read_lag_s = 2
    id = an_invoice(told, final=False)
    await told.deliver()

    wait = await told.follow()
    assert wait is not None
    assert 0 < wait <= 2
    assert (await told.states(), await told.row("invoices", id)) == ({"waiting": 1}, None)
    told.clock.advance(wait)
    await told.follow()

    assert await told.row("invoices", id) is not None


async def test_a_failure_of_one_object_holds_up_no_other_and_ends_as_parked(told: Told) -> None:
    broken, sound = an_invoice(told, final=False), an_invoice(told, final=False)
    match = Match(path=f"/v1/invoices/{broken}")
    told.twin.faults.add(Fault(kind="status", status=500, times=None, match=match))
    await told.deliver()

    tries = 0
    while (await told.states())["waiting"]:
        wait = await told.follow()
        told.stage.rooms.upstream.circuits.any.clear()
        tries += 1
        assert await told.row("invoices", sound) is not None
        told.clock.advance((wait or 0) + 0.001)

    assert await told.states() == {"done": 1, "parked": 1}
    assert tries == TRIES
    assert {reason.partition(":")[0] for reason in await told.reasons()} == {"upstream_broken"}


async def test_a_bug_in_reading_one_object_holds_up_no_other(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, sound = an_invoice(told, final=False), an_invoice(told, final=False)
    put = told.stage.rooms.dispatcher.session
    seen: Counter[str] = Counter()

    def session(connection: Any, wire: Any, **more: Any) -> Any:
        seen["calls"] += 1
        if seen["calls"] == 1:
            raise RuntimeError("a bug")
        return put(connection, wire, **more)

    monkeypatch.setattr(told.stage.rooms.dispatcher, "session", session)
    await told.deliver()
    await told.follow()

    assert sorted((await told.states()).items()) == [("done", 1), ("waiting", 1)]
    assert [await told.row("invoices", id) is not None for id in (bad, sound)].count(True) == 1


async def test_what_the_connection_may_not_read_is_closed_with_the_reason(told: Told) -> None:
    id = an_invoice(told, final=False)
    told.twin.faults.add(Fault(kind="status", status=403, match=Match(path=f"/v1/invoices/{id}")))

    await heard(told)

    assert await told.states() == {"closed": 1}
    assert {reason.partition(":")[0] for reason in await told.reasons()} == {"permission_missing"}
    path = f"/v1/connections/{told.party.connection_id}"
    assert (await told.stage.call("GET", path, told.party)).json()["data"]["state"] == "connected"


async def test_a_vendor_that_is_away_counts_against_no_event(told: Told) -> None:
    id = an_invoice(told, final=False)
    told.twin.faults.add(Fault(kind="status", status=429, times=None, match=Match(path=f"/v1/invoices/{id}")))
    await told.deliver()

    wait = await told.follow()

    assert wait is not None
    assert wait > 0
    async with told.database.read() as session:
        assert (await session.execute(select(inbound_events.c.attempts))).scalars().all() == [0]
    told.twin.faults.clear()
    await told.follow()
    assert await told.row("invoices", id) is not None


async def test_a_revoked_grant_is_tried_before_anybody_believes_it(told: Told) -> None:
    path = f"/v1/connections/{told.party.connection_id}"
    told.twin.emit(told.company.id, "token.revoked", "97dcc1f6-e8d2-4d68-badb-71865edbf62f")

    assert await heard(told) == ["/v1/profile"]
    assert (await told.stage.call("GET", path, told.party)).json()["data"]["state"] == "connected"

    (id,) = {one.connection_id for one in told.company.subscriptions.values()}
    told.twin.revoke(id)
    await heard(told)
    view = (await told.stage.call("GET", path, told.party)).json()["data"]
    assert view["state"] == "reconnect_required"


async def test_events_of_a_connection_that_keeps_no_replica_any_more_go_with_it(told: Told) -> None:
    an_invoice(told, final=False)
    await told.deliver()
    assert await told.states() == {"waiting": 1}
    await told.keep(False)

    assert await told.follow() is None

    assert await told.states() == {}


async def test_one_job_follows_however_many_events_come(told: Told) -> None:
    for _ in range(5):
        told.books.write_contact()
    await told.deliver()

    async with told.database.read() as session:
        kinds = Counter((await session.execute(select(jobs.c.kind))).scalars())
    assert kinds[asking.FOLLOW] == 1


async def test_an_event_that_came_as_its_job_ended_is_found(told: Told) -> None:
    told.books.write_contact()
    await told.deliver()
    async with told.database.write() as session:
        await session.execute(update(jobs).values(state="done"))

    begun = await asking.begin_all(told.database, told.stage.rooms.ambient)

    assert begun == 2  # one follows, one looks after subscriptions
    assert await asking.begin_all(told.database, told.stage.rooms.ambient) == 0
