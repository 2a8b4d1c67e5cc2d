"""Rendered files at the twin: which forms exist, and what is told when one does not."""

from typing import Any

import pytest

from connectors.base.errors import (
    DocumentNotReady,
    RecordNotFound,
    RepresentationNotAvailable,
    UpstreamBroken,
)
from connectors.base.wire import Answer
from connectors.lexoffice.resources.invoices import Invoices
from tests.conformance.vendor import Books, TwinWire

pytestmark = pytest.mark.anyio

UNKNOWN = "c2382a58-1248-4293-832f-562d45e6cc2a"


@pytest.mark.parametrize(
    "accept",
    [
        "application/pdf",
        "*/*",
        "text/html, application/pdf;q=0.9",
        "APPLICATION/PDF",
        "application/xml, application/pdf;q=0.5",  # the electronic invoice where there is one, else the paper
        "application/xml;q=0.5, application/pdf",
        "application/xml, */*;q=0.1",
    ],
)
async def test_a_pdf_by_any_way_of_asking(books: Books, accept: str) -> None:
    file = await Invoices(books.session()).document(await books.invoice(), accept)

    assert file.media_type == "application/pdf"
    assert file.content.startswith(b"%PDF-")


async def test_an_xml_that_does_not_exist_names_what_does(books: Books) -> None:
    with pytest.raises(RepresentationNotAvailable) as told:
        await Invoices(books.session()).document(await books.invoice(), "application/xml")

    assert told.value.extra["available"] == ["application/pdf"]
    assert told.value.status == 406


async def test_a_form_that_is_not_wanted_is_not_given(books: Books) -> None:
    with pytest.raises(RepresentationNotAvailable):
        await Invoices(books.session()).document(await books.invoice(), "application/pdf;q=0")


async def test_a_form_no_document_has_costs_no_call(books: Books) -> None:
    wire = books.wire()

    with pytest.raises(RepresentationNotAvailable):
        await Invoices(books.session(wire)).document(UNKNOWN, "image/png")

    assert wire.calls == []


@pytest.mark.parametrize("accept", ["application/pdf", "application/xml"])
async def test_a_draft_has_none_yet_in_any_form(books: Books, accept: str) -> None:
    with pytest.raises(DocumentNotReady) as told:
        await Invoices(books.session()).document(await books.invoice(final=False), accept)

    assert told.value.status == 409


@pytest.mark.parametrize("status", [404, 409])
async def test_a_final_document_without_its_file_is_not_ready(books: Books, status: int) -> None:
    id = await books.invoice()
    books.twin.fault("status", path="*/file", status=status)

    with pytest.raises(DocumentNotReady):
        await Invoices(books.session()).document(id, "application/pdf")


@pytest.mark.parametrize("accept", ["application/pdf", "application/xml", "*/*"])
async def test_an_unknown_document_is_not_found_whatever_form_is_asked(books: Books, accept: str) -> None:
    with pytest.raises(RecordNotFound):
        await Invoices(books.session()).document(UNKNOWN, accept)


class Answering(TwinWire):
    """A vendor that answers downloads as given."""

    def __init__(self, books: Books, content: bytes, **headers: str) -> None:
        super().__init__(books.app, books.key)
        self._given = Answer(
            status=200,
            content=content,
            headers={name.replace("_", "-"): value for name, value in headers.items()},
        )

    async def send(self, call: Any) -> Answer:
        return self._given


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        ("inline; filename=Rechnung_RE0009.pdf;", "Rechnung_RE0009.pdf"),  # recorded 2023
        ('attachment; filename="Rechnung RE-1.pdf"', "Rechnung RE-1.pdf"),
        ("inline; filename=../../etc/passwd", "passwd"),
        ('inline; filename="C:\\\\temp\\\\a.pdf"', "a.pdf"),
        ('inline; filename="a\r\nSet-Cookie: x.pdf"', "a_Set-Cookie_ x.pdf"),
        ("inline; filename=Müller.pdf", "Müller.pdf"),
        ("inline", f"{UNKNOWN}.pdf"),
        ("", f"{UNKNOWN}.pdf"),
        ('inline; filename="..."', f"{UNKNOWN}.pdf"),
    ],
)
async def test_file_names_are_the_vendors_made_safe(books: Books, disposition: str, name: str) -> None:
    wire = Answering(books, b"%PDF-1.7", content_type="application/pdf", content_disposition=disposition)

    file = await Invoices(books.session(wire)).document(UNKNOWN, "*/*")

    assert file.filename == name


@pytest.mark.parametrize(
    ("content", "media_type"),
    [(b"<html>", "text/html"), (b"{}", "application/json"), (b"", "application/pdf")],
)
async def test_what_is_no_file_is_broken(books: Books, content: bytes, media_type: str) -> None:
    wire = Answering(books, content, content_type=media_type)

    with pytest.raises(UpstreamBroken):
        await Invoices(books.session(wire)).document(UNKNOWN, "*/*")
