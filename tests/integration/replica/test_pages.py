"""Pages of the replica: what a plain filter over the same documents gives, in order, each once."""

import asyncio
import operator
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, text
from sqlalchemy.dialects import postgresql, sqlite

from connectors.base.paging import Record
from gateway.persistence.tables import replica_rows
from gateway.replica.keys import keys_of, nothing
from gateway.replica.rows import State
from gateway.replica.selecting import selected
from schemas import RESOURCES
from schemas.documents import DocumentStatus
from tests.integration.replica.conftest import House, Shelf, at, invoice, query

pytestmark = pytest.mark.anyio

DAYS = st.sampled_from([date(2025, 12, 31), date(2026, 1, 1), date(2026, 1, 2), date(2026, 11, 20)])
INSTANTS = st.sampled_from([None, *(datetime(2026, 1, 1, 0, 0, 0, us, tzinfo=UTC) for us in (0, 1, 999_999))])
NUMBERS = st.sampled_from([None, "RE1", "RE10", "RE2", "re2", "Ä1", "%", "_"])
DOCUMENTS = st.lists(
    st.fixed_dictionaries(
        {
            "issued_on": st.none() | DAYS,  # receipts may have none
            "number": NUMBERS,
            "status": st.sampled_from(list(DocumentStatus)),
            "overdue": st.booleans(),
            "archived": st.sampled_from([None, True, False]),
            "customer_id": st.sampled_from([None, "c-1", "c-2"]),
            "created_at": INSTANTS,
            "updated_at": INSTANTS,
        }
    ),
    max_size=12,
)
FILTERS = st.fixed_dictionaries(
    {},
    optional={
        "status": st.sampled_from(["draft", "open", "paid"]),
        "overdue": st.booleans(),
        "number": NUMBERS.filter(bool),
        "issued_from": DAYS,
        "issued_to": DAYS,
        "archived": st.booleans(),
        "customer_id": st.sampled_from(["c-1", "c-2", "c-3"]),
    },
)
SORTS = st.sampled_from(
    [
        None,
        *(f"{sign}{name}" for sign in ("", "-") for name in ("issuedOn", "number", "createdAt", "updatedAt")),
    ]
)
FITS: dict[str, Callable[[Any, Any], bool]] = {
    "issued_from": lambda it, day: it.issued_on is not None and it.issued_on >= day,
    "issued_to": lambda it, day: it.issued_on is not None and it.issued_on <= day,
    "customer_id": lambda it, id: it.buyer.customer_id == id,
}
ATTRIBUTES = {
    "issuedOn": "issued_on",
    "number": "number",
    "createdAt": "created_at",
    "updatedAt": "updated_at",
}


def plainly(records: list[Record[Any]], filters: dict[str, Any], sort: str | None) -> list[str]:
    """Ids in the order in which they have to come."""
    equal: Callable[[str], Callable[[Any, Any], bool]] = lambda name: lambda it, v: getattr(it, name) == v  # noqa: E731
    kept = [r.data for r in records if all(FITS.get(n, equal(n))(r.data, v) for n, v in filters.items())]
    sort = sort or "-issuedOn"
    field = operator.attrgetter(ATTRIBUTES[sort.removeprefix("-")])
    before = datetime.min.replace(tzinfo=UTC)
    nothing = {"number": "", "issuedOn": date.min, "createdAt": before, "updatedAt": before}
    first = nothing[sort.removeprefix("-")]
    ordered = sorted(kept, key=lambda it: (first if field(it) is None else field(it), it.id))
    return [it.id for it in (ordered[::-1] if sort.startswith("-") else ordered)]


async def test_pages_are_what_a_plain_filter_gives(house: House) -> None:
    """Over a new connection each time: an example costs no migration."""
    loop = asyncio.get_running_loop()

    async def holds(
        documents: list[dict[str, Any]], filters: dict[str, Any], sort: str | None, n: int
    ) -> None:
        shelf = await house.shelf()
        records = [invoice(f"i-{index:02}", **document) for index, document in enumerate(documents)]
        await shelf.put(*records)
        assert await shelf.ids(sort=sort, limit=n, **filters) == plainly(records, filters, sort)

    @settings(max_examples=60, deadline=None, suppress_health_check=(HealthCheck.too_slow,), database=None)
    @given(DOCUMENTS, FILTERS, SORTS, st.integers(1, 5))
    def always(documents: Any, filters: Any, sort: Any, limit: Any) -> None:
        asyncio.run_coroutine_threadsafe(holds(documents, filters, sort, limit), loop).result(30)

    await asyncio.to_thread(always)


async def test_a_page_says_where_it_goes_on_and_the_last_one_says_nothing(shelf: Shelf) -> None:
    await shelf.put(*(invoice(f"i-{n}") for n in range(4)))

    assert (await shelf.page(query(limit=3))).next is not None
    assert (await shelf.page(query(limit=4))).next is None


async def test_a_page_names_what_its_documents_do_not_tell(shelf: Shelf) -> None:
    await shelf.put(invoice("i-1", fields_unavailable=("totals.open", "paymentStatus")), invoice("i-2"))

    assert (await shelf.page()).untold == ("totals.open", "paymentStatus")


async def test_the_vendors_own_json_stands_beside_when_asked_for(shelf: Shelf) -> None:
    without = msgspec.structs.replace(invoice("i-2"), raw=None)
    await shelf.put(invoice("i-1"), without)

    assert (await shelf.page(raw=True)).raw == [b"null", b'{"id":"i-1"}']


async def test_updated_since_tells_what_changed_and_what_is_gone_by_change(shelf: Shelf) -> None:
    await shelf.put(
        invoice("i-1", updated_at=at(1)), invoice("i-2", updated_at=at(3)), invoice("i-3"), read=4
    )
    await shelf.bury("i-1", found=9)

    page = await shelf.page(query(updated_since=at(3)))
    filtered = await shelf.page(query(updated_since=at(3), status="paid"))

    assert [msgspec.json.decode(document)["id"] for document in page.documents] == ["i-2", "i-3"]
    assert [(gone.id, gone.deleted_at) for gone in page.gone] == [("i-1", at(9))]
    assert [gone.id for gone in filtered.gone] == ["i-1"]


async def test_a_change_that_the_vendors_clock_does_not_tell_is_one_by_ours(shelf: Shelf) -> None:
    """A payment changes what is open, and no version."""
    await shelf.put(invoice("i-1", updated_at=at(1), overdue=False), read=2)
    await shelf.put(invoice("i-1", updated_at=at(1), overdue=True), read=5)

    assert await shelf.ids(updated_since=at(4)) == ["i-1"]


async def test_what_comes_back_is_a_change_after_its_end(shelf: Shelf) -> None:
    await shelf.put(invoice("i-1", updated_at=at(1)), read=2)
    await shelf.bury("i-1", found=5)
    await shelf.put(invoice("i-1", updated_at=at(1)), read=6)

    assert await shelf.ids(updated_since=at(5.5)) == ["i-1"]


async def test_pages_by_change_go_on_where_they_ended(shelf: Shelf) -> None:
    await shelf.put(*(invoice(f"i-{n}", updated_at=at(n // 2)) for n in range(6)))

    assert await shelf.ids(updated_since=at(1), limit=1) == ["i-2", "i-3", "i-4", "i-5"]


async def test_what_is_gone_is_in_no_list_without_updated_since(shelf: Shelf) -> None:
    await shelf.put(invoice("i-1"), invoice("i-2"), read=1)
    await shelf.bury("i-1", found=2)

    assert await shelf.ids() == ["i-2"]


@pytest.mark.parametrize("rows", [0, 2])
async def test_a_page_tells_the_state_of_its_list_on_every_way_it_is_read(shelf: Shelf, rows: int) -> None:
    await shelf.put(*(invoice(f"i-{n}") for n in range(rows)), read=2)
    await shelf.complete(3)
    async with shelf.database.write() as session:
        await shelf.replica.mark_all(session, shelf.place.tenant_id, shelf.place.connection_id, at(4))
    state = await shelf.state()
    glanced = await shelf.page()
    async with shelf.database.read() as session:
        read = await shelf.replica.page(session, shelf.place, query(updated_since=at(0)), raw=True)

    assert (state.held, state.as_of, state.stale_at) == (rows, at(3), at(4))
    assert glanced.state == state
    assert read.state == state


async def test_a_page_of_a_list_that_nobody_knows_tells_so(shelf: Shelf) -> None:
    assert (await shelf.page()).state == State()


@pytest.mark.parametrize("asked", [{}, {"sort": "number"}, {"sort": "-updatedAt"}, {"updated_since": at(0)}])
async def test_a_page_reads_one_row_more_than_it_shows(shelf: Shelf, asked: dict[str, Any]) -> None:
    """Whatever else there is: 3,000 rows, and 500 that are gone."""
    await fill(shelf, 3_000, gone=500)
    first = await shelf.page(query(limit=10, **asked))
    keys = keys_of(RESOURCES["invoices"])
    following = query(limit=10, continuation=first.next, **asked)
    carried = shelf.database.dialect == "postgresql"
    resource = RESOURCES["invoices"]
    form, values = selected(shelf.place, resource, keys, following, None, raw=False, carried=carried)

    assert await rows_read(shelf, form.statement.params(values)) == 11


async def fill(shelf: Shelf, count: int, gone: int) -> None:
    base = {
        **shelf.place.columns,
        **dict.fromkeys(("raw", "version", "stale_at", "vendor_at")),
        "document": b"{}",
        "sealed": False,
        "read_at": at(0),
        "untold": "",
        "sequence": 1,
        "shape": "",
    }
    rows = [
        {
            **base,
            **nothing(),
            "id": f"i-{n:05}",
            **{f"key_{k}": f"{n * 7919 % count:05}" for k in range(1, 5)},
            "changed_at": at(0) + timedelta(seconds=n),
            "gone_at": at(n) if n >= count - gone else None,
        }
        for n in range(count)
    ]
    async with shelf.database.write() as session:
        await session.execute(insert(replica_rows), rows)
        await session.execute(text("ANALYZE"))


async def rows_read(shelf: Shelf, statement: Any) -> int:
    """By the plan as it was carried out; SQLite's names the index and shows that nothing is sorted."""
    async with shelf.database.read() as session:
        if shelf.database.dialect == "sqlite":
            compiled = statement.compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True})
            plan = (await session.execute(text(f"EXPLAIN QUERY PLAN {compiled}".replace(":", "\\:")))).all()
            (step,) = [row.detail for row in plan]
            assert "USING INDEX ix_replica_rows_" in step, step
            assert ",id)" in step, "it begins at the index where the page before ended"
            rows = (await session.execute(statement)).all()
            return len(rows)
        compiled = statement.compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True})
        explained = f"EXPLAIN (ANALYZE, FORMAT JSON) {compiled}".replace(":", "\\:").replace("%%", "%")
        plan = (await session.execute(text(explained))).scalar_one()[0]["Plan"]
    (scan,) = [step for step in plan["Plans"] if step["Parent Relationship"] != "InitPlan"]
    assert scan["Node Type"] in ("Index Scan", "Index Only Scan"), plan
    return scan["Actual Rows"] + scan.get("Rows Removed by Filter", 0)
