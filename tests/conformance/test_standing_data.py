"""Lists that nobody writes, at the twin: whole, in pages of ours, and the payments of a document."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from connectors.base.errors import FieldNotHeld, InvalidForTarget, RecordNotFound, UpstreamRefused
from connectors.base.paging import ListQuery, Page
from connectors.lexoffice import CONNECTOR
from connectors.lexoffice.resources.accounts import Accounts
from connectors.lexoffice.resources.invoices import Invoices
from connectors.lexoffice.resources.payments import Payments
from connectors.lexoffice.resources.recurring_invoices import RecurringInvoices
from connectors.lexoffice.resources.tax_rates import TaxRates
from schemas import RESOURCES
from schemas.base import Filters
from schemas.documents import DocumentStatus, PaymentStatus
from schemas.payments import PaymentFilters, PaymentKind
from schemas.recurring_invoices import RecurrenceStatus
from schemas.tax_rates import TaxRateFilters, TaxRegime
from tests.conformance import bodies
from tests.conformance.standing_data import template
from tests.conformance.vendor import NOW, Books

pytestmark = pytest.mark.anyio

UNKNOWN = "c2382a58-1248-4293-832f-562d45e6cc2a"
WHOLE = ("accounts", "payment-terms", "print-layouts", "tax-rates")


def of(books: Books, name: str, wire: Any = None) -> Any:
    return CONNECTOR.resources[name](books.session(wire))


async def walked(resource: Any, limit: int, filters: Filters) -> list[str]:
    """Ids of all pages, one after another."""
    found: list[str] = []
    following = None
    while following is not None or not found:
        page = await resource.list(ListQuery(filters=filters, limit=limit, continuation=following))
        assert len(page.records) <= limit
        found += [record.data.id for record in page.records]
        following = page.next
    return found


class TestWholeLists:
    @pytest.mark.parametrize("limit", [50, 100, 250])
    async def test_all_231_categories_arrive_in_the_vendors_order(self, books: Books, limit: int) -> None:
        theirs = [row["id"] for row in await books.call("GET", "posting-categories")]

        found = await walked(Accounts(books.session()), limit, Filters())

        assert len(theirs) == 231
        assert found == theirs

    @pytest.mark.parametrize("name", WHOLE)
    async def test_a_page_and_an_object_are_one_call_each(self, books: Books, name: str) -> None:
        wire = books.wire()
        page = await of(books, name, wire).list(ListQuery(filters=RESOURCES[name].filters(), limit=1))
        assert len(wire.calls) == 1

        await of(books, name, wire).get(page.records[0].data.id)

        assert len(wire.calls) == 2

    @pytest.mark.parametrize("name", WHOLE)
    async def test_an_unknown_one_is_not_found(self, books: Books, name: str) -> None:
        with pytest.raises(RecordNotFound):
            await of(books, name).get(UNKNOWN)

    @pytest.mark.parametrize("name", [*WHOLE, "payments"])
    async def test_what_the_vendor_cannot_do_is_refused_by_name(self, books: Books, name: str) -> None:
        filters = RESOURCES[name].filters()
        with pytest.raises(InvalidForTarget) as order:
            await of(books, name).list(ListQuery(filters=filters, limit=25, sort="name"))
        with pytest.raises(FieldNotHeld) as since:
            await of(books, name).list(ListQuery(filters=filters, limit=25, updated_since=NOW))

        assert [error.field for error in order.value.errors] == ["sort"]
        assert [error.field for error in since.value.errors] == ["updatedSince"]

    async def test_a_company_without_layouts_has_an_empty_list(self, books: Books) -> None:
        books.company.print_layouts = []

        page = await of(books, "print-layouts").list(ListQuery(filters=Filters(), limit=25))

        assert (page.records, page.completeness.complete) == ((), True)


class TestTaxRates:
    async def rates(self, books: Books, **asked: Any) -> list[Any]:
        page = await TaxRates(books.session()).list(ListQuery(filters=TaxRateFilters(**asked), limit=250))
        return [record.data for record in page.records]

    async def test_germany_is_domestic_and_comes_first_and_austria_is_a_destination(
        self, books: Books
    ) -> None:
        found = await self.rates(books)

        assert (found[0].country_code, found[0].regime) == ("DE", TaxRegime.DOMESTIC)
        austria = {rate.regime for rate in found if rate.country_code == "AT"}
        assert austria == {TaxRegime.DESTINATION}
        assert len({rate.country_code for rate in found}) == 27

    async def test_by_country_and_day(self, books: Books) -> None:
        found = await self.rates(books, country_code="DE", valid_on=date(2020, 8, 1))

        assert [rate.rate for rate in found] == [Decimal(16), Decimal(5)]

    async def test_pages_hold_all(self, books: Books) -> None:
        found = await walked(TaxRates(books.session()), 7, TaxRateFilters())

        assert found == [rate.id for rate in await self.rates(books)]

    async def test_an_invoice_takes_exactly_the_rates_of_its_day(self, books: Books) -> None:
        """The table against the twin's own reading of the vendor's rules."""
        for day in (date(2020, 6, 30), date(2020, 7, 1), date(2020, 12, 31), date(2021, 1, 1)):
            known = {rate.rate for rate in await self.rates(books, country_code="DE", valid_on=day)}
            for rate in map(Decimal, (5, 7, 16, 19)):
                body = bodies.invoice(issued_on=day, lines=[bodies.line(tax_rate=rate)])
                try:
                    await Invoices(books.session()).create(body)
                    taken = True
                except UpstreamRefused:
                    taken = False
                assert taken == (rate in known), (day, rate)


class TestPayments:
    async def test_a_list_names_its_document(self, books: Books) -> None:
        with pytest.raises(InvalidForTarget) as told:
            await Payments(books.session()).list(ListQuery(filters=PaymentFilters(), limit=25))

        assert [(error.field, error.code) for error in told.value.errors] == [("documentId", "required")]

    async def test_what_was_paid_of_an_invoice(self, books: Books) -> None:
        id = await books.invoice()
        books.twin.mark_paid(id, Decimal("19.00"))

        read = (await Payments(books.session()).get(id)).data

        assert (read.payment_status, read.open) == (PaymentStatus.PARTIALLY_PAID, Decimal("100.00"))
        assert [(item.kind, item.amount) for item in read.items] == [(PaymentKind.MANUAL, Decimal("19.00"))]
        books.twin.mark_paid(id)
        read = (await Payments(books.session()).get(id)).data
        assert (read.payment_status, read.document_status, read.settled_on) == (
            PaymentStatus.PAID,
            DocumentStatus.PAID,
            date(2026, 11, 20),
        )

    async def test_a_draft_has_none(self, books: Books) -> None:
        id = await books.invoice(final=False)

        with pytest.raises(RecordNotFound):
            await Payments(books.session()).get(id)
        page = await Payments(books.session()).list(
            ListQuery(filters=PaymentFilters(document_id=id), limit=25)
        )
        assert (page.records, page.completeness.complete) == ((), True)

    async def test_ids_of_no_document_are_not_found(self, books: Books) -> None:
        for id in (UNKNOWN, "no-uuid"):
            with pytest.raises(RecordNotFound):
                await Payments(books.session()).get(id)


class TestRecurringInvoices:
    async def test_a_page_of_templates_costs_one_call_and_one_each(self, books: Books) -> None:
        made = {await template(books, f"Vertrag {number}") for number in range(3)}
        wire = books.wire()

        page = await RecurringInvoices(books.session(wire)).list(ListQuery(filters=Filters(), limit=25))

        assert {record.data.id for record in page.records} == made
        assert len(wire.calls) == 4

    async def test_rows_alone_cost_one_call_and_say_so(self, books: Books) -> None:
        await template(books)
        wire = books.wire()

        page: Page[Any] = await RecurringInvoices(books.session(wire)).list(
            ListQuery(filters=Filters(), limit=25, summary=True)
        )

        assert (len(wire.calls), page.completeness.reason) == (1, "summary_only")
        assert page.records[0].data.total == Decimal("142.80")

    @pytest.mark.parametrize("limit", [1, 2, 3])
    async def test_pages_hold_all_in_the_order_asked_for(self, books: Books, limit: int) -> None:
        made = []
        for number in range(5):
            books.twin.advance(60)
            made.append(await template(books, f"Vertrag {number}"))
        found: list[str] = []
        following = None
        while following is not None or not found:
            query = ListQuery(filters=Filters(), limit=limit, sort="createdAt", continuation=following)
            page = await RecurringInvoices(books.session()).list(query)
            found += [record.data.id for record in page.records]
            following = page.next

        assert found == made

    async def test_changed_since_leaves_out_what_was_not(self, books: Books) -> None:
        await template(books, "alt")
        books.twin.advance(60)
        new = await template(books, "neu")
        query = ListQuery(filters=Filters(), limit=25, updated_since=books.clock.now())

        page = await RecurringInvoices(books.session()).list(query)

        assert [record.data.id for record in page.records] == [new]

    async def test_an_order_the_vendor_does_not_have(self, books: Books) -> None:
        with pytest.raises(InvalidForTarget) as told:
            await RecurringInvoices(books.session()).list(
                ListQuery(filters=Filters(), limit=25, sort="title")
            )

        assert told.value.errors[0].field == "sort"

    async def test_without_a_start_it_is_paused(self, books: Books) -> None:
        id = await template(books, start=None)

        read = (await RecurringInvoices(books.session()).get(id)).data

        assert (read.recurrence.status, read.recurrence.next_on) == (RecurrenceStatus.PAUSED, None)
