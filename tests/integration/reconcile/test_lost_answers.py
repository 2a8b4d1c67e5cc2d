"""A write whose answer is lost: what the caller is told, and that it happens once."""

import pytest
from sqlalchemy import text

from gateway.reconcile.rule import LATE, REASONS, RESENDS
from tests.integration.reconcile.conftest import INVOICE, INVOICES, SETTLE_S, WINDOW_S, Shop

pytestmark = pytest.mark.anyio

ALL = WINDOW_S + SETTLE_S + 1


async def test_a_lost_answer_is_told_with_the_operation_to_look_at(shop: Shop) -> None:
    shop.twin.fault("drop_after", "POST", "/v1/invoices")

    answer = await shop.create()

    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (504, "outcome_unknown")
    assert (problem["sent"], problem["retry"]) == ("unknown", "same_key")
    assert answer.headers["location"] == f"/v1/operations/{problem['operationId']}"
    assert (await shop.operation(answer))["state"] == "unknown"


async def test_the_same_key_is_told_when_to_come_again_and_never_409(shop: Shop) -> None:
    shop.twin.fault("drop_after", "POST", "/v1/invoices")
    await shop.create()
    await shop.wait(5)

    again = await shop.create()

    assert (again.status_code, again.json()["code"]) == (504, "outcome_unknown")
    assert again.headers["retry-after"] == str(WINDOW_S + SETTLE_S - 5)
    assert shop.tried() == 1


async def test_the_same_key_waits_for_a_look_that_is_due_before_its_deadline(shop: Shop) -> None:
    shop.twin.fault("drop_after", "POST", "/v1/invoices")
    await shop.create()
    shop.clock.time += WINDOW_S + SETTLE_S - 10

    again = await shop.clock.run(shop.create())

    assert again.status_code == 201, again.text
    assert shop.sent() == 1


async def test_an_invoice_that_was_booked_is_answered_as_if_nothing_had_happened(shop: Shop) -> None:
    shop.twin.fault("drop_after", "POST", "/v1/invoices")
    first = await shop.create()
    await shop.wait(ALL)

    again = await shop.create()

    assert again.status_code == 201, again.text
    assert again.headers["idempotency-replayed"] == "true"
    assert again.headers["kontor-operation"] == first.headers["kontor-operation"]
    assert again.json()["data"]["totals"]["gross"] == "113.05"
    assert again.headers["location"] == f"{INVOICES}/{again.json()['data']['id']}"
    assert shop.tried() == 1


async def test_an_invoice_that_was_not_booked_is_sent_once_more_when_it_must_have_shown(shop: Shop) -> None:
    shop.twin.fault("drop_before", "POST", "/v1/invoices")
    await shop.create()

    await shop.wait(WINDOW_S + SETTLE_S - 1)
    before = shop.tried()
    await shop.wait(2)
    again = await shop.create()

    assert (before, shop.tried()) == (1, 2)
    operation = await shop.operation(again)
    assert (again.status_code, operation["state"], operation["resent"]) == (201, "confirmed", 1)


async def test_what_is_sent_again_in_vain_waits_for_a_person(shop: Shop) -> None:
    shop.twin.fault("drop_before", "POST", "/v1/invoices", times=RESENDS + 1)
    answer = await shop.create()

    await shop.wait((RESENDS + 2) * ALL)

    operation = await shop.operation(answer)
    assert (operation["state"], operation["resent"]) == ("needs_decision", RESENDS)
    assert shop.tried() == RESENDS + 1


async def test_another_write_with_the_same_content_waits_until_the_first_is_settled(shop: Shop) -> None:
    shop.twin.fault("drop_after", "POST", "/v1/invoices")
    await shop.create()

    meanwhile = await shop.create("k-2")
    await shop.wait(ALL)
    later = await shop.create("k-2")

    assert (meanwhile.status_code, meanwhile.json()["code"]) == (409, "identical_write_pending")
    assert later.status_code == 201
    assert shop.sent() == 2


async def test_a_marked_write_is_found_at_once(shop: Shop) -> None:
    await shop.mark_writes()
    shop.twin.fault("drop_after", "POST", "/v1/invoices")
    await shop.create()

    await shop.wait(1)
    again = await shop.create()

    assert again.status_code == 201
    assert again.json()["data"]["issuedOn"] == INVOICE["issuedOn"]
    assert shop.tried() == 1


async def test_what_was_kept_of_a_write_is_gone_once_it_is_settled(shop: Shop) -> None:
    shop.twin.fault("drop_after", "POST", "/v1/invoices")
    await shop.create()
    kept = "asked_sealed, tape_sealed, call_digest"
    async with shop.stage.rooms.database.read() as session:
        (before,) = (await session.execute(text(f"SELECT {kept} FROM write_journal"))).all()
    await shop.wait(ALL)
    async with shop.stage.rooms.database.read() as session:
        (after,) = (await session.execute(text(f"SELECT {kept} FROM write_journal"))).all()

    assert all(before)
    assert not any(b"Beratung" in value for value in before)
    assert tuple(after) == (None, None, None)


async def test_without_an_audit_trail_nothing_is_written_and_reads_go_on(shop: Shop) -> None:
    """SEC-42."""
    made = await shop.data("POST", INVOICES, key="made", json=INVOICE)
    async with shop.stage.rooms.database.write() as session:
        await session.execute(text("ALTER TABLE audit_events RENAME TO elsewhere"))

    writes = [await shop.create(f"k-{number}", title=f"Nr. {number}") for number in range(10)]
    read = await shop.call("GET", f"{INVOICES}/{made['id']}")

    print(f"SEC-42: {len(writes)} writes without an audit trail, {shop.tried() - 1} reached the vendor")
    assert {(answer.status_code, answer.json()["code"]) for answer in writes} == {(503, "unavailable")}
    assert shop.tried() == 1
    assert read.status_code == 200


async def test_each_write_stands_in_the_audit_trail_before_it_leaves(shop: Shop) -> None:
    answer = await shop.create()
    async with shop.stage.rooms.database.read() as session:
        sent = "SELECT actor, object_id, detail FROM audit_events WHERE action = 'write.sent'"
        ((actor, id, detail),) = (await session.execute(text(sent))).all()

    assert (actor, id) == (shop.party.key_id, answer.headers["kontor-operation"])
    assert '"call":"invoices.create"' in detail
    assert "Erika" not in detail


async def test_what_another_open_write_made_is_no_candidate(shop: Shop) -> None:
    """Both have the same party, day and sums: only the words of their lines differ."""
    other_lines = [{**INVOICE["lines"][0], "name": "Schulung"}]
    shop.twin.fault("drop_after", "POST", "/v1/invoices")
    booked = await shop.create("booked")
    shop.twin.fault("drop_before", "POST", "/v1/invoices")
    dropped = await shop.create("dropped", lines=other_lines)
    assert (booked.status_code, dropped.status_code, shop.sent()) == (504, 504, 1)

    await shop.wait(ALL + 60)

    ends = [await shop.operation(answer) for answer in (booked, dropped)]
    assert [(end["state"], end["resent"]) for end in ends] == [("confirmed", 0), ("confirmed", 1)]
    assert ends[0]["upstreamId"] != ends[1]["upstreamId"]
    assert shop.sent() == 2


async def test_what_nobody_here_made_and_looks_like_it_is_for_a_person(shop: Shop) -> None:
    shop.twin.fault("drop_before", "POST", "/v1/invoices")
    lost = await shop.create()
    await shop.by_hand(lines=[{**INVOICE["lines"][0], "name": "Schulung"}])

    await shop.wait(ALL)

    assert (await shop.operation(lost))["state"] == "needs_decision"


async def test_a_look_reads_nothing_that_another_write_has_made(shop: Shop) -> None:
    """Two calls a second are allowed: of a batch to one customer, one lost answer must not cost a minute."""
    for number in range(12):
        made = await shop.create(f"batch-{number}", lines=[{**INVOICE["lines"][0], "name": f"Nr. {number}"}])
        assert made.status_code == 201
    shop.twin.fault("drop_after", "POST", "/v1/invoices")
    lost = await shop.create("lost")
    before = len(shop.twin.ledger.of("GET"))

    await shop.wait(ALL)

    assert (await shop.operation(lost))["state"] == "confirmed"
    paths = [call.path.split("/")[2] for call in shop.twin.ledger.of("GET")[before:]]
    assert sorted(paths) == ["invoices", "invoices", "voucherlist"]  # the one in question, and its answer


async def test_what_was_written_by_hand_because_the_answer_was_missed_is_not_sent_again(shop: Shop) -> None:
    """A vendor that books a minute late looks the same: both are for a person."""
    shop.twin.fault("drop_before", "POST", "/v1/invoices")
    lost = await shop.create()
    shop.clock.time += WINDOW_S + 30
    await shop.by_hand()

    await shop.wait(ALL)

    operation = await shop.operation(lost)
    assert (operation["state"], operation["resent"], shop.sent()) == ("needs_decision", 0, 1)
    assert operation["reason"] == REASONS[LATE]
    (candidate,) = operation["candidates"]  # pyright: ignore[reportGeneralTypeIssues]
    decided = await shop.call(
        "POST",
        f"/v1/operations/{lost.headers['kontor-operation']}/decision",
        json={"action": "adopt", "candidateId": candidate["id"]},
    )
    again = await shop.create()
    assert (decided.status_code, again.status_code, shop.sent()) == (200, 201, 1)
    assert again.json()["data"]["id"] == candidate["id"]
