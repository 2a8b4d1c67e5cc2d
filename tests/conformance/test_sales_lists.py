"""Lists of what comes before and beside invoices, and what a page of them costs."""

from decimal import Decimal
from typing import Any

import pytest

from connectors.base.errors import RepresentationNotAvailable, UpstreamRefused
from connectors.base.paging import ListQuery
from connectors.lexoffice import CONNECTOR
from schemas import RESOURCES
from schemas.sales_documents import SalesFilters
from schemas.trade_parties import BuyerInput
from tests.conformance import bodies
from tests.conformance.standing_data import down_payment
from tests.conformance.vendor import Books

pytestmark = pytest.mark.anyio

MAKE = {
    "invoices": bodies.invoice,
    "credit-notes": bodies.credit_note,
    "quotes": bodies.quote,
    "sales-orders": bodies.sales_order,
    "delivery-notes": bodies.delivery_note,
}
PATH = {"quotes": "quotations", "sales-orders": "order-confirmations"}
"""The vendor's name where it is another."""


def of(books: Books, resource: str) -> Any:
    return CONNECTOR.resources[resource](books.session())


def query(summary: bool = False, limit: int = 25, **filters: Any) -> ListQuery:
    return ListQuery(filters=SalesFilters(**filters), limit=limit, summary=summary)


async def made(books: Books, resource: str, **more: Any) -> str:
    if resource == "down-payment-invoices":
        return await down_payment(books)
    return (await of(books, resource).create(MAKE[resource](**more))).data.id


@pytest.mark.parametrize("resource", [*MAKE, "down-payment-invoices"])
async def test_a_page_of_n_documents_in_full_costs_its_list_and_n_calls(books: Books, resource: str) -> None:
    ids = [await made(books, resource) for _ in range(25)]
    ledger = books.twin.ledger
    ledger.clear()

    page = await of(books, resource).list(query())

    path = f"/v1/{PATH.get(resource, resource)}"
    assert {record.data.id for record in page.records} == set(ids)
    assert ledger.calls[0].path == "/v1/voucherlist"
    assert sorted(call.path for call in list(ledger.calls)[1:]) == sorted(f"{path}/{id}" for id in ids)
    assert all(call.method == "GET" for call in ledger.calls)


@pytest.mark.parametrize("resource", [*MAKE, "down-payment-invoices"])
async def test_a_page_of_rows_costs_its_list(books: Books, resource: str) -> None:
    id = await made(books, resource)
    books.twin.ledger.clear()

    page = await of(books, resource).list(query(summary=True))

    (record,) = page.records
    assert record.data.id == id
    assert isinstance(record.data, RESOURCES[resource].summary or type(None))
    assert [call.path for call in books.twin.ledger.calls] == ["/v1/voucherlist"]


@pytest.mark.parametrize("status", ["draft", "open", "accepted", "rejected"])
async def test_quotes_are_found_by_what_the_customer_answered(books: Books, status: str) -> None:
    ids = {"draft": await made(books, "quotes")}
    for name in ("open", "accepted", "rejected"):
        ids[name] = await made(books, "quotes", finalize=True)
    books.twin.decide(ids["accepted"])
    books.twin.decide(ids["rejected"], accepted=False)

    page = await of(books, "quotes").list(query(status=status))

    assert [(r.data.id, r.data.status.value, r.data.vendor_status) for r in page.records] == [
        (ids[status], status, status)
    ]


@pytest.mark.parametrize("resource", ["quotes", "sales-orders", "delivery-notes"])
@pytest.mark.parametrize("filters", [{"status": "paid"}, {"status": "void"}, {"overdue": True}])
async def test_what_none_of_them_can_be_costs_no_call(books: Books, resource: str, filters: Any) -> None:
    books.twin.ledger.clear()

    page = await of(books, resource).list(query(**filters))

    assert page.records == ()
    assert not books.twin.ledger.calls


@pytest.mark.parametrize("resource", ["quotes", "sales-orders", "delivery-notes"])
async def test_nothing_is_owed_of_them_so_nothing_is_missing(books: Books, resource: str) -> None:
    await made(books, resource, finalize=True)

    (record,) = (await of(books, resource).list(query())).records

    assert record.fields_unavailable == ()
    assert (record.data.payment_status, record.data.totals.open, record.data.due_on) == (None, None, None)


async def test_down_payments_tell_what_is_open_and_overdue(books: Books) -> None:
    id = await down_payment(books)
    books.twin.advance(60 * 86_400)

    (record,) = (await of(books, "down-payment-invoices").list(query(overdue=True))).records

    assert record.data.id == id
    assert record.data.overdue
    assert str(record.data.totals.open) == "2380.00"


async def test_a_closing_invoice_is_named_by_what_it_takes_off(books: Books) -> None:
    id = await down_payment(books)
    books.twin.mark_paid(id)
    body = {
        "voucherDate": "2026-11-20T00:00:00.000+01:00",
        "address": {"name": "Erika Muster", "countryCode": "DE"},
        "lineItems": [
            {
                "type": "custom",
                "name": "Umbau",
                "quantity": 1,
                "unitName": "Pauschal",
                "unitPrice": {"currency": "EUR", "netAmount": 10000, "taxRatePercentage": 19},
            }
        ],
        "totalPrice": {"currency": "EUR"},
        "taxConditions": {"taxType": "net"},
        "shippingConditions": {"shippingType": "none"},
    }
    closing = books.twin.create_closing_invoice(books.company.id, body, [id])

    document = (await of(books, "down-payment-invoices").get(id)).data

    assert document.closing_invoice_id == closing.id
    assert [found.id for found in document.following_documents] == [closing.id]


class TestDunnings:
    async def test_it_goes_to_the_invoices_buyer_only(self, books: Books) -> None:
        invoice = await made(books, "invoices", finalize=True)
        other = BuyerInput(customer_id=await books.contact())

        with pytest.raises(UpstreamRefused):
            await of(books, "dunnings").create(bodies.dunning(invoice, buyer=other))

    async def test_it_is_never_final_and_can_be_mailed_all_the_same(self, books: Books) -> None:
        invoice = await made(books, "invoices", finalize=True)

        books.twin.ledger.clear()
        record = await of(books, "dunnings").create(bodies.dunning(invoice, finalize=True))

        assert books.twin.ledger.calls[0].query == f"precedingSalesVoucherId={invoice}"
        assert record.data.status.value == "draft"
        assert [warning.field for warning in record.warnings] == ["finalize"]
        told = {action.action: action for action in record.data.allowed_actions}
        assert (told["document"].allowed, told["send"].allowed) == (True, True)
        assert not told["finalize"].allowed
        assert [found.id for found in record.data.preceding_documents] == [invoice]

    async def test_its_file_is_a_pdf_and_another_form_names_that(self, books: Books) -> None:
        invoice = await made(books, "invoices", finalize=True)
        record = await of(books, "dunnings").create(bodies.dunning(invoice))

        with pytest.raises(RepresentationNotAvailable) as told:
            await of(books, "dunnings").document(record.data.id, "application/xml")

        assert told.value.extra["available"] == ["application/pdf"]

    async def test_a_fee_is_a_line_of_its_own(self, books: Books) -> None:
        invoice = await made(books, "invoices", finalize=True)
        fee = bodies.line(name="Mahngebühr", quantity=Decimal(1), unit_price=Decimal(5))

        record = await of(books, "dunnings").create(bodies.dunning(invoice, lines=[bodies.line(), fee]))

        assert [line.name for line in record.data.lines] == ["Beratung", "Mahngebühr"]

    async def test_of_a_down_payment_too(self, books: Books) -> None:
        body = bodies.dunning(await down_payment(books))

        record = await of(books, "dunnings").create(body)

        (origin,) = record.data.preceding_documents
        assert origin.resource == "down-payment-invoices"
