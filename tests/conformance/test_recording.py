"""Bills, vendor credits and sales invoiced elsewhere at the twin: what is booked, and what is told of it."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.base.errors import (
    AlreadyRecorded,
    DocumentNotReady,
    InvalidForTarget,
    NotWritable,
    RecordNotFound,
    RepresentationNotAvailable,
    UpstreamRefused,
)
from connectors.base.paging import ListQuery, Page
from connectors.lexoffice.resources.bank_accounts import BankAccounts
from connectors.lexoffice.resources.bills import Bills
from connectors.lexoffice.resources.files import Files
from connectors.lexoffice.resources.sales_vouchers import SalesVouchers
from connectors.lexoffice.resources.vendor_credits import VendorCredits
from schemas.documents import DocumentStatus, PaymentStatus
from schemas.recorded_documents import PurchaseFilters
from schemas.sales_vouchers import SalesVoucherFilters
from schemas.tax import TaxTreatment
from schemas.terms import ServicePeriodInput
from schemas.trade_parties import BuyerInput, PrintedAddressInput, SellerInput
from tests.conformance import bodies
from tests.conformance.vendor import Books, Patch

pytestmark = pytest.mark.anyio

D = Decimal
PNG = b"\x89PNG\r\n\x1a\n" + bytes(60)
EU_GOODS = "9075a4e3-66de-4795-a016-3889feca0d20"
GOODS_ABROAD = "4ebd965a-7126-416c-9d8c-a5c9366ee473"


def of_purchases(limit: int = 25, **more: Any) -> ListQuery:
    names = PurchaseFilters.__struct_fields__
    filters = PurchaseFilters(**{name: more.pop(name) for name in list(more) if name in names})
    return ListQuery(filters=filters, limit=limit, **more)


def of_sales(**filters: Any) -> ListQuery:
    return ListQuery(filters=SalesVoucherFilters(**filters), limit=25)


def ids(page: Page[Any]) -> set[str]:
    return {record.data.id for record in page.records}


async def bill(books: Books, **more: Any) -> Any:
    return (await Bills(books.session()).create(bodies.bill(**more))).data


async def sale(books: Books, **more: Any) -> Any:
    return (await SalesVouchers(books.session()).create(bodies.sales_voucher(**more))).data


class TestParties:
    async def test_a_supplier_is_booked_by_its_id_and_named_by_the_list_alone(self, books: Books) -> None:
        supplier = await books.contact(vendor={})
        made = await Bills(books.session()).create(bodies.bill(seller=SellerInput(supplier_id=supplier)))
        listed: Any = (await Bills(books.session()).list(of_purchases())).records[0].data

        assert (made.data.seller.supplier_id, made.data.collective) == (supplier, False)
        assert made.data.seller.name is None
        assert "seller.name" in made.fields_unavailable
        assert listed.seller.name == "Holzwerk Brandt GmbH"
        assert made.data.buyer.name == "Muster Handel GmbH"

    async def test_a_name_used_once_is_booked_on_the_collective_supplier(self, books: Books) -> None:
        made = await bill(books)

        assert made.collective
        assert (made.seller.supplier_id, made.seller.name) == (None, "Papier Anders e.K.")
        assert books.company.vouchers[made.id].body["useCollectiveContact"] is True

    async def test_nobody_at_all_has_to_be_said(self, books: Books) -> None:
        made = await bill(books, seller=SellerInput(), collective=True)

        assert (made.collective, made.seller.name) == (True, "Sammellieferant")
        with pytest.raises(InvalidForTarget) as told:
            await bill(books, seller=SellerInput(), number="2")
        assert [error.field for error in told.value.errors] == ["seller.supplierId"]

    async def test_a_supplier_and_the_collective_one_exclude_each_other(self, books: Books) -> None:
        supplier = await books.contact(vendor={})

        with pytest.raises(InvalidForTarget) as told:
            await bill(books, seller=SellerInput(supplier_id=supplier), collective=True)
        assert [error.field for error in told.value.errors] == ["collective"]

    async def test_a_name_beside_the_id_is_left_out_and_told(self, books: Books) -> None:
        supplier = await books.contact(vendor={})
        seller = SellerInput(supplier_id=supplier, name="Brandt")

        record = await Bills(books.session()).create(bodies.bill(seller=seller))

        assert [(w.field, w.code) for w in record.warnings] == [("seller.name", "field_not_held")]

    async def test_a_buyers_address_is_left_out_and_told(self, books: Books) -> None:
        buyer = BuyerInput(name="Erika Muster", address=PrintedAddressInput(city="Ort"))

        record = await SalesVouchers(books.session()).create(bodies.sales_voucher(buyer=buyer))

        assert [w.field for w in record.warnings] == ["buyer.address"]
        assert record.data.buyer.name == "Erika Muster"

    async def test_a_contact_that_nobody_knows_is_named_as_the_cause(self, books: Books) -> None:
        unknown = "c2382a58-1248-4293-832f-562d45e6cc2a"

        with pytest.raises(UpstreamRefused) as told:
            await bill(books, seller=SellerInput(supplier_id=unknown))
        assert [error.field for error in told.value.errors] == ["seller.supplierId"]
        with pytest.raises(UpstreamRefused) as told:
            await sale(books, buyer=BuyerInput(customer_id=unknown))
        assert [error.field for error in told.value.errors] == ["buyer.customerId"]


class TestAmounts:
    async def test_tax_is_computed_by_line_and_sums_are_sent_as_the_vendor_demands(
        self, books: Books
    ) -> None:
        made = await bill(books, lines=[bodies.booked("238.00"), bodies.booked("53.50", "7")])

        assert [line.amount_tax for line in made.lines] == [D("38.00"), D("3.50")]
        assert (made.totals.net, made.totals.tax, made.totals.gross) == (D("250.00"), D("41.50"), D("291.50"))
        assert [(s.rate, s.net, s.tax) for s in made.tax_breakdown] == [
            (D(7), D("50.00"), D("3.50")),
            (D(19), D("200.00"), D("38.00")),
        ]
        assert {line.account_id for line in made.lines} == {bodies.MATERIAL}

    async def test_net_amounts(self, books: Books) -> None:
        made = await bill(books, prices_include_tax=False, lines=[bodies.booked("100.00")])

        assert (made.totals.net, made.totals.tax, made.totals.gross) == (D("100.00"), D("19.00"), D("119.00"))
        assert (made.lines[0].amount, made.lines[0].amount_gross) == (D("100.00"), D("119.00"))

    async def test_a_cent_as_printed_is_sent_as_printed(self) -> None:
        books = Books(voucher_tolerance_cents=1)
        made = await bill(books, lines=[bodies.booked("119.00", amount_tax=D("19.01"))])

        assert made.totals.tax == D("19.01")

    async def test_tax_that_does_not_fit_is_named_by_its_line(self, books: Books) -> None:
        lines = [bodies.booked(), bodies.booked("119.00", amount_tax=D("18.00"))]

        with pytest.raises(UpstreamRefused) as told:
            await bill(books, lines=lines)

        assert [(e.field, e.code) for e in told.value.errors] == [("lines[1].amountTax", "invalid_taxamount")]

    async def test_an_account_of_sales_is_refused_by_its_line(self, books: Books) -> None:
        lines = [bodies.booked(), bodies.booked(account=bodies.GOODS_SOLD)]

        with pytest.raises(UpstreamRefused) as told:
            await bill(books, lines=lines)

        assert [error.field for error in told.value.errors] == ["lines[1].accountId"]

    async def test_the_account_tells_the_tax_rule(self, books: Books) -> None:
        customer = await books.contact()
        line = bodies.booked("100.00", "0", EU_GOODS)

        made = await sale(books, buyer=BuyerInput(customer_id=customer), lines=[line])

        assert made.tax_treatment is TaxTreatment.INTRA_COMMUNITY_SUPPLY
        assert [(s.category, s.exemption_code) for s in made.tax_breakdown] == [("K", "VATEX-EU-IC")]

    async def test_an_account_that_demands_a_customer_names_that(self, books: Books) -> None:
        with pytest.raises(UpstreamRefused) as told:
            await sale(books, lines=[bodies.booked("100.00", "0", EU_GOODS)])

        assert {error.field for error in told.value.errors} == {"buyer.customerId"}


AMOUNTS = st.decimals(0, 100_000, places=2, allow_nan=False, allow_infinity=False)
LINES = st.lists(
    st.builds(bodies.booked, AMOUNTS.map(str), st.sampled_from(["0", "5", "7", "16", "19"])),
    min_size=1,
    max_size=6,
)


@pytest.mark.parametrize("gross", [False, True])
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=LINES)
async def test_what_a_dry_run_reckons_is_what_the_vendor_takes_and_says(
    books: Books, gross: bool, lines: Any
) -> None:
    books.company.vouchers.clear()
    body = bodies.bill(lines=lines, prices_include_tax=gross)
    examined = Bills(books.session()).examine(body)

    made = (await Bills(books.session()).create(body)).data

    assert examined.totals is not None
    assert (examined.totals.net, examined.totals.tax, examined.totals.gross, examined.totals.lines) == (
        made.totals.net,
        made.totals.tax,
        made.totals.gross,
        made.totals.lines,
    )
    assert list(examined.tax_breakdown) == made.tax_breakdown


class TestExamining:
    def found(self, books: Books, **more: Any) -> tuple[Any, Any]:
        """Problems and warnings of a bill, by field and code."""
        told = Bills(books.session()).examine(bodies.bill(**more))
        return tuple([(e.field, e.code) for e in some] for some in (told.problems, told.warnings))  # pyright: ignore[reportReturnType]

    async def test_a_rate_that_is_none_is_a_problem(self, books: Books) -> None:
        assert self.found(books, lines=[bodies.booked("100.00", "18")])[0] == [
            ("lines[0].taxRate", "rate_not_taken")
        ]

    async def test_a_rate_of_another_time_is_taken_with_a_warning(self, books: Books) -> None:
        lines = [bodies.booked("116.00", "16")]

        assert self.found(books, lines=lines) == ([], [("lines[0].taxRate", "rate_not_in_force")])
        assert self.found(books, lines=lines, issued_on=date(2020, 7, 1)) == ([], [])

    async def test_tax_as_printed_that_is_more_than_a_cent_off_is_a_problem(self, books: Books) -> None:
        off = [bodies.booked("119.00", amount_tax=D("18.98"))]

        assert self.found(books, lines=off)[0] == [("lines[0].amountTax", "tax_does_not_fit")]
        near = [bodies.booked("119.00", amount_tax=D("18.99"))]
        assert self.found(books, lines=near) == ([], [("lines", "tax_rounding")])

    async def test_cents_between_lines_and_rate_are_told(self, books: Books) -> None:
        three = [bodies.booked("0.99"), bodies.booked("0.99"), bodies.booked("0.99")]

        assert self.found(books, lines=three, prices_include_tax=False) == ([], [("lines", "tax_rounding")])

    async def test_sales_taxed_abroad_take_the_rates_there(self, books: Books) -> None:
        body = bodies.sales_voucher(lines=[bodies.booked("120.00", "20", GOODS_ABROAD)])

        examined = SalesVouchers(books.session()).examine(body)

        assert (examined.allowed_rates, examined.problems, examined.warnings) == (None, (), ())


class TestSales:
    async def test_both_kinds_are_one_register_and_told_apart(self, books: Books) -> None:
        sold = await sale(books)
        back = await sale(books, kind="credit_note", number="GU-1")
        sales = SalesVouchers(books.session())

        assert (sold.kind, sold.type_code, back.kind, back.type_code) == (
            "invoice",
            "380",
            "credit_note",
            "381",
        )
        assert ids(await sales.list(of_sales())) == {sold.id, back.id}
        assert ids(await sales.list(of_sales(kind="credit_note"))) == {back.id}
        rows: Any = (
            await sales.list(ListQuery(filters=SalesVoucherFilters(), limit=25, summary=True))
        ).records
        assert {(row.data.id, row.data.kind) for row in rows} == {
            (sold.id, "invoice"),
            (back.id, "credit_note"),
        }

    async def test_the_last_day_of_supply_is_kept(self, books: Books) -> None:
        period = ServicePeriodInput(kind="delivery", starts_on=date(2026, 11, 18))

        made = await sale(books, service_period=period)

        assert (made.service_period.kind, made.service_period.starts_on) == ("delivery", date(2026, 11, 18))

    async def test_what_of_a_period_is_not_kept_is_told(self, books: Books) -> None:
        period = ServicePeriodInput(kind="service", starts_on=date(2026, 11, 1), ends_on=date(2026, 11, 18))

        record = await SalesVouchers(books.session()).create(bodies.sales_voucher(service_period=period))

        assert [w.field for w in record.warnings] == ["servicePeriod.kind", "servicePeriod.startsOn"]
        assert record.data.service_period is not None
        assert record.data.service_period.starts_on == date(2026, 11, 18)

    async def test_a_kind_cannot_be_changed(self, books: Books) -> None:
        made = await sale(books)

        with pytest.raises(InvalidForTarget) as told:
            await SalesVouchers(books.session()).update(made.id, Patch(kind="credit_note"))

        assert [error.field for error in told.value.errors] == ["kind"]


class TestLists:
    async def test_one_call_a_page_and_one_a_document(self, books: Books) -> None:
        for number in range(5):
            await bill(books, number=str(number))
        wire = books.wire()

        page = await Bills(books.session(wire)).list(of_purchases())

        assert len(page.records) == 5
        assert len(wire.calls) == 6
        assert page.completeness.fields_unavailable == ()

    async def test_what_is_open_partly_paid_paid_void_and_late(self, books: Books) -> None:
        due = {"open": date(2026, 12, 1), "late": date(2026, 11, 19)}
        made = {
            n: await bill(books, number=n, due_on=due.get(n))
            for n in ("open", "late", "part", "paid", "void")
        }
        books.twin.pay_voucher(made["part"].id, D("19.00"))
        books.twin.pay_voucher(made["paid"].id)
        books.twin.set_voucher_status(made["void"].id, "voided")
        bills = Bills(books.session())

        found = {r.data.number: r.data for r in (await bills.list(of_purchases())).records}

        assert {n: (b.status.value, b.payment_status, b.totals.open) for n, b in found.items()} == {
            "open": ("open", PaymentStatus.OPEN, D("119.00")),
            "late": ("open", PaymentStatus.OPEN, D("119.00")),
            "part": ("open", PaymentStatus.PARTIALLY_PAID, D("100.00")),
            "paid": ("paid", PaymentStatus.PAID, D("0.00")),
            "void": ("void", None, D("0.00")),
        }
        assert {n for n, b in found.items() if b.overdue} == {"late"}
        assert ids(await bills.list(of_purchases(overdue=True))) == {made["late"].id}
        assert ids(await bills.list(of_purchases(status="open"))) == {
            made[n].id for n in ("open", "late", "part")
        }
        assert ids(await bills.list(of_purchases(status="paid"))) == {made["paid"].id}
        assert ids(await bills.list(of_purchases(status="void"))) == {made["void"].id}

    async def test_settled_credits_are_paid_too(self, books: Books) -> None:
        credits = VendorCredits(books.session())
        credit = (await credits.create(bodies.vendor_credit())).data
        back = await sale(books, kind="credit_note")
        sold = await sale(books, number="2")
        for made in (credit, back, sold):
            books.twin.pay_voucher(made.id)

        assert ids(await credits.list(of_purchases(status="paid"))) == {credit.id}
        paid = await SalesVouchers(books.session()).list(of_sales(status="paid"))
        assert {(r.data.id, r.data.vendor_status) for r in paid.records} == {
            (back.id, "paidoff"),
            (sold.id, "paid"),
        }

    async def test_by_supplier_and_number(self, books: Books) -> None:
        supplier = await books.contact(vendor={})
        theirs = await bill(books, seller=SellerInput(supplier_id=supplier), number="A & B <1>")
        await bill(books)
        bills = Bills(books.session())

        assert ids(await bills.list(of_purchases(supplier_id=supplier))) == {theirs.id}
        assert ids(await bills.list(of_purchases(number="A & B <1>"))) == {theirs.id}
        with pytest.raises(InvalidForTarget) as told:
            await bills.list(of_purchases(supplier_id="70001"))
        assert [error.field for error in told.value.errors] == ["supplierId"]

    async def test_an_upload_waits_for_review_and_is_listed_as_a_draft(self, books: Books) -> None:
        file = (await Files(books.session()).upload(bodies.upload())).data
        assert file.document_id is not None
        bills = Bills(books.session())

        blank = (await bills.get(file.document_id)).data
        assert (blank.status, blank.vendor_status, blank.needs_review) == (
            DocumentStatus.DRAFT,
            "blank",
            True,
        )
        assert ids(await bills.list(of_purchases())) == set()
        books.twin.advance(10)
        (record,) = (await bills.list(of_purchases(status="draft"))).records
        assert (record.data.id, record.data.needs_review, record.data.lines) == (file.document_id, True, [])
        assert (record.data.number, record.data.totals.gross) == (None, None)
        assert [held.id for held in record.data.files] == [file.id]


class TestIdentity:
    async def test_a_voucher_of_another_type_does_not_exist_here(self, books: Books) -> None:
        made = await sale(books)
        wire = books.wire()
        bills = Bills(books.session(wire))

        for attempt in (
            bills.get(made.id),
            bills.update(made.id, Patch(remark="x")),
            bills.attach(made.id, bodies.upload()),
            bills.document(made.id, "*/*"),
            bills.settle(made.id, bodies.payment(bank_account_id=made.id)),
        ):
            with pytest.raises(RecordNotFound):
                await attempt
        assert [call.method for call in wire.calls] == ["GET"] * 5

    async def test_the_same_bill_twice_is_refused_and_names_the_first(self, books: Books) -> None:
        supplier = await books.contact(vendor={})
        seller = SellerInput(supplier_id=supplier)
        first = await bill(books, seller=seller)
        wire = books.wire()

        with pytest.raises(AlreadyRecorded) as told:
            await Bills(books.session(wire)).create(bodies.bill(seller=seller))

        assert told.value.extra == {"id": first.id}
        assert [error.field for error in told.value.errors] == ["number"]
        assert wire.sent("POST") == []

    async def test_another_day_sum_or_supplier_makes_another_bill(self, books: Books) -> None:
        await bill(books)
        await bill(books, issued_on=date(2026, 11, 19))
        await bill(books, lines=[bodies.booked("59.50")])
        await bill(books, seller=SellerInput(name="Papier Bernd"))
        await bill(books, seller=SellerInput(supplier_id=await books.contact(vendor={})))
        await VendorCredits(books.session()).create(bodies.vendor_credit())

        assert len(books.company.vouchers) == 6

    async def test_a_suppliers_bill_is_not_one_of_nobody(self, books: Books) -> None:
        await bill(books, seller=SellerInput(supplier_id=await books.contact(vendor={})))
        await bill(books, seller=SellerInput(), collective=True)

        assert len(books.company.vouchers) == 2

    async def test_a_void_one_does_not_stand_in_the_way(self, books: Books) -> None:
        books.twin.set_voucher_status((await bill(books)).id, "voided")

        await bill(books)

        assert len(books.company.vouchers) == 2


class TestReview:
    async def test_one_left_for_review_is_refused_by_name_while_the_vendor_takes_none(
        self, books: Books
    ) -> None:
        with pytest.raises(UpstreamRefused) as told:
            await bill(books, needs_review=True)

        assert [(e.field, e.code) for e in told.value.errors] == [("needsReview", "invalid")]

    async def test_one_left_for_review_is_a_draft_that_an_update_books(self) -> None:
        books = Books(unchecked_voucher_post=True)
        made = await bill(books, needs_review=True)
        assert (made.status, made.needs_review, made.totals.open) == (DocumentStatus.DRAFT, True, None)

        booked = (await Bills(books.session()).update(made.id, Patch(needs_review=False))).data

        assert (booked.status, booked.needs_review, booked.due_on) == (
            DocumentStatus.OPEN,
            False,
            date(2026, 11, 20),
        )

    async def test_net_amounts_cannot_be_left_for_review(self, books: Books) -> None:
        wire = books.wire()

        with pytest.raises(InvalidForTarget) as told:
            await Bills(books.session(wire)).create(bodies.bill(needs_review=True, prices_include_tax=False))

        assert [error.field for error in told.value.errors] == ["pricesIncludeTax"]
        assert wire.calls == []

    async def test_what_waits_for_review_changes_only_by_being_booked(self) -> None:
        books = Books(unchecked_voucher_post=True)
        made = await bill(books, needs_review=True)

        with pytest.raises(InvalidForTarget) as told:
            await Bills(books.session()).update(made.id, Patch(remark="x"))

        assert [error.field for error in told.value.errors] == ["needsReview"]

    async def test_what_is_booked_does_not_go_back(self, books: Books) -> None:
        made = await bill(books)

        with pytest.raises(InvalidForTarget) as told:
            await Bills(books.session()).update(made.id, Patch(needs_review=True))

        assert [error.field for error in told.value.errors] == ["needsReview"]

    async def test_an_upload_is_completed_and_booked_with_its_file(self, books: Books) -> None:
        file = (await Files(books.session()).upload(bodies.upload())).data
        books.twin.advance(10)
        assert file.document_id is not None

        booked = (
            await Bills(books.session()).update(
                file.document_id,
                Patch(
                    number="ER-1",
                    issued_on=date(2026, 11, 2),
                    lines=[bodies.booked()],
                    seller=SellerInput(name="Papier Anders e.K."),
                    needs_review=False,
                ),
            )
        ).data

        assert (booked.status, booked.number, booked.totals.gross) == (
            DocumentStatus.OPEN,
            "ER-1",
            D("119.00"),
        )
        assert [held.id for held in booked.files] == [file.id]
        assert (await Files(books.session()).content(file.id, "*/*")).content == bodies.PDF

    async def test_an_upload_still_being_read_takes_no_change(self, books: Books) -> None:
        file = (await Files(books.session()).upload(bodies.upload())).data
        assert file.document_id is not None
        wire = books.wire()

        with pytest.raises(NotWritable):
            await Bills(books.session(wire)).update(file.document_id, Patch(needs_review=False))

        assert wire.sent("PUT") == []


class TestFiles:
    async def test_without_a_file_there_is_none_to_download(self, books: Books) -> None:
        made = await bill(books)

        with pytest.raises(DocumentNotReady):
            await Bills(books.session()).document(made.id, "*/*")
        assert [a.action for a in made.allowed_actions if not a.allowed] == ["delete", "document"]

    async def test_the_first_file_in_the_form_asked_for(self, books: Books) -> None:
        made = await bill(books)
        bills = Bills(books.session())
        await bills.attach(made.id, bodies.upload())
        await bills.attach(made.id, bodies.upload(PNG, "image/png", "beleg.png"))

        assert (await bills.document(made.id, "*/*")).media_type == "application/pdf"
        assert (await bills.document(made.id, "image/png")).content == PNG
        with pytest.raises(RepresentationNotAvailable) as told:
            await bills.document(made.id, "application/xml")
        assert told.value.available == ("application/pdf", "image/png")

    async def test_a_file_that_it_has_is_told(self, books: Books) -> None:
        made = await bill(books)
        bills = Bills(books.session())

        first = (await bills.attach(made.id, bodies.upload())).data
        again = (await bills.attach(made.id, bodies.upload())).data

        assert (first.id, first.already_stored, again.already_stored) == (again.id, None, True)


class TestSettlements:
    @pytest.mark.parametrize(
        ("resource", "body", "sign"),
        [
            (Bills, bodies.bill(), -1),
            (VendorCredits, bodies.vendor_credit(), 1),
            (SalesVouchers, bodies.sales_voucher(), 1),
            (SalesVouchers, bodies.sales_voucher(kind="credit_note"), -1),
        ],
    )
    async def test_money_goes_out_for_what_is_owed_and_comes_in_for_what_is_due(
        self, books: Books, resource: Any, body: Any, sign: int
    ) -> None:
        account = (await BankAccounts(books.session()).create(bodies.bank_account())).data
        made = (await resource(books.session()).create(body)).data

        told = (
            await resource(books.session()).settle(made.id, bodies.payment(bank_account_id=account.id))
        ).data

        assert (told.state, told.assignment, told.document_id) == ("pushed", "hinted", made.id)
        assert books.company.transactions[told.id].body["amount"] == sign * D(119)
