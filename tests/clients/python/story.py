"""Books as a stranger does: `lexoffice-client` from PyPI, unmodified, told another base URL and key.

Reads `twin.json` at the path given, prints what the client understood of the answers as JSON.
"""
# pyright: reportMissingImports=false, reportMissingModuleSource=false

import json
import sys
from pathlib import Path

from lexoffice_client.client import LexofficeClient
from lexoffice_client.contact import Address, Addresses, Company, ContactWritable, Role, Roles
from lexoffice_client.invoice import InvoiceWritable
from lexoffice_client.sales_voucher_common import (
    LineItem,
    LineItemType,
    SalesTaxType,
    SalesVoucherAddress,
    ShippingConditions,
    ShippingType,
    TaxConditions,
    TotalPrice,
    UnitPrice,
)

CONTACT = ContactWritable(
    version=0,
    roles=Roles(customer=Role()),
    company=Company(name="Muster Möbel GmbH"),
    addresses=Addresses(
        billing=[Address(street="Hauptstraße 12", zip="79112", city="Freiburg", countryCode="DE")]
    ),
)


def invoice_to(contact_id: object) -> InvoiceWritable:
    """Two hours at 95.50 net and 19 %: 191.00 net, 36.29 tax, 227.29 gross."""
    return InvoiceWritable(
        voucherDate="2026-03-02T00:00:00.000+01:00",
        address=SalesVoucherAddress(contactId=contact_id),
        lineItems=[
            LineItem(
                type=LineItemType.CUSTOM,
                name="Beratung",
                quantity=2,
                unitName="Stunde",
                unitPrice=UnitPrice(currency="EUR", netAmount=95.5, taxRatePercentage=19),
            )
        ],
        totalPrice=TotalPrice(currency="EUR"),
        taxConditions=TaxConditions(taxType=SalesTaxType.NET),
        shippingConditions=ShippingConditions(
            shippingType=ShippingType.SERVICE, shippingDate="2026-03-02T00:00:00.000+01:00"
        ),
    )


def main() -> None:
    place = json.loads(Path(sys.argv[1]).read_text())
    client = LexofficeClient(place["apiKey"], base_url=f"{place['url']}/v1")
    contact = client.create_contact(CONTACT)
    created = client.create_invoice(invoice_to(contact.id), finalize=True)
    rows = client.filter_voucherlist(voucher_type="invoice", voucher_status="any")
    told = {
        "company": client.retrieve_profile().companyName,
        "contact": client.retrieve_contact(contact.id).model_dump(mode="json"),
        "invoice": client.retrieve_invoice(created.id).model_dump(mode="json"),
        "listed": [row.model_dump(mode="json") for row in rows.content if row.id == created.id],
        "file": client.download_invoice_file(created.id)[:5].decode("ascii", "replace"),
    }
    print(json.dumps(told))


main()
