"""Writes at the twin: sent once, told honestly, read back although the vendor lags."""

from decimal import Decimal
from typing import Any

import pytest

from connectors.base.errors import (
    KontorError,
    OutcomeUnknown,
    PermissionMissing,
    PlanTooSmall,
    ReconnectNeeded,
    UpstreamBroken,
    UpstreamRefused,
    WrittenButNotRead,
)
from connectors.base.paging import ListQuery
from connectors.base.wire import Answer
from connectors.lexoffice import CONNECTOR
from connectors.lexoffice.errors import translate
from connectors.lexoffice.paths import DOCUMENT_PATHS
from connectors.lexoffice.resources.credit_notes import CreditNotes
from connectors.lexoffice.resources.invoices import Invoices
from connectors.lexoffice.resources.quotes import Quotes
from schemas.documents import DocumentReferenceInput, DocumentStatus
from schemas.sales_documents import SalesFilters
from schemas.trade_parties import BuyerInput
from tests.conformance import bodies
from tests.conformance.vendor import Books

pytestmark = pytest.mark.anyio


class TestReadBack:
    async def test_an_object_that_shows_up_late_is_waited_for(self) -> None:
        books = Books(read_lag_s=1.5)

        made = await Invoices(books.session()).create(bodies.invoice())

        assert made.data.number == "RE0001"

    async def test_one_that_does_not_show_up_is_booked_all_the_same_and_named(self) -> None:
        books = Books(read_lag_s=60)
        wire = books.wire()

        with pytest.raises(WrittenButNotRead) as told:
            await Invoices(books.session(wire)).create(bodies.invoice())

        assert told.value.id in books.company.documents
        assert len(wire.sent("POST")) == 1
        assert len(wire.sent("GET")) == 5

    async def test_the_deadline_ends_the_waiting(self) -> None:
        books = Books(read_lag_s=60)
        wire = books.wire(allowed_s=0.5)

        with pytest.raises(WrittenButNotRead):
            await Invoices(books.session(wire)).create(bodies.invoice())

        assert len(wire.sent("GET")) == 2

    async def test_a_reading_that_breaks_does_not_hide_the_booking(self, books: Books) -> None:
        books.twin.fault("status", method="GET", status=502)

        with pytest.raises(WrittenButNotRead) as told:
            await Invoices(books.session()).create(bodies.invoice())

        assert list(books.company.documents) == [told.value.id]


class TestAccidents:
    @pytest.mark.parametrize("status", [500, 502, 503, 504])
    async def test_a_server_error_leaves_the_outcome_unknown_and_is_not_repeated(
        self, books: Books, status: int
    ) -> None:
        books.twin.fault("status_after", method="POST", status=status)
        wire = books.wire()

        with pytest.raises(OutcomeUnknown):
            await Invoices(books.session(wire)).create(bodies.invoice())

        assert len(wire.sent("POST")) == len(books.company.documents) == 1

    async def test_half_an_answer_leaves_the_outcome_unknown(self, books: Books) -> None:
        books.twin.fault("truncate", method="POST")

        with pytest.raises(OutcomeUnknown):
            await Invoices(books.session()).create(bodies.invoice())

        assert len(books.company.documents) == 1

    @pytest.mark.parametrize("resource", ["company", "invoices", "customers", "items"])
    async def test_half_an_answer_to_a_read_is_broken(self, books: Books, resource: str) -> None:
        made = {"invoices": books.invoice, "customers": books.contact, "items": books.article}
        ids = [await made[resource]()] if resource in made else []
        books.twin.fault("truncate", method="GET")

        with pytest.raises(UpstreamBroken):
            await CONNECTOR.resources[resource](books.session()).get(*ids)


class TestRefusals:
    async def test_a_withdrawn_key(self, books: Books) -> None:
        books.twin.revoke(books.twin.connection_of(books.key).id)

        await refused(books, ReconnectNeeded)

    async def test_a_lapsed_plan(self, books: Books) -> None:
        books.twin.set_lapsed(books.company.id)

        await refused(books, PlanTooSmall)

    async def test_a_missing_permission(self, books: Books) -> None:
        books.key = books.twin.create_api_key(books.company.id, permissions=["contacts.read"])

        await refused(books, PermissionMissing)

    async def test_who_is_connected(self, books: Books) -> None:
        who = await CONNECTOR.identify(books.wire())

        assert (who.organization_id, who.organization_name) == (books.company.id, "Muster Handel GmbH")
        assert who.price_mode == "net"
        assert who.vendor_connection_id == books.twin.connection_of(books.key).id


async def refused(books: Books, kind: type[KontorError]) -> None:
    """By the profile and by a write, alike."""
    with pytest.raises(kind):
        await CONNECTOR.identify(books.wire())
    with pytest.raises(kind):
        await Invoices(books.session()).create(bodies.invoice())


class TestInvoices:
    async def test_a_draft_stays_a_draft_and_a_final_one_is_open(self, books: Books) -> None:
        draft = (await Invoices(books.session()).create(bodies.invoice())).data
        final = (await Invoices(books.session()).create(bodies.invoice(finalize=True))).data

        assert (draft.status, final.status) == (DocumentStatus.DRAFT, DocumentStatus.OPEN)
        assert draft.due_on is None
        assert final.due_on is not None

    async def test_a_company_without_vat_writes_without_vat(self) -> None:
        books = Books()
        books.company.tax_type = "vatfree"
        line = bodies.line(tax_rate=None)

        made = (
            await Invoices(books.session(price_mode="tax_free")).create(bodies.invoice(lines=[line]))
        ).data

        assert made.vendor_tax_treatment == "vatfree"
        assert made.totals.gross == made.totals.net == Decimal("190.00")

    async def test_a_customer_brings_name_and_address(self, books: Books) -> None:
        customer = await books.contact()

        made = (
            await Invoices(books.session()).create(bodies.invoice(buyer=BuyerInput(customer_id=customer)))
        ).data

        assert (made.buyer.customer_id, made.buyer.name) == (customer, "Holzwerk Brandt GmbH")
        assert made.buyer.address is not None
        assert made.buyer.address.city == "Ort"

    async def test_a_customer_without_an_address_is_named_as_the_cause(self, books: Books) -> None:
        body = {"version": 0, "roles": {"customer": {}}, "company": {"name": "A GmbH"}}
        customer = (await books.call("POST", "contacts", body))["id"]

        with pytest.raises(UpstreamRefused) as told:
            await Invoices(books.session()).create(bodies.invoice(buyer=BuyerInput(customer_id=customer)))

        assert [error.field for error in told.value.errors] == ["buyer.customerId"]

    async def test_a_rate_the_law_does_not_know_is_named_by_its_line(self, books: Books) -> None:
        lines = [bodies.line(), bodies.line(tax_rate=Decimal(18))]

        with pytest.raises(UpstreamRefused) as told:
            await Invoices(books.session()).create(bodies.invoice(lines=lines))

        assert [error.field for error in told.value.errors] == ["lines[1].taxRate"]

    @pytest.mark.parametrize("type", ["product", "service"])
    async def test_a_line_of_an_item(self, books: Books, type: str) -> None:
        item = await books.article(type=type.upper())

        made = (
            await Invoices(books.session()).create(
                bodies.invoice(lines=[bodies.line(type=type, item_id=item)])
            )
        ).data

        assert (made.lines[0].type.value, made.lines[0].item_id) == (type, item)


class TestCreditNotes:
    async def test_one_over_an_invoice_settles_it(self, books: Books) -> None:
        invoice = (await Invoices(books.session()).create(bodies.invoice(finalize=True))).data
        body = bodies.credit_note(finalize=True, preceding_documents=[DocumentReferenceInput(id=invoice.id)])

        note = (await CreditNotes(books.session()).create(body)).data

        (origin,) = note.preceding_documents
        assert note.status is DocumentStatus.PAID
        assert (origin.id, origin.resource) == (invoice.id, "invoices")
        after = await Invoices(books.session()).list(ListQuery(filters=SalesFilters(), limit=25))
        assert [record.data.totals.open for record in after.records] == [Decimal("0.00")]

    async def test_a_second_one_is_refused(self, books: Books) -> None:
        invoice = (await Invoices(books.session()).create(bodies.invoice(finalize=True))).data
        body = bodies.credit_note(finalize=True, preceding_documents=[DocumentReferenceInput(id=invoice.id)])
        await CreditNotes(books.session()).create(body)

        with pytest.raises(UpstreamRefused):
            await CreditNotes(books.session()).create(body)


class TestQuotes:
    async def test_a_rate_of_an_alternative_is_named_by_its_place(self, books: Books) -> None:
        line = bodies.line(alternatives=[bodies.alternative(), bodies.alternative(tax_rate=Decimal(18))])

        with pytest.raises(UpstreamRefused) as told:
            await Quotes(books.session()).create(bodies.quote(lines=[bodies.line(), line]))

        assert [error.field for error in told.value.errors] == ["lines[1].alternatives[1].taxRate"]

    async def test_a_refusal_of_the_last_day_is_named_in_the_callers_words(self) -> None:
        said = b'{"IssueList":[{"i18nKey":"invalid_value","source":"expirationDate"}]}'
        error = translate(Answer(status=406, headers={}, content=said), DOCUMENT_PATHS, writes=True)

        assert [found.field for found in error.errors] == ["validUntil"]


async def test_every_write_is_marked_and_every_read_is_not(books: Books) -> None:
    wire = books.wire()
    session: Any = books.session(wire)

    await Invoices(session).create(bodies.invoice())
    await CONNECTOR.resources["items"](session).create(bodies.item())
    await CONNECTOR.resources["customers"](session).create(bodies.customer())

    assert all(call.writes == (call.method != "GET") for call in wire.calls)
    assert len(wire.sent("POST")) == 3
