"""REL-32 over large books: a first sync costs little beside the reads, and no change is missed after it.

The suite takes a company of 1,000 documents, `TEST_LONG=1` one of 25,000, whose lists show 10,000 at a time.
"""

import random
from pathlib import Path

import pytest

from sandbox.lexoffice.companies import large
from tests.integration.replica.sync.books import Books
from tests.integration.replica.sync.conftest import LONG, Synced, synced
from tests.integration.replica.sync.test_no_change_is_missed import facts, told

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(7200 if LONG > 1 else 240)]

DOCUMENTS = 25_000 if LONG > 1 else 1_000
ROWS_A_PAGE = 250
CHANGES = 40 * LONG


async def test_large_books_are_read_once_and_then_followed(tmp_path: Path) -> None:
    async with synced(tmp_path) as small:
        books = await _of(small, DOCUMENTS)
        books.stage.rooms.synchronizer.only = ("invoices",)
        calls = 0

        async def count() -> None:
            nonlocal calls
            calls += 1

        books.wire.tell = count
        await books.run(most=DOCUMENTS)
        many = len(books.books.documents())
        least = -(-many // ROWS_A_PAGE) + many
        print(f"\n{many} invoices: {calls} calls, {calls / least:.4f} of {least}")
        assert many > DOCUMENTS * 0.9
        assert calls / least <= 1.02
        assert await _held(books) == _books(books)

        changed = await _changed(books)
        books.clock.advance(7200)
        await books.run()
        books.clock.advance(86_400)
        calls = 0
        await books.run(most=DOCUMENTS)
        print(f"{changed} changes while lists were read; a pass over all afterwards: {calls} calls")
        assert changed >= CHANGES
        assert await _held(books) == _books(books)


async def _of(small: Synced, documents: int) -> Synced:
    """A connection to a company with that many invoices and credit notes."""
    twin = small.books.twin
    organization = large.found(twin, documents=documents).organization
    api_key = twin.create_api_key(organization.id)
    party = await small.stage.party(twin_api_key=api_key)
    found = Synced(
        stage=small.stage,
        party=party,
        books=Books(twin, api_key, 1, organization),
        clock=small.clock,
        wire=small.wire,
    )
    await found.keep()
    return found


async def _changed(books: Synced) -> int:
    """How much people did between the calls of passes, at most so much in each."""
    chance, count = random.Random("large"), 0

    def act() -> None:
        nonlocal count
        if count < CHANGES + 20 and chance.random() < 0.7:
            books.books.act()
            count += 1

    books.wire.act = act
    while count < CHANGES:
        books.clock.advance(chance.choice((240.0, 3600.0)))
        await books.run()
    books.wire.act = lambda: None
    return count


async def _held(books: Synced) -> dict[str, object]:
    return {row["id"]: told(row) for row in await books.all("invoices", "only-if-cached")}


def _books(books: Synced) -> dict[str, object]:
    return {document.id: facts(document) for document in books.books.documents()}
