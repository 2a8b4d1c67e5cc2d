"""Items at the twin: versions, pages that may not be smaller than 25, filters."""

from decimal import Decimal
from typing import Any

import pytest

from connectors.base.errors import InvalidForTarget, RecordNotFound, StaleVersion, UpstreamRefused
from connectors.base.paging import ListQuery
from connectors.lexoffice.resources.items import Items
from schemas.items import ItemFilters
from tests.conformance import bodies
from tests.conformance.vendor import Books, Patch

pytestmark = pytest.mark.anyio


def query(limit: int = 25, **more: Any) -> ListQuery:
    filters = {name: more.pop(name) for name in list(more) if name in ItemFilters.__struct_fields__}
    return ListQuery(filters=ItemFilters(**filters), limit=limit, **more)


class TestPages:
    @pytest.mark.parametrize("limit", [1, 2, 24, 25, 26])
    async def test_limits_the_vendor_refuses_are_served_without_doubles_or_gaps(
        self, books: Books, limit: int
    ) -> None:
        made = {await books.article(f"Teil {number:03}") for number in range(60)}
        found: list[str] = []
        following = None

        while following is not None or not found:
            page = await Items(books.session()).list(query(limit, continuation=following))
            assert len(page.records) <= limit
            found += [record.data.id for record in page.records]
            following = page.next

        assert len(found) == len(made)
        assert set(found) == made

    async def test_no_page_smaller_than_25_is_asked_for(self, books: Books) -> None:
        await books.article()
        wire = books.wire()

        await Items(books.session(wire)).list(query(1))

        assert dict(wire.calls[0].params)["size"] == "25"

    async def test_changed_since_reads_all_and_keeps_the_changed(self, books: Books) -> None:
        await books.article("alt")
        books.twin.advance(60)
        since = books.clock.now()
        new = await books.article("neu")

        page = await Items(books.session()).list(query(updated_since=since))

        assert [record.data.id for record in page.records] == [new]

    async def test_sorting_is_the_vendors(self, books: Books) -> None:
        with pytest.raises(InvalidForTarget) as told:
            await Items(books.session()).list(query(sort="number"))

        assert told.value.errors[0].field == "sort"


class TestFilters:
    async def test_number_gtin_and_type(self, books: Books) -> None:
        service = (await Items(books.session()).create(bodies.item(type="service", number="A & B"))).data
        product = (await Items(books.session()).create(bodies.item(gtin="4006381333931"))).data

        by_number = await Items(books.session()).list(query(number="A & B"))
        by_gtin = await Items(books.session()).list(query(gtin="4006381333931"))
        by_type = await Items(books.session()).list(query(type="service"))

        assert [record.data.id for record in by_number.records] == [service.id]
        assert [record.data.id for record in by_gtin.records] == [product.id]
        assert [record.data.id for record in by_type.records] == [service.id]


class TestUpdate:
    async def test_a_field_changes_and_the_others_stay(self, books: Books) -> None:
        made = (await Items(books.session()).create(bodies.item(number="A-1", note="alt"))).data

        changed = (await Items(books.session()).update(made.id, Patch(price=Decimal("4.10")))).data

        assert changed.net_price == Decimal("4.10")
        assert (changed.name, changed.number, changed.note) == (made.name, "A-1", "alt")

    async def test_a_change_between_read_and_write_is_stale_with_the_new_etag(self, books: Books) -> None:
        made = (await Items(books.session()).create(bodies.item())).data
        wire = books.wire()

        def touch(call: Any, number: int) -> None:
            if call.method == "PUT":
                books.company.articles[made.id].version += 1

        wire.before_call = touch

        with pytest.raises(StaleVersion) as told:
            await Items(books.session(wire)).update(made.id, Patch(seen=made.version, note="neu"))

        assert "etag" in told.value.headers
        assert len(wire.sent("PUT")) == 1


class TestDelete:
    async def test_an_item_changed_meanwhile_is_kept(self, books: Books) -> None:
        made = (await Items(books.session()).create(bodies.item())).data
        await Items(books.session()).update(made.id, Patch(note="neu"))
        wire = books.wire()

        with pytest.raises(StaleVersion):
            await Items(books.session(wire)).delete(made.id, Patch(seen=made.version))

        assert wire.sent("DELETE") == []

    async def test_a_second_delete_finds_nothing(self, books: Books) -> None:
        made = (await Items(books.session()).create(bodies.item())).data
        await Items(books.session()).delete(made.id, Patch())

        with pytest.raises(RecordNotFound):
            await Items(books.session()).delete(made.id, Patch())


class TestCreate:
    async def test_a_number_that_exists_is_named(self, books: Books) -> None:
        await Items(books.session()).create(bodies.item(number="A-1"))

        with pytest.raises(UpstreamRefused) as told:
            await Items(books.session()).create(bodies.item(number="A-1"))

        assert [(error.field, error.code) for error in told.value.errors] == [("number", "already_exists")]
