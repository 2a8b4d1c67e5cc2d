"""REL-9 and what follows from it: a batch goes on after any crash, and writes nothing twice."""

import random

import pytest

from gateway.jobs.batches import Outcome
from gateway.tenants.model import Connection
from sandbox.lexoffice.faults import Fault, Match
from tests.integration.batches.conftest import Desk, customer

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(240)]

CREATE = Match(method="POST", path="/v1/contacts")
SEED = 20261120
ITEMS, REFUSED = 200, 20


class Crash(BaseException):
    """The end of a process: nothing that follows is done."""


def dying(desk: Desk, after: int, *, noted: bool) -> None:
    """Let the worker die at its item number `after`: before it begins, or when it is done but not noted."""
    perform, seen = desk.runs._perform, 0

    async def until_then(connection: Connection, kept: bytes) -> Outcome:
        nonlocal seen
        seen += 1
        if seen < after:
            return await perform(connection, kept)
        desk.runs._perform = perform
        if not noted:
            await perform(connection, kept)
        raise Crash

    desk.runs._perform = until_then


async def test_200_items_of_which_20_fail_with_crashes_in_the_midst_are_each_written_once(desk: Desk) -> None:
    refused = sorted(random.Random(SEED).sample(range(ITEMS), REFUSED))
    items = [customer(number) for number in range(ITEMS)]
    for number in refused:  # nobody has this id
        items[number] = {
            "resource": "customers",
            "operation": "update",
            "id": f"e9066f04-8cc7-4616-93f8-ac9ecc848{number:03}",
            "body": {"note": "Stammkunde"},
            "ifMatch": '"1"',
        }
    id = await desk.id(*items)
    before = desk.made()

    crashes = 0
    for after, noted in ((40, False), (57, True), (30, False)):
        dying(desk, after, noted=noted)
        with pytest.raises(Crash):
            await desk.work(id, attempt=1 + crashes)
        crashes += 1
    assert await desk.work(id, attempt=1 + crashes) is None

    told = await desk.items(id)
    made = [row["data"]["company"]["name"] for row in told if row["state"] == "done"]
    failed = {row["index"]: row["problem"]["code"] for row in told if row["state"] == "failed"}
    print(f"\nREL-9: {len(made)} created, {len(failed)} failed, {crashes} crashes")
    assert (crashes, len(made), len(failed)) == (3, 180, 20)
    assert desk.made() == before + 180
    assert made == [f"Muster {number:03} GmbH" for number in range(ITEMS) if number not in refused]
    assert failed == dict.fromkeys(refused, "not_found")
    batch = await desk.batch(id)
    assert (batch["state"], batch["done"], batch["failed"]) == ("finished", 180, 20)


async def test_an_item_whose_answer_was_lost_waits_until_it_is_known_and_is_written_once(desk: Desk) -> None:
    desk.twin.faults.add(Fault(kind="drop_after", match=CREATE))
    id = await desk.id(customer(777), customer(778))
    before = desk.made()

    ended = await desk.work(id)
    waiting, following = await desk.items(id)
    for _ in range(100):
        if ended is None:
            break
        desk.clock.time += max(ended.after_s, 5.0)
        await desk.stage.rooms.reconciler.run_due()
        ended = await desk.work(id)
    settled, _ = await desk.items(id)

    assert (waiting["state"], waiting["status"], waiting["problem"]["code"]) == (
        "waiting",
        504,
        "outcome_unknown",
    )
    assert following["state"] == "done"
    assert (settled["state"], settled["status"]) == ("done", 201)
    assert desk.made() == before + 2


async def test_an_item_that_the_vendor_is_too_busy_for_is_repeated(desk: Desk) -> None:
    desk.twin.faults.add(Fault(kind="status", status=429, match=CREATE, times=50))
    id = await desk.id(customer(1))

    ended = await desk.work(id)
    (waiting,) = await desk.items(id)
    desk.twin.faults.clear()
    assert ended is not None
    desk.clock.time += ended.after_s
    await desk.work(id)
    (settled,) = await desk.items(id)

    assert (waiting["state"], waiting["problem"]["code"]) == ("waiting", "upstream_busy")
    assert (settled["state"], settled["problem"]) == ("done", None)


async def test_a_cancelled_batch_tells_what_may_have_been_booked(desk: Desk) -> None:
    desk.twin.faults.add(Fault(kind="drop_after", match=CREATE))
    id = await desk.id(customer(1))
    await desk.work(id)

    await desk.call("POST", f"/v1/batches/{id}/cancel")
    (item,) = await desk.items(id)

    assert (item["state"], item["problem"]["code"]) == ("unknown", "outcome_unknown")


async def test_what_a_worker_had_begun_when_it_died_is_told_as_unknown_once_cancelled(desk: Desk) -> None:
    id = await desk.id(customer(1), customer(2))
    dying(desk, 1, noted=False)
    with pytest.raises(Crash):
        await desk.work(id)
    await desk.call("POST", f"/v1/batches/{id}/cancel")

    await desk.work(id, attempt=2)

    assert [row["state"] for row in await desk.items(id)] == ["unknown", "cancelled"]
