"""REL-32: books change while their lists are gone through; the copy equals them all the same."""

import random
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from gateway.persistence.tables import replica_rows
from sandbox.lexoffice.state import Document
from tests.integration.replica.sync.conftest import COPIED, LONG, Synced, synced

pytestmark = pytest.mark.anyio

SEEDS = range(1, 1 + 50 * LONG)
DAY_S = 86_400.0


@pytest.mark.parametrize("begin", range(SEEDS.start, SEEDS.stop, 5))
async def test_a_copy_of_books_that_change_while_they_are_read_equals_them(
    begin: int, tmp_path: Path
) -> None:
    changes = deleted = events = 0
    for seed in range(begin, begin + 5):
        chance = random.Random(f"{seed} world")
        directory = tmp_path / str(seed)
        directory.mkdir()
        lag = chance.choice((0.0, 0.0, 2.0, 20.0))
        async with synced(directory, seed, list_lag_s=lag) as books:
            for _ in range(chance.randint(0, 60)):
                books.books.act()
                if chance.random() < 0.3:  # else within the same millisecond
                    books.clock.advance(chance.choice((0.001, 1.0, 90.0)))
            draft = books.books.untouched()
            changes += await _changing(books, chance)
            await _passed(books, 7200.0)
            await _equals(books, f"seed {seed}, by changes", deletions=False)
            books.books.twin.delete_document(draft)
            await _passed(books, DAY_S)
            deleted += await _tombstones(books)
            await _equals(books, f"seed {seed}, by all", deletions=True)
            events += await _consumed(books, f"seed {seed}")
    print(
        f"\nseeds {begin}–{begin + 4}: {changes} changes while lists were read, {deleted} objects found gone"
    )
    assert changes >= 25
    assert deleted >= 5


async def _changing(books: Synced, chance: random.Random) -> int:
    """Passes, small pages, people at work between the calls of each, over midnight and the next ones."""
    books.stage.rooms.synchronizer.rows_a_page = chance.randint(3, 9)
    often, count = chance.choice((0.1, 0.4)), 0

    def act() -> None:
        nonlocal count
        if chance.random() < often:
            books.books.act()
            count += 1

    books.wire.act = act
    for _ in range(chance.randint(2, 4)):
        wait = await books.run()
        assert wait is not None
        books.clock.advance(chance.choice((wait, wait, DAY_S)))
    books.wire.act = lambda: None
    return count


async def _passed(books: Synced, seconds: float) -> None:
    """Nobody changes anything any more, and the vendor's lists have caught up: what is due then, is done."""
    books.clock.advance(seconds)
    assert await books.run()
    assert all(sync.error is None and sync.failures == 0 for sync in (await books.syncs()).values())


async def _tombstones(books: Synced) -> int:
    async with books.database.read() as session:
        gone = select(func.count()).select_from(replica_rows).where(replica_rows.c.gone_at.is_not(None))
        return (await session.execute(gone)).scalar_one()


async def _equals(books: Synced, label: str, *, deletions: bool) -> None:
    for resource in COPIED:
        held = {row["id"]: row for row in await books.all(resource, "only-if-cached")}
        live = {row["id"]: row for row in await books.all(resource, "no-cache")}
        assert not deletions or held.keys() == live.keys(), (label, resource)
        for id, row in live.items():
            assert held.get(id) == row, (label, resource, id)
    expected = {document.id: facts(document) for document in books.books.documents()}
    held = {row["id"]: told(row) for row in await books.all("invoices", "only-if-cached")}
    assert {id: facts for id, facts in held.items() if deletions or id in expected} == expected, label


async def _consumed(books: Synced, label: str) -> int:
    """A consumer that keeps, of each object, what came under the largest sequence, holds what is held."""
    seen: dict[tuple[str, str], tuple[int, str]] = {}
    data: dict[tuple[str, str], Any] = {}
    count, asked = 0, {"limit": "250", "include": "data"}
    while True:
        page = (await books.call("GET", "/v1/events", params=asked)).json()
        for event in page["data"]:
            count += 1
            key = (event["resource"], event["resourceId"])
            if event["sequence"] is not None and event["sequence"] >= seen.get(key, (0, ""))[0]:
                data[key] = event["data"]
                if event["type"].rpartition(".")[2] in ("loaded", "created", "updated", "deleted"):
                    seen[key] = (event["sequence"], event["type"])
        if not page["page"]["more"]:
            break
        asked = {**asked, "cursor": page["page"]["next"]}
    for resource in COPIED:
        held = {row["id"]: row for row in await books.all(resource, "only-if-cached")}
        there = {id for (name, id), (_, type) in seen.items() if name == resource and "deleted" not in type}
        assert there == held.keys(), (label, resource)
        assert {id: data[resource, id] for id in there} == held, (label, resource)
    return count


def facts(document: Document) -> tuple[Any, ...]:
    """By the twin's own books, never by what it or the gateway answers."""
    return (str(document.version), document.number or None, document.archived, document.status == "voided")


def told(row: dict[str, Any]) -> tuple[Any, ...]:
    return (row["version"], row["number"], row["archived"], row["status"] == "void")
