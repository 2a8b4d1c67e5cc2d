"""Lists of documents: complete, in order, without doubles, also when time runs out or books change."""

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from connectors.base.errors import InvalidForTarget, UpstreamBroken, UpstreamBusy
from connectors.base.paging import ListQuery, Page
from connectors.base.wire import Call
from connectors.lexoffice.resources.credit_notes import CreditNotes
from connectors.lexoffice.resources.invoices import Invoices
from schemas.documents import DocumentReferenceInput, DocumentStatus, PaymentStatus
from schemas.sales_documents import SalesFilters
from tests.conformance import bodies
from tests.conformance.vendor import NOW, Books, TwinWire

pytestmark = pytest.mark.anyio

FIRST_DAY = date(2026, 10, 1)


def query(limit: int = 25, **more: Any) -> ListQuery:
    names = SalesFilters.__struct_fields__
    filters = SalesFilters(**{name: more.pop(name) for name in list(more) if name in names})
    return ListQuery(filters=filters, limit=limit, **more)


async def many(books: Books, count: int) -> list[str]:
    """Invoices over consecutive days, some on the same, due long after now; newest first."""
    days = [(FIRST_DAY + timedelta(days=number * 2 // 3)).isoformat() for number in range(count)]
    return [await books.invoice(day, due_days=365) for day in days][::-1]


async def whole(books: Books, asked: ListQuery, wire: TwinWire | None = None) -> list[str]:
    """Ids of all pages."""
    wire = wire or books.wire()
    invoices, found, following = Invoices(books.session(wire)), [], None
    for _ in range(100):
        page = await invoices.list(again(asked, following))
        found += ids(page)
        following = page.next
        if following is None:
            return found
    raise AssertionError("the list has no end")


def again(asked: ListQuery, continuation: str | None) -> ListQuery:
    return ListQuery(
        filters=asked.filters,
        limit=asked.limit,
        sort=asked.sort,
        summary=asked.summary,
        updated_since=asked.updated_since,
        continuation=continuation,
    )


def ids(page: Page[Any]) -> list[str]:
    return [record.data.id for record in page.records]


class TestComplete:
    async def test_a_list_holds_lines_that_only_the_documents_have(self, books: Books) -> None:
        await many(books, 3)

        page = await Invoices(books.session()).list(query())

        assert [record.data.lines[0].name for record in page.records] == ["Beratung"] * 3
        assert page.completeness.complete

    @pytest.mark.parametrize("limit", [1, 7, 25, 60])
    async def test_pages_hold_every_document_once_and_newest_first(self, books: Books, limit: int) -> None:
        await many(books, 60)

        found = await whole(books, query(limit))
        days = [(await Invoices(books.session()).get(id)).data.issued_on for id in found]

        assert len(found) == len(set(found)) == 60
        assert days == sorted(days, reverse=True)

    async def test_one_call_a_page_and_one_a_document(self, books: Books) -> None:
        await many(books, 60)
        wire = books.wire()

        await whole(books, query(25), wire)

        assert len(wire.sent("GET", "/v1/invoices/")) == 60
        assert len(wire.sent("GET", "/v1/voucherlist")) == 3

    async def test_a_summary_costs_one_call_for_250_rows(self, books: Books) -> None:
        await many(books, 30)
        wire = books.wire()

        page = await Invoices(books.session(wire)).list(query(250, summary=True))

        assert len(page.records) == 30
        assert len(wire.calls) == 1
        assert page.completeness.reason == "summary_only"

    async def test_a_row_of_the_summary_is_what_the_document_says(self, books: Books) -> None:
        id = await books.invoice("2026-11-02")

        page: Page[Any] = await Invoices(books.session()).list(query(summary=True))
        row = page.records[0].data

        assert (row.id, row.number, row.status) == (id, "RE0001", DocumentStatus.OPEN)
        assert (row.issued_on, row.due_on) == (date(2026, 11, 2), date(2026, 12, 2))
        assert (row.totals.gross, row.totals.open, row.currency) == (
            Decimal("119.00"),
            Decimal("119.00"),
            "EUR",
        )
        assert (row.customer_id, row.customer_name) == (None, "Erika Muster")

    async def test_an_empty_list_is_complete(self, books: Books) -> None:
        page = await Invoices(books.session()).list(query())

        assert page.records == ()
        assert page.next is None
        assert page.completeness.complete

    async def test_a_document_gone_since_the_list_named_it_is_left_out_and_told(self, books: Books) -> None:
        newest, _, _ = await many(books, 3)
        wire = books.wire()
        wire.before_call = lambda call, number: books.twin.delete_document(newest) if number == 1 else None

        page = await Invoices(books.session(wire)).list(query())

        assert len(page.records) == 2
        assert not page.completeness.complete
        assert page.completeness.reason == "vanished"


class TestDeadline:
    async def test_it_stops_with_what_it_has_and_goes_on_right_after(self, books: Books) -> None:
        expected = await whole(books, query(25)) if await many(books, 20) else []
        slow = books.wire(allowed_s=5.0, interval_s=0.5)

        first = await Invoices(books.session(slow)).list(query(25))
        rest = await Invoices(books.session()).list(again(query(25), first.next))

        assert len(first.records) == 9  # ten calls: one page, nine documents
        assert not first.completeness.complete
        assert first.completeness.reason == "deadline"
        assert ids(first) + ids(rest) == expected

    async def test_with_nothing_yet_it_is_busy(self, books: Books) -> None:
        await many(books, 3)
        slow = books.wire(allowed_s=0.5, interval_s=0.5)

        with pytest.raises(UpstreamBusy):
            await Invoices(books.session(slow)).list(query())

    async def test_rows_passed_in_vain_are_not_passed_again(self, books: Books) -> None:
        wanted = await books.invoice("2026-01-05", due_days=365)
        for _ in range(40):
            await books.invoice("2026-01-06", due_days=0)
        slow = books.wire(allowed_s=0.5, interval_s=0.5)

        first = await Invoices(books.session(slow)).list(query(25, overdue=False))
        rest = await Invoices(books.session()).list(again(query(25, overdue=False), first.next))

        assert first.records == ()
        assert first.completeness.reason == "deadline"
        assert ids(rest) == [wanted]

    async def test_a_call_that_dies_with_the_deadline_ends_the_page_too(self, books: Books) -> None:
        await many(books, 5)
        wire = books.wire()

        def run_out(call: Call, number: int) -> None:
            if number == 3:
                wire.left_s = 0.0
                books.twin.fault("drop_before", path="/v1/invoices/*")

        wire.before_call = run_out

        page = await Invoices(books.session(wire)).list(query())

        assert len(page.records) == 2
        assert page.completeness.reason == "deadline"

    async def test_a_call_that_dies_before_is_told(self, books: Books) -> None:
        await many(books, 5)
        books.twin.fault("status", path="/v1/invoices/*", status=502)

        with pytest.raises(UpstreamBroken):
            await Invoices(books.session()).list(query())


class TestChangesMeanwhile:
    async def test_documents_added_between_pages_double_nothing(self, books: Books) -> None:
        expected = await whole(books, query(60)) if await many(books, 60) else []
        first = await Invoices(books.session()).list(query(25))
        for _ in range(4):
            await books.invoice("2026-11-19", due_days=365)

        rest = await whole_from(books, query(25), first.next)

        assert ids(first) + rest == expected

    async def test_documents_deleted_between_pages_skip_nothing(self, books: Books) -> None:
        expected = await whole(books, query(60)) if await many(books, 60) else []
        first = await Invoices(books.session()).list(query(25))
        for id in ids(first)[:5]:
            books.twin.delete_document(id)

        rest = await whole_from(books, query(25), first.next)

        assert ids(first) + rest == expected

    async def test_the_last_document_of_a_page_may_itself_be_deleted(self, books: Books) -> None:
        expected = await whole(books, query(60)) if await many(books, 60) else []
        first = await Invoices(books.session()).list(query(25))
        books.twin.delete_document(ids(first)[-1])

        rest = await whole_from(books, query(25), first.next)

        assert set(expected) - set(ids(first)) - set(rest) <= {expected[25]}


async def whole_from(books: Books, asked: ListQuery, following: str | None) -> list[str]:
    found = []
    while following is not None:
        page = await Invoices(books.session()).list(again(asked, following))
        found += ids(page)
        following = page.next
    return found


class TestFilters:
    async def test_open_holds_the_overdue_ones_too(self, books: Books) -> None:
        late, open = await books.invoice("2026-01-05"), await books.invoice("2026-11-19")
        paid = await books.invoice("2026-11-18")
        books.twin.mark_paid(paid)

        page = await Invoices(books.session()).list(query(status="open"))

        assert ids(page) == [open, late]
        assert [record.data.overdue for record in page.records] == [False, True]

    async def test_overdue_ones_are_not_lost_if_the_vendor_stops_listing_them_with_open(
        self, books: Books
    ) -> None:
        late, open = await books.invoice("2026-01-05"), await books.invoice("2026-11-19")
        wire = SeparateOverdue(books)

        page = await Invoices(books.session(wire)).list(query(status="open"))

        assert ids(page) == [open, late]

    @pytest.mark.parametrize("word", ["sepadebit", "transferred"])
    async def test_money_on_its_way_is_open_still(self, books: Books, word: str) -> None:
        id = await books.invoice("2026-11-19")
        books.twin.find(id)[1].status = word

        page = await Invoices(books.session()).list(query(status="open"))

        assert ids(page) == [id]

    async def test_overdue_alone(self, books: Books) -> None:
        late, _ = await books.invoice("2026-01-05"), await books.invoice("2026-11-19")

        page = await Invoices(books.session()).list(query(overdue=True))

        assert ids(page) == [late]

    async def test_not_overdue(self, books: Books) -> None:
        _, open = await books.invoice("2026-01-05"), await books.invoice("2026-11-19")

        page = await Invoices(books.session()).list(query(overdue=False))

        assert ids(page) == [open]

    async def test_a_paid_invoice_cannot_be_overdue_and_costs_no_call(self, books: Books) -> None:
        wire = books.wire()

        page = await Invoices(books.session(wire)).list(query(overdue=True, status="paid"))

        assert page.records == ()
        assert wire.calls == []

    @pytest.mark.parametrize(
        ("status", "expected"),
        [("draft", "draft"), ("open", "open"), ("paid", "paid"), ("void", "void")],
    )
    async def test_a_status_finds_its_documents_only(self, books: Books, status: str, expected: str) -> None:
        await books.invoice(final=False)
        await books.invoice()
        paid, void = await books.invoice(), await books.invoice()
        books.twin.mark_paid(paid)
        books.twin.void(void)

        page = await Invoices(books.session()).list(query(status=status))

        assert [record.data.status.value for record in page.records] == [expected]

    async def test_days_are_whole_days_in_berlin(self, books: Books) -> None:
        await books.invoice("2026-11-01")
        second = await books.invoice("2026-11-02")
        await books.invoice("2026-11-03")
        day = date(2026, 11, 2)

        page = await Invoices(books.session()).list(query(issued_from=day, issued_to=day))

        assert ids(page) == [second]

    async def test_a_number_is_found_whatever_signs_it_holds(self, books: Books) -> None:
        await books.invoice()
        wire = books.wire()

        page = await Invoices(books.session(wire)).list(query(number="A&B <1>"))

        assert page.records == ()
        assert ("voucherNumber", "A&amp;B &lt;1&gt;") in wire.calls[0].params

    async def test_a_customers_documents(self, books: Books) -> None:
        await books.invoice()
        customer = await books.contact()

        page = await Invoices(books.session()).list(query(customer_id=customer))

        assert page.records == ()

    async def test_a_customer_id_that_cannot_be_is_told(self, books: Books) -> None:
        with pytest.raises(InvalidForTarget) as told:
            await Invoices(books.session()).list(query(customer_id="4711"))

        assert told.value.errors[0].field == "customerId"

    async def test_changed_since_is_exact_to_the_second(self, books: Books) -> None:
        await books.invoice("2026-11-01")
        books.twin.advance(3600)
        since = books.clock.now()
        second = await books.invoice("2026-11-02")

        page = await Invoices(books.session()).list(query(updated_since=since))

        assert ids(page) == [second]

    async def test_a_change_within_the_asked_second_is_found(self, books: Books) -> None:
        books.twin.advance(0.2)
        id = await books.invoice()  # the list tells its instant without the 0.2 s

        page = await Invoices(books.session()).list(query(updated_since=NOW + timedelta(seconds=0.1)))

        assert ids(page) == [id]

    @pytest.mark.parametrize("year", [1, 9999])
    async def test_any_instant_can_be_asked(self, books: Books, year: int) -> None:
        await books.invoice()

        page = await Invoices(books.session()).list(query(updated_since=datetime(year, 12, 31, tzinfo=UTC)))

        assert len(page.records) == (1 if year == 1 else 0)


class TestCreditNotes:
    async def test_a_settled_one_is_found_as_paid(self, books: Books) -> None:
        invoice = (await Invoices(books.session()).create(bodies.invoice(finalize=True))).data
        body = bodies.credit_note(finalize=True, preceding_documents=[DocumentReferenceInput(id=invoice.id)])
        settled = (await CreditNotes(books.session()).create(body)).data
        await CreditNotes(books.session()).create(bodies.credit_note())

        page = await CreditNotes(books.session()).list(query(status="paid"))

        assert ids(page) == [settled.id]

    async def test_none_is_ever_overdue_and_asking_costs_no_call(self, books: Books) -> None:
        wire = books.wire()

        page = await CreditNotes(books.session(wire)).list(query(overdue=True))

        assert page.records == ()
        assert wire.calls == []

    async def test_what_is_open_comes_from_the_list(self, books: Books) -> None:
        note = (await CreditNotes(books.session()).create(bodies.credit_note(finalize=True))).data

        page = await CreditNotes(books.session()).list(query())
        alone = await CreditNotes(books.session()).get(note.id)

        assert [record.data.totals.open for record in page.records] == [Decimal("226.10")]
        assert alone.data.totals.open is None
        assert alone.fields_unavailable == ("totals.open", "paymentStatus")


class TestSorts:
    @pytest.mark.parametrize(
        ("sort", "field"),
        [
            ("issuedOn", "issued_on"),
            ("number", "number"),
            ("createdAt", "created_at"),
            ("updatedAt", "updated_at"),
        ],
    )
    @pytest.mark.parametrize("sign", ["", "-"])
    async def test_a_sort_holds_over_pages(self, books: Books, sort: str, field: str, sign: str) -> None:
        wire = books.wire()
        for day in ("2026-11-03", "2026-11-01", "2026-11-05", "2026-11-02"):
            await books.invoice(day)
            books.twin.advance(90_000)

        found = await whole(books, query(3, sort=f"{sign}{sort}", summary=True), wire)
        rows = {
            record.data.id: getattr(record.data, field)
            for record in (await Invoices(books.session()).list(query(summary=True))).records
        }

        values = [rows[id] for id in found]
        assert values == sorted(values, reverse=sign == "-")
        assert len(values) == 4

    async def test_another_sort_is_told_with_those_there_are(self, books: Books) -> None:
        with pytest.raises(InvalidForTarget, match="issuedOn"):
            await Invoices(books.session()).list(query(sort="buyer"))


class TestOpenAmounts:
    async def test_the_list_tells_what_is_open(self, books: Books) -> None:
        id = await books.invoice()
        books.twin.mark_paid(id, Decimal("19.00"))

        invoice = (await Invoices(books.session()).list(query())).records[0].data

        assert invoice.totals.open == Decimal("100.00")
        assert invoice.payment_status is PaymentStatus.PARTIALLY_PAID

    async def test_a_single_invoice_does_not_and_says_so(self, books: Books) -> None:
        id = await books.invoice()

        record = await Invoices(books.session()).get(id)

        assert record.data.totals.open is None
        assert record.data.payment_status is None
        assert record.fields_unavailable == ("totals.open", "paymentStatus")

    async def test_a_paid_invoice_owes_nothing_wherever_it_is_read(self, books: Books) -> None:
        id = await books.invoice()
        books.twin.mark_paid(id)

        record = await Invoices(books.session()).get(id)

        assert record.data.totals.open == Decimal("0.00")
        assert record.data.payment_status is PaymentStatus.PAID
        assert record.fields_unavailable == ()


class SeparateOverdue(TwinWire):
    """A vendor that lists overdue documents under `overdue` and `any` alone."""

    def __init__(self, books: Books) -> None:
        super().__init__(books.app, books.key)

    async def send(self, call: Call) -> Any:
        answer = await super().send(call)
        if dict(call.params).get("voucherStatus", "").startswith("open"):
            page = json.loads(answer.content)
            page["content"] = [row for row in page["content"] if row["voucherStatus"] != "overdue"]
            return msgspec.structs.replace(answer, content=json.dumps(page).encode())
        return answer
