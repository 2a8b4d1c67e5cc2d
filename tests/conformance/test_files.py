"""Files at the twin: what is told of an upload, and in which form a file comes back."""

from typing import Any

import pytest

from connectors.base.errors import (
    InvalidForTarget,
    OutcomeUnknown,
    PermissionMissing,
    RecordNotFound,
    RepresentationNotAvailable,
    UpstreamRefused,
)
from connectors.base.files import Upload
from connectors.lexoffice.client import LexofficeClient
from connectors.lexoffice.resources.files import Files
from connectors.lexoffice.resources.invoices import Invoices
from connectors.lexoffice.uploads import attach
from sandbox.lexoffice.seeds import TRADER
from schemas.files import FileStatus
from tests.conformance import bodies
from tests.conformance.vendor import HOSTS, Books

pytestmark = pytest.mark.anyio

UNKNOWN = "c2382a58-1248-4293-832f-562d45e6cc2a"
PDF, XML, PNG, JPG = "application/pdf", "application/xml", "image/png", "image/jpeg"
INVOICE = (
    b'<rsm:CrossIndustryInvoice xmlns:rsm="urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"/>'
)
UPLOADS = {
    PDF: bodies.upload(),
    XML: bodies.upload(INVOICE, XML, "rechnung.xml"),
    PNG: bodies.upload(b"\x89PNG\r\n\x1a\n" + bytes(60), PNG, "foto.png"),
    JPG: bodies.upload(b"\xff\xd8\xff\xe0" + bytes(60), JPG, "foto.jpg"),
}
VOUCHER = {
    "type": "purchaseinvoice",
    "voucherNumber": "B-17",
    "voucherDate": "2026-11-02",
    "totalGrossAmount": 119,
    "totalTaxAmount": 19,
    "taxType": "gross",
    "useCollectiveContact": True,
    "voucherItems": [
        {
            "amount": 119,
            "taxAmount": 19,
            "taxRatePercent": 19,
            "categoryId": "16d04a28-fd91-11e1-a21f-0800200c9a66",
        }
    ],
    "version": 0,
}


class TestUpload:
    async def test_it_becomes_a_voucher_that_is_being_read(self, books: Books) -> None:
        file = (await Files(books.session()).upload(bodies.upload())).data

        assert (file.status, file.vendor_status) == (FileStatus.PROCESSING, "blank")
        assert file.links.view == f"{HOSTS.app}/permalink/vouchers/view/{file.document_id}"
        assert books.company.vouchers[file.document_id or ""].files == [file.id]

    async def test_content_that_was_there_is_told_with_the_ids_it_has(self, books: Books) -> None:
        first = (await Files(books.session()).upload(bodies.upload())).data
        books.twin.advance(120)
        again = (await Files(books.session()).upload(bodies.upload(filename="anders.pdf"))).data

        assert (again.id, again.document_id) == (first.id, first.document_id)
        assert (first.already_stored, again.already_stored) == (None, True)
        assert (again.status, again.vendor_status) == (FileStatus.STORED, "unchecked")

    async def test_within_a_minute_nobody_knows_and_that_is_said(self, books: Books) -> None:
        await Files(books.session()).upload(bodies.upload())
        again = await Files(books.session()).upload(bodies.upload())

        assert again.data.already_stored is None
        assert again.fields_unavailable == ("alreadyStored",)

    async def test_a_voucher_that_cannot_be_read_does_not_hide_the_upload(self, books: Books) -> None:
        books.twin.fault("status", method="GET", status=500)
        record = await Files(books.session()).upload(bodies.upload())

        assert record.data.id in books.company.files
        assert record.data.status is FileStatus.UNKNOWN
        assert record.fields_unavailable == ("status", "alreadyStored")

    async def test_what_the_vendor_refuses_names_the_file(self, books: Books) -> None:
        with pytest.raises(UpstreamRefused) as told:
            await Files(books.session()).upload(bodies.upload(b"<a/>", XML, "a.xml"))

        assert [(e.field, e.code) for e in told.value.errors] == [("file", "invalid_xrechnung")]

    async def test_a_lost_answer_is_one_call_and_an_unknown_outcome(self, books: Books) -> None:
        books.twin.fault("drop_after", method="POST")
        wire = books.wire()

        with pytest.raises(OutcomeUnknown):
            await Files(books.session(wire)).upload(bodies.upload())

        assert len(wire.sent("POST")) == len(books.company.files) == 1


class TestEnclose:
    @pytest.mark.parametrize("media_type", [PDF, PNG, JPG])
    async def test_it_is_kept_to_be_mailed_along_and_nothing_is_booked(
        self, books: Books, media_type: str
    ) -> None:
        file = (await Files(books.session()).enclose(UPLOADS[media_type])).data

        assert books.company.files[file.id].attachment
        assert books.company.vouchers == {}
        assert (file.status, file.document_id, file.media_type) == (FileStatus.STORED, None, media_type)
        assert (file.links.view, file.already_stored) == (None, None)

    async def test_the_same_content_is_the_same_file(self, books: Books) -> None:
        first = await Files(books.session()).enclose(bodies.upload())
        again = await Files(books.session()).enclose(bodies.upload(filename="anders.pdf"))

        assert again.data.id == first.data.id
        assert again.fields_unavailable == ("alreadyStored",)

    async def test_a_receipt_of_the_same_content_is_another_file(self, books: Books) -> None:
        receipt = await Files(books.session()).upload(bodies.upload())
        enclosed = await Files(books.session()).enclose(bodies.upload())

        assert enclosed.data.id != receipt.data.id

    @pytest.mark.parametrize(
        ("upload", "codes"),
        [
            (UPLOADS[XML], ["file_type"]),
            (bodies.upload(b"%PDF-" + bytes(2 * 1024 * 1024) + b"%%EOF"), ["file_too_large"]),
            (
                bodies.upload(INVOICE + b" " * 2 * 1024 * 1024, XML, "rechnung.xml"),
                ["file_type", "file_too_large"],
            ),
        ],
        ids=["XML", "over 2 MB", "both"],
    )
    async def test_what_is_not_mailed_along_costs_no_call(
        self, books: Books, upload: Upload, codes: list[str]
    ) -> None:
        wire = books.wire()

        with pytest.raises(InvalidForTarget) as told:
            await Files(books.session(wire)).enclose(upload)

        assert [(error.field, error.code) for error in told.value.errors] == [
            ("file", code) for code in codes
        ]
        assert wire.calls == []

    async def test_two_megabytes_to_the_byte_are_taken(self, books: Books) -> None:
        content = b"%PDF-" + bytes(2 * 1024 * 1024 - 10) + b"%%EOF"

        file = (await Files(books.session()).enclose(bodies.upload(content))).data

        assert file.size == 2_097_152

    async def test_a_lost_answer_is_one_call_and_an_unknown_outcome(self, books: Books) -> None:
        books.twin.fault("drop_after", method="POST")
        wire = books.wire()

        with pytest.raises(OutcomeUnknown):
            await Files(books.session(wire)).enclose(bodies.upload())

        assert len(wire.sent("POST")) == 1


class TestState:
    async def test_it_goes_from_processing_to_stored(self, books: Books) -> None:
        id = (await Files(books.session()).upload(bodies.upload())).data.id
        during = (await Files(books.session()).get(id)).data
        books.twin.advance(10)
        after = (await Files(books.session()).get(id)).data

        assert (during.status, during.vendor_status) == (FileStatus.PROCESSING, "upload_processing")
        assert (after.status, after.vendor_status) == (FileStatus.STORED, "upload_success")

    @pytest.mark.parametrize(
        ("word", "status"), [("upload_failed", FileStatus.FAILED), ("geprüft", FileStatus.UNKNOWN)]
    )
    async def test_failures_and_new_words_are_told_as_such(
        self, books: Books, word: str, status: FileStatus
    ) -> None:
        id = (await Files(books.session()).upload(bodies.upload())).data.id
        books.twin.fault("status", path="*/status", status=200, body=f'{{"status":"{word}"}}')

        file = (await Files(books.session()).get(id)).data

        assert (file.status, file.vendor_status) == (status, word)

    async def test_a_key_without_the_partners_permission_is_told(self, books: Books) -> None:
        id = (await Files(books.session()).upload(bodies.upload())).data.id
        books.key = books.twin.create_api_key(books.company.id, permissions=["files.read"])

        with pytest.raises(PermissionMissing):
            await Files(books.session()).get(id)

    async def test_an_unknown_file_has_no_state(self, books: Books) -> None:
        with pytest.raises(RecordNotFound):
            await Files(books.session()).get(UNKNOWN)


GIVEN = [
    (XML, "*/*", XML, False),
    (XML, XML, XML, False),
    (XML, "text/xml", XML, False),
    (XML, PDF, PDF, True),
    (PDF, "*/*", PDF, False),
    (PDF, PDF, PDF, False),
    (PNG, "*/*", PNG, False),
    (PNG, PNG, PNG, False),
    (JPG, "*/*", JPG, False),
    (JPG, "image/jpg", JPG, False),
    (XML, f"{PDF};q=0.5, {XML}", XML, False),
    (XML, f"{XML};q=0.5, {PDF}", PDF, True),
    (PNG, f"{PDF}, {XML};q=0.9, {PNG};q=0.5", PNG, False),
]
"""Stored as, asked for, given, preview or original. Source: "Files", the table of media types."""
NOT_GIVEN = [
    (PDF, XML, PDF),
    (PDF, PNG, PDF),
    (PNG, PDF, PNG),
    (PNG, XML, PNG),
    (JPG, PNG, JPG),
    (XML, PNG, PDF),
]


async def stored(books: Books, media_type: str) -> str:
    return (await Files(books.session()).upload(UPLOADS[media_type])).data.id


class TestContent:
    @pytest.mark.parametrize(("held", "accept", "given", "preview"), GIVEN)
    async def test_the_original_unless_another_form_is_asked_for(
        self, books: Books, held: str, accept: str, given: str, preview: bool
    ) -> None:
        file = await Files(books.session()).content(await stored(books, held), accept)

        assert (file.media_type, file.preview) == (given, preview)
        assert (file.content == UPLOADS[held].content) is not preview

    @pytest.mark.parametrize(("held", "accept", "available"), NOT_GIVEN)
    async def test_a_form_that_does_not_exist_names_the_one_that_does(
        self, books: Books, held: str, accept: str, available: str
    ) -> None:
        with pytest.raises(RepresentationNotAvailable) as told:
            await Files(books.session()).content(await stored(books, held), accept)

        assert told.value.extra["available"] == [available]

    @pytest.mark.parametrize("accept", ["text/html", "application/json", "image/gif", ""])
    async def test_a_form_no_file_has_costs_no_call(self, books: Books, accept: str) -> None:
        wire = books.wire()

        with pytest.raises(RepresentationNotAvailable):
            await Files(books.session(wire)).content(UNKNOWN, accept)

        assert wire.calls == []

    @pytest.mark.parametrize("accept", ["*/*", PDF, XML, PNG])
    async def test_an_unknown_file_is_not_found_in_any_form(self, books: Books, accept: str) -> None:
        with pytest.raises(RecordNotFound):
            await Files(books.session()).content(UNKNOWN, accept)

    async def test_an_image_and_an_xml_cost_one_call(self, books: Books) -> None:
        for media_type in (PNG, XML):
            id, wire = await stored(books, media_type), books.wire()
            await Files(books.session(wire)).content(id, "*/*")
            assert len(wire.calls) == 1


async def xrechnung(books: Books) -> str:
    """A final invoice for an authority, of a company that has told all about itself."""
    books.company.letterhead = TRADER
    marks = {"buyerReference": "04011000-1234512345-35", "vendorNumberAtCustomer": "70123456"}
    customer = await books.contact("Stadt Freiburg", customer={})
    contact = await books.call("GET", f"contacts/{customer}")
    await books.call("PUT", f"contacts/{customer}", {**contact, "xRechnung": marks})
    body = bodies.invoice(buyer=bodies.BuyerInput(customer_id=customer), finalize=True)
    return (await Invoices(books.session()).create(body)).data.id


class TestElectronicInvoices:
    @pytest.mark.parametrize(
        ("accept", "given", "preview"),
        [
            ("*/*", XML, False),
            (XML, XML, False),
            (PDF, PDF, True),
            (f"{XML}, {PDF};q=0.5", XML, False),
        ],
    )
    async def test_the_xml_of_an_xrechnung_is_the_original_and_its_pdf_a_preview(
        self, books: Books, accept: str, given: str, preview: bool
    ) -> None:
        file = await Invoices(books.session()).document(await xrechnung(books), accept)

        assert (file.media_type, file.preview) == (given, preview)

    async def test_the_pdf_of_any_other_invoice_is_the_original(self, books: Books) -> None:
        file = await Invoices(books.session()).document(await books.invoice(), PDF)

        assert not file.preview

    @pytest.mark.parametrize(("accept", "given", "preview"), [("*/*", XML, False), (PDF, PDF, True)])
    async def test_among_the_files_it_is_the_same(
        self, books: Books, accept: str, given: str, preview: bool
    ) -> None:
        """The vendor gives the PDF for `*/*` there."""
        invoice = await xrechnung(books)
        id = (await books.call("GET", f"invoices/{invoice}/document"))["documentFileId"]

        file = await Files(books.session()).content(id, accept)

        assert (file.media_type, file.preview) == (given, preview)


class TestAttach:
    async def attached(self, books: Books, voucher: str, held: list[str], wire: Any = None) -> Any:
        client = LexofficeClient(books.session(wire))
        return await attach(client, HOSTS.app, voucher, bodies.upload(), held, "bills.attach")

    async def test_a_file_hangs_on_the_voucher(self, books: Books) -> None:
        voucher = (await books.call("POST", "vouchers", VOUCHER))["id"]

        file = (await self.attached(books, voucher, [])).data

        assert books.company.vouchers[voucher].files == [file.id]
        assert (file.document_id, file.already_stored) == (voucher, None)

    async def test_a_file_that_the_voucher_had_is_told(self, books: Books) -> None:
        voucher = (await books.call("POST", "vouchers", VOUCHER))["id"]
        first = (await self.attached(books, voucher, [])).data

        again = (await self.attached(books, voucher, [first.id])).data

        assert (again.id, again.already_stored) == (first.id, True)
        assert books.company.vouchers[voucher].files == [first.id]

    async def test_an_id_that_is_none_costs_no_call(self, books: Books) -> None:
        wire = books.wire()

        with pytest.raises(RecordNotFound):
            await self.attached(books, "../contacts", [], wire)

        assert wire.calls == []
