"""The vendor's short lists, payments and templates. Expected values written out by hand."""

import json
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from connectors.base.vat_rates import VAT_RATES
from connectors.lexoffice.native import masterdata
from connectors.lexoffice.resources import (
    accounts,
    payment_terms,
    payments,
    print_layouts,
    recurring_invoices,
    tax_rates,
)
from schemas.tax_rates import TaxRateFilters
from tests.mapping.builders import APP, sample, unified

INVOICE = "97dcc1f6-e8d2-4d68-badb-71865edbf62f"


def rows(name: str) -> list[bytes]:
    """The rows of a bare array, each as JSON."""
    return [json.dumps(row).encode() for row in json.loads(sample(name))]


class TestAccounts:
    def read(self) -> list[Any]:
        found = [accounts.DECODER.decode(row) for row in rows("posting-categories.response")]
        return [unified(accounts.to_unified(raw)) for raw in found]

    def test_a_category_for_goods_of_the_eu(self) -> None:
        assert self.read()[2] == {
            "id": "9075a4e3-66de-4795-a016-3889feca0d20",
            "name": "Innergemeinschaftliche Lieferung",
            "kind": "posting_category",
            "accountClass": "revenue",
            "vendorClass": "income",
            "group": "Einnahmen",
            "code": None,
            "suggestedCodes": [{"skr03": "8125", "skr04": "4125", "taxRate": None, "source": "inferred"}],
            "allowsTaxSplit": False,
            "requiresContact": True,
        }

    def test_revenue_from_services_goes_by_rate(self) -> None:
        assert self.read()[1]["suggestedCodes"] == [
            {"skr03": "8400", "skr04": "4400", "taxRate": "19", "source": "inferred"},
            {"skr03": "8300", "skr04": "4300", "taxRate": "7", "source": "inferred"},
        ]

    def test_what_its_purpose_does_not_decide_has_no_suggestion(self) -> None:
        general, travel = self.read()[0], self.read()[3]

        assert (general["name"], general["suggestedCodes"]) == ("Einnahmen", [])
        assert (travel["accountClass"], travel["vendorClass"], travel["suggestedCodes"]) == (
            "expense",
            "outgo",
            [],
        )

    def test_a_name_alone_suggests_nothing(self) -> None:
        row = json.loads(rows("posting-categories.response")[2]) | {"id": INVOICE}
        raw = accounts.DECODER.decode(json.dumps(row))

        assert accounts.to_unified(raw).suggested_codes == []

    def test_the_category_of_small_businesses_is_known_by_both_its_ids(self) -> None:
        both = ("f5c7fee8-f184-4e7a-ab04-8f7e7ad6c207", "7a1efa0e-6283-4cbf-9583-8e88d3ba5960")

        assert [[code.skr03 for code in accounts.SUGGESTED[id]] for id in both] == [["8195"], ["8195"]]


class TestPaymentTerms:
    def test_terms_with_and_without_skonto(self) -> None:
        found = [payment_terms.DECODER.decode(row) for row in rows("payment-conditions.response")]

        assert [unified(payment_terms.to_unified(raw)) for raw in found] == [
            {
                "id": "5e9033bb-a22e-427f-a624-778ca6ed150f",
                "label": "Zahlbar sofort, rein netto",
                "dueDays": 0,
                "cashDiscount": None,
                "default": False,
            },
            {
                "id": "673bc6f6-76bf-4380-ba65-61cb5508c464",
                "label": "{discountRange} Tage -{discount}, {paymentRange} Tage netto",
                "dueDays": 30,
                "cashDiscount": {"percentage": "2", "days": 10},
                "default": True,
            },
        ]


class TestPrintLayouts:
    def test_a_layout(self) -> None:
        found = [print_layouts.DECODER.decode(row) for row in rows("print-layouts.response")]

        assert unified(print_layouts.to_unified(found[0])) == {
            "id": "51849b67-ad56-4060-b9ef-346b9b27cd55",
            "name": "Standard",
            "default": True,
        }


GERMANY = masterdata.Country(country_code="DE", country_name="Germany", tax_classification="de")
FINLAND = masterdata.Country(country_code="FI", country_name="Finland", tax_classification="intraCommunity")


class TestTaxRates:
    def on(self, day: date, country: str = "DE") -> set[tuple[str, str]]:
        asked = TaxRateFilters(country_code=country, valid_on=day)
        return {(rate.category, str(rate.rate)) for rate in VAT_RATES if tax_rates.holds(rate, asked)}

    def test_a_german_rate(self) -> None:
        rate = next(rate for rate in VAT_RATES if rate.id == "DE-standard-16-2020-07-01")

        assert unified(tax_rates.to_unified(rate, GERMANY)) == {
            "id": "DE-standard-16-2020-07-01",
            "countryCode": "DE",
            "countryName": "Germany",
            "category": "standard",
            "rate": "16",
            "validFrom": "2020-07-01",
            "validTo": "2020-12-31",
            "regime": "domestic",
            "note": None,
            "source": "Lexware API documentation, tax rates and FAQ (read 2026-11-20)",
        }

    def test_a_rate_of_a_destination_has_no_first_day_where_none_is_known(self) -> None:
        rate = next(rate for rate in VAT_RATES if rate.id == "FI-standard-24")
        read = unified(tax_rates.to_unified(rate, FINLAND))

        assert (read["regime"], read["validFrom"], read["validTo"]) == ("destination", None, "2024-08-31")

    @pytest.mark.parametrize(
        ("day", "rates"),
        [
            (date(2020, 6, 30), {("standard", "19"), ("reduced", "7")}),
            (date(2020, 7, 1), {("standard", "16"), ("reduced", "5")}),
            (date(2020, 12, 31), {("standard", "16"), ("reduced", "5")}),
            (date(2021, 1, 1), {("standard", "19"), ("reduced", "7")}),
            (date(2022, 12, 31), {("standard", "19"), ("reduced", "7")}),
            (date(2023, 1, 1), {("standard", "19"), ("reduced", "7"), ("zero", "0")}),
            (date(2006, 12, 31), set()),
        ],
    )
    def test_the_rates_of_a_day_in_germany(self, day: date, rates: set[tuple[str, str]]) -> None:
        assert self.on(day) == rates

    def test_the_rates_of_a_day_in_finland(self) -> None:
        assert self.on(date(2025, 12, 31), "FI") == {
            ("standard", "25.5"),
            ("reduced", "10"),
            ("reduced", "14"),
        }
        assert self.on(date(2026, 1, 1), "FI") == {
            ("standard", "25.5"),
            ("reduced", "10"),
            ("reduced", "13.5"),
        }

    def test_ids_are_unique_and_every_member_state_is_there(self) -> None:
        ids = [rate.id for rate in VAT_RATES]

        assert len(ids) == len(set(ids))
        assert len({rate.country for rate in VAT_RATES}) == 27

    def test_of_a_day_a_country_has_one_standard_rate(self) -> None:
        for country in {rate.country for rate in VAT_RATES}:
            for year in (2024, 2025, 2026):
                found = self.on(date(year, 12, 31), country)
                assert len([category for category, _ in found if category == "standard"]) == 1, country


class TestPayments:
    def read(self, **changes: Any) -> Any:
        body = json.loads(sample("payment.response")) | changes
        return unified(payments.to_unified(payments.DECODER.decode(json.dumps(body)), INVOICE))

    def test_a_document_partly_paid(self) -> None:
        assert self.read() == {
            "id": INVOICE,
            "documentId": INVOICE,
            "documentResource": "invoices",
            "vendorDocumentType": "invoice",
            "documentStatus": "open",
            "vendorDocumentStatus": "open",
            "paymentStatus": "partially_paid",
            "vendorPaymentStatus": "openRevenue",
            "open": "533.04",
            "currency": "EUR",
            "settledOn": None,
            "items": [
                {
                    "kind": "credit_note",
                    "vendorKind": "partPaymentCreditNote",
                    "paidOn": "2026-03-02",
                    "amount": "41.77",
                    "currency": "EUR",
                },
                {
                    "kind": "bank_transaction",
                    "vendorKind": "partPaymentFinancialTransaction",
                    "paidOn": "2026-03-20",
                    "amount": "300.00",
                    "currency": "EUR",
                },
            ],
        }

    def test_a_document_paid_with_skonto(self) -> None:
        """The documentation's sample: 72.00 paid and 7.85 deducted."""
        day = "2026-03-20T00:00:00.000+01:00"
        items = [
            {"paymentItemType": "manualPayment", "postingDate": day, "amount": 72, "currency": "EUR"},
            {"paymentItemType": "cashDiscount", "postingDate": day, "amount": 7.85, "currency": "EUR"},
        ]
        state = {"openAmount": "0.00", "paymentStatus": "balanced", "voucherStatus": "paid", "paidDate": day}
        read = self.read(**state, paymentItems=items)

        assert (read["paymentStatus"], read["open"], read["settledOn"]) == ("paid", "0.00", "2026-03-20")
        assert [item["kind"] for item in read["items"]] == ["manual", "cash_discount"]

    def test_a_void_document_reads_as_balanced_and_is_not_paid(self) -> None:
        read = self.read(openAmount=0, paymentStatus="balanced", voucherStatus="voided", paymentItems=[])

        assert (read["documentStatus"], read["paymentStatus"], read["open"]) == ("void", None, "0.00")

    def test_without_items_nothing_is_paid(self) -> None:
        assert self.read(paymentItems=[])["paymentStatus"] == "open"

    def test_costs_of_dunning_are_no_payment(self) -> None:
        items = [{"paymentItemType": "dunningCosts", "amount": 5, "currency": "EUR"}]

        assert self.read(paymentItems=items)["paymentStatus"] == "open"

    def test_words_not_known_yet_are_told_as_such(self) -> None:
        items = [{"paymentItemType": "barter", "amount": 5, "currency": "EUR"}]
        read = self.read(voucherType="timesheet", voucherStatus="melted", paymentItems=items)

        assert (read["documentResource"], read["documentStatus"], read["items"][0]["kind"]) == (
            None,
            "unknown",
            "unknown",
        )
        assert (read["vendorDocumentType"], read["vendorDocumentStatus"]) == ("timesheet", "melted")
        assert read["items"][0]["vendorKind"] == "barter"


RECURRENCE = {
    "status": "active",
    "vendorStatus": "ACTIVE",
    "interval": "monthly",
    "vendorInterval": "MONTHLY",
    "startsOn": "2026-02-01",
    "endsOn": "2026-12-31",
    "nextOn": "2026-04-01",
    "lastOn": "2026-03-01",
    "lastFailed": False,
    "lastError": None,
    "finalizes": True,
    "serviceKind": "service",
    "serviceIsPeriod": True,
    "inArrears": False,
}
TERMS = {
    "description": "10 Tage - 2 %, 30 Tage netto",
    "dueDays": 30,
    "cashDiscount": {"percentage": "2", "days": 10},
}
TEMPLATE = {
    "id": "48a95539-f3f6-477c-a6ea-5ba68336ace0",
    "version": "4",
    "createdAt": "2026-01-10T13:29:03.114000Z",
    "updatedAt": "2026-03-01T02:04:10.201000Z",
    "archived": False,
    "links": {
        "view": None,
        "edit": "https://app.lexware.de/permalink/recurring-templates/edit/48a95539-f3f6-477c-a6ea-5ba68336ace0",
    },
    "title": "Rechnung",
    "buyer": {
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
    },
    "currency": "EUR",
    "language": "de",
    "introduction": "Vertragliche Wartung:",
    "remark": "Vielen Dank.",
    "lines": [
        {
            "position": 1,
            "type": "custom",
            "vendorType": "custom",
            "itemId": None,
            "accountId": None,
            "name": "Wartungspauschale",
            "description": None,
            "quantity": "1",
            "unitName": "Monat",
            "unitCode": "MON",
            "currency": "EUR",
            "pricesIncludeTax": False,
            "unitPrice": "120.00",
            "unitPriceNet": "120.00",
            "unitPriceGross": "142.80",
            "unitPriceTax": "22.80",
            "unitPriceDiscounted": "120.00",
            "unitDiscount": "0.00",
            "priceBaseQuantity": "1",
            "discountPercentage": "0",
            "discountAmount": "0.00",
            "amountBeforeDiscount": "120.00",
            "amount": "120.00",
            "amountNet": "120.00",
            "amountTax": "22.80",
            "amountGross": "142.80",
            "taxRate": "19",
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
    "taxBreakdown": [
        {
            "rate": "19",
            "category": "S",
            "exemptionCode": None,
            "net": "120.00",
            "tax": "22.80",
            "gross": "142.80",
        }
    ],
    "totals": {
        "lines": "120.00",
        "discount": None,
        "net": "120.00",
        "tax": "22.80",
        "gross": "142.80",
        "prepaid": None,
        "payable": "142.80",
        "open": None,
    },
    "discount": None,
    "paymentTerms": TERMS,
    "electronicProfile": "none",
    "printLayoutId": None,
    "recurrence": RECURRENCE,
}


class TestRecurringInvoices:
    def settings(self, **changes: Any) -> Any:
        body = json.loads(sample("recurring-template.response"))
        body["recurringTemplateSettings"] |= changes
        raw = recurring_invoices.DECODER.decode(json.dumps(body))
        return unified(recurring_invoices.to_unified(raw, APP))["recurrence"]

    def test_a_template(self) -> None:
        raw = recurring_invoices.DECODER.decode(sample("recurring-template.response"))

        assert unified(recurring_invoices.to_unified(raw, APP)) == TEMPLATE

    def test_a_row_of_the_list(self) -> None:
        raw = msgspec.json.decode(sample("recurring-template.response"), type=recurring_invoices.native.Row)

        assert unified(recurring_invoices.to_summary(raw)) == {
            "id": "48a95539-f3f6-477c-a6ea-5ba68336ace0",
            "title": "Rechnung",
            "customerId": "c2382a58-1248-4293-832f-562d45e6cc2a",
            "customerName": "Holzwerk Brandt GmbH",
            "net": "120.00",
            "total": "142.80",
            "currency": "EUR",
            "paymentTerms": TERMS,
            "recurrence": RECURRENCE,
            "createdAt": "2026-01-10T13:29:03.114000Z",
            "updatedAt": "2026-03-01T02:04:10.201000Z",
        }

    @pytest.mark.parametrize(
        ("vendor", "status"),
        [("ACTIVE", "active"), ("PAUSED", "paused"), ("ENDED", "ended"), ("SLEEPING", "unknown")],
    )
    def test_every_status(self, vendor: str, status: str) -> None:
        read = self.settings(executionStatus=vendor)

        assert (read["status"], read["vendorStatus"]) == (status, vendor)

    def test_every_interval(self) -> None:
        words = ["WEEKLY", "BIWEEKLY", "MONTHLY", "QUARTERLY", "BIANNUALLY", "ANNUALLY", "DAILY"]

        assert [self.settings(executionInterval=word)["interval"] for word in words] == [
            "weekly",
            "biweekly",
            "monthly",
            "quarterly",
            "half_yearly",
            "yearly",
            "unknown",
        ]

    def test_a_paused_one_that_failed(self) -> None:
        """Without a start it is paused; the message is the vendor's."""
        read = self.settings(
            startDate=None,
            nextExecutionDate=None,
            executionStatus="PAUSED",
            lastExecutionFailed=True,
            lastExecutionErrorMessage="Der Kontakt ist archiviert.",
        )

        assert (read["startsOn"], read["nextOn"], read["lastFailed"], read["lastError"]) == (
            None,
            None,
            True,
            "Der Kontakt ist archiviert.",
        )

    @pytest.mark.parametrize(
        ("vendor", "kind", "period"),
        [
            ("service", "service", False),
            ("serviceperiod", "service", True),
            ("delivery", "delivery", False),
            ("deliveryperiod", "delivery", True),
            ("none", "none", False),
        ],
    )
    def test_the_time_of_supply(self, vendor: str, kind: str, period: bool) -> None:
        read = self.settings(shippingType=vendor)

        assert (read["serviceKind"], read["serviceIsPeriod"]) == (kind, period)


def test_rates_are_decimals() -> None:
    assert {type(rate.rate) for rate in VAT_RATES} == {Decimal}
