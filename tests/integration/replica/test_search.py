"""Search of what is held: the same words find the same objects on both databases."""

from typing import Any

import msgspec
import pytest

from gateway.replica.words import LONGEST, plain
from tests.integration.replica.conftest import EXAMPLE, House, Shelf, invoice, query

pytestmark = pytest.mark.anyio


def named(id: str, name: str | None = None, **changes: Any) -> Any:
    return invoice(id, buyer=msgspec.structs.replace(EXAMPLE.buyer, name=name), **{"remark": None, **changes})


@pytest.fixture
async def names(shelf: Shelf) -> Shelf:
    await shelf.put(
        named("i-1", "Müller & Söhne GmbH", number="RE-2026-001"),
        named("i-2", "Mullerin Élodie", number="RE-2026-002", remark="Straße gesperrt, 100 % Nachlass"),
        named("i-3", None, number="AR_17", remark="für müller"),
    )
    return shelf


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("müller", ["i-1", "i-2", "i-3"]),
        ("MULLER", ["i-1", "i-2", "i-3"]),
        ("mu\u0308ller", ["i-1", "i-2", "i-3"]),  # the same letter in two code points
        ("elodie", ["i-2"]),
        ("STRASSE", ["i-2"]),
        ("2026 muller", ["i-1", "i-2"]),  # each word, wherever it stands
        ("muller 2026-001 gmbh", ["i-1"]),
        ("100 %", ["i-2"]),
        ("r_17", ["i-3"]),  # no placeholder
        ("%", ["i-2"]),
        ("/", []),
        ("001 mueller", []),
        ("gmbh re", ["i-1"]),
        ("hre", []),  # no word reaches from one field into the next
        ("\u0301", []),
    ],
)
async def test_words_and_parts_of_words_are_found_whatever_their_case_and_accents(
    names: Shelf, search: str, found: list[str]
) -> None:
    assert sorted(await names.ids(search=search)) == found


async def test_a_search_narrows_filters_and_counts(names: Shelf) -> None:
    asked: dict[str, Any] = {"search": "muller", "number": "AR_17"}
    async with names.database.glance() as session:
        counted = await names.replica.count(session, names.place, query(**asked))

    assert await names.ids(**asked) == ["i-3"]
    assert counted.count == 1


async def test_pages_of_a_search_hold_each_object_once(names: Shelf) -> None:
    first = await names.page(query(limit=2, search="muller", sort="number"))
    rest = await names.page(query(limit=2, search="muller", sort="number", continuation=first.next))

    numbers = [msgspec.json.decode(one)["number"] for one in (*first.documents, *rest.documents)]
    assert numbers == ["AR_17", "RE-2026-001", "RE-2026-002"]
    assert rest.next is None


async def test_what_was_changed_or_is_gone_is_found_by_its_old_words_no_more(names: Shelf) -> None:
    await names.put(named("i-1", "Beispiel AG"), read=1)
    await names.bury("i-2", found=1)

    assert await names.ids(search="muller") == ["i-3"]


async def test_nothing_that_people_wrote_is_searchable_where_the_copy_is_sealed(house: House) -> None:
    shelf = await house.shelf(sealed=True)
    await shelf.put(named("i-1", "Müller"))

    assert shelf.replica.unserved(shelf.place, query(search="muller")) == ("search",)
    assert await shelf.ids(search="muller") == []


async def test_of_the_longest_text_the_beginning_is_searched(shelf: Shelf) -> None:
    await shelf.put(named("i-1", "a" * LONGEST + "b"), named("i-2", "a" * LONGEST, number="1"))

    assert await shelf.ids(search=" ".join(["a" * 12 + "b"] * 8)) == []
    assert await shelf.ids(search="a" * 100) != []


def test_white_space_is_one_blank_and_no_letter_is_lost() -> None:
    assert plain("  ﬀ ℡\u00a0Ångström\tŁódź ") == "ff tel angstrom łodz"
