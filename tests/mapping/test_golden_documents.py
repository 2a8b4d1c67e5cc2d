"""The vendor's sample documents, and what a caller reads of them. Expected values written out by hand."""

from decimal import Decimal
from typing import Any

import msgspec

from connectors.lexoffice.native.payments import Payments
from connectors.lexoffice.resources.invoices import NOUN
from connectors.lexoffice.sales.following import Trait
from connectors.lexoffice.sales.summary import to_summary
from schemas.documents import DocumentStatus
from tests.mapping.builders import actions, read_credit_note, read_invoice, row, sample, unified


def share(rate: str, net: str, tax: str, gross: str) -> dict[str, Any]:
    """A row of the breakdown with VAT."""
    return {"rate": rate, "category": "S", "exemptionCode": None, "net": net, "tax": tax, "gross": gross}


def totals(net: str, tax: str, gross: str, still_open: str | None) -> dict[str, Any]:
    """Totals without discount and down payments."""
    return {
        "lines": net,
        "discount": None,
        "net": net,
        "tax": tax,
        "gross": gross,
        "prepaid": None,
        "payable": gross,
        "open": still_open,
    }


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
PERIOD = {"kind": "service", "startsOn": "2026-02-02", "endsOn": "2026-02-27"}
SELLER = {"supplierId": None, "name": "Werkstatt Lindner e.K.", "contactPerson": None, "address": None}
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
    "typeCode": "380",
    "status": "open",
    "vendorStatus": "open",
    "currency": "EUR",
    "issuedOn": "2026-03-02",
    "language": "de",
    "title": "Rechnung",
    "introduction": "Für unsere Leistungen berechnen wir:",
    "remark": "Vielen Dank für Ihren Auftrag.",
    "seller": SELLER,
    "buyer": BUYER,
    "lines": [
        {
            "position": 1,
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
            "accountId": None,
            "unitCode": "HUR",
            "unitPriceTax": "15.96",
            "unitPriceDiscounted": "84.00",
            "unitDiscount": "0.00",
            "priceBaseQuantity": "1",
            "discountAmount": "0.00",
            "amountBeforeDiscount": "546.00",
            "amountNet": "546.00",
            "amountTax": "103.74",
            "amountGross": "649.74",
            "currency": "EUR",
            "pricesIncludeTax": False,
            "taxCategory": "S",
            "counts": True,
            "optional": False,
            "alternative": False,
            "alternatives": [],
            "servicePeriod": PERIOD,
        },
        {
            "position": 2,
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
            "accountId": None,
            "unitCode": "H87",
            "unitPriceTax": "0.74",
            "unitPriceDiscounted": "3.51",
            "unitDiscount": "0.39",
            "priceBaseQuantity": "1",
            "discountAmount": "15.60",
            "amountBeforeDiscount": "156.00",
            "amountNet": "140.40",
            "amountTax": "26.68",
            "amountGross": "167.08",
            "currency": "EUR",
            "pricesIncludeTax": False,
            "taxCategory": "S",
            "counts": True,
            "optional": False,
            "alternative": False,
            "alternatives": [],
            "servicePeriod": PERIOD,
        },
        {
            "position": 3,
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
            "accountId": None,
            "unitCode": "H87",
            "unitPriceTax": "1.90",
            "unitPriceDiscounted": "27.10",
            "unitDiscount": "0.00",
            "priceBaseQuantity": "1",
            "discountAmount": "0.00",
            "amountBeforeDiscount": "54.20",
            "amountNet": "54.20",
            "amountTax": "3.79",
            "amountGross": "57.99",
            "currency": "EUR",
            "pricesIncludeTax": False,
            "taxCategory": "S",
            "counts": True,
            "optional": False,
            "alternative": False,
            "alternatives": [],
            "servicePeriod": PERIOD,
        },
        {
            "position": 4,
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
            "accountId": None,
            "unitCode": None,
            "unitPriceTax": None,
            "unitPriceDiscounted": None,
            "unitDiscount": None,
            "priceBaseQuantity": None,
            "discountAmount": None,
            "amountBeforeDiscount": None,
            "amountNet": None,
            "amountTax": None,
            "amountGross": None,
            "currency": "EUR",
            "pricesIncludeTax": False,
            "taxCategory": None,
            "counts": False,
            "optional": False,
            "alternative": False,
            "alternatives": [],
            "servicePeriod": None,
        },
    ],
    "taxTreatment": "standard",
    "vendorTaxTreatment": "net",
    "taxNote": None,
    "pricesIncludeTax": False,
    "taxBreakdown": [
        share("7", "54.20", "3.79", "57.99"),
        share("19", "686.40", "130.42", "816.82"),
    ],
    "totals": totals("740.60", "134.21", "874.81", "533.04"),
    "discount": None,
    "electronicProfile": "zugferd",
    "precedingDocuments": [
        {
            "id": "89a78368-9b9b-4b48-b360-9e0f9049ef7f",
            "number": "AB1001",
            "resource": "sales-orders",
            "vendorType": "orderconfirmation",
        }
    ],
    "followingDocuments": [
        {
            "id": "f4665396-f4e8-4077-a4ae-4ea697ff31e8",
            "number": "GS0001",
            "resource": "credit-notes",
            "vendorType": "creditnote",
        }
    ],
    "relatedDocuments": [],
    "files": [{"id": "ab60c1ea-0b79-4ba2-a704-3b80fe61aade", "kind": "rendered"}],
    "printLayoutId": "51849b67-ad56-4060-b9ef-346b9b27cd55",
    "allowedActions": unified(actions("invoices", DocumentStatus.OPEN, standing=frozenset({Trait.CREDITED}))),
    "dueOn": "2026-04-01",
    "overdue": True,
    "paymentStatus": "partially_paid",
    "servicePeriod": PERIOD,
    "paymentTerms": {
        "description": "10 Tage - 2 %, 30 Tage netto",
        "dueDays": 30,
        "cashDiscount": {"percentage": "2", "days": 10, "until": "2026-03-12", "amount": "17.50"},
    },
    "buyerReference": None,
    "recurringInvoiceId": None,
    "closing": False,
    "downPayments": [],
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
    "typeCode": "381",
    "status": "paid",
    "vendorStatus": "paidoff",
    "currency": "EUR",
    "issuedOn": "2026-03-02",
    "language": "de",
    "title": "Rechnungskorrektur",
    "introduction": "Korrektur zur Rechnung RE1001",
    "remark": "Der Betrag wird mit der Rechnung verrechnet.",
    "seller": SELLER,
    "buyer": BUYER,
    "lines": [
        {
            "position": 1,
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
            "accountId": None,
            "unitCode": "H87",
            "unitPriceTax": "0.67",
            "unitPriceDiscounted": "3.51",
            "unitDiscount": "0.00",
            "priceBaseQuantity": "1",
            "discountAmount": "0.00",
            "amountBeforeDiscount": "35.10",
            "amountNet": "35.10",
            "amountTax": "6.67",
            "amountGross": "41.77",
            "currency": "EUR",
            "pricesIncludeTax": False,
            "taxCategory": "S",
            "counts": True,
            "optional": False,
            "alternative": False,
            "alternatives": [],
            "servicePeriod": None,
        }
    ],
    "taxTreatment": "standard",
    "vendorTaxTreatment": "net",
    "taxNote": None,
    "pricesIncludeTax": False,
    "taxBreakdown": [share("19", "35.10", "6.67", "41.77")],
    "totals": totals("35.10", "6.67", "41.77", "0.00"),
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
    "followingDocuments": [],
    "relatedDocuments": [],
    "files": [{"id": "06c4838c-8c2d-4648-ae9c-a7b0a397aeae", "kind": "rendered"}],
    "printLayoutId": None,
    "allowedActions": unified(actions("credit-notes", DocumentStatus.PAID)),
    "dueOn": None,
    "overdue": False,
    "paymentStatus": "paid",
    "servicePeriod": None,
    "paymentTerms": None,
    "buyerReference": None,
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
    "paymentStatus": "partially_paid",
    "totals": {"gross": "874.81", "open": "533.04"},
    "currency": "EUR",
    "archived": False,
    "createdAt": "2026-03-02T08:14:05Z",
    "updatedAt": "2026-03-02T08:14:06Z",
}


def test_an_invoice_with_its_row_of_the_list() -> None:
    assert unified(read_invoice(row())) == INVOICE


def test_an_invoice_alone_lacks_only_what_the_list_tells() -> None:
    alone = unified(read_invoice())

    assert alone == INVOICE | {"totals": totals("740.60", "134.21", "874.81", None), "paymentStatus": None}


def test_a_credit_note() -> None:
    assert unified(read_credit_note()) == CREDIT_NOTE


def test_a_row_of_the_list() -> None:
    assert unified(to_summary(row(), NOUN)) == SUMMARY


def test_payments_read_their_open_amount_from_a_number_and_from_a_string() -> None:
    as_number = msgspec.json.decode(sample("payment.response"), type=Payments)
    as_string = msgspec.json.decode(sample("payment.response").replace(b"533.04", b'"533.04"'), type=Payments)

    assert as_number.open_amount == as_string.open_amount == Decimal("533.04")
    assert [item.amount for item in as_number.payment_items] == [Decimal("41.77"), Decimal("300.0")]
