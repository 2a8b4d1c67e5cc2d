"""The vendor's samples of what comes before and after an invoice. Expected values written out by hand."""

from datetime import date
from typing import Any

import pytest

from connectors.lexoffice.resources import quotes
from connectors.lexoffice.sales.following import Trait
from connectors.lexoffice.sales.summary import to_summary
from schemas.documents import DocumentStatus
from tests.mapping.builders import actions, read, row, unified
from tests.mapping.test_golden_documents import BUYER, INVOICE, PERIOD, SELLER, share, totals

APP = "https://app.lexware.de/permalink"
INSTANTS = {"createdAt": "2026-03-02T08:14:05.317000Z", "updatedAt": "2026-03-02T08:14:06.041000Z"}
TERMS = {
    "description": "10 Tage - 2 %, 30 Tage netto",
    "dueDays": 30,
    "cashDiscount": {"percentage": "2", "days": 10, "until": "2026-03-12", "amount": "16.42"},
}
NO_TOTALS = dict.fromkeys(("lines", "discount", "net", "tax", "gross", "prepaid", "payable", "open"))
HEAD = {
    "version": "2",
    **INSTANTS,
    "archived": False,
    "status": "open",
    "vendorStatus": "open",
    "currency": "EUR",
    "issuedOn": "2026-03-02",
    "dueOn": None,
    "overdue": False,
    "paymentStatus": None,
    "language": "de",
    "seller": SELLER,
    "buyer": BUYER,
    "taxTreatment": "standard",
    "vendorTaxTreatment": "net",
    "taxNote": None,
    "pricesIncludeTax": False,
    "discount": None,
    "buyerReference": None,
    "electronicProfile": "none",
    "precedingDocuments": [],
    "followingDocuments": [],
    "relatedDocuments": [],
    "files": [],
    "printLayoutId": None,
}
"""What the samples have in common."""
THE_INVOICE = {
    "id": "97dcc1f6-e8d2-4d68-badb-71865edbf62f",
    "number": "RE1001",
    "resource": "invoices",
    "vendorType": "invoice",
}


def line(position: int, name: str, quantity: str, unit: str, **more: Any) -> dict[str, Any]:
    """A custom line at 19 % without discount."""
    return {
        "position": position,
        "type": "custom",
        "vendorType": "custom",
        "itemId": None,
        "accountId": None,
        "name": name,
        "description": None,
        "quantity": quantity,
        "unitName": unit,
        "currency": "EUR",
        "pricesIncludeTax": False,
        "unitDiscount": "0.00",
        "priceBaseQuantity": "1",
        "discountPercentage": "0",
        "discountAmount": "0.00",
        "taxRate": "19",
        "taxCategory": "S",
        "counts": True,
        "optional": False,
        "alternative": False,
        "alternatives": [],
        "servicePeriod": None,
    } | more


def price(net: str, tax: str, gross: str) -> dict[str, str]:
    """Of one unit."""
    return {
        "unitPrice": net,
        "unitPriceNet": net,
        "unitPriceTax": tax,
        "unitPriceGross": gross,
        "unitPriceDiscounted": net,
    }


def sums(net: str, tax: str, gross: str) -> dict[str, str]:
    """Of a line."""
    return {
        "amountBeforeDiscount": net,
        "amount": net,
        "amountNet": net,
        "amountTax": tax,
        "amountGross": gross,
    }


QUOTE = HEAD | {
    "id": "7ce5f72d-2cb0-4319-b7ed-044fdea0b894",
    "links": {"view": f"{APP}/quotations/view/7ce5f72d-2cb0-4319-b7ed-044fdea0b894", "edit": None},
    "number": "AG0001",
    "typeCode": "310",
    "servicePeriod": None,
    "lines": [
        line(
            1,
            "Komplettwartung",
            "1",
            "Pauschal",
            unitCode="LS",
            **price("690.00", "131.10", "821.10"),
            **sums("690.00", "131.10", "821.10"),
            alternatives=[
                line(
                    1,
                    "Teilwartung",
                    "1",
                    "Pauschal",
                    unitCode="LS",
                    **price("420.00", "79.80", "499.80"),
                    **sums("420.00", "79.80", "499.80"),
                    counts=False,
                    alternative=True,
                )
            ],
        ),
        line(
            2,
            "Filterwechsel",
            "3",
            "Stück",
            unitCode="H87",
            **price("49.00", "9.31", "58.31"),
            **sums("147.00", "27.93", "174.93"),
            counts=False,
            optional=True,
        ),
    ],
    "taxBreakdown": [share("19", "690.00", "131.10", "821.10")],
    "totals": totals("690.00", "131.10", "821.10", None),
    "paymentTerms": TERMS,
    "title": "Angebot",
    "introduction": "Gerne bieten wir an:",
    "remark": "Wir freuen uns auf Ihren Auftrag.",
    "validUntil": "2026-04-01",
    "expired": True,
    "allowedActions": unified(actions("quotes", DocumentStatus.OPEN, standing=frozenset({Trait.CHOICES}))),
}
ORDER = HEAD | {
    "id": "89a78368-9b9b-4b48-b360-9e0f9049ef7f",
    "links": {"view": f"{APP}/order-confirmations/view/89a78368-9b9b-4b48-b360-9e0f9049ef7f", "edit": None},
    "number": "AB1001",
    "typeCode": "320",
    "servicePeriod": PERIOD,
    "lines": INVOICE["lines"],
    "taxBreakdown": [share("7", "54.20", "3.79", "57.99"), share("19", "686.40", "130.42", "816.82")],
    "totals": totals("740.60", "134.21", "874.81", None),
    "paymentTerms": INVOICE["paymentTerms"],
    "followingDocuments": [THE_INVOICE],
    "title": "Auftragsbestätigung",
    "introduction": "Wir bestätigen Ihren Auftrag wie folgt.",
    "remark": "Auf gute Zusammenarbeit.",
    "deliveryTerms": "Ausführung vor Ort.",
    "allowedActions": unified(actions("sales-orders", DocumentStatus.OPEN)),
}
DELIVERED = {"kind": "delivery", "startsOn": "2026-03-03", "endsOn": None}
UNSUMMED = dict.fromkeys(("discountAmount", "amount", "amountNet", "amountTax", "amountGross")) | {
    "discountPercentage": None,
    "counts": False,
    "servicePeriod": DELIVERED,
}
NOTE = HEAD | {
    "id": "990f2421-ffe9-4f05-b411-5f7c996062f1",
    "links": {"view": f"{APP}/delivery-notes/view/990f2421-ffe9-4f05-b411-5f7c996062f1", "edit": None},
    "number": "LS0001",
    "typeCode": "270",
    "buyer": BUYER
    | {
        "address": {
            "supplement": "Wareneingang Tor 2",
            "street": "Sägemühlenweg 13",
            "postalCode": "77652",
            "city": "Offenburg",
            "countryCode": "DE",
        }
    },
    "servicePeriod": DELIVERED,
    "lines": [
        line(
            1,
            "Schleifband K120",
            "40",
            "Stück",
            type="product",
            vendorType="material",
            itemId="53011139-a898-4f36-be7e-07d9192f0ac9",
            unitCode="H87",
            **price("3.90", "0.74", "4.64"),
            amountBeforeDiscount="156.00",
            **UNSUMMED,
        ),
        line(
            2,
            "Fachbuch Holzschutz",
            "2",
            "Stück",
            unitCode="H87",
            **price("27.10", "1.90", "29.00"),
            amountBeforeDiscount="54.20",
            **UNSUMMED,
            taxRate="7",
        ),
        INVOICE["lines"][3] | {"position": 3},
    ],
    "taxBreakdown": [],
    "totals": NO_TOTALS,
    "paymentTerms": None,
    "title": "Lieferschein",
    "introduction": "Wir liefern Ihnen:",
    "remark": "Bitte prüfen Sie die Ware bei Annahme.",
    "deliveryTerms": "Lieferung frei Haus.",
    "allowedActions": unified(actions("delivery-notes", DocumentStatus.OPEN)),
}
DOWN_PAYMENT = HEAD | {
    "id": "26bad94f-1dad-42f5-8aca-394cd059ba1c",
    "version": "3",
    "links": {"view": f"{APP}/invoices/view/26bad94f-1dad-42f5-8aca-394cd059ba1c", "edit": None},
    "number": "RE1002",
    "typeCode": "386",
    "dueOn": "2026-04-01",
    "overdue": True,
    "servicePeriod": {"kind": "none", "startsOn": None, "endsOn": None},
    "vendorTaxTreatment": "gross",
    "pricesIncludeTax": True,
    "lines": [
        line(
            1,
            "Pauschaler Abschlag Umbau Werkstatt",
            "1",
            "Pauschal",
            unitCode="LS",
            pricesIncludeTax=True,
            unitPrice="2380.00",
            unitPriceNet="2000.00",
            unitPriceTax="380.00",
            unitPriceGross="2380.00",
            unitPriceDiscounted="2380.00",
            amountBeforeDiscount="2380.00",
            amount="2380.00",
            amountNet="2000.00",
            amountTax="380.00",
            amountGross="2380.00",
            servicePeriod={"kind": "none", "startsOn": None, "endsOn": None},
        )
    ],
    "taxBreakdown": [share("19", "2000.00", "380.00", "2380.00")],
    "totals": totals("2000.00", "380.00", "2380.00", None) | {"lines": "2380.00"},
    "paymentTerms": TERMS | {"cashDiscount": TERMS["cashDiscount"] | {"amount": "47.60"}},
    "electronicProfile": "zugferd",
    "printLayoutId": "51849b67-ad56-4060-b9ef-346b9b27cd55",
    "title": "1. Abschlagsrechnung",
    "introduction": "Wie vereinbart berechnen wir folgenden Abschlag.",
    "remark": "Vielen Dank.",
    "closingInvoiceId": None,
    "allowedActions": unified(actions("down-payment-invoices", DocumentStatus.OPEN)),
}
DUNNING = HEAD | {
    "id": "b57ce996-3054-4d4a-ae7e-ca61a5a39bce",
    "version": "1",
    "createdAt": "2026-04-15T07:14:05.317000Z",
    "updatedAt": "2026-04-15T07:14:06.041000Z",
    "links": {
        "view": f"{APP}/dunnings/view/b57ce996-3054-4d4a-ae7e-ca61a5a39bce",
        "edit": f"{APP}/dunnings/edit/b57ce996-3054-4d4a-ae7e-ca61a5a39bce",
    },
    "number": None,
    "typeCode": None,
    "status": "draft",
    "vendorStatus": "draft",
    "issuedOn": "2026-04-15",
    "servicePeriod": PERIOD,
    "lines": INVOICE["lines"],
    "taxBreakdown": [share("7", "54.20", "3.79", "57.99"), share("19", "686.40", "130.42", "816.82")],
    "totals": totals("740.60", "134.21", "874.81", None),
    "paymentTerms": None,
    "precedingDocuments": [THE_INVOICE],
    "title": "Zahlungserinnerung",
    "introduction": "Die folgende Rechnung ist noch offen.",
    "remark": "Bei Zahlung in den letzten Tagen bitte gegenstandslos betrachten.",
    "allowedActions": unified(actions("dunnings", DocumentStatus.DRAFT)),
}


@pytest.mark.parametrize(
    ("resource", "name", "expected"),
    [
        ("quotes", "quotation.response", QUOTE),
        ("sales-orders", "order-confirmation.response", ORDER),
        ("delivery-notes", "delivery-note.response", NOTE),
        ("down-payment-invoices", "down-payment-invoice.response", DOWN_PAYMENT),
        ("dunnings", "dunning.response", DUNNING),
    ],
)
def test_the_vendors_sample(resource: str, name: str, expected: dict[str, Any]) -> None:
    assert unified(read(resource, name)) == expected


STATUSES = [
    ("quotes", "quotation", "draft", "draft"),
    ("quotes", "quotation", "open", "open"),
    ("quotes", "quotation", "accepted", "accepted"),
    ("quotes", "quotation", "rejected", "rejected"),
    ("quotes", "quotation", "invited", "unknown"),
    ("sales-orders", "order-confirmation", "draft", "draft"),
    ("sales-orders", "order-confirmation", "open", "open"),
    ("delivery-notes", "delivery-note", "draft", "draft"),
    ("delivery-notes", "delivery-note", "open", "open"),
    ("down-payment-invoices", "down-payment-invoice", "draft", "draft"),
    ("down-payment-invoices", "down-payment-invoice", "open", "open"),
    ("down-payment-invoices", "down-payment-invoice", "paid", "paid"),
    ("down-payment-invoices", "down-payment-invoice", "voided", "void"),
    ("dunnings", "dunning", "draft", "draft"),
]


@pytest.mark.parametrize(("resource", "name", "theirs", "ours"), STATUSES)
def test_every_status(resource: str, name: str, theirs: str, ours: str) -> None:
    document = read(resource, f"{name}.response", voucherStatus=theirs)

    assert (document.status.value, document.vendor_status) == (ours, theirs)
    assert (document.links.edit is not None) is (theirs == "draft")
    assert document.payment_status in (None, "paid")


@pytest.mark.parametrize(
    ("status", "today", "expired"),
    [
        ("open", date(2026, 4, 1), False),
        ("open", date(2026, 4, 2), True),
        ("draft", date(2026, 4, 2), False),
        ("accepted", date(2026, 4, 2), False),
        ("rejected", date(2026, 4, 2), False),
    ],
)
def test_a_quote_expires_after_its_last_day_unless_answered(status: str, today: date, expired: bool) -> None:
    assert read("quotes", "quotation.response", today=today, voucherStatus=status).expired is expired


def test_a_line_without_a_price_has_none_rather_than_nought() -> None:
    lines = [{"type": "custom", "name": "Palette", "quantity": 2, "unitName": "Stück"}]

    (only,) = read("delivery-notes", "delivery-note.response", lineItems=lines).lines

    assert (only.quantity, only.unit_price, only.amount, only.tax_rate) == (2, None, None, None)
    assert not only.counts


def test_a_row_of_a_quote_has_no_day_to_pay_by() -> None:
    listed = row(voucherType="quotation", voucherStatus="accepted", dueDate="2026-04-01T00:00:00.000+02:00")

    summary = to_summary(listed, quotes.NOUN)

    assert (summary.status.value, summary.vendor_status) == ("accepted", "accepted")
    assert (summary.due_on, summary.payment_status, summary.totals.open) == (None, None, None)
