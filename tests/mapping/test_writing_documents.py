"""Documents as they are sent, and what is refused before anything is sent."""

from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from connectors.base.errors import InvalidForTarget
from connectors.lexoffice.client import ENCODER
from connectors.lexoffice.misfits import refuse
from connectors.lexoffice.resources import credit_notes, invoices
from connectors.lexoffice.sales import writing
from schemas.credit_notes import CreditNoteInput
from schemas.invoices import InvoiceInput
from tests.mapping.builders import expected, identity, written

CONTACT = "c2382a58-1248-4293-832f-562d45e6cc2a"
SERVICE, PRODUCT = "64033f1c-853b-41c4-834e-6f2714b99c1c", "53011139-a898-4f36-be7e-07d9192f0ac9"
LINE = {
    "type": "custom",
    "name": "Beratung",
    "quantity": "2",
    "unitName": "Stunde",
    "unitPrice": "95",
    "taxRate": "19",
}
SAMPLE = {
    "issuedOn": "2026-03-02",
    "language": "de",
    "buyer": {"customerId": CONTACT},
    "buyerReference": "",
    "lines": [
        {
            "type": "service",
            "itemId": SERVICE,
            "name": "Wartung Absauganlage",
            "description": "Wartung nach Plan, 3 Anlagen",
            "quantity": "6.5",
            "unitName": "Stunde",
            "discountPercentage": "0",
            "unitPrice": "84",
            "taxRate": "19",
        },
        {
            "type": "product",
            "itemId": PRODUCT,
            "name": "Schleifband K120",
            "quantity": "40",
            "unitName": "Stück",
            "discountPercentage": "10",
            "unitPrice": "3.90",
            "taxRate": "19",
        },
        {
            "type": "custom",
            "name": "Fachbuch Holzschutz",
            "quantity": "2",
            "unitName": "Stück",
            "discountPercentage": "0",
            "unitPrice": "27.1",
            "taxRate": "7",
        },
        {
            "type": "text",
            "name": "Leistungszeitraum Februar 2026",
            "description": "Ansprechpartnerin: Frau Brandt",
        },
    ],
    "paymentTerms": {
        "description": "10 Tage - 2 %, 30 Tage netto",
        "dueDays": 30,
        "cashDiscount": {"percentage": "2", "days": 10},
    },
    "servicePeriod": {"kind": "service", "startsOn": "2026-02-02", "endsOn": "2026-02-27"},
    "printLayoutId": "51849b67-ad56-4060-b9ef-346b9b27cd55",
    "title": "Rechnung",
    "introduction": "Für unsere Leistungen berechnen wir:",
    "remark": "Vielen Dank für Ihren Auftrag.",
}


def invoice(**changes: Any) -> InvoiceInput:
    given = {
        "issuedOn": "2026-03-02",
        "buyer": {"name": "Erika Muster", "address": {"countryCode": "DE"}},
        "lines": [LINE],
    }
    return msgspec.convert(given | changes, InvoiceInput, strict=False)


def credit_note(**changes: Any) -> CreditNoteInput:
    given = {"issuedOn": "2026-03-02", "buyer": {"customerId": CONTACT}, "lines": [LINE]}
    return msgspec.convert(given | changes, CreditNoteInput, strict=False)


def sent(price_mode: str = "net", **changes: Any) -> Any:
    return written(invoices.to_native(invoice(**changes), identity(price_mode)))


class TestGolden:
    def test_an_invoice_is_written_as_the_vendors_sample(self) -> None:
        body = msgspec.convert(SAMPLE, InvoiceInput, strict=False)

        assert written(invoices.to_native(body, identity())) == expected("invoice.create")

    def test_a_credit_note_is_written_as_the_vendors_sample(self) -> None:
        line = {
            "type": "custom",
            "name": "Rückgabe Schleifband K120",
            "quantity": "10",
            "unitName": "Stück",
            "unitPrice": "3.51",
            "taxRate": "19",
        }
        body = credit_note(
            lines=[line],
            title="Rechnungskorrektur",
            introduction="Korrektur zur Rechnung RE1001",
            remark="Der Betrag wird mit der Rechnung verrechnet.",
        )

        assert written(credit_notes.to_native(body, identity())) == expected("credit-note.create")

    def test_the_smallest_invoice_says_what_the_vendor_requires_and_no_more(self) -> None:
        assert sent() == {
            "voucherDate": "2026-03-02T00:00:00.000+01:00",
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


class TestDays:
    @pytest.mark.parametrize(
        ("day", "text"),
        [
            ("2026-01-01", "2026-01-01T00:00:00.000+01:00"),
            ("2026-03-29", "2026-03-29T00:00:00.000+01:00"),
            ("2026-03-30", "2026-03-30T00:00:00.000+02:00"),
            ("2026-10-25", "2026-10-25T00:00:00.000+02:00"),
            ("2026-10-26", "2026-10-26T00:00:00.000+01:00"),
            ("2025-12-31", "2025-12-31T00:00:00.000+01:00"),
            ("2028-02-29", "2028-02-29T00:00:00.000+01:00"),
        ],
    )
    def test_a_day_is_midnight_in_berlin_with_its_offset(self, day: str, text: str) -> None:
        assert sent(issuedOn=day)["voucherDate"] == text

    def test_a_day_before_standard_time_is_told(self) -> None:
        assert fields(issuedOn="1893-03-31") == ["issuedOn"]


class TestTax:
    @pytest.mark.parametrize(
        ("treatment", "include", "mode", "tax_type", "sub_type"),
        [
            ("standard", None, "net", "net", None),
            ("standard", None, "gross", "gross", None),
            ("standard", None, "tax_free", "vatfree", None),
            ("standard", None, "unknown", "net", None),
            ("standard", True, "net", "gross", None),
            ("standard", False, "gross", "net", None),
            ("standard", False, "tax_free", "vatfree", None),
            ("exempt", None, "gross", "vatfree", None),
            ("intra_community_supply", None, "gross", "intraCommunitySupply", None),
            ("construction_reverse_charge", None, "net", "constructionService13b", None),
            ("service_reverse_charge", None, "net", "externalService13b", None),
            ("export_of_services", None, "net", "thirdPartyCountryService", None),
            ("export_of_goods", None, "net", "thirdPartyCountryDelivery", None),
            ("photovoltaic_equipment", None, "net", "photovoltaicEquipment", None),
            ("distance_sales", None, "gross", "gross", "distanceSales"),
            ("distance_sales", False, "gross", "net", "distanceSales"),
            ("electronic_services", True, "net", "gross", "electronicServices"),
        ],
    )
    def test_each_rule_in_the_vendors_words(
        self, treatment: str, include: bool | None, mode: str, tax_type: str, sub_type: str | None
    ) -> None:
        conditions = sent(mode, taxTreatment=treatment, pricesIncludeTax=include)["taxConditions"]

        assert conditions == {"taxType": tax_type, **({"taxSubType": sub_type} if sub_type else {})}

    def test_a_gross_price_is_sent_as_gross_alone(self) -> None:
        price = sent(pricesIncludeTax=True)["lineItems"][0]["unitPrice"]

        assert price == {"currency": "EUR", "grossAmount": 95, "taxRatePercentage": 19}

    def test_without_vat_the_only_rate_need_not_be_said(self) -> None:
        line = {key: value for key, value in LINE.items() if key != "taxRate"}

        assert fields(taxTreatment="exempt", lines=[line]) == []
        unit_price = sent(taxTreatment="exempt", lines=[line])["lineItems"][0]["unitPrice"]
        assert unit_price["taxRatePercentage"] == 0

    def test_a_note_goes_along(self) -> None:
        conditions = sent(taxTreatment="exempt", taxNote="§ 19 UStG")["taxConditions"]

        assert conditions == {"taxType": "vatfree", "taxTypeNote": "§ 19 UStG"}


class TestPaymentTerms:
    @pytest.mark.parametrize(
        ("terms", "label"),
        [
            ({"dueDays": 14}, "Zahlbar innerhalb von 14 Tagen ohne Abzug"),
            ({"dueDays": 1}, "Zahlbar innerhalb von einem Tag ohne Abzug"),
            ({"dueDays": 0}, "Zahlbar sofort ohne Abzug"),
            (
                {"dueDays": 30, "cashDiscount": {"percentage": "2.50", "days": 10}},
                "10 Tage 2,5 % Skonto, 30 Tage netto",
            ),
            ({"dueDays": 30, "description": "Netto Kasse"}, "Netto Kasse"),
        ],
    )
    def test_the_label_always_goes_with_the_days(self, terms: dict[str, Any], label: str) -> None:
        conditions = sent(paymentTerms=terms)["paymentConditions"]

        assert conditions["paymentTermLabel"] == label
        assert conditions["paymentTermDuration"] == terms["dueDays"]

    def test_left_out_the_vendors_default_counts(self) -> None:
        assert "paymentConditions" not in sent()


class TestShipping:
    @pytest.mark.parametrize(
        ("period", "written"),
        [
            (
                {"kind": "delivery", "startsOn": "2026-03-29"},
                {"shippingType": "delivery", "shippingDate": "2026-03-29T00:00:00.000+01:00"},
            ),
            (
                {"kind": "delivery", "startsOn": "2026-03-29", "endsOn": "2026-03-31"},
                {
                    "shippingType": "deliveryperiod",
                    "shippingDate": "2026-03-29T00:00:00.000+01:00",
                    "shippingEndDate": "2026-03-31T00:00:00.000+02:00",
                },
            ),
            (
                {"kind": "service", "startsOn": "2026-03-02"},
                {"shippingType": "service", "shippingDate": "2026-03-02T00:00:00.000+01:00"},
            ),
        ],
    )
    def test_a_day_or_a_period(self, period: dict[str, str], written: dict[str, str]) -> None:
        assert sent(servicePeriod=period)["shippingConditions"] == written


class TestAround:
    def test_an_address_beside_a_customer_overrides_it_on_this_document(self) -> None:
        buyer = {
            "customerId": CONTACT,
            "name": "Werk 2",
            "address": {"street": "Weg 2", "postalCode": "77652", "city": "Ort"},
        }

        assert sent(buyer=buyer)["address"] == {
            "contactId": CONTACT,
            "name": "Werk 2",
            "street": "Weg 2",
            "zip": "77652",
            "city": "Ort",
        }

    def test_discounts_on_the_whole_document(self) -> None:
        assert sent(discount={"percentage": "2.50"})["totalPrice"] == {
            "currency": "EUR",
            "totalDiscountPercentage": Decimal("2.5"),
        }
        assert sent(discount={"amount": "10.00"})["totalPrice"] == {
            "currency": "EUR",
            "totalDiscountAbsolute": 10,
        }

    def test_finalize_and_predecessor_are_query_parameters(self) -> None:
        body = invoice(finalize=True, precedingDocuments=[{"id": SERVICE}])

        assert writing.create_params(body) == (
            ("finalize", "true"),
            ("precedingSalesVoucherId", SERVICE),
        )
        assert writing.create_params(invoice()) == ()

    def test_a_leitweg_id(self) -> None:
        assert sent(buyerReference="04011000-1234512345-35")["xRechnung"] == {
            "buyerReference": "04011000-1234512345-35"
        }

    def test_numbers_leave_without_exponent(self) -> None:
        line = LINE | {"quantity": Decimal("1E+3"), "unitPrice": Decimal("0.0375")}
        content = ENCODER.encode(invoices.to_native(invoice(lines=[line]), identity()))

        assert b'"quantity":1000,' in content
        assert b'"netAmount":0.0375,' in content


def fields(price_mode: str = "net", **changes: Any) -> list[str]:
    return [error.field for error in invoices.misfits(invoice(**changes), identity(price_mode))]


class TestRefused:
    @pytest.mark.parametrize(
        ("changes", "named"),
        [
            ({"buyer": {}}, ["buyer.name", "buyer.address.countryCode"]),
            ({"buyer": {"name": "Erika Muster"}}, ["buyer.address.countryCode"]),
            ({"buyer": {"customerId": "4711"}}, ["buyer.customerId"]),
            ({"language": "fr"}, ["language"]),
            ({"discount": {}}, ["discount"]),
            ({"discount": {"percentage": "1", "amount": "1"}}, ["discount"]),
            ({"printLayoutId": "default"}, ["printLayoutId"]),
            ({"precedingDocuments": [{"id": "RE1001"}]}, ["precedingDocuments[0].id"]),
            ({"precedingDocuments": [{"id": SERVICE}, {"id": PRODUCT}]}, ["precedingDocuments[1]"]),
            ({"servicePeriod": {"kind": "delivery"}}, ["servicePeriod.startsOn"]),
            ({"servicePeriod": {"kind": "none", "startsOn": "2026-03-02"}}, ["servicePeriod.startsOn"]),
            (
                {"servicePeriod": {"kind": "service", "startsOn": "2026-03-02", "endsOn": "2026-03-01"}},
                ["servicePeriod.endsOn"],
            ),
            ({"taxTreatment": "exempt", "pricesIncludeTax": True}, ["pricesIncludeTax", "lines[0].taxRate"]),
            ({"taxTreatment": "export_of_goods"}, ["lines[0].taxRate"]),
            ({"lines": [{"type": "text"}]}, ["lines[0]"]),
            ({"lines": [{"type": "text", "name": "A", "quantity": "1"}]}, ["lines[0].quantity"]),
            ({"lines": [{"type": "text", "name": "A", "itemId": SERVICE}]}, ["lines[0].itemId"]),
            (
                {"lines": [LINE, {"type": "custom"}]},
                [
                    "lines[1].name",
                    "lines[1].quantity",
                    "lines[1].unitName",
                    "lines[1].unitPrice",
                    "lines[1].taxRate",
                ],
            ),
            ({"lines": [LINE | {"itemId": SERVICE}]}, ["lines[0].itemId"]),
            ({"lines": [LINE | {"type": "product"}]}, ["lines[0].itemId"]),
            ({"lines": [LINE | {"type": "service", "itemId": "A-1"}]}, ["lines[0].itemId"]),
        ],
    )
    def test_every_misfit_is_named_in_the_callers_words(
        self, changes: dict[str, Any], named: list[str]
    ) -> None:
        assert fields(**changes) == named

    def test_a_rate_at_a_company_without_vat_is_named(self) -> None:
        assert fields("tax_free") == ["lines[0].taxRate"]

    def test_the_sample_has_none(self) -> None:
        assert fields(**SAMPLE) == []

    def test_a_line_discount_on_a_credit_note_has_no_place(self) -> None:
        body = credit_note(lines=[LINE, LINE | {"discountPercentage": "10"}])
        found = list(credit_notes.misfits(body, identity()))

        assert [(error.field, error.code) for error in found] == [
            ("lines[1].discountPercentage", "field_not_held")
        ]

    def test_a_line_discount_of_nothing_is_no_discount(self) -> None:
        body = credit_note(lines=[LINE | {"discountPercentage": "0"}])
        line = written(credit_notes.to_native(body, identity()))["lineItems"][0]

        assert list(credit_notes.misfits(body, identity())) == []
        assert "discountPercentage" not in line

    def test_all_are_told_at_once(self) -> None:
        with pytest.raises(InvalidForTarget) as told:
            refuse(invoices.misfits(invoice(language="fr", buyer={}), identity()))

        assert [error.field for error in told.value.errors] == [
            "buyer.name",
            "buyer.address.countryCode",
            "language",
        ]
        assert told.value.status == 422
        assert told.value.sent == "no"


def test_the_sample_day_is_a_day() -> None:
    assert invoice().issued_on == date(2026, 3, 2)
