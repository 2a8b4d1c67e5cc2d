"""Invoices by a client that was generated from the OpenAPI document.

Reads `demo.json` of a running Kontor at the path given, prints what the client understood as JSON.
"""
# pyright: reportMissingImports=false, reportMissingModuleSource=false

import json
import sys
from datetime import date
from pathlib import Path

from kontor_client import Client
from kontor_client.api.invoices import create_invoice, document_invoice, get_invoice, list_invoices
from kontor_client.models import (
    BuyerInput,
    InvoiceEnvelope,
    InvoiceInput,
    InvoicePage,
    LineInput,
    PrintedAddressInput,
    Problem,
)

ADDRESS = PrintedAddressInput(
    street="Musterstraße 12", postal_code="79112", city="Freiburg", country_code="DE"
)


def invoice(quantity: str) -> InvoiceInput:
    """Hours at 95.00 net and 19 %; two are 190.00 net, 36.10 tax, 226.10 gross."""
    line = LineInput(
        type_="custom",
        name="Beratung",
        quantity=quantity,
        unit_name="Stunde",
        unit_price="95.00",
        tax_rate="19",
    )
    buyer = BuyerInput(name="Erika Muster", address=ADDRESS)
    return InvoiceInput(issued_on=date(2026, 11, 20), buyer=buyer, lines=[line], finalize=True)


def main(place: str) -> None:
    demo = json.loads(Path(place).read_text())
    keys = {"X-API-KEY": demo["apiKey"], "X-ACCOUNT-KEY": demo["accountKey"]}
    with Client(
        base_url=demo["baseUrl"], headers=keys, timeout=30, raise_on_unexpected_status=True
    ) as client:
        created = create_invoice.sync(client=client, body=invoice("2"), idempotency_key="python-1")
        assert isinstance(created, InvoiceEnvelope), created
        read = get_invoice.sync(created.data.id, client=client)
        assert isinstance(read, InvoiceEnvelope), read
        listed = list_invoices.sync(client=client, number=created.data.number)
        assert isinstance(listed, InvoicePage), listed
        refused = create_invoice.sync(client=client, body=invoice("two"), idempotency_key="python-2")
        assert isinstance(refused, Problem), refused
        paper = document_invoice.sync_detailed(created.data.id, client=client)
    told = {
        "created": created.data.to_dict(),
        "read": read.data.to_dict(),
        "listed": [row.id for row in listed.data],
        "problem": {
            "code": refused.code,
            "retry": refused.retry,
            "fields": [error.field for error in refused.errors],
        },
        "file": paper.content[:5].decode(),
    }
    print(json.dumps(told))


main(sys.argv[1])
