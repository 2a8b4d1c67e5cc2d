"""Documents made of others at the twin: from the quote to the invoice, and what follows invoices."""

from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from connectors.base.errors import InvalidForTarget, NotWritable, RecordNotFound
from connectors.base.paging import Record
from connectors.lexoffice import CONNECTOR
from schemas.actions import ConvertInput
from schemas.documents import DocumentStatus
from schemas.terms import PaymentTermsInput, ServicePeriodInput
from schemas.totals import DiscountInput
from schemas.trade_parties import BuyerInput
from tests.conformance import bodies
from tests.conformance.standing_data import down_payment
from tests.conformance.vendor import Books

pytestmark = pytest.mark.anyio

D = Decimal
MAKE = {
    "quotes": bodies.quote,
    "sales-orders": bodies.sales_order,
    "delivery-notes": bodies.delivery_note,
    "invoices": bodies.invoice,
}
WAYS = {
    "quotes": {"sales-orders", "delivery-notes", "invoices"},
    "sales-orders": {"delivery-notes", "invoices"},
    "delivery-notes": {"invoices"},
    "invoices": {"delivery-notes", "credit-notes", "dunnings"},
    "down-payment-invoices": {"dunnings"},
}
"""By the vendor's table of following documents."""
TO = {to for ways in WAYS.values() for to in ways}


def of(books: Books, resource: str, **more: Any) -> Any:
    return CONNECTOR.resources[resource](books.session(**more))


async def final(books: Books, resource: str, **more: Any) -> Any:
    if resource == "down-payment-invoices":
        return (await of(books, resource).get(await down_payment(books))).data
    return (await of(books, resource).create(MAKE[resource](finalize=True, **more))).data


async def converted(books: Books, resource: str, id: str, to: str, **more: Any) -> Record[Any]:
    return await of(books, resource).convert(id, ConvertInput(to=to, **more))


async def read(books: Books, record: Record[Any]) -> Any:
    made = record.data.document
    return (await of(books, made.resource).get(made.id)).data


class TestChain:
    async def test_from_the_quote_over_order_and_delivery_note_to_the_invoice(self, books: Books) -> None:
        lines = [bodies.line(), bodies.line(name="Material", tax_rate=D(7)), bodies.text("Danke")]
        quote = await final(books, "quotes", lines=lines)

        order = await read(books, await converted(books, "quotes", quote.id, "sales-orders", finalize=True))
        note = await read(
            books, await converted(books, "sales-orders", order.id, "delivery-notes", finalize=True)
        )
        invoice = await read(
            books, await converted(books, "delivery-notes", note.id, "invoices", finalize=True)
        )

        assert [len(one.lines) for one in (order, note, invoice)] == [3, 3, 3]
        assert order.totals == quote.totals
        assert (invoice.totals.net, invoice.totals.tax, invoice.totals.gross) == (
            D("380.00"),
            D("49.40"),
            D("429.40"),
        )
        assert [found.id for found in order.preceding_documents] == [quote.id]
        assert [found.id for found in note.preceding_documents] == [order.id]
        assert [found.id for found in invoice.related_documents] == [note.id]
        assert invoice.status is DocumentStatus.OPEN
        assert invoice.buyer == quote.buyer

    async def test_it_is_one_read_one_write_and_a_read_for_the_number(self, books: Books) -> None:
        quote = await final(books, "quotes")
        wire = books.wire()

        record = await of(books, "quotes", wire=wire).convert(quote.id, ConvertInput(to="invoices"))

        assert [(call.method, call.path) for call in wire.calls] == [
            ("GET", f"/v1/quotations/{quote.id}"),
            ("POST", "/v1/invoices"),
            ("GET", f"/v1/invoices/{record.id}"),
        ]
        assert wire.calls[1].params == (("precedingSalesVoucherId", quote.id),)

    async def test_the_answer_names_the_new_document(self, books: Books) -> None:
        quote = await final(books, "quotes")

        told = (await converted(books, "quotes", quote.id, "invoices")).data

        assert (told.document.resource, told.document.number, told.final) == ("invoices", "RE0001", False)

    async def test_it_is_of_today_unless_told_otherwise(self, books: Books) -> None:
        quote = await final(books, "quotes", issued_on=date(2026, 10, 1))
        chosen = date(2026, 11, 30)

        today = await read(books, await converted(books, "quotes", quote.id, "invoices"))
        other = await read(books, await converted(books, "quotes", quote.id, "invoices", issued_on=chosen))

        assert (today.issued_on, other.issued_on) == (date(2026, 11, 20), chosen)

    async def test_what_is_given_stands_on_the_new_document(self, books: Books) -> None:
        order = await final(books, "sales-orders")
        more = {
            "service_period": ServicePeriodInput(kind="service", starts_on=date(2026, 11, 2)),
            "payment_terms": PaymentTermsInput(due_days=7),
            "discount": DiscountInput(percentage=D(10)),
            "title": "Schlussrechnung",
        }

        invoice = await read(books, await converted(books, "sales-orders", order.id, "invoices", **more))

        assert invoice.service_period.starts_on == date(2026, 11, 2)
        assert invoice.payment_terms.due_days == 7
        assert (invoice.title, invoice.totals.net) == ("Schlussrechnung", D("171.00"))

    async def test_an_accepted_quote_and_a_draft_of_one_can_be_converted(self, books: Books) -> None:
        accepted = await final(books, "quotes")
        books.twin.decide(accepted.id)
        draft = (await of(books, "quotes").create(bodies.quote())).data

        for id in (accepted.id, draft.id):
            assert (await converted(books, "quotes", id, "invoices")).data.document.resource == "invoices"


class TestOfInvoices:
    async def test_a_credit_note_over_all_lines(self, books: Books) -> None:
        invoice = await final(books, "invoices", lines=[bodies.line(discount_percentage=D(10))])

        note = await read(
            books, await converted(books, "invoices", invoice.id, "credit-notes", title="Korrektur")
        )

        assert (note.totals.gross, note.title) == (invoice.totals.gross, "Korrektur")
        assert "RE0001" in note.introduction

    async def test_a_dunning_is_a_draft_with_its_file_however_it_is_asked_for(self, books: Books) -> None:
        invoice = await final(books, "invoices")

        wire = books.wire()
        asked = ConvertInput(to="dunnings", finalize=True)
        record = await of(books, "invoices", wire=wire).convert(invoice.id, asked)

        assert wire.sent("POST")[0].params == (("precedingSalesVoucherId", invoice.id),)
        assert not record.data.final
        assert record.data.document.number is None
        assert [(w.field, w.code) for w in record.warnings] == [("finalize", "field_not_held")]
        file = await of(books, "dunnings").document(record.id, "application/pdf")
        assert file.content.startswith(b"%PDF-")

    async def test_an_invoice_names_its_dunnings_which_no_list_does(self, books: Books) -> None:
        invoice = await final(books, "invoices")
        record = await converted(books, "invoices", invoice.id, "dunnings")

        after = (await of(books, "invoices").get(invoice.id)).data

        assert after.following_documents == [record.data.document]

    async def test_nobody_is_reminded_of_what_is_paid_or_void(self, books: Books) -> None:
        paid, void = await final(books, "invoices"), await final(books, "invoices")
        books.twin.mark_paid(paid.id)
        books.twin.void(void.id)

        for id in (paid.id, void.id):
            with pytest.raises(NotWritable, match="nothing is owed"):
                await converted(books, "invoices", id, "dunnings")

    async def test_there_is_one_credit_note_only(self, books: Books) -> None:
        invoice = await final(books, "invoices")
        await converted(books, "invoices", invoice.id, "credit-notes", finalize=True)

        with pytest.raises(NotWritable, match="one only"):
            await converted(books, "invoices", invoice.id, "credit-notes")


class TestImpossible:
    @pytest.mark.parametrize(("resource", "to"), [(r, to) for r in WAYS for to in sorted(TO - WAYS[r])])
    async def test_what_cannot_follow_is_told_with_what_can_and_without_a_call(
        self, books: Books, resource: str, to: str
    ) -> None:
        wire = books.wire()

        with pytest.raises(InvalidForTarget) as told:
            await of(books, resource, wire=wire).convert("anything", ConvertInput(to=to))

        assert [(error.field, error.code) for error in told.value.errors] == [("to", "not_possible")]
        assert all(way in told.value.detail for way in WAYS[resource])
        assert wire.calls == []

    @pytest.mark.parametrize(
        ("resource", "to"), [(r, to) for r in WAYS for to in sorted(WAYS[r]) if r != "quotes"]
    )
    async def test_a_draft_is_followed_by_nothing(self, books: Books, resource: str, to: str) -> None:
        draft = (
            await down_payment(books, final=False)
            if resource == "down-payment-invoices"
            else (await of(books, resource).create(MAKE[resource]())).data.id
        )
        wire = books.wire()

        with pytest.raises(NotWritable) as told:
            await of(books, resource, wire=wire).convert(draft, ConvertInput(to=to))

        assert str(told.value.extra["link"]).endswith(f"/view/{draft}")
        assert wire.sent("POST") == []

    @pytest.mark.parametrize("to", sorted(WAYS["quotes"]))
    @pytest.mark.parametrize("choice", [{"optional": True}, {"alternatives": [bodies.alternative()]}])
    async def test_a_quote_that_leaves_a_choice(self, books: Books, to: str, choice: Any) -> None:
        quote = await final(books, "quotes", lines=[bodies.line(), bodies.line(**choice)])
        wire = books.wire()

        with pytest.raises(NotWritable, match="optional lines or alternatives"):
            await of(books, "quotes", wire=wire).convert(quote.id, ConvertInput(to=to))

        assert wire.sent("POST") == []
        assert not any(a.allowed for a in quote.allowed_actions if a.action == "convert")

    async def test_an_invoice_of_a_delivery_note_without_prices(self, books: Books) -> None:
        lines = [bodies.line(), bodies.line(unit_price=None, tax_rate=None)]
        note = await final(books, "delivery-notes", lines=lines)
        wire = books.wire()

        with pytest.raises(NotWritable, match="Line 2 has no price"):
            await of(books, "delivery-notes", wire=wire).convert(note.id, ConvertInput(to="invoices"))

        assert wire.sent("POST") == []

    async def test_values_that_do_not_fit_cost_no_call(self, books: Books) -> None:
        wire = books.wire()
        given = ConvertInput(
            to="invoices",
            issued_on=date(1800, 1, 1),
            service_period=ServicePeriodInput(kind="service"),
            discount=DiscountInput(),
        )

        with pytest.raises(InvalidForTarget) as told:
            await of(books, "quotes", wire=wire).convert("anything", given)

        assert [error.field for error in told.value.errors] == [
            "issuedOn",
            "servicePeriod.startsOn",
            "discount",
        ]
        assert wire.calls == []

    async def test_an_unknown_document(self, books: Books) -> None:
        with pytest.raises(RecordNotFound):
            await converted(books, "quotes", "c2382a58-1248-4293-832f-562d45e6cc2a", "invoices")


class TestTold:
    async def test_what_a_delivery_note_has_no_place_for(self, books: Books) -> None:
        order = await final(
            books,
            "sales-orders",
            discount=DiscountInput(percentage=D(5)),
            payment_terms=PaymentTermsInput(due_days=7),
        )

        record = await converted(books, "sales-orders", order.id, "delivery-notes")

        assert {(w.field, w.code) for w in record.warnings} == {
            ("discount", "field_not_held"),
            ("paymentTerms", "field_not_held"),
        }

    async def test_what_was_given_and_has_no_place(self, books: Books) -> None:
        quote = await final(books, "quotes")

        record = await converted(books, "quotes", quote.id, "invoices", delivery_terms="frei Haus")

        assert ("deliveryTerms", "field_not_held") in {(w.field, w.code) for w in record.warnings}

    async def test_an_invoice_without_a_day_of_supply(self, books: Books) -> None:
        quote = await final(books, "quotes")
        day = ServicePeriodInput(kind="service", starts_on=date(2026, 11, 2))

        without = await converted(books, "quotes", quote.id, "invoices")
        with_one = await converted(books, "quotes", quote.id, "invoices", service_period=day)

        assert [(w.field, w.code) for w in without.warnings] == [("servicePeriod", "supply_day_missing")]
        assert with_one.warnings == ()


class TestAddresses:
    async def test_goods_and_invoice_go_to_the_addresses_that_the_customer_has_for_them(
        self, books: Books
    ) -> None:
        customer = await books.contact()
        ramp = {"street": "Rampe 2", "zip": "77652", "city": "Ort", "countryCode": "DE"}
        books.twin.add_entry(customer, "addresses", "shipping", ramp)
        order = await final(books, "sales-orders", buyer=BuyerInput(customer_id=customer))

        note = await read(
            books, await converted(books, "sales-orders", order.id, "delivery-notes", finalize=True)
        )
        invoice = await read(books, await converted(books, "delivery-notes", note.id, "invoices"))

        assert [one.buyer.address.street for one in (order, note, invoice)] == ["Weg 1", "Rampe 2", "Weg 1"]
        assert {one.buyer.customer_id for one in (order, note, invoice)} == {customer}


class TestAllowed:
    @pytest.mark.parametrize("resource", WAYS)
    async def test_a_final_document_names_every_way(self, books: Books, resource: str) -> None:
        document = await final(books, resource)

        told = {a.to for a in document.allowed_actions if a.action == "convert" and a.allowed}

        assert told == WAYS[resource]

    async def test_what_an_action_says_is_what_happens(self, books: Books) -> None:
        paid, credited = await final(books, "invoices"), await final(books, "invoices")
        books.twin.mark_paid(paid.id)
        await converted(books, "invoices", credited.id, "credit-notes", finalize=True)

        for id in (paid.id, credited.id):
            document = (await of(books, "invoices").get(id)).data
            for told in (a for a in document.allowed_actions if a.action == "convert" and a.to):
                if told.allowed:
                    assert (await converted(books, "invoices", id, told.to)).id
                else:
                    with pytest.raises(NotWritable) as refused:
                        await converted(books, "invoices", id, told.to)
                    assert told.reason
                    assert refused.value.detail.startswith(told.reason)


async def test_only_the_create_body_of_the_new_kind_is_sent(books: Books) -> None:
    order = await final(books, "sales-orders")
    wire = books.wire()

    await of(books, "sales-orders", wire=wire).convert(order.id, ConvertInput(to="delivery-notes"))

    (call,) = wire.sent("POST")
    assert msgspec.json.decode(call.content or b"").keys() == {
        "voucherDate",
        "language",
        "address",
        "lineItems",
        "taxConditions",
        "shippingConditions",
    }
