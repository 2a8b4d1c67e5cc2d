"""Actions on documents at the twin: cancelling and mailing."""

from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from connectors.base.errors import NotWritable, UpstreamRefused
from connectors.base.paging import ListQuery
from connectors.lexoffice.resources.credit_notes import CreditNotes
from connectors.lexoffice.resources.invoices import Invoices
from schemas.actions import CancelInput, MailAttachmentInput, SendInput
from schemas.documents import DocumentStatus
from schemas.sales_documents import SalesFilters
from schemas.terms import ServicePeriodInput
from schemas.totals import DiscountInput
from tests.conformance import bodies
from tests.conformance.vendor import Books

pytestmark = pytest.mark.anyio

TO = ["rechnung@muster-handel.example"]


async def final(books: Books, **more: Any) -> Any:
    return (await Invoices(books.session()).create(bodies.invoice(finalize=True, **more))).data


async def note_of(books: Books, id: str, **more: Any) -> Any:
    record = await Invoices(books.session()).cancel(id, CancelInput(**more))
    return (await CreditNotes(books.session()).get(record.data.document.id)).data


class TestCancel:
    async def test_the_invoice_owes_nothing_more_and_the_answer_names_the_credit_note(
        self, books: Books
    ) -> None:
        invoice = await final(books)

        told = (await Invoices(books.session()).cancel(invoice.id, CancelInput())).data

        assert (told.document.resource, told.document.number) == ("credit-notes", "GS0001")
        assert (told.method, told.final) == ("credit_note", True)
        assert told.workaround is not None
        assert "voids no invoices" in told.workaround
        page = await Invoices(books.session()).list(ListQuery(filters=SalesFilters(), limit=25))
        assert [record.data.totals.open for record in page.records] == [Decimal("0.00")]

    @pytest.mark.parametrize(
        "lines",
        [
            [bodies.line()],
            [bodies.line(unit_price=Decimal("3.90"), quantity=Decimal(40), discount_percentage=Decimal(10))],
            [
                bodies.line(
                    unit_price=Decimal("0.01"), quantity=Decimal(9999), discount_percentage=Decimal("33.33")
                )
            ],
            [
                bodies.line(
                    unit_price=Decimal("19.99"), quantity=Decimal(3), discount_percentage=Decimal("12.5")
                )
            ],
            [bodies.line(), bodies.line(tax_rate=Decimal(7)), bodies.text("Danke")],
        ],
    )
    @pytest.mark.parametrize("gross", [False, True])
    @pytest.mark.parametrize("discount", [None, DiscountInput(percentage=Decimal("2.5"))])
    async def test_it_is_the_invoice_to_the_cent(
        self, books: Books, lines: Any, gross: bool, discount: DiscountInput | None
    ) -> None:
        invoice = await final(books, lines=lines, prices_include_tax=gross, discount=discount)

        note = await note_of(books, invoice.id)

        assert (note.totals.net, note.totals.tax, note.totals.gross) == (
            invoice.totals.net,
            invoice.totals.tax,
            invoice.totals.gross,
        )
        assert note.buyer == invoice.buyer
        assert note.tax_treatment == invoice.tax_treatment
        assert [line.name for line in note.lines] == [line.name for line in invoice.lines]

    async def test_it_is_of_today_and_names_the_invoice_unless_told_otherwise(self, books: Books) -> None:
        invoice = await final(books)

        note = await note_of(books, invoice.id)

        assert note.issued_on == date(2026, 11, 20)
        assert note.introduction == "Stornierung der Rechnung RE0001 vom 20.11.2026."

    async def test_day_and_text_can_be_given(self, books: Books) -> None:
        invoice = await final(books)

        note = await note_of(books, invoice.id, issued_on=date(2026, 11, 21), introduction="Irrtum")

        assert (note.issued_on, note.introduction) == (date(2026, 11, 21), "Irrtum")

    async def test_as_a_draft_it_cancels_nothing_yet(self, books: Books) -> None:
        invoice = await final(books)

        told = (await Invoices(books.session()).cancel(invoice.id, CancelInput(finalize=False))).data

        assert not told.final
        note = (await CreditNotes(books.session()).get(told.document.id)).data
        assert note.status is DocumentStatus.DRAFT

    async def test_a_draft_a_void_and_a_credited_invoice_cannot_be_cancelled(self, books: Books) -> None:
        draft = (await Invoices(books.session()).create(bodies.invoice())).data
        credited = await final(books)
        await note_of(books, credited.id)
        wire = books.wire()

        for id in (draft.id, credited.id):
            with pytest.raises(NotWritable) as told:
                await Invoices(books.session(wire)).cancel(id, CancelInput())
            assert told.value.extra["link"] == f"https://app.example/permalink/invoices/view/{id}"

        assert wire.sent("POST") == []

    async def test_a_service_period_of_the_invoice_is_no_hindrance(self, books: Books) -> None:
        period = ServicePeriodInput(kind="service", starts_on=date(2026, 10, 1), ends_on=date(2026, 10, 31))
        invoice = await final(books, service_period=period)

        assert (await note_of(books, invoice.id)).totals.gross == invoice.totals.gross


class TestSend:
    async def test_the_vendor_mails_it(self, books: Books) -> None:
        invoice = await final(books)

        await Invoices(books.session()).send(
            invoice.id, SendInput(recipients=TO, subject="Ihre Rechnung", message="Guten Tag")
        )

        (mail,) = books.company.mails
        assert (mail.recipients, mail.subject, mail.message) == (TO, "Ihre Rechnung", "Guten Tag")

    async def test_an_unknown_attachment_is_named_in_the_callers_words(self, books: Books) -> None:
        invoice = await final(books)
        attachment = MailAttachmentInput(file_id="c2382a58-1248-4293-832f-562d45e6cc2a", filename="agb.pdf")

        with pytest.raises(UpstreamRefused) as told:
            await Invoices(books.session()).send(
                invoice.id, SendInput(recipients=TO, attachments=[attachment])
            )

        assert [error.field for error in told.value.errors] == ["attachments[0].fileId"]

    async def test_an_attachments_name_goes_out_without_its_extension(self, books: Books) -> None:
        invoice = await final(books)
        wire = books.wire()
        attachment = MailAttachmentInput(file_id="c2382a58-1248-4293-832f-562d45e6cc2a", filename="a.g.b.pdf")

        with pytest.raises(UpstreamRefused):
            await Invoices(books.session(wire)).send(
                invoice.id, SendInput(recipients=TO, attachments=[attachment])
            )

        (call,) = wire.sent("POST")
        assert msgspec.json.decode(call.content or b"")["attachments"] == [
            {"id": attachment.file_id, "fileName": "a.g.b", "fileExtension": "pdf"}
        ]
