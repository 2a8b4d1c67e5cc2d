"""All that is held of a resource, gone through by id in batches."""

import json

import pytest

from gateway.privacy.exporting import BATCH, Counts, JsonLines, exported
from tests.integration.replica.conftest import House, Shelf, invoice

pytestmark = pytest.mark.anyio


async def test_memory_holds_a_batch_however_much_there_is(shelf: Shelf) -> None:
    count = 2 * BATCH + 7
    await shelf.put(*(invoice(f"i-{number:05}") for number in range(count)))
    counts = Counts()

    pieces = exported(shelf.database, shelf.replica, shelf.place, JsonLines(), counts)
    sizes = [piece.count(b"\n") async for piece in pieces]

    assert [size for size in sizes if size] == [BATCH, BATCH, 7]
    assert counts.documents == count


@pytest.mark.parametrize("sealed", [True, False])
async def test_every_object_comes_once_and_tombstones_and_what_was_never_read_are_told_apart(
    house: House, sealed: bool
) -> None:
    shelf, other = await house.shelf(sealed=sealed), await house.shelf(sealed=sealed)
    await other.put(invoice("i-9"))
    await shelf.put(*(invoice(f"i-{number}", number=f"R-{number}") for number in range(5)))
    await shelf.bury("i-3", found=1)
    await shelf.mark("i-7", written=2, made=True)  # known to exist, and nothing more

    found, after = [], ""
    while after is not None:
        async with shelf.database.read() as session:
            some, after = await shelf.replica.walk(session, shelf.place, after, 2)
        found += some

    assert [one.id for one in found] == [f"i-{number}" for number in range(5)]
    numbers = [json.loads(one.document)["number"] if one.document else None for one in found]
    assert numbers == ["R-0", "R-1", "R-2", None, "R-4"]
    assert [one.id for one in found if one.gone_at is not None] == ["i-3"]
