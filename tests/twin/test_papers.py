"""Papers: real PDFs that read like German invoices, and what is served for which Accept."""

import io
from collections.abc import Callable
from typing import Any

import pypdf
import pytest

from tests.twin.conftest import Api, contact, invoice, line

Sample = Callable[[str], Any]


def text_of(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages)


@pytest.fixture
def finished(api: Api, sample: Sample) -> str:
    return api.create("invoices", sample("invoice"), finalize="true")


def test_the_file_of_an_invoice_is_a_pdf_named_after_it(api: Api, finished: str) -> None:
    reply = api.get(f"invoices/{finished}/file", accept="*/*")

    assert (reply.status, reply.header("content-type")) == (200, "application/pdf")
    assert reply.header("content-disposition") == "inline; filename=Rechnung_RE0001.pdf;"
    assert reply.body.startswith(b"%PDF-")


def test_it_says_what_a_german_invoice_has_to_say(api: Api, finished: str) -> None:
    text = text_of(api.get(f"invoices/{finished}/file", accept="application/pdf").body)

    for part in (
        "Werkstatt Lindner e.K.",
        "Holzwerk Brandt GmbH",
        "Sägemühlenweg 11",
        "77652 Offenburg",
        "Rechnung RE0001",
        "02.03.2026",
        "02.02.2026 - 27.02.2026",
        "01.04.2026",
        "Wartung Absauganlage",
        "6,5 Stunde",
        "546,00",
        "abzüglich 10 % Rabatt",
        "740,60 €",
        "Umsatzsteuer 19 % auf 686,40",
        "130,42 €",
        "874,81 €",
        "10 Tage - 2 %, 30 Tage netto",
        "Seite 1 von 1",
    ):
        assert part in text


def test_a_total_discount_is_shown_between_the_lines_and_the_sum(api: Api) -> None:
    total = {"currency": "EUR", "totalDiscountPercentage": 10}
    id = api.create("invoices", invoice(totalPrice=total), finalize="true")

    text = text_of(api.get(f"invoices/{id}/file", accept="*/*").body)

    for part in ("Zwischensumme", "190,00 €", "abzüglich 10 % Rabatt", "-19,00 €", "171,00 €"):
        assert part in text


def test_where_the_customer_owes_the_tax_the_invoice_names_the_customer_s_vat_id(api: Api) -> None:
    address = {"street": "Weg 1", "zip": "1010", "city": "Wien", "countryCode": "AT"}
    company = {"name": "Wien AG", "vatRegistrationId": "ATU12345675"}
    to = api.create("contacts", contact(company=company, addresses={"billing": [address]}))
    body = invoice(
        address={"contactId": to},
        lineItems=[line(rate=0)],
        taxConditions={"taxType": "externalService13b"},
    )
    id = api.create("invoices", body, finalize="true")

    text = text_of(api.get(f"invoices/{id}/file", accept="*/*").body)

    for part in (
        "Ihre USt-IdNr.",
        "ATU12345675",
        "Kunden-Nr.",
        "10001",
        "Steuerschuldnerschaft",
        "Österreich",
    ):
        assert part in text


def test_a_quotation_says_until_when_it_holds(api: Api, sample: Sample) -> None:
    body = sample("quotation")
    id = api.create(
        "quotations", {**body, "expirationDate": "2026-04-01T00:00:00.000+02:00"}, finalize="true"
    )

    text = text_of(api.get(f"quotations/{id}/file", accept="*/*").body)

    assert "Gültig bis" in text
    assert "01.04.2026" in text


def test_a_long_invoice_runs_over_several_pages(api: Api) -> None:
    id = api.create(
        "invoices", invoice(lineItems=[line(name=f"Posten {n}") for n in range(120)]), finalize="true"
    )

    reader = pypdf.PdfReader(io.BytesIO(api.get(f"invoices/{id}/file", accept="*/*").body))

    assert len(reader.pages) > 3
    text = "".join(page.extract_text() for page in reader.pages)
    assert all(f"Posten {n}\n" in text or f"Posten {n} " in text for n in range(120))


def test_signs_no_typeface_has_do_not_break_it(api: Api) -> None:
    body = invoice(
        address={"name": "株式会社 Łódź", "countryCode": "JP"}, lineItems=[line(name="€ – „x“ 🎉")]
    )
    id = api.create("invoices", body, finalize="true")

    assert api.get(f"invoices/{id}/file", accept="*/*").status == 200


def test_the_same_document_gives_the_same_bytes(api: Api, finished: str) -> None:
    first = api.get(f"invoices/{finished}/file", accept="*/*").body
    api.twin.papers.clear()

    assert api.get(f"invoices/{finished}/file", accept="*/*").body == first


def test_the_deprecated_way_leads_to_the_same_paper(api: Api, finished: str) -> None:
    id = api.read(f"invoices/{finished}/document")["documentFileId"]

    assert api.read(f"invoices/{finished}")["files"] == {"documentFileId": id}
    assert (
        api.get(f"files/{id}", accept="*/*").body == api.get(f"invoices/{finished}/file", accept="*/*").body
    )


def test_a_quotation_has_a_file_once_its_document_was_asked_for(api: Api, sample: Sample) -> None:
    id = api.create("quotations", sample("quotation"), finalize="true")
    before = "files" in api.read(f"quotations/{id}")
    api.read(f"quotations/{id}/document")

    assert (before, "files" in api.read(f"quotations/{id}")) == (False, True)


@pytest.mark.parametrize(
    ("path", "accept", "status"),
    [
        ("invoices", "application/pdf", 200),
        ("invoices", "application/xml", 404),
        ("invoices", "image/png", 406),
        ("invoices", "text/html, */*;q=0.1", 200),
        ("invoices", "application/xml;q=0.5, application/pdf", 200),
        ("invoices", "application/pdf;q=0.5, application/xml", 404),
        ("invoices", "application/pdf;q=0, image/png", 406),
        ("invoices", "application/json;q=0.8, application/pdf;q=x", 200),
        ("quotations", "application/pdf", 200),
        ("quotations", "application/xml", 406),
    ],
)
def test_a_plain_document_is_served_as(api: Api, sample: Sample, path: str, accept: str, status: int) -> None:
    id = api.create(path, sample(path.removesuffix("s")), finalize="true")

    assert api.get(f"{path}/{id}/file", accept=accept).status == status


DRAWN = ("invoices", "credit-notes", "quotations", "order-confirmations", "delivery-notes")


@pytest.mark.parametrize("path", DRAWN)
@pytest.mark.parametrize(
    ("accept", "status"),
    [
        ("*/*", 200),
        ("application/pdf", 200),
        ("image/png", 200),
        ("image/jpeg", 200),
        ("application/xml", 404),
        ("text/html", 406),
    ],
)
def test_among_the_files_every_plain_document_is_a_pdf(
    api: Api, sample: Sample, path: str, accept: str, status: int
) -> None:
    id = api.create(path, sample(path.removesuffix("s")), finalize="true")
    file = api.read(f"{path}/{id}/document")["documentFileId"]

    reply = api.get(f"files/{file}", accept=accept)

    assert reply.status == status
    assert (reply.header("content-type") == "application/pdf") == (status == 200)


@pytest.mark.parametrize("path", DRAWN)
def test_a_draft_has_no_file_and_no_document(api: Api, sample: Sample, path: str) -> None:
    id = api.create(path, sample(path.removesuffix("s")))

    assert [api.get(f"{path}/{id}/{paper}").status for paper in ("file", "document")] == [409, 406]


def test_a_dunning_has_its_paper_although_a_draft(api: Api, finished: str, sample: Sample) -> None:
    id = api.create("dunnings", sample("dunning"), precedingSalesVoucherId=finished)

    assert "Zahlungserinnerung" in text_of(api.get(f"dunnings/{id}/file", accept="*/*").body)


def test_an_unknown_file_is_404(api: Api) -> None:
    assert api.get("files/6d0b7a4e-0a5b-4b3f-9d3b-0c4f3d6a1b2c").status == 404
