"""Other people's clients on the twin, unmodified but for their base URL.

`lexoffice-client` (PyPI, 0.2.0) runs where it is installed. What it and one in JavaScript found stands in
the twin's README.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.lexoffice.paper import note_pdf
from tests.twin.conftest import NOW
from tests.twin.test_process import Running

REASON = "needs the package lexoffice-client"
library = pytest.importorskip("lexoffice_client.client", reason=REASON)
contacts = pytest.importorskip("lexoffice_client.contact", reason=REASON)
invoices = pytest.importorskip("lexoffice_client.invoice", reason=REASON)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    twin = Running(tmp_path_factory.mktemp("twin"), KONTOR_TWIN_RATE_LIMIT="off")
    twin.first_line()
    place = json.loads((twin.data_dir / "twin.json").read_text())
    client = library.LexofficeClient(place["apiKey"], f"{place['url']}/v1")
    yield client
    client.client.close()
    twin.clean_up()


def test_it_creates_and_reads_a_contact(client: Any) -> None:
    address = contacts.Address(street="Weg 1", zip="10115", city="Berlin", countryCode="DE")
    body = contacts.ContactWritable(
        version=0,
        roles=contacts.Roles(customer=contacts.Role()),
        company=contacts.Company(name="Fremde Feder GmbH"),
        addresses=contacts.Addresses(billing=[address]),
    )

    made = client.create_contact(body)

    assert client.retrieve_contact(made.id).company.name == "Fremde Feder GmbH"
    assert client.filter_contacts(name="Fremde Feder").totalElements == 1


def test_it_creates_reads_and_downloads_an_invoice(client: Any) -> None:
    body = invoices.InvoiceWritable.model_validate(
        {
            "voucherDate": "2026-11-20T00:00:00.000+01:00",
            "address": {"name": "Erika Muster", "countryCode": "DE"},
            "lineItems": [
                {
                    "type": "custom",
                    "name": "Beratung",
                    "quantity": 2,
                    "unitName": "Stunde",
                    "unitPrice": {"currency": "EUR", "netAmount": 95, "taxRatePercentage": 19},
                }
            ],
            "totalPrice": {"currency": "EUR"},
            "taxConditions": {"taxType": "net"},
            "shippingConditions": {"shippingType": "none"},
        }
    )

    made = client.create_invoice(body, finalize=True)

    invoice = client.retrieve_invoice(made.id)
    assert (invoice.voucherStatus.value, invoice.totalPrice.totalGrossAmount) == ("open", 226.1)
    assert client.download_invoice_file(made.id).startswith(b"%PDF-")
    assert str(made.id) in [str(row.id) for row in client.filter_voucherlist("invoice", "any").content]


def test_it_uploads_a_receipt(client: Any, tmp_path: Path) -> None:
    path = tmp_path / "beleg.pdf"
    path.write_bytes(note_pdf.draw("Beleg", NOW))

    made = client.upload_file(path)

    assert client.download_file(made.id) == path.read_bytes()


def test_it_reads_the_settings(client: Any) -> None:
    client.ping()

    assert client.retrieve_profile().companyName == "Muster Handel GmbH"
    assert len(client.list_countries()) == 251
    assert len(client.retrieve_posting_categories_list()) == 231
