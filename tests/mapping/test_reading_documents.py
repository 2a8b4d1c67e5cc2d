"""Single facts of reading a document: days, states, tax rules, lateness, odd numbers."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import pytest

from connectors.base.needs import Access
from connectors.lexoffice.days import local_day
from connectors.lexoffice.native.sales import RelatedVoucher, TotalPrice
from connectors.lexoffice.resources.invoices import DECODER, to_unified
from connectors.lexoffice.sales import reading
from connectors.lexoffice.sales.references import references
from schemas.documents import DocumentStatus, ElectronicProfile, PaymentStatus
from schemas.lines import LineType
from schemas.tax import TaxTreatment
from schemas.units import unit_code
from tests.mapping.builders import (
    KINDS,
    VIEW,
    actions,
    invoice_json,
    read_credit_note,
    read_invoice,
    row,
    view,
)


class TestDays:
    @pytest.mark.parametrize(
        ("written", "day"),
        [
            ("2026-01-01T00:00:00.000+01:00", date(2026, 1, 1)),  # in UTC it would be 31 December
            ("2025-12-31T23:00:00.000Z", date(2026, 1, 1)),
            ("2025-12-31T23:59:59.999+01:00", date(2025, 12, 31)),
            ("2026-03-29T00:00:00.000+01:00", date(2026, 3, 29)),  # summer time begins
            ("2026-03-30T00:00:00.000+02:00", date(2026, 3, 30)),
            ("2026-10-25T00:00:00.000+02:00", date(2026, 10, 25)),  # summer time ends
            ("2026-10-26T00:00:00.000+01:00", date(2026, 10, 26)),
            ("2026-07-01T02:00:00.000+02:00", date(2026, 7, 1)),  # midnight UTC, read back
            ("2024-02-29T00:00:00.000+01:00", date(2024, 2, 29)),
        ],
    )
    def test_a_voucher_date_is_read_as_a_day_in_berlin(self, written: str, day: date) -> None:
        assert read_invoice(voucherDate=written).issued_on == day

    def test_a_draft_has_no_due_day(self) -> None:
        assert read_invoice(dueDate=None, voucherStatus="draft").due_on is None


class TestStatus:
    @pytest.mark.parametrize(
        ("word", "status"),
        [
            ("draft", DocumentStatus.DRAFT),
            ("open", DocumentStatus.OPEN),
            ("paid", DocumentStatus.PAID),
            ("voided", DocumentStatus.VOID),
        ],
    )
    def test_each_word_of_the_vendor(self, word: str, status: DocumentStatus) -> None:
        assert read_invoice(voucherStatus=word).status is status

    def test_a_settled_credit_note_is_paid(self) -> None:
        assert read_credit_note(voucherStatus="paidoff").status is DocumentStatus.PAID

    def test_a_word_we_do_not_know_is_unknown_and_passed_on(self) -> None:
        invoice = read_invoice(voucherStatus="archivedForever")

        assert invoice.status is DocumentStatus.UNKNOWN
        assert invoice.vendor_status == "archivedForever"

    @pytest.mark.parametrize("word", ["overdue", "transferred", "sepadebit"])
    def test_what_is_late_or_on_its_way_is_open_in_the_list(self, word: str) -> None:
        assert reading.STATUS[word] is DocumentStatus.OPEN


class TestLateness:
    def test_the_day_after_the_due_day_is_late(self) -> None:
        assert read_invoice(today=date(2026, 4, 2)).overdue

    def test_the_due_day_itself_is_not(self) -> None:
        assert not read_invoice(today=date(2026, 4, 1)).overdue

    @pytest.mark.parametrize("word", ["draft", "paid", "voided"])
    def test_only_open_invoices_are_late(self, word: str) -> None:
        assert not read_invoice(voucherStatus=word).overdue

    def test_the_list_may_know_it_earlier(self) -> None:
        assert read_invoice(row(voucherStatus="overdue"), today=date(2026, 4, 1)).overdue


class TestOpenAmount:
    @pytest.mark.parametrize(
        ("open_amount", "status"),
        [
            (874.81, PaymentStatus.OPEN),
            (533.04, PaymentStatus.PARTIALLY_PAID),
            (0, PaymentStatus.PAID),
            (900, PaymentStatus.OPEN),
        ],
    )
    def test_the_share_that_is_open_decides(self, open_amount: float, status: PaymentStatus) -> None:
        assert read_invoice(row(openAmount=open_amount)).payment_status is status

    def test_a_string_is_read_as_well(self) -> None:
        assert read_invoice(row(openAmount="533.04")).totals.open == Decimal("533.04")

    def test_null_stays_unknown(self) -> None:
        invoice = read_invoice(row(openAmount=None))

        assert invoice.totals.open is None
        assert invoice.payment_status is None

    def test_a_paid_invoice_owes_nothing_whatever_an_older_list_says(self) -> None:
        invoice = read_invoice(row(openAmount=533.04), voucherStatus="paid")

        assert invoice.totals.open == Decimal("0.00")
        assert invoice.payment_status is PaymentStatus.PAID

    def test_a_void_invoice_owes_nothing_and_is_not_called_paid(self) -> None:
        invoice = read_invoice(voucherStatus="voided")

        assert invoice.totals.open == Decimal("0.00")
        assert invoice.payment_status is None

    def test_a_draft_owes_nothing_yet(self) -> None:
        invoice = read_invoice(row(openAmount=874.81), voucherStatus="draft")

        assert invoice.totals.open is None
        assert invoice.payment_status is None


class TestTax:
    @pytest.mark.parametrize(
        ("tax_type", "sub_type", "treatment", "words"),
        [
            ("net", None, TaxTreatment.STANDARD, "net"),
            ("gross", None, TaxTreatment.STANDARD, "gross"),
            ("vatfree", None, TaxTreatment.EXEMPT, "vatfree"),
            (
                "intraCommunitySupply",
                None,
                TaxTreatment.INTRA_COMMUNITY_SUPPLY,
                "intraCommunitySupply",
            ),
            (
                "constructionService13b",
                None,
                TaxTreatment.CONSTRUCTION_REVERSE_CHARGE,
                "constructionService13b",
            ),
            ("externalService13b", None, TaxTreatment.SERVICE_REVERSE_CHARGE, "externalService13b"),
            (
                "thirdPartyCountryService",
                None,
                TaxTreatment.EXPORT_OF_SERVICES,
                "thirdPartyCountryService",
            ),
            (
                "thirdPartyCountryDelivery",
                None,
                TaxTreatment.EXPORT_OF_GOODS,
                "thirdPartyCountryDelivery",
            ),
            ("photovoltaicEquipment", None, TaxTreatment.PHOTOVOLTAIC_EQUIPMENT, "photovoltaicEquipment"),
            ("net", "distanceSales", TaxTreatment.DISTANCE_SALES, "net/distanceSales"),
            ("gross", "distanceSales", TaxTreatment.DISTANCE_SALES, "gross/distanceSales"),
            ("net", "electronicServices", TaxTreatment.ELECTRONIC_SERVICES, "net/electronicServices"),
            ("gross", "marginScheme", TaxTreatment.UNKNOWN, "gross/marginScheme"),
            ("marginScheme", None, TaxTreatment.UNKNOWN, "marginScheme"),
        ],
    )
    def test_each_type_of_the_vendor(
        self, tax_type: str, sub_type: str | None, treatment: TaxTreatment, words: str
    ) -> None:
        invoice = read_invoice(taxConditions={"taxType": tax_type, "taxSubType": sub_type})

        assert invoice.tax_treatment is treatment
        assert invoice.vendor_tax_treatment == words
        assert invoice.prices_include_tax is (tax_type == "gross")

    def test_with_gross_prices_the_gross_unit_price_counts(self) -> None:
        line = read_invoice(taxConditions={"taxType": "gross"}).lines[0]

        assert line.unit_price == line.unit_price_gross == Decimal("99.96")


class TestParts:
    @pytest.mark.parametrize(
        ("profile", "ours"),
        [
            (None, ElectronicProfile.NONE),
            ("NONE", ElectronicProfile.NONE),
            ("EN16931", ElectronicProfile.ZUGFERD),
            ("XRechnung", ElectronicProfile.XRECHNUNG),
            ("PEPPOL", ElectronicProfile.UNKNOWN),
        ],
    )
    def test_electronic_profiles(self, profile: str | None, ours: ElectronicProfile) -> None:
        assert read_invoice(electronicDocumentProfile=profile).electronic_profile is ours

    def test_a_line_type_we_do_not_know_is_unknown_and_passed_on(self) -> None:
        line = read_invoice(lineItems=[{"type": "bundle"}]).lines[0]

        assert (line.type, line.vendor_type) == (LineType.UNKNOWN, "bundle")

    @pytest.mark.parametrize(
        ("given", "kind", "ends"),
        [
            ({"shippingType": "none"}, "none", None),
            ({"shippingType": "delivery", "shippingDate": "2026-03-29T00:00:00.000+01:00"}, "delivery", None),
            (
                {
                    "shippingType": "deliveryperiod",
                    "shippingDate": "2026-03-29T00:00:00.000+01:00",
                    "shippingEndDate": "2026-03-31T00:00:00.000+02:00",
                },
                "delivery",
                date(2026, 3, 31),
            ),
        ],
    )
    def test_service_periods(self, given: dict[str, str], kind: str, ends: date | None) -> None:
        period = read_invoice(shippingConditions=given).service_period

        assert period is not None
        assert (period.kind, period.ends_on) == (kind, ends)

    def test_a_discount_in_per_cent(self) -> None:
        discount = reading.discount(TotalPrice(total_discount_percentage=Decimal("2.50")))

        assert discount is not None
        assert (discount.percentage, discount.amount) == (Decimal("2.5"), None)

    def test_a_discount_of_nothing_is_none(self) -> None:
        assert reading.discount(TotalPrice(total_discount_absolute=Decimal("0.0"))) is None

    def test_a_draft_can_be_edited_in_the_application_others_viewed(self) -> None:
        edit = "https://app.lexware.de/permalink/invoices/edit/97dcc1f6-e8d2-4d68-badb-71865edbf62f"

        assert read_invoice(voucherStatus="draft").links.edit == edit
        assert read_invoice(voucherStatus="open").links.edit is None

    def test_nulls_read_as_if_they_were_absent(self) -> None:
        body = json.loads(invoice_json())
        nulls = dict.fromkeys(("dueDate", "relatedVouchers", "files", "taxAmounts", "title"))
        assert to_unified(DECODER.decode(json.dumps(body | nulls)), VIEW) == read_without(nulls)

    def test_a_field_of_tomorrow_changes_nothing(self) -> None:
        assert read_invoice(tomorrow={"a": [1]}) == read_invoice()


def read_without(names: Any) -> Any:
    body = {name: value for name, value in json.loads(invoice_json()).items() if name not in names}
    return to_unified(DECODER.decode(json.dumps(body)), VIEW)


class TestOddNumbers:
    @pytest.mark.parametrize("number", ['"NaN"', '"Infinity"', '"1E+999999999"', "1E+400", '"sNaN"'])
    def test_what_is_no_amount_is_refused_at_once(self, number: str) -> None:
        content = invoice_json().replace(b"874.81", number.encode())
        with pytest.raises(InvalidOperation):
            to_unified(DECODER.decode(content), VIEW)

    def test_trailing_zeros_make_no_difference(self) -> None:
        invoice = read_invoice()
        content = invoice_json().replace(b"874.81", b"874.8100").replace(b"6.5,", b"6.5000,")
        again = to_unified(DECODER.decode(content), view())

        assert str(again.totals.gross) == "874.81"
        assert again == invoice


RELATED = "89a78368-9b9b-4b48-b360-9e0f9049ef7f"


def placed(own: str, other: str) -> str:
    """The list in which a document of the type `own` shows one of the type `other`."""
    lists = references(own, [RelatedVoucher(id=RELATED, voucher_number="1", voucher_type=other)])
    (place,) = [name for name, found in lists.items() if found]
    return place


class TestReferences:
    @pytest.mark.parametrize(
        ("earlier", "later"),
        [
            ("quotation", "orderconfirmation"),
            ("quotation", "deliverynote"),
            ("quotation", "invoice"),
            ("orderconfirmation", "deliverynote"),
            ("orderconfirmation", "invoice"),
            ("downpaymentinvoice", "invoice"),
            ("invoice", "creditnote"),
            ("invoice", "dunning"),
            ("downpaymentinvoice", "dunning"),
        ],
    )
    def test_where_one_kind_can_only_follow_the_other_the_kinds_tell(self, earlier: str, later: str) -> None:
        assert placed(later, earlier) == "preceding_documents"
        assert placed(earlier, later) == "following_documents"

    @pytest.mark.parametrize(
        ("own", "other"),
        [
            ("invoice", "deliverynote"),  # either can be made from the other
            ("deliverynote", "invoice"),
            ("invoice", "invoice"),
            ("invoice", "tomorrow"),
            ("creditnote", "downpaymentinvoice"),  # not documented
        ],
    )
    def test_where_both_can_come_first_nothing_is_guessed(self, own: str, other: str) -> None:
        assert placed(own, other) == "related_documents"


class TestLines:
    def test_with_gross_prices_the_net_side_is_computed(self) -> None:
        line = read_invoice(
            taxConditions={"taxType": "gross"},
            lineItems=[
                {
                    "type": "custom",
                    "quantity": 1,
                    "unitPrice": {"grossAmount": 666, "taxRatePercentage": 19},
                    "lineItemAmount": 666,
                }
            ],
        ).lines[0]

        assert (line.amount, line.amount_gross) == (Decimal("666.00"), Decimal("666.00"))
        assert (line.amount_net, line.amount_tax) == (Decimal("559.66"), Decimal("106.34"))

    def test_a_line_without_a_rate_has_no_split(self) -> None:
        line = read_invoice(lineItems=[{"type": "custom", "lineItemAmount": 10}]).lines[0]

        assert (line.amount_net, line.amount_tax, line.amount_gross) == (Decimal("10.00"), None, None)

    def test_optional_lines_and_alternatives_do_not_count(self) -> None:
        given = {"type": "custom", "lineItemAmount": 10, "unitPrice": {"netAmount": 10}}
        sub = given | {"alternative": True}
        first, second = read_invoice(
            lineItems=[given | {"optional": True}, given | {"subItems": [sub]}]
        ).lines

        assert (first.counts, first.optional) == (False, True)
        assert (second.counts, second.alternatives[0].counts, second.alternatives[0].position) == (
            True,
            False,
            1,
        )

    def test_a_discount_of_half_on_an_odd_price_keeps_four_decimals(self) -> None:
        price = {"netAmount": 0.0375, "taxRatePercentage": 19}
        line = read_invoice(
            lineItems=[
                {
                    "type": "custom",
                    "quantity": 1234,
                    "unitPrice": price,
                    "discountPercentage": 50,
                    "lineItemAmount": 23.14,
                }
            ]
        ).lines[0]

        assert line.amount_before_discount == Decimal("46.28")
        assert (line.unit_price_discounted, line.discount_amount) == (Decimal("0.0188"), Decimal("23.14"))


class TestTotals:
    def test_a_discount_on_the_whole_document_is_what_the_lines_have_more(self) -> None:
        totals = read_invoice(
            totalPrice={
                "currency": "EUR",
                "totalNetAmount": 666.54,
                "totalGrossAmount": 787.33,
                "totalTaxAmount": 120.79,
                "totalDiscountPercentage": 10,
            }
        ).totals

        assert (totals.lines, totals.discount) == (Decimal("740.60"), Decimal("74.06"))

    def test_a_closing_invoice_asks_for_what_down_payments_left(self) -> None:
        invoice = read_invoice(
            closingInvoice=True,
            totalPrice={"totalNetAmount": 10000, "totalTaxAmount": 1900, "totalGrossAmount": 11900},
            claimedGrossAmount=7140,
            downPaymentDeductions=[
                {
                    "id": RELATED,
                    "voucherNumber": "RE1000",
                    "voucherDate": "2026-02-02T00:00:00.000+01:00",
                    "receivedNetAmount": 4000,
                    "receivedTaxAmount": 760,
                    "receivedGrossAmount": 4760,
                    "taxRatePercentage": 19,
                }
            ],
        )

        assert (invoice.totals.prepaid, invoice.totals.payable) == (Decimal("4760.00"), Decimal("7140.00"))
        (down,) = invoice.down_payments
        assert (down.number, down.issued_on, down.tax) == ("RE1000", date(2026, 2, 2), Decimal("760.00"))

    def test_skonto_is_told_in_days_and_euros(self) -> None:
        terms = read_invoice(totalPrice={"totalGrossAmount": 119}).payment_terms

        assert terms is not None
        assert terms.cash_discount is not None
        assert (terms.cash_discount.until, terms.cash_discount.amount) == (
            date(2026, 3, 12),
            Decimal("2.38"),
        )


class TestCategories:
    @pytest.mark.parametrize(
        ("tax_type", "rate", "category", "code"),
        [
            ("net", 19, "S", None),
            ("net", 0, None, None),
            ("vatfree", 0, "E", None),
            ("intraCommunitySupply", 0, "K", "VATEX-EU-IC"),
            ("constructionService13b", 0, "AE", "VATEX-EU-AE"),
            ("externalService13b", 0, "AE", "VATEX-EU-AE"),
            ("thirdPartyCountryService", 0, "O", "VATEX-EU-O"),
            ("thirdPartyCountryDelivery", 0, "G", "VATEX-EU-G"),
            ("photovoltaicEquipment", 0, "Z", None),
        ],
    )
    def test_of_the_breakdown(self, tax_type: str, rate: int, category: str | None, code: str | None) -> None:
        (share,) = read_invoice(
            taxConditions={"taxType": tax_type},
            taxAmounts=[{"taxRatePercentage": rate, "taxAmount": 0, "netAmount": 10}],
        ).tax_breakdown

        assert (share.category, share.exemption_code) == (category, code)


@pytest.mark.parametrize(
    ("name", "code"), [("Stunde", "HUR"), ("Std.", "HUR"), ("Stück", "H87"), ("m²", "MTK"), ("Palette", None)]
)
def test_units_whose_name_is_certain_have_a_code(name: str, code: str | None) -> None:
    assert unit_code(name) == code


class TestActions:
    def test_a_draft_has_no_document_yet(self) -> None:
        document = action(read_invoice(voucherStatus="draft"), "document")

        assert (document.allowed, document.reason) == (False, "A draft has no document.")

    def test_a_final_invoice_has_one(self) -> None:
        assert action(read_invoice(), "document").allowed

    def test_a_final_invoice_is_cancelled_by_a_credit_note(self) -> None:
        assert action(read_invoice(relatedVouchers=[]), "cancel").allowed
        assert not action(read_invoice(relatedVouchers=[], closingInvoice=True), "cancel").allowed
        assert not action(read_invoice(), "cancel").allowed  # the sample has its credit note already
        assert not action(read_invoice(voucherStatus="voided"), "cancel").allowed

    def test_mailing_depends_on_how_the_connection_was_made(self) -> None:
        by_key = next(a for a in actions("invoices", DocumentStatus.OPEN) if a.action == "send")
        by_oauth = next(
            a
            for a in actions("invoices", DocumentStatus.OPEN, Access(credential="oauth"))
            if a.action == "send"
        )

        assert (by_key.allowed, by_oauth.allowed) == (False, True)
        assert "partners" in by_key.reason

    def test_what_cannot_be_done_says_why_and_what_instead(self) -> None:
        for resource in KINDS:
            for status in DocumentStatus:
                for found in actions(resource, status):
                    assert found.allowed or (found.reason and found.alternative)


def action(document: Any, name: str) -> Any:
    return next(found for found in document.allowed_actions if found.action == name)


def test_midnight_utc_and_midnight_in_berlin_are_told_apart() -> None:
    assert local_day(datetime(2026, 6, 30, 22, tzinfo=UTC)) == date(2026, 7, 1)
    assert local_day(datetime(2026, 6, 30, 21, 59, tzinfo=UTC)) == date(2026, 6, 30)
