"""`/v1/batches`: asked for, carried out, told, steered."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from gateway.jobs.jobs import Again
from gateway.persistence.periods import Periods
from gateway.persistence.tables import audit_events, batch_items, batches
from gateway.privacy.retention import purge
from tests.integration.batches.conftest import Desk, customer, invoice

pytestmark = pytest.mark.anyio


async def test_a_batch_is_accepted_before_anything_is_sent(desk: Desk) -> None:
    before = desk.made()

    answer = await desk.ask(customer(1), customer(2))

    told = answer.json()["data"]
    assert (answer.status_code, answer.headers["location"]) == (202, f"/v1/batches/{told['id']}")
    assert (told["state"], told["total"], told["done"], told["startedAt"]) == ("running", 2, 0, None)
    assert desk.made() == before


async def test_every_item_is_carried_out_and_told_with_its_answer(desk: Desk) -> None:
    id = await desk.id(customer(1, idempotencyKey="order-1"), customer(2))

    assert await desk.work(id) is None
    batch, (first, second) = await desk.batch(id), await desk.items(id)

    assert (batch["state"], batch["done"], batch["failed"]) == ("finished", 2, 0)
    assert batch["finishedAt"] is not None
    assert (first["index"], first["state"], first["status"]) == (0, "done", 201)
    assert first["data"]["name"] == "Muster 001 GmbH"
    assert first["problem"] is None
    assert (first["idempotencyKey"], second["idempotencyKey"]) == ("order-1", f"{id}-1")
    operation = (await desk.call("GET", f"/v1/operations/{first['operationId']}")).json()["data"]
    assert (operation["state"], operation["upstreamId"]) == ("confirmed", first["data"]["id"])


async def test_the_end_of_a_batch_is_told_once(desk: Desk) -> None:
    finished, cancelled = await desk.id(customer(1)), await desk.id(customer(2), key="b-2")
    await desk.work(finished)
    desk.clock.time += 1
    for _ in range(2):
        await desk.call("POST", f"/v1/batches/{cancelled}/cancel")

    answer = await desk.call("GET", "/v1/events", params={"types": "batch.*"})

    told = [(event["type"], event["resourceId"]) for event in answer.json()["data"]]
    assert told == [("batch.finished", finished), ("batch.cancelled", cancelled)]


async def test_an_item_that_fails_tells_its_problem_and_the_following_go_on(desk: Desk) -> None:
    nobody = {
        "resource": "customers",
        "operation": "update",
        "id": "e9066f04-8cc7-4616-93f8-ac9ecc8479ff",
        "body": {"note": "Stammkunde"},
        "ifMatch": '"1"',
    }
    id = await desk.id(nobody, customer(2))

    await desk.work(id)
    batch, (first, second) = await desk.batch(id), await desk.items(id)

    assert (batch["state"], batch["done"], batch["failed"]) == ("finished", 1, 1)
    assert (first["state"], first["status"], first["data"]) == ("failed", 404, None)
    assert first["problem"]["code"] == "not_found"
    assert second["state"] == "done"


async def test_what_one_item_made_another_batch_can_change_and_delete_or_be_told_why_not(desk: Desk) -> None:
    made = await desk.id(customer(1), key="b-1")
    await desk.work(made)
    (first,) = await desk.items(made)
    change = {
        "resource": "customers",
        "operation": "update",
        "id": first["data"]["id"],
        "body": {"note": "Stammkunde"},
        "ifMatch": f'"{first["data"]["version"]}"',
    }
    removal = {
        "resource": "invoices",
        "operation": "delete",
        "id": first["data"]["id"],
        "ifMatch": '"1"',
    }

    id = await desk.id(change, removal, key="b-2")
    await desk.work(id)
    changed, refused = await desk.items(id)

    assert (changed["status"], changed["data"]["note"]) == (200, "Stammkunde")
    assert (refused["status"], refused["problem"]["code"]) == (501, "not_supported")


async def test_the_same_write_by_itself_gets_the_items_answer(desk: Desk) -> None:
    item = customer(1, idempotencyKey="order-1")
    id = await desk.id(item)
    await desk.work(id)
    (told,) = await desk.items(id)
    before = desk.made()

    again = await desk.call("POST", "/v1/accounting/customers", key="order-1", json=item["body"])

    assert (again.status_code, again.headers["idempotency-replayed"]) == (201, "true")
    assert again.json()["data"] == told["data"]
    assert desk.made() == before


async def test_a_repeated_request_is_the_same_batch(desk: Desk) -> None:
    first = await desk.ask(customer(1))
    again = await desk.ask(customer(1))
    other = await desk.ask(customer(2))

    assert (first.status_code, again.status_code) == (202, 202)
    assert again.json()["data"]["id"] == first.json()["data"]["id"]
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


async def test_a_batch_needs_a_key(desk: Desk) -> None:
    answer = await desk.call("POST", "/v1/batches", json={"items": [customer(1)]})

    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")


async def test_items_that_cannot_be_requests_refuse_the_batch_by_their_places(desk: Desk) -> None:
    wrong = [
        customer(0),
        {"resource": "dragons", "operation": "create", "body": {}},
        {"resource": "customers", "operation": "enlarge", "body": {}},
        {"resource": "customers", "operation": "create", "body": {"nane": "A"}},
        {"resource": "customers", "operation": "update", "id": "1", "body": {}},
        {"resource": "customers", "operation": "create", "id": "1", "body": customer(1)["body"]},
        {"resource": "invoices", "operation": "finalize", "body": {"a": 1}},
        customer(7, idempotencyKey="k"),
        customer(8, idempotencyKey="k"),
        {"resource": "bills", "operation": "attach", "id": "1"},
        {"resource": "customers", "operation": "create"},
    ]

    answer = await desk.ask(*wrong)

    assert answer.status_code == 422
    assert {(error["field"], error["code"]) for error in answer.json()["errors"]} >= {
        ("items[1].resource", "unknown"),
        ("items[2].operation", "unknown"),
        ("items[3].body.nane", "unknown_field"),
        ("items[4].ifMatch", "missing"),
        ("items[5].id", "value"),
        ("items[6].id", "missing"),
        ("items[6].body", "value"),
        ("items[8].idempotencyKey", "repeated"),
        ("items[9].operation", "unknown"),
        ("items[10].body", "type"),
    }
    assert (await desk.call("GET", "/v1/batches")).json()["data"] == []


@pytest.mark.parametrize("count", [0, 1001])
async def test_a_batch_holds_one_to_a_thousand_items(desk: Desk, count: int) -> None:
    answer = await desk.ask(*(customer(number) for number in range(count)))

    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "items")


async def test_a_thousand_items_are_taken(desk: Desk) -> None:
    answer = await desk.ask(*(customer(number) for number in range(1000)))

    assert (answer.status_code, answer.json()["data"]["total"]) == (202, 1000)


async def test_what_needs_another_scope_is_refused_for_the_whole_batch(desk: Desk) -> None:
    desk.party = await desk.stage.party(desk.party.tenant_id, scopes=("read", "write"))
    cancel = {"resource": "invoices", "operation": "cancel", "id": "1", "body": {}}

    answers = [
        await desk.ask(customer(1), cancel),
        await desk.ask(invoice(1, body={**invoice(1)["body"], "finalize": True})),
    ]

    assert {(a.status_code, a.json()["code"], a.json()["scope"]) for a in answers} == {
        (403, "scope_missing", "finalize")
    }


async def test_items_come_in_pages_and_by_state(desk: Desk) -> None:
    id = await desk.id(*(customer(number) for number in range(3)))

    first = (await desk.call("GET", f"/v1/batches/{id}/items?limit=2")).json()
    second = (await desk.call("GET", f"/v1/batches/{id}/items?limit=2&cursor={first['page']['next']}")).json()

    assert [row["index"] for row in (*first["data"], *second["data"])] == [0, 1, 2]
    assert second["page"]["next"] is None
    assert [row["index"] for row in await desk.items(id, state="waiting")] == [0, 1, 2]
    assert await desk.items(id, state="done") == []


# --- steered -----------------------------------------------------------------------------------------------


async def test_a_paused_batch_does_nothing_until_it_is_resumed(desk: Desk) -> None:
    id = await desk.id(customer(1))
    first = await desk.job(id)
    before = desk.made()

    paused = await desk.call("POST", f"/v1/batches/{id}/pause")
    ran = await desk.runs.run(first)
    resting = desk.made()
    resumed = await desk.call("POST", f"/v1/batches/{id}/resume")
    await desk.work(id)

    assert (paused.status_code, paused.json()["data"]["state"]) == (200, "paused")
    assert (ran, resting) == (None, before)
    assert (resumed.status_code, resumed.json()["data"]["state"]) == (200, "running")
    assert desk.made() == before + 1


async def test_a_run_that_slept_through_pause_and_resume_finds_itself_replaced(desk: Desk) -> None:
    id = await desk.id(customer(1))
    old = await desk.job(id)
    before = desk.made()
    await desk.call("POST", f"/v1/batches/{id}/pause")
    await desk.call("POST", f"/v1/batches/{id}/resume")

    assert await desk.runs.run(old) is None
    assert desk.made() == before


async def test_a_cancelled_batch_keeps_what_was_written_and_leaves_out_the_rest(desk: Desk) -> None:
    desk.runs.told_to_stop = lambda: True  # after each item
    id = await desk.id(customer(1), customer(2), customer(3))
    await desk.runs.run(await desk.job(id))

    answer = await desk.call("POST", f"/v1/batches/{id}/cancel")
    await desk.runs.run(await desk.job(id))

    told = answer.json()["data"]
    assert (told["state"], told["done"], told["leftOut"]) == ("cancelled", 1, 2)
    assert [row["state"] for row in await desk.items(id)] == ["done", "cancelled", "cancelled"]


@pytest.mark.parametrize(
    ("verbs", "refused"),
    [
        (("pause",), "pause"),
        ((), "resume"),
        (("cancel",), "cancel"),
        (("cancel",), "pause"),
        (("cancel",), "resume"),
    ],
)
async def test_a_state_that_has_no_room_for_a_verb_says_so(
    desk: Desk, verbs: tuple[str, ...], refused: str
) -> None:
    id = await desk.id(customer(1))
    for verb in verbs:
        assert (await desk.call("POST", f"/v1/batches/{id}/{verb}")).status_code == 200

    answer = await desk.call("POST", f"/v1/batches/{id}/{refused}")

    assert (answer.status_code, answer.json()["code"]) == (409, "batch_state")


async def test_a_batch_whose_job_was_given_up_says_so_and_can_be_resumed(desk: Desk) -> None:
    id = await desk.id(customer(1))
    await desk.park(id)

    parked = await desk.batch(id)
    resumed = (await desk.call("POST", f"/v1/batches/{id}/resume")).json()["data"]

    assert (parked["state"], parked["reason"], parked["expectedAt"]) == ("parked", "KeyError", None)
    assert (resumed["state"], resumed["reason"]) == ("running", None)


async def test_a_batch_pauses_when_the_end_customer_has_to_connect_again(desk: Desk) -> None:
    rooms, id = desk.stage.rooms, await desk.id(customer(1), customer(2))
    before = desk.made()
    async with rooms.database.write() as session:
        await rooms.connections.set_state(
            session, desk.party.connection_id, "reconnect_required", "Withdrawn."
        )

    await desk.work(id)
    paused, states = await desk.batch(id), [row["state"] for row in await desk.items(id)]
    async with rooms.database.write() as session:
        await rooms.connections.set_state(session, desk.party.connection_id, "connected", None)
    resumed = (await desk.call("POST", f"/v1/batches/{id}/resume")).json()["data"]
    await desk.work(id)

    assert (paused["state"], states, resumed["reason"]) == ("paused", ["waiting", "waiting"], None)
    assert paused["reason"] == "The end customer has to connect again; resume the batch then."
    assert (await desk.batch(id))["done"] == 2
    assert desk.made() == before + 2


async def test_a_batch_ends_with_its_connection(desk: Desk) -> None:
    id = await desk.id(customer(1))
    before = desk.made()
    await desk.call("DELETE", f"/v1/connections/{desk.party.connection_id}")

    await desk.work(id)

    batch = await desk.batch(id)
    assert (batch["state"], batch["reason"]) == ("cancelled", "The connection was disconnected.")
    assert (batch["leftOut"], desk.made()) == (1, before)


async def test_each_step_stands_in_the_audit_trail_once(desk: Desk) -> None:
    id = await desk.id(customer(1))
    await desk.ask(customer(1))
    for verb in ("pause", "resume", "cancel", "cancel"):
        await desk.call("POST", f"/v1/batches/{id}/{verb}")

    async with desk.stage.rooms.database.read() as session:
        entries = await session.execute(
            select(audit_events.c.action, audit_events.c.actor, audit_events.c.environment)
            .where(audit_events.c.object_id == id)
            .order_by(audit_events.c.sequence)
        )
        found = entries.all()

    assert [row.action for row in found] == [
        "batch.created",
        "batch.paused",
        "batch.resumed",
        "batch.cancelled",
    ]
    assert {(row.actor, row.environment) for row in found} == {(desk.party.key_id, "test")}


# --- paced -------------------------------------------------------------------------------------------------


async def test_no_more_than_20_documents_leave_in_any_minute(desk: Desk) -> None:
    id = await desk.id(*(invoice(number) for number in range(45)))
    made: list[int] = []
    waits: list[Again | None] = []
    start = desk.clock.time

    while (ended := await desk.work(id)) is not None:
        made.append(desk.made("/v1/invoices"))
        waits.append(ended)
        desk.clock.time += ended.after_s
    made.append(desk.made("/v1/invoices"))

    assert [later - earlier for earlier, later in zip([made[0] - 20, *made], made, strict=False)] == [
        20,
        20,
        5,
    ]
    assert waits == [Again(60.0), Again(60.0)]
    assert desk.clock.time - start == 120
    assert (await desk.batch(id))["state"] == "finished"


async def test_two_batches_of_one_connection_share_its_20(desk: Desk) -> None:
    first = await desk.id(*(invoice(number) for number in range(15)), key="b-1")
    second = await desk.id(*(invoice(number) for number in range(15)), key="b-2")
    before = desk.made("/v1/invoices")

    assert await desk.work(first) is None
    assert await desk.work(second) == Again(60.0)

    assert desk.made("/v1/invoices") == before + 20


async def test_what_is_no_document_is_not_held_back(desk: Desk) -> None:
    id = await desk.id(*(customer(number) for number in range(25)))

    assert await desk.work(id) is None
    assert (await desk.batch(id))["done"] == 25


async def test_progress_tells_speed_and_end(desk: Desk) -> None:
    id = await desk.id(*(invoice(number) for number in range(60)))
    ended = await desk.work(id)
    desk.clock.time += 60
    assert ended == Again(60.0)

    batch = await desk.batch(id)

    # 20 in the one minute since it began: the other 40 need two more.
    assert (batch["itemsPerMinute"], batch["done"]) == ("20.0", 20)
    end = desk.clock.now() + timedelta(minutes=2)
    assert batch["expectedAt"] == end.isoformat().replace("+00:00", "Z")


# --- kept --------------------------------------------------------------------------------------------------


async def test_what_was_asked_is_sealed_and_gone_once_it_is_settled(desk: Desk) -> None:
    id = await desk.id(customer(7))
    wanted = select(batch_items).where(batch_items.c.batch_id == id)
    async with desk.stage.rooms.database.read() as session:
        waiting = (await session.execute(wanted)).one()
    await desk.work(id)
    async with desk.stage.rooms.database.read() as session:
        settled = (await session.execute(wanted)).one()

    assert waiting.asked_sealed is not None
    assert b"Muster" not in waiting.asked_sealed
    assert settled.asked_sealed is None
    assert b"Muster" not in settled.answer_sealed


async def test_a_batch_is_deleted_30_days_after_its_end(desk: Desk) -> None:
    ended, running = await desk.id(customer(1), key="b-1"), await desk.id(customer(2), key="b-2")
    await desk.work(ended)
    now = desk.clock.now()

    left = []
    for days in (29, 31):
        await purge(desk.stage.rooms.database, desk.stage.rooms.lookup, now + timedelta(days=days), Periods())
        async with desk.stage.rooms.database.read() as session:
            for table, column in ((batches, batches.c.id), (batch_items, batch_items.c.batch_id)):
                count = select(func.count()).select_from(table).where(column.in_((ended, running)))
                left.append((await session.execute(count)).scalar_one())

    assert left == [2, 2, 1, 1]


async def test_what_was_booked_and_not_read_back_is_read_by_its_repetition(desk: Desk) -> None:
    id, before = await desk.id(customer(1)), desk.made()
    reads = desk.twin.fault("status", "GET", "/v1/contacts/*", status=500, times=40)
    again = await desk.clock.run(desk.work(id))
    (waiting,) = await desk.items(id)
    desk.twin.faults.rules.remove(reads)
    assert isinstance(again, Again)
    desk.clock.time += again.after_s
    await desk.clock.run(desk.work(id))

    (item,) = await desk.items(id)
    assert (waiting["state"], waiting["problem"]["code"]) == ("waiting", "written_not_read")
    assert (item["state"], item["status"], item["data"]["name"]) == ("done", 201, "Muster 001 GmbH")
    assert desk.made() == before + 1


async def test_what_was_booked_and_can_never_be_read_back_did_not_fail(desk: Desk) -> None:
    id, before = await desk.id(customer(1)), desk.made()
    desk.twin.fault("status", "GET", "/v1/contacts/*", status=500, times=10_000)
    while isinstance(again := await desk.clock.run(desk.work(id)), Again):
        desk.clock.time += again.after_s

    (item,), batch = await desk.items(id), await desk.batch(id)
    assert (item["state"], item["status"], item["data"]) == ("done", 502, None)
    assert item["problem"]["code"] == "written_not_read"
    assert (batch["done"], batch["failed"], desk.made()) == (1, 0, before + 1)
