"""What is kept of an object: the newest that was read, whatever came in which order."""

import asyncio
from datetime import UTC, datetime

import msgspec
import pytest

from gateway.replica.rows import Changed
from tests.integration.replica.conftest import House, Shelf, at, invoice

pytestmark = pytest.mark.anyio


def facts(changes: list[Changed]) -> list[tuple[str, int, str]]:
    return [(change.id, change.sequence, change.kind) for change in changes]


async def test_what_was_read_is_held_byte_for_byte(shelf: Shelf) -> None:
    record = invoice("i-1", fields_unavailable=("totals.open",))

    await shelf.put(record, read=1)

    held = await shelf.get("i-1")
    assert held is not None
    assert held.document == msgspec.json.encode(record.data)
    assert held.raw == b'{"id":"i-1"}'
    assert held.as_of == at(1)
    assert held.untold == ("totals.open",)


async def test_nothing_is_known_of_what_was_never_read(shelf: Shelf) -> None:
    assert await shelf.get("i-1") is None


async def test_each_change_of_a_resource_gets_the_next_number(shelf: Shelf) -> None:
    first = await shelf.put(invoice("i-1"), invoice("i-2"), read=1)
    second = await shelf.put(invoice("i-1", number="RE2"), read=2)

    assert facts(first + second) == [("i-1", 1, "loaded"), ("i-2", 2, "loaded"), ("i-1", 3, "updated")]
    assert (await shelf.state()).sequence == 3


async def test_the_same_again_is_no_change_and_counts_as_read_anew(shelf: Shelf) -> None:
    await shelf.put(invoice("i-1"), read=1)

    assert await shelf.put(invoice("i-1"), read=5) == []

    held = await shelf.get("i-1")
    assert held is not None
    assert (held.as_of, held.sequence) == (at(5), 1)


async def test_an_older_version_does_not_overwrite_a_newer_one_read_before(shelf: Shelf) -> None:
    await shelf.put(invoice("i-1", version="10", number="new"), read=1)

    assert await shelf.put(invoice("i-1", version="9", number="old"), read=2) == []

    held = await shelf.get("i-1")
    assert held is not None
    assert held.version == "10"


async def test_the_vendors_clock_decides_before_ours(shelf: Shelf) -> None:
    newer = invoice("i-1", updated_at=datetime(2026, 11, 20, 8, 0, 1, tzinfo=UTC), number="new")
    older = invoice("i-1", updated_at=datetime(2026, 11, 20, 8, 0, 0, tzinfo=UTC), number="old")
    await shelf.put(newer, read=1)

    assert await shelf.put(older, read=2) == []


async def test_a_read_that_began_earlier_does_not_overwrite_a_later_one(shelf: Shelf) -> None:
    await shelf.put(invoice("i-1", number="later"), read=2)

    assert await shelf.put(invoice("i-1", number="earlier"), read=1) == []


async def test_what_is_gone_leaves_a_tombstone_without_its_contents(shelf: Shelf) -> None:
    await shelf.put(invoice("i-1"), read=1)

    assert facts(await shelf.bury("i-1", "i-2", found=2)) == [("i-1", 2, "deleted")]

    held = await shelf.get("i-1")
    assert held is not None
    assert (held.document, held.raw, held.gone_at) == (None, None, at(2))
    assert (await shelf.state()).held == 0


async def test_what_was_read_later_is_not_buried(shelf: Shelf) -> None:
    await shelf.put(invoice("i-1"), read=3)

    assert await shelf.bury("i-1", found=2) == []


async def test_a_read_from_before_the_end_brings_nothing_back_and_a_later_one_does(shelf: Shelf) -> None:
    await shelf.put(invoice("i-1"), read=1)
    await shelf.bury("i-1", found=5)

    assert await shelf.put(invoice("i-1", version="99"), read=4) == []
    assert facts(await shelf.put(invoice("i-1"), read=6)) == [("i-1", 3, "loaded")]


async def test_what_was_written_to_is_stale_until_it_is_read_anew(shelf: Shelf) -> None:
    await shelf.put(invoice("i-1"), read=1)
    await shelf.mark("i-1", written=3)

    await shelf.put(invoice("i-1"), read=2)
    before = await shelf.get("i-1")
    await shelf.put(invoice("i-1"), read=4)
    after = await shelf.get("i-1")

    assert before is not None
    assert after is not None
    assert (before.stale, after.stale) == (True, False)


async def test_lists_are_complete_when_told_and_not_while_something_is_stale(shelf: Shelf) -> None:
    await shelf.put(invoice("i-1"), read=1)
    seen = [(await shelf.state()).complete]
    await shelf.complete(as_of=1)
    seen.append((await shelf.state()).complete)
    await shelf.mark("i-1", written=2)
    seen.append((await shelf.state()).complete)
    await shelf.put(invoice("i-1"), read=3)
    seen.append((await shelf.state()).complete)
    await shelf.mark("i-2", written=4, made=True)
    seen.append((await shelf.state()).complete)

    assert seen == [False, True, False, True, False]
    assert await shelf.get("i-2") is not None


async def test_what_names_no_object_makes_all_that_was_read_before_stale(shelf: Shelf) -> None:
    await shelf.put(invoice("i-1"), read=1)
    await shelf.complete(as_of=1)
    async with shelf.database.write() as session:
        place = shelf.place
        await shelf.replica.mark_all(session, place.tenant_id, place.connection_id, at(2))
    seen = [(await shelf.state()).complete, (await shelf.get("i-1")).stale]  # pyright: ignore[reportOptionalMemberAccess]
    await shelf.put(invoice("i-1"), read=3)
    await shelf.complete(as_of=3)
    seen += [(await shelf.state()).complete, (await shelf.get("i-1")).stale]  # pyright: ignore[reportOptionalMemberAccess]

    assert seen == [False, True, True, False]


async def test_of_a_complete_resource_each_object_is_as_fresh_as_the_whole(shelf: Shelf) -> None:
    await shelf.put(invoice("i-1"), read=1)
    await shelf.complete(as_of=9)

    held = await shelf.get("i-1")

    assert held is not None
    assert held.as_of == at(9)


async def test_a_connection_that_keeps_no_replica_stores_nothing(house: House) -> None:
    shelf = await house.shelf(keeps=False)

    assert await shelf.put(invoice("i-1")) == []
    assert await shelf.complete(as_of=1) is False
    assert await shelf.get("i-1") is None


async def test_another_connection_of_the_same_tenant_sees_nothing_and_changes_nothing(house: House) -> None:
    one = await house.shelf()
    other = await house.shelf(tenant=one.place.tenant_id)
    await one.put(invoice("i-1"), read=1)
    await one.complete(as_of=1)

    assert await other.get("i-1") is None
    assert await other.ids() == []
    assert await other.bury("i-1", found=2) == []
    assert (await other.state()).complete is False
    assert await one.ids() == ["i-1"]


async def test_rows_kept_under_other_keys_are_never_called_complete(house: House) -> None:
    shelf = await house.shelf()
    await shelf.put(invoice("i-1"), read=1)
    await shelf.complete(as_of=1)
    shelf.replica = house.replica("test")  # sealed from now on

    assert (await shelf.state()).complete is False
    assert await shelf.complete(as_of=2) is False
    await shelf.put(invoice("i-1"), read=3)
    assert await shelf.complete(as_of=3) is True


async def test_what_is_gone_is_not_put_in_doubt(shelf: Shelf) -> None:
    await shelf.put(invoice("i-1"), read=1)
    await shelf.bury("i-1", found=2)
    await shelf.complete(as_of=2)

    await shelf.mark("i-1", written=3)

    assert (await shelf.state()).complete is True


async def test_a_resource_that_is_complete_as_of_later_stays_so(shelf: Shelf) -> None:
    await shelf.complete(as_of=5)
    await shelf.complete(as_of=3)

    assert (await shelf.state()).as_of == at(5)


async def test_what_everything_was_read_after_is_no_longer_in_doubt(shelf: Shelf) -> None:
    await shelf.put(invoice("i-1"), read=1)
    async with shelf.database.write() as session:
        await shelf.replica.mark_all(session, shelf.place.tenant_id, shelf.place.connection_id, at(2))

    await shelf.complete(as_of=3)

    held = await shelf.get("i-1")
    assert held is not None
    assert held.stale is False


async def test_writers_at_once_number_their_changes_and_leave_the_newest(shelf: Shelf) -> None:
    versions = (5, 9, 1, 7, 3, 8, 2, 6, 4)
    found = await asyncio.gather(
        *(shelf.put(invoice("i-1", version=str(n)), invoice(f"other-{n}"), read=n) for n in versions)
    )

    numbers = [change.sequence for changes in found for change in changes]
    state, held = await shelf.state(), await shelf.get("i-1")
    assert sorted(numbers) == list(range(1, state.sequence + 1))
    assert state.held == 1 + len(versions)
    assert held is not None
    assert held.version == "9"
