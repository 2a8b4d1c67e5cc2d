"""The vendor's sample documents, and what a caller reads of them. Expected values written out by hand."""

from decimal import Decimal

import msgspec

from connectors.lexoffice.native.payments import Payments
from connectors.lexoffice.sales.actions import CREDIT_NOTE_ACTIONS, INVOICE_ACTIONS
from connectors.lexoffice.sales.summary import to_summary
from schemas.documents import DocumentStatus
from schemas.invoices import InvoiceSummary
from tests.mapping.builders import read_credit_note, read_invoice, row, sample, unified

BUYER = {
    "customerId": "c2382a58-1248-4293-832f-562d45e6cc2a",
    "name": "Holzwerk Brandt GmbH",
    "contactPerson": "Frau Silke Brandt",
    "address": {
        "supplement": "Halle 3",
        "street": "Sägemühlenweg 11",
        "postalCode": "77652",
        "city": "Offenburg",
        "countryCode": "DE",
    },
}
INVOICE = {
    "id": "97dcc1f6-e8d2-4d68-badb-71865edbf62f",
    "version": "2",
    "createdAt": "2026-03-02T08:14:05.317000Z",
    "updatedAt": "2026-03-02T08:14:06.041000Z",
    "archived": False,
    "links": {
        "view": "https://app.lexware.de/permalink/invoices/view/97dcc1f6-e8d2-4d68-badb-71865edbf62f",
        "edit": None,
    },
    "number": "RE1001",
    "status": "open",
    "vendorStatus": "open",
    "currency": "EUR",
    "issuedOn": "2026-03-02",
    "language": "de",
    "title": "Rechnung",
    "introduction": "Für unsere Leistungen berechnen wir:",
    "remark": "Vielen Dank für Ihren Auftrag.",
    "buyer": BUYER,
    "lines": [
        {
            "type": "service",
            "vendorType": "service",
            "itemId": "64033f1c-853b-41c4-834e-6f2714b99c1c",
            "name": "Wartung Absauganlage",
            "description": "Wartung nach Plan, 3 Anlagen",
            "quantity": "6.5",
            "unitName": "Stunde",
            "unitPrice": "84.00",
            "unitPriceNet": "84.00",
            "unitPriceGross": "99.96",
            "discountPercentage": "0",
            "taxRate": "19",
            "amount": "546.00",
        },
        {
            "type": "product",
            "vendorType": "material",
            "itemId": "53011139-a898-4f36-be7e-07d9192f0ac9",
            "name": "Schleifband K120",
            "description": None,
            "quantity": "40",
            "unitName": "Stück",
            "unitPrice": "3.90",
            "unitPriceNet": "3.90",
            "unitPriceGross": "4.64",
            "discountPercentage": "10",
            "taxRate": "19",
            "amount": "140.40",
        },
        {
            "type": "custom",
            "vendorType": "custom",
            "itemId": None,
            "name": "Fachbuch Holzschutz",
            "description": None,
            "quantity": "2",
            "unitName": "Stück",
            "unitPrice": "27.10",
            "unitPriceNet": "27.10",
            "unitPriceGross": "29.00",
            "discountPercentage": "0",
            "taxRate": "7",
            "amount": "54.20",
        },
        {
            "type": "text",
            "vendorType": "text",
            "itemId": None,
            "name": "Leistungszeitraum Februar 2026",
            "description": "Ansprechpartnerin: Frau Brandt",
            "quantity": None,
            "unitName": None,
            "unitPrice": None,
            "unitPriceNet": None,
            "unitPriceGross": None,
            "discountPercentage": None,
            "taxRate": None,
            "amount": None,
        },
    ],
    "taxTreatment": "standard",
    "vendorTaxTreatment": "net",
    "taxNote": None,
    "pricesIncludeTax": False,
    "taxBreakdown": [
        {"rate": "7", "net": "54.20", "tax": "3.79"},
        {"rate": "19", "net": "686.40", "tax": "130.42"},
    ],
    "totals": {"net": "740.60", "tax": "134.21", "gross": "874.81", "open": "533.04"},
    "discount": None,
    "electronicProfile": "zugferd",
    "precedingDocuments": [
        {
            "id": "89a78368-9b9b-4b48-b360-9e0f9049ef7f",
            "number": "AB1001",
            "resource": None,
            "vendorType": "orderconfirmation",
        },
        {
            "id": "f4665396-f4e8-4077-a4ae-4ea697ff31e8",
            "number": "GS0001",
            "resource": "credit-notes",
            "vendorType": "creditnote",
        },
    ],
    "files": [{"id": "ab60c1ea-0b79-4ba2-a704-3b80fe61aade"}],
    "printLayoutId": "51849b67-ad56-4060-b9ef-346b9b27cd55",
    "allowedActions": unified(INVOICE_ACTIONS[DocumentStatus.OPEN]),
    "dueOn": "2026-04-01",
    "overdue": True,
    "paymentStatus": "partially_paid",
    "servicePeriod": {"kind": "service", "startsOn": "2026-02-02", "endsOn": "2026-02-27"},
    "paymentTerms": {
        "description": "10 Tage - 2 %, 30 Tage netto",
        "dueDays": 30,
        "cashDiscount": {"percentage": "2", "days": 10},
    },
    "buyerReference": None,
    "recurringInvoiceId": None,
    "closing": False,
}
CREDIT_NOTE = {
    "id": "f4665396-f4e8-4077-a4ae-4ea697ff31e8",
    "version": "2",
    "createdAt": "2026-03-02T08:14:05.317000Z",
    "updatedAt": "2026-03-02T08:14:06.041000Z",
    "archived": False,
    "links": {
        "view": "https://app.lexware.de/permalink/credit-notes/view/f4665396-f4e8-4077-a4ae-4ea697ff31e8",
        "edit": None,
    },
    "number": "GS0001",
    "status": "paid",
    "vendorStatus": "paidoff",
    "currency": "EUR",
    "issuedOn": "2026-03-02",
    "language": "de",
    "title": "Rechnungskorrektur",
    "introduction": "Korrektur zur Rechnung RE1001",
    "remark": "Der Betrag wird mit der Rechnung verrechnet.",
    "buyer": BUYER,
    "lines": [
        {
            "type": "custom",
            "vendorType": "custom",
            "itemId": None,
            "name": "Rückgabe Schleifband K120",
            "description": None,
            "quantity": "10",
            "unitName": "Stück",
            "unitPrice": "3.51",
            "unitPriceNet": "3.51",
            "unitPriceGross": "4.18",
            "discountPercentage": None,
            "taxRate": "19",
            "amount": "35.10",
        }
    ],
    "taxTreatment": "standard",
    "vendorTaxTreatment": "net",
    "taxNote": None,
    "pricesIncludeTax": False,
    "taxBreakdown": [{"rate": "19", "net": "35.10", "tax": "6.67"}],
    "totals": {"net": "35.10", "tax": "6.67", "gross": "41.77", "open": "0.00"},
    "discount": None,
    "electronicProfile": "none",
    "precedingDocuments": [
        {
            "id": "97dcc1f6-e8d2-4d68-badb-71865edbf62f",
            "number": "RE1001",
            "resource": "invoices",
            "vendorType": "invoice",
        }
    ],
    "files": [{"id": "06c4838c-8c2d-4648-ae9c-a7b0a397aeae"}],
    "printLayoutId": None,
    "allowedActions": unified(CREDIT_NOTE_ACTIONS[DocumentStatus.PAID]),
}
SUMMARY = {
    "id": "97dcc1f6-e8d2-4d68-badb-71865edbf62f",
    "number": "RE1001",
    "status": "open",
    "vendorStatus": "overdue",
    "issuedOn": "2026-03-02",
    "dueOn": "2026-04-01",
    "overdue": True,
    "customerId": "c2382a58-1248-4293-832f-562d45e6cc2a",
    "customerName": "Holzwerk Brandt GmbH",
    "total": "874.81",
    "open": "533.04",
    "currency": "EUR",
    "archived": False,
    "createdAt": "2026-03-02T08:14:05Z",
    "updatedAt": "2026-03-02T08:14:06Z",
}


def test_an_invoice_with_its_row_of_the_list() -> None:
    assert unified(read_invoice(row())) == INVOICE


def test_an_invoice_alone_lacks_only_what_the_list_tells() -> None:
    alone = unified(read_invoice())

    assert alone == INVOICE | {"totals": INVOICE["totals"] | {"open": None}, "paymentStatus": None}


def test_a_credit_note() -> None:
    assert unified(read_credit_note()) == CREDIT_NOTE


def test_a_row_of_the_list() -> None:
    assert unified(to_summary(row(), InvoiceSummary)) == SUMMARY


def test_payments_read_their_open_amount_from_a_number_and_from_a_string() -> None:
    as_number = msgspec.json.decode(sample("payment.response"), type=Payments)
    as_string = msgspec.json.decode(sample("payment.response").replace(b"533.04", b'"533.04"'), type=Payments)

    assert as_number.open_amount == as_string.open_amount == Decimal("533.04")
    assert [item.amount for item in as_number.payment_items] == [Decimal("41.77"), Decimal("300.0")]
