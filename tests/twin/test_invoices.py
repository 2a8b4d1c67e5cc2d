"""Invoices and credit notes: drafts, numbers, addresses, terms, and what follows what."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from sandbox.lexoffice.state import Organization
from tests.twin.conftest import Api, contact, credit_note, details, invoice, line

Sample = Callable[[str], Any]
ADDRESS = {"street": "Netzstr. 1", "zip": "70173", "city": "Stuttgart", "countryCode": "DE"}


class TestDraft:
    def test_has_a_number_but_neither_due_date_nor_file(self, api: Api) -> None:
        answer = api.read(f"invoices/{api.create('invoices', invoice())}")

        assert (answer["voucherStatus"], answer["voucherNumber"]) == ("draft", "RE0001")
        assert not {"dueDate", "files", "printLayoutId"} & set(answer)

    def test_may_have_no_lines_and_nulls_for_what_is_read_only(self, api: Api) -> None:
        nulls = dict.fromkeys(("id", "version", "voucherNumber", "dueDate", "taxAmounts", "remark"))

        assert api.post("invoices", invoice(lineItems=[], **nulls)).status == 201

    def test_has_no_document_yet_406(self, api: Api) -> None:
        reply = api.get(f"invoices/{api.create('invoices', invoice())}/document")

        assert reply.status == 406
        assert reply.json()["message"] == "Requesting PDF document is not possible in state draft."

    def test_has_no_file_yet_409(self, api: Api) -> None:
        assert api.get(f"invoices/{api.create('invoices', invoice())}/file").status == 409

    def test_a_misspelt_finalize_leaves_a_draft_without_an_error(self, api: Api) -> None:
        id = api.create("invoices", invoice(), finalized="true")

        assert api.read(f"invoices/{id}")["voucherStatus"] == "draft"


class TestCreate:
    def test_answers_201_with_the_place_and_never_the_invoice(self, api: Api) -> None:
        reply = api.post("invoices", invoice())

        body = reply.json()
        assert reply.status == 201
        assert list(body) == ["id", "resourceUri", "createdDate", "updatedDate", "version"]
        assert (
            reply.header("location") == body["resourceUri"] == f"http://twin.local/v1/invoices/{body['id']}"
        )
        assert body["createdDate"] == "2026-03-02T09:14:05.317+01:00"

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"voucherDate": None}, "voucherDate"),
            ({"address": None}, "address"),
            ({"address": {"name": "Erika Muster"}}, "address.countryCode"),
            ({"address": {"countryCode": "DE"}}, "address.name"),
            ({"lineItems": None}, "lineItems"),
            ({"lineItems": [line(type=None)]}, "lineItems[0].type"),
            ({"lineItems": [line(name=None)]}, "lineItems[0].name"),
            ({"lineItems": [line(quantity=None)]}, "lineItems[0].quantity"),
            ({"lineItems": [line(unitName=None)]}, "lineItems[0].unitName"),
            ({"lineItems": [line(rate=None)]}, "lineItems[0].unitPrice.taxRatePercentage"),
            ({"lineItems": [line(net=None)]}, "lineItems[0].unitPrice.netAmount"),
            ({"lineItems": [line(type="service")]}, "lineItems[0].id"),
            ({"lineItems": [{"type": "text"}]}, "lineItems[0].name"),
            ({"totalPrice": None}, "totalPrice"),
            ({"totalPrice": {}}, "totalPrice.currency"),
            ({"taxConditions": None}, "taxConditions"),
            ({"taxConditions": {}}, "taxConditions.taxType"),
            ({"shippingConditions": None}, "shippingConditions"),
            ({"shippingConditions": {"shippingType": "delivery"}}, "shippingConditions.shippingDate"),
        ],
    )
    def test_needs_a_field(self, api: Api, change: Any, field: str) -> None:
        reply = api.post("invoices", invoice(**change))

        assert (reply.status, details(reply)) == (406, [("NOTNULL", field)])

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"voucherDate": "2026-03-02"}, "voucherDate"),
            ({"voucherDate": "2026-03-02T00:00:00+01:00"}, "voucherDate"),
            ({"voucherDate": "2026-03-02T00:00:00.000"}, "voucherDate"),
            ({"voucherDate": "2026-03-02T00:00:00Z"}, "voucherDate"),
            ({"title": "x" * 26}, "title"),
            ({"introduction": "x" * 2001}, "introduction"),
            ({"language": "fr"}, "language"),
            ({"totalPrice": {"currency": "USD"}}, "totalPrice.currency"),
            ({"address": {"name": "E", "countryCode": "XX"}}, "address.countryCode"),
            ({"address": {"contactId": "x"}}, "address.contactId"),
            ({"lineItems": [line(quantity="2")]}, "lineItems[0].quantity"),
            ({"lineItems": [line(net=Decimal("0.00001"))]}, "lineItems[0].unitPrice.netAmount"),
            ({"lineItems": [line(net=Decimal("1E+30"))]}, "lineItems[0].unitPrice.netAmount"),
            ({"lineItems": [line(type="SERVICE")]}, "lineItems[0].type"),
            ({"lineItems": [line()] * 301}, "lineItems"),
            ({"printLayoutId": "51849b67-ad56-4060-b9ef-346b9b27cd55"}, "printLayoutId"),
            ({"xRechnung": {"buyerReference": "04011000-1234512345-35"}}, "xRechnung.buyerReference"),
            (
                {
                    "shippingConditions": {
                        "shippingType": "serviceperiod",
                        "shippingDate": "2026-02-02T00:00:00.000+01:00",
                        "shippingEndDate": "2026-02-01T00:00:00.000+01:00",
                    }
                },
                "shippingConditions.shippingEndDate",
            ),
        ],
    )
    def test_refuses_a_value(self, api: Api, change: Any, field: str) -> None:
        reply = api.post("invoices", invoice(**change))

        assert (reply.status, [name for _, name in details(reply)]) == (406, [field])

    def test_midnight_utc_is_read_back_as_two_o_clock_in_summer(self, api: Api) -> None:
        id = api.create("invoices", invoice(voucherDate="2026-07-01T00:00:00.000Z"))

        assert api.read(f"invoices/{id}")["voucherDate"] == "2026-07-01T02:00:00.000+02:00"

    def test_sent_totals_are_ignored(self, api: Api) -> None:
        id = api.create("invoices", invoice(totalPrice={"currency": "EUR", "totalGrossAmount": 1}))

        assert api.read(f"invoices/{id}")["totalPrice"]["totalGrossAmount"] == Decimal("226.10")


class TestAddress:
    def test_a_contact_without_a_billing_address_is_refused_in_these_words(self, api: Api) -> None:
        reply = api.post("invoices", invoice(address={"contactId": api.create("contacts", contact())}))

        assert reply.status == 406
        assert reply.json()["message"] == (
            "Referenced contact needs to have exactly one billing address, but 0 addresses were found."
        )

    def test_fields_beside_the_contact_override_its_address_for_this_once(self, api: Api) -> None:
        id = api.create("contacts", contact())
        address = {"contactId": id, "name": "Filiale Ulm", "city": "Ulm", "countryCode": "DE"}

        answer = api.read(f"invoices/{api.create('invoices', invoice(address=address))}")

        assert answer["address"] == address

    def test_a_vendor_cannot_be_billed(self, api: Api) -> None:
        id = api.create("contacts", contact(roles={"vendor": {}}, addresses={"billing": [ADDRESS]}))

        assert details(api.post("invoices", invoice(address={"contactId": id}))) == [
            ("INVALIDVALUE", "address.contactId")
        ]

    def test_the_contact_of_another_company_is_unknown(self, api: Api) -> None:
        stranger = Api(api.twin, api.twin.create_api_key(api.twin.create_organization("Fremd GmbH").id))
        id = stranger.create("contacts", contact(addresses={"billing": [ADDRESS]}))

        assert api.post("invoices", invoice(address={"contactId": id})).status == 406


class TestTerms:
    def test_the_organization_s_own_apply_when_none_are_sent(self, api: Api) -> None:
        answer = api.read(f"invoices/{api.create('invoices', invoice(), finalize='true')}")

        assert answer["paymentConditions"]["paymentTermDuration"] == 14
        assert answer["dueDate"] == "2026-03-16T00:00:00.000+01:00"

    def test_a_due_date_beyond_the_change_of_clocks_is_midnight_there(self, api: Api) -> None:
        terms = {"paymentTermLabel": "30 Tage netto", "paymentTermDuration": 30}
        id = api.create("invoices", invoice(paymentConditions=terms), finalize="true")

        assert api.read(f"invoices/{id}")["dueDate"] == "2026-04-01T00:00:00.000+02:00"

    def test_a_duration_without_a_label_is_refused(self, api: Api) -> None:
        reply = api.post("invoices", invoice(paymentConditions={"paymentTermDuration": 30}))

        assert details(reply) == [("NOTNULL", "paymentConditions.paymentTermLabel")]


class TestRoutesThatDoNotExist:
    @pytest.mark.parametrize(
        ("method", "path"),
        [
            ("GET", "invoices"),
            ("PUT", "invoices/{id}"),
            ("DELETE", "invoices/{id}"),
            ("POST", "invoices/{id}/actions/finalize"),
            ("GET", "quotations"),
            ("GET", "credit-notes"),
            ("GET", "files"),
            ("POST", "down-payment-invoices"),
        ],
    )
    def test_are_404(self, api: Api, method: str, path: str) -> None:
        id = api.create("invoices", invoice())

        assert api.call(method, path.format(id=id), {}).status == 404

    def test_an_id_read_as_another_type_is_404(self, api: Api) -> None:
        assert api.get(f"credit-notes/{api.create('invoices', invoice())}").status == 404


class TestCreditNote:
    @pytest.fixture
    def owed(self, api: Api) -> str:
        return api.create("invoices", invoice(), finalize="true")

    def test_one_that_follows_an_invoice_lowers_what_is_owed(self, api: Api, owed: str) -> None:
        api.create(
            "credit-notes", credit_note(lineItems=[line(1)]), finalize="true", precedingSalesVoucherId=owed
        )

        assert api.read(f"payments/{owed}")["openAmount"] == Decimal("113.05")

    def test_one_of_the_whole_amount_pays_the_invoice(self, api: Api, owed: str) -> None:
        api.create("credit-notes", credit_note(), finalize="true", precedingSalesVoucherId=owed)

        payments = api.read(f"payments/{owed}")
        assert (payments["voucherStatus"], payments["paymentStatus"]) == ("paid", "balanced")
        assert "paidDate" in payments

    def test_a_draft_does_nothing_to_the_invoice(self, api: Api, owed: str) -> None:
        api.create("credit-notes", credit_note(), precedingSalesVoucherId=owed)

        assert api.read(f"payments/{owed}")["openAmount"] == Decimal("226.10")

    def test_a_draft_finalized_in_the_app_does(self, api: Api, owed: str) -> None:
        id = api.create("credit-notes", credit_note(), precedingSalesVoucherId=owed)

        api.twin.finalize(id)

        assert api.read(f"credit-notes/{id}")["voucherStatus"] == "paidoff"
        assert api.read(f"payments/{owed}")["openAmount"] == 0

    def test_one_that_follows_nothing_stays_open(self, api: Api) -> None:
        id = api.create("credit-notes", credit_note(), finalize="true")

        assert api.read(f"credit-notes/{id}")["voucherStatus"] == "open"
        assert api.read(f"payments/{id}")["paymentStatus"] == "openRevenue"

    def test_there_is_one_per_invoice(self, api: Api, owed: str) -> None:
        api.create("credit-notes", credit_note(), finalize="true", precedingSalesVoucherId=owed)

        assert api.post("credit-notes", credit_note(), precedingSalesVoucherId=owed).status == 406

    def test_it_has_no_payments_of_its_own_once_set_off(self, api: Api, owed: str) -> None:
        id = api.create("credit-notes", credit_note(), finalize="true", precedingSalesVoucherId=owed)

        assert api.get(f"payments/{id}").status == 406

    def test_discounts_on_its_lines_are_ignored(self, api: Api) -> None:
        id = api.create("credit-notes", credit_note(lineItems=[line(discountPercentage=50)]))

        answer = api.read(f"credit-notes/{id}")
        assert answer["lineItems"][0]["lineItemAmount"] == 190
        assert "discountPercentage" not in answer["lineItems"][0]


FOLLOWS = {
    ("quotations", "order-confirmations"): True,
    ("quotations", "delivery-notes"): True,
    ("quotations", "invoices"): True,
    ("quotations", "credit-notes"): False,
    ("order-confirmations", "delivery-notes"): True,
    ("order-confirmations", "invoices"): True,
    ("order-confirmations", "credit-notes"): False,
    ("delivery-notes", "invoices"): True,
    ("delivery-notes", "credit-notes"): False,
    ("invoices", "delivery-notes"): True,
    ("invoices", "credit-notes"): True,
    ("invoices", "order-confirmations"): False,
    ("invoices", "dunnings"): True,
    ("quotations", "dunnings"): False,
}


def body_for(path: str) -> dict[str, Any]:
    body = invoice()
    if path == "quotations":
        body["expirationDate"] = "2026-04-01T00:00:00.000+02:00"
    return body


@pytest.mark.parametrize(
    ("before", "after", "allowed"), [(*pair, allowed) for pair, allowed in FOLLOWS.items()]
)
def test_what_may_follow_what(api: Api, before: str, after: str, allowed: bool) -> None:
    first = api.create(before, body_for(before), finalize="true")

    reply = api.post(after, body_for(after), precedingSalesVoucherId=first)

    assert reply.status == (201 if allowed else 406)


@pytest.mark.parametrize("before", ["order-confirmations", "delivery-notes", "invoices"])
def test_a_draft_cannot_be_followed(api: Api, before: str) -> None:
    first = api.create(before, body_for(before))
    after = "credit-notes" if before == "invoices" else "invoices"

    assert api.post(after, body_for(after), precedingSalesVoucherId=first).status == 406


def test_a_quotation_with_options_cannot_be_followed(api: Api, sample: Sample) -> None:
    quotation = api.create("quotations", sample("quotation"), finalize="true")

    assert api.post("invoices", invoice(), precedingSalesVoucherId=quotation).status == 406


def test_a_dunning_without_an_invoice_is_refused_before_its_body_is_read(api: Api) -> None:
    assert api.post("dunnings", b"{}").status == 406


def test_a_dunning_goes_to_the_invoice_s_contact(api: Api, customer: str) -> None:
    owed = api.create("invoices", invoice(), finalize="true")

    assert (
        api.post("dunnings", invoice(address={"contactId": customer}), precedingSalesVoucherId=owed).status
        == 406
    )


@pytest.mark.parametrize(
    "conditions", [{"taxType": "gross"}, {"taxType": "net", "taxSubType": "distanceSales"}]
)
def test_a_dunning_repeats_the_invoice_s_tax_conditions(api: Api, conditions: dict[str, str]) -> None:
    address = {"street": "1", "zip": "1", "city": "Wien", "countryCode": "AT"}
    to = {"contactId": api.create("contacts", contact(addresses={"billing": [address]}))}
    price = {"currency": "EUR", "netAmount": 95, "grossAmount": 113, "taxRatePercentage": 19}
    lines = [line(unitPrice=price)]
    owed = api.create("invoices", invoice(address=to, lineItems=lines), finalize="true")
    body = invoice(address=to, lineItems=lines)

    same = api.post("dunnings", body, precedingSalesVoucherId=owed)
    other = api.post("dunnings", {**body, "taxConditions": conditions}, precedingSalesVoucherId=owed)

    assert (same.status, other.status) == (201, 406)


def test_an_organization_has_its_own_numbers(api: Api, company: Organization) -> None:
    api.create("invoices", invoice())
    other = Api(api.twin, api.twin.create_api_key(api.twin.create_organization("Zweite GmbH").id))

    assert other.read(f"invoices/{other.create('invoices', invoice())}")["voucherNumber"] == "RE0001"
