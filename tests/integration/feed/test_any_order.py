"""Whoever applies events by the rule of the guide ends the same, in whatever order they come (REL-38)."""

import random
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.integration.replica.sync.books import invoice
from tests.integration.replica.sync.conftest import Synced, synced

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(300)]

PERMUTATIONS = 1_000
OF_THE_OBJECT = ("loaded", "created", "updated", "deleted")
Object = tuple[str, str]


class Receiver:
    """The rule: of one object the event with the largest sequence counts; an id counts once."""

    def __init__(self) -> None:
        self.latest: dict[Object, dict[str, Any]] = {}
        self.told: list[str] = []

    def take(self, event: dict[str, Any]) -> None:
        if event["id"] in self.told:
            return
        self.told.append(event["id"])
        key = (event["resource"], event["resourceId"])
        newer = key not in self.latest or event["sequence"] > self.latest[key]["sequence"]
        if newer and event["type"].rpartition(".")[2] in OF_THE_OBJECT:
            self.latest[key] = event

    def standing(self) -> dict[Object, str | None]:
        """Versions of what is there."""
        return {
            key: event["version"]
            for key, event in self.latest.items()
            if not event["type"].endswith(".deleted")
        }


async def history(books: Synced) -> list[dict[str, Any]]:
    """Invoices that are written, finalized, paid and deleted, and what the feed tells of it."""
    await books.run()
    ids = [books.books.post("/v1/invoices", invoice("2026-11-21", Decimal(20 + n))) for n in range(4)]
    for step in (
        lambda: [books.books.twin.finalize(id) for id in ids[:2]],
        lambda: books.books.twin.mark_paid(ids[0], Decimal("0.50")),
        lambda: (books.books.twin.mark_paid(ids[0]), books.books.twin.delete_document(ids[3])),
    ):
        books.clock.advance(86_400)
        await books.run()
        step()
    books.clock.advance(86_400)
    await books.run()
    answer = await books.call("GET", "/v1/events", params={"limit": 250})
    assert not answer.json()["page"]["more"]
    return [event for event in answer.json()["data"] if event["sequence"] is not None]


async def test_order_is_never_needed(tmp_path: Path) -> None:
    async with synced(tmp_path) as books:
        books.stage.rooms.upstream.retries.begin = lambda: False
        events = await history(books)
        held = {
            (resource, row["id"]): row["version"]
            for resource in {event["resource"] for event in events}
            for row in await books.all(resource, "only-if-cached")
        }
    kinds = {event["type"] for event in events}
    assert {"invoice.created", "invoice.updated", "invoice.paid", "invoice.deleted"} <= kinds
    shuffled, same = random.Random(38), 0

    for _ in range(PERMUTATIONS):
        order = [*events, *shuffled.sample(events, 10)]  # some come twice
        shuffled.shuffle(order)
        receiver = Receiver()
        for event in order:
            receiver.take(event)
        same += receiver.standing() == held

    print(f"REL-38: {PERMUTATIONS} orders of {len(events)} events, {same} end as the replica stands")
    assert same == PERMUTATIONS
