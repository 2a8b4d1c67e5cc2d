"""What comes before and after an invoice, as it is sent and as it is refused. Expected values by hand."""

from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from connectors.lexoffice.resources import delivery_notes, dunnings, invoices, quotes, sales_orders
from connectors.lexoffice.sales import repeating
from schemas.actions import ConvertInput
from tests.mapping.builders import KINDS, expected, identity, sample, written
from tests.mapping.test_writing_documents import CONTACT, LINE, PRODUCT, SAMPLE, SERVICE

BEFORE = "97dcc1f6-e8d2-4d68-badb-71865edbf62f"
MODULES: dict[str, Any] = {
    "invoices": invoices,
    "quotes": quotes,
    "sales-orders": sales_orders,
    "delivery-notes": delivery_notes,
    "dunnings": dunnings,
}
KIND: dict[str, Any] = {
    "invoices": invoices.InvoiceInput,
    "quotes": quotes.QuoteInput,
    "sales-orders": sales_orders.SalesOrderInput,
    "delivery-notes": delivery_notes.DeliveryNoteInput,
    "dunnings": dunnings.DunningInput,
}
COMMON = {name: SAMPLE[name] for name in ("issuedOn", "buyer", "lines", "paymentTerms", "servicePeriod")}
QUOTE = {
    "issuedOn": "2026-03-02",
    "validUntil": "2026-04-01",
    "buyer": {"customerId": CONTACT},
    "lines": [
        {
            "type": "custom",
            "name": "Komplettwartung",
            "quantity": "1",
            "unitName": "Pauschal",
            "unitPrice": "690",
            "taxRate": "19",
            "discountPercentage": "0",
            "alternatives": [
                {
                    "type": "custom",
                    "name": "Teilwartung",
                    "quantity": "1",
                    "unitName": "Pauschal",
                    "unitPrice": "420",
                    "taxRate": "19",
                    "discountPercentage": "0",
                }
            ],
        },
        {
            "type": "custom",
            "name": "Filterwechsel",
            "quantity": "3",
            "unitName": "Stück",
            "unitPrice": "49",
            "taxRate": "19",
            "discountPercentage": "0",
            "optional": True,
        },
    ],
    "paymentTerms": SAMPLE["paymentTerms"],
    "title": "Angebot",
    "introduction": "Gerne bieten wir an:",
    "remark": "Wir freuen uns auf Ihren Auftrag.",
}
ORDER = COMMON | {
    "title": "Auftragsbestätigung",
    "introduction": "Wir bestätigen Ihren Auftrag wie folgt.",
    "remark": "Auf gute Zusammenarbeit.",
    "deliveryTerms": "Ausführung vor Ort.",
}
NOTE = {
    "issuedOn": "2026-03-02",
    "buyer": {"customerId": CONTACT},
    "lines": [
        {name: value for name, value in line.items() if name != "discountPercentage"}
        for line in SAMPLE["lines"][1:]
    ],
    "servicePeriod": {"kind": "delivery", "startsOn": "2026-03-03"},
    "title": "Lieferschein",
    "introduction": "Wir liefern Ihnen:",
    "deliveryTerms": "Lieferung frei Haus.",
    "remark": "Bitte prüfen Sie die Ware bei Annahme.",
}
DUNNING = {
    "issuedOn": "2026-04-15",
    "buyer": {"customerId": CONTACT},
    "lines": SAMPLE["lines"],
    "servicePeriod": SAMPLE["servicePeriod"],
    "precedingDocuments": [{"id": BEFORE}],
    "title": "Zahlungserinnerung",
    "introduction": "Die folgende Rechnung ist noch offen.",
    "remark": "Bei Zahlung in den letzten Tagen bitte gegenstandslos betrachten.",
}
SMALLEST = {
    "quotes": {"validUntil": "2026-04-01"},
    "dunnings": {"precedingDocuments": [{"id": BEFORE}]},
}


def body(resource: str, **given: Any) -> Any:
    return msgspec.convert(given, KIND[resource], strict=False)


def smallest(resource: str, **changes: Any) -> Any:
    given = {
        "issuedOn": "2026-03-02",
        "buyer": {"name": "Erika Muster", "address": {"countryCode": "DE"}},
        "lines": [LINE],
    }
    return body(resource, **given | SMALLEST.get(resource, {}) | changes)


def misfits(resource: str, **changes: Any) -> list[tuple[str, str]]:
    found = MODULES[resource].misfits(smallest(resource, **changes), identity())
    return [(error.field, error.code) for error in found]


@pytest.mark.parametrize(
    ("resource", "given", "name"),
    [
        ("quotes", QUOTE, "quotation.create"),
        ("sales-orders", ORDER, "order-confirmation.create"),
        ("delivery-notes", NOTE, "delivery-note.create"),
        ("dunnings", DUNNING, "dunning.create"),
    ],
)
def test_it_is_written_as_the_vendors_sample(resource: str, given: Any, name: str) -> None:
    filled = body(resource, **given)

    assert list(MODULES[resource].misfits(filled, identity())) == []
    assert written(MODULES[resource].to_native(filled, identity())) == expected(name)


class TestMisfits:
    @pytest.mark.parametrize("resource", KIND)
    def test_the_smallest_has_none(self, resource: str) -> None:
        assert misfits(resource) == []

    def test_a_quote_needs_a_day_on_which_it_expires(self) -> None:
        assert misfits("quotes", validUntil=None) == [("validUntil", "required")]

    def test_a_dunning_needs_its_invoice(self) -> None:
        assert misfits("dunnings", precedingDocuments=[]) == [("precedingDocuments", "required")]

    def test_a_dunning_stays_a_draft_which_is_told(self) -> None:
        assert misfits("dunnings", finalize=True) == [("finalize", "field_not_held")]

    @pytest.mark.parametrize("resource", [name for name in KIND if name != "quotes"])
    @pytest.mark.parametrize("choice", [{"optional": True}, {"alternatives": [LINE]}])
    def test_lines_to_choose_from_are_on_quotes_only(self, resource: str, choice: Any) -> None:
        assert misfits(resource, lines=[LINE | choice]) == [
            (f"lines[0].{next(iter(choice))}", "not_possible")
        ]

    @pytest.mark.parametrize("resource", KIND)
    def test_what_reads_say_of_such_lines_may_be_sent_back(self, resource: str) -> None:
        assert misfits(resource, lines=[LINE | {"optional": False, "alternatives": []}]) == []

    def test_alternatives_are_looked_into(self) -> None:
        other = LINE | {"quantity": None, "type": "service"}

        assert misfits("quotes", lines=[LINE | {"alternatives": [LINE, other]}]) == [
            ("lines[0].alternatives[1].quantity", "required"),
            ("lines[0].alternatives[1].itemId", "required"),
        ]

    @pytest.mark.parametrize("choice", [{"optional": True}, {"alternatives": [LINE]}])
    def test_an_alternative_leaves_no_choice_of_its_own(self, choice: Any) -> None:
        with pytest.raises(msgspec.ValidationError, match="unknown field"):
            smallest("quotes", lines=[LINE | {"alternatives": [LINE | choice]}])

    def test_a_text_is_not_optional(self) -> None:
        text = {"type": "text", "name": "Danke", "optional": True}

        assert misfits("quotes", lines=[text]) == [("lines[0].optional", "not_possible")]

    def test_a_delivery_note_needs_no_prices_and_then_no_rate(self) -> None:
        bare = LINE | {"unitPrice": None, "taxRate": None}

        assert misfits("delivery-notes", lines=[bare]) == []
        assert misfits("delivery-notes", lines=[bare | {"taxRate": "19"}]) == [
            ("lines[0].taxRate", "field_not_held")
        ]
        assert misfits("delivery-notes", lines=[LINE | {"taxRate": None}]) == [
            ("lines[0].taxRate", "required")
        ]

    def test_a_delivery_note_has_no_discounts(self) -> None:
        changes = {"lines": [LINE | {"discountPercentage": "10"}], "discount": {"percentage": "2"}}

        assert misfits("delivery-notes", **changes) == [
            ("lines[0].discountPercentage", "not_possible"),
            ("discount", "field_not_held"),
        ]

    def test_a_line_without_a_price_is_sent_without_one(self) -> None:
        filled = smallest("delivery-notes", lines=[LINE | {"unitPrice": None, "taxRate": "19"}])

        assert written(delivery_notes.to_native(filled, identity()))["lineItems"] == [
            {"type": "custom", "name": "Beratung", "quantity": 2, "unitName": "Stunde"}
        ]


def repeated(resource: str, name: str, kind: Any, **given: Any) -> Any:
    """The sample written anew, on 3 March."""
    read = KINDS[resource].decoder.decode(sample(name))
    asked = msgspec.convert({"to": "invoices"} | given, ConvertInput, strict=False)
    return written(repeating.body(read, KINDS[resource].noun, kind, asked, date(2026, 3, 3)))


ADDRESS = expected("order-confirmation.response")["address"]
PRINTED = {name: value for name, value in ADDRESS.items() if name != "contactPerson"}
LINES = [
    {
        "id": SERVICE,
        "type": "service",
        "name": "Wartung Absauganlage",
        "description": "Wartung nach Plan, 3 Anlagen",
        "quantity": Decimal("6.5"),
        "unitName": "Stunde",
        "unitPrice": {"currency": "EUR", "netAmount": 84, "taxRatePercentage": 19},
        "discountPercentage": 0,
    },
    {
        "id": PRODUCT,
        "type": "material",
        "name": "Schleifband K120",
        "quantity": 40,
        "unitName": "Stück",
        "unitPrice": {"currency": "EUR", "netAmount": Decimal("3.9"), "taxRatePercentage": 19},
        "discountPercentage": 10,
    },
    {
        "type": "custom",
        "name": "Fachbuch Holzschutz",
        "quantity": 2,
        "unitName": "Stück",
        "unitPrice": {"currency": "EUR", "netAmount": Decimal("27.1"), "taxRatePercentage": 7},
        "discountPercentage": 0,
    },
    {
        "type": "text",
        "name": "Leistungszeitraum Februar 2026",
        "description": "Ansprechpartnerin: Frau Brandt",
    },
]
FEBRUARY = {
    "shippingType": "serviceperiod",
    "shippingDate": "2026-02-02T00:00:00.000+01:00",
    "shippingEndDate": "2026-02-27T00:00:00.000+01:00",
}
TERMS = {
    "paymentTermLabel": "10 Tage - 2 %, 30 Tage netto",
    "paymentTermDuration": 30,
    "paymentDiscountConditions": {"discountPercentage": 2, "discountRange": 10},
}


class TestRepeating:
    def test_an_order_becomes_an_invoice_with_all_it_says(self) -> None:
        assert repeated("sales-orders", "order-confirmation.response", invoices.native.InvoiceBody) == {
            "voucherDate": "2026-03-03T00:00:00.000+01:00",
            "language": "de",
            "address": PRINTED,
            "lineItems": LINES,
            "totalPrice": {"currency": "EUR"},
            "taxConditions": {"taxType": "net"},
            "paymentConditions": TERMS,
            "shippingConditions": FEBRUARY,
        }

    def test_what_is_given_stands_in_its_place(self) -> None:
        sent = repeated(
            "sales-orders",
            "order-confirmation.response",
            invoices.native.InvoiceBody,
            servicePeriod={"kind": "delivery", "startsOn": "2026-03-03"},
            paymentTerms={"dueDays": 14},
            discount={"percentage": "5"},
            title="Schlussrechnung",
            introduction="Danke",
            remark="Bis bald",
        )

        assert sent["shippingConditions"] == {
            "shippingType": "delivery",
            "shippingDate": "2026-03-03T00:00:00.000+01:00",
        }
        assert sent["paymentConditions"] == {
            "paymentTermLabel": "Zahlbar innerhalb von 14 Tagen ohne Abzug",
            "paymentTermDuration": 14,
        }
        assert sent["totalPrice"] == {"currency": "EUR", "totalDiscountPercentage": 5}
        assert (sent["title"], sent["introduction"], sent["remark"]) == (
            "Schlussrechnung",
            "Danke",
            "Bis bald",
        )

    def test_goods_go_to_the_customers_address_for_deliveries_at_discounted_prices(self) -> None:
        kind = delivery_notes.native.DeliveryNoteBody
        sent = repeated("sales-orders", "order-confirmation.response", kind, to="delivery-notes")

        assert sent["address"] == {"contactId": CONTACT}
        assert [line.get("unitPrice", {}).get("netAmount") for line in sent["lineItems"]] == [
            84,
            Decimal("3.51"),
            Decimal("27.1"),
            None,
        ]
        assert not any("discountPercentage" in line for line in sent["lineItems"])
        assert sent["deliveryTerms"] == "Ausführung vor Ort."
        assert not {"totalPrice", "paymentConditions"} & sent.keys()

    def test_the_invoice_of_a_delivery_note_goes_to_the_billing_address(self) -> None:
        sent = repeated("delivery-notes", "delivery-note.response", invoices.native.InvoiceBody)

        assert sent["address"] == {"contactId": CONTACT}
        assert sent["shippingConditions"]["shippingType"] == "delivery"

    def test_gross_prices_stay_gross(self) -> None:
        sent = repeated(
            "down-payment-invoices",
            "down-payment-invoice.response",
            dunnings.native.DunningBody,
            to="dunnings",
        )

        assert sent["taxConditions"] == {"taxType": "gross"}
        assert sent["lineItems"][0]["unitPrice"] == {
            "currency": "EUR",
            "grossAmount": 2380,
            "taxRatePercentage": 19,
        }
        assert sent["shippingConditions"] == {"shippingType": "none"}
