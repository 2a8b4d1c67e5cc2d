"""Down payment invoices and the closing invoice that deducts them: made in the app, read by call."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from sandbox.lexoffice.paper import einvoice
from sandbox.lexoffice.sales.settling import NotPossible
from sandbox.lexoffice.state import Organization
from sandbox.lexoffice.twin import Twin
from tests.twin.conftest import Api, credit_note, invoice, line
from tests.twin.test_einvoices import broken_rules as broken_rules
from tests.twin.test_papers import text_of


def part(twin: Twin, company: Organization, net: int, **changes: Any) -> str:
    body = invoice(lineItems=[line(1, net)], title="1. Abschlagsrechnung", **changes)
    return twin.create_down_payment_invoice(company.id, body).id


@pytest.fixture
def received(twin: Twin, company: Organization) -> str:
    """A down payment of 1,000 net, 1,190 gross, of which 595 came in."""
    id = part(twin, company, 1000)
    twin.mark_paid(id, Decimal(595))
    return id


@pytest.fixture
def closing(twin: Twin, company: Organization, received: str) -> str:
    """The closing invoice over 3,000 net, 3,570 gross."""
    body = invoice(lineItems=[line(1, 3000)])
    return twin.create_closing_invoice(company.id, body, [received]).id


def test_what_was_received_is_taken_off_what_is_claimed(api: Api, closing: str, received: str) -> None:
    answer = api.read(f"invoices/{closing}")

    assert answer["closingInvoice"] is True
    assert answer["totalPrice"]["totalGrossAmount"] == 3570
    assert answer["claimedGrossAmount"] == 2975
    assert answer["downPaymentDeductions"] == [
        {
            "id": received,
            "voucherType": "downpaymentinvoice",
            "title": "1. Abschlagsrechnung",
            "voucherNumber": "RE0001",
            "voucherDate": "2026-03-02T00:00:00.000+01:00",
            "receivedGrossAmount": 595,
            "receivedNetAmount": 500,
            "receivedTaxAmount": 95,
            "taxRatePercentage": 19,
        }
    ]


def test_both_name_each_other(api: Api, closing: str, received: str) -> None:
    before, after = api.read(f"down-payment-invoices/{received}"), api.read(f"invoices/{closing}")

    assert before["closingInvoiceId"] == closing
    assert [row["id"] for row in before["relatedVouchers"]] == [closing]
    assert [row["id"] for row in after["relatedVouchers"]] == [received]


def test_only_the_claim_is_open(api: Api, closing: str) -> None:
    [row] = [
        row
        for row in api.get("voucherlist", voucherType="invoice", voucherStatus="any").json()["content"]
        if row["id"] == closing
    ]

    assert (row["totalAmount"], row["openAmount"]) == (3570, 2975)
    assert api.read(f"payments/{closing}")["openAmount"] == 2975


def test_its_paper_deducts_the_down_payment_and_the_tax_in_it(api: Api, closing: str) -> None:
    text = text_of(api.get(f"invoices/{closing}/file", accept="application/pdf").body)

    assert "abzüglich Abschlag RE0001 vom 02.03.2026, darin 95,00 € Umsatzsteuer" in text
    assert "-595,00 €" in text
    assert "2.975,00 €" in text


def test_its_xml_keeps_the_rules_and_names_what_was_paid_before(
    company: Organization, closing: str, broken_rules: Callable[[bytes], list[str]]
) -> None:
    xml = einvoice.xml_of(company, company.documents[closing], "EN16931")

    assert broken_rules(xml) == []
    assert b"<ram:TotalPrepaidAmount>595.00<" in xml
    assert b"<ram:DuePayableAmount>2975.00<" in xml


def test_a_draft_is_not_deducted(twin: Twin, company: Organization) -> None:
    body = invoice(lineItems=[line(1, 1000)])
    draft = twin.create_down_payment_invoice(company.id, body, finalized=False).id

    with pytest.raises(NotPossible):
        twin.create_closing_invoice(company.id, invoice(), [draft])


def test_the_claim_paid_it_is_paid(api: Api, twin: Twin, closing: str) -> None:
    twin.mark_paid(closing)

    assert api.read(f"invoices/{closing}")["voucherStatus"] == "paid"


def test_no_credit_note_follows_it(api: Api, closing: str) -> None:
    assert api.post("credit-notes", credit_note(), precedingSalesVoucherId=closing).status == 406


def test_a_down_payment_is_deducted_once(twin: Twin, company: Organization, closing: str) -> None:
    [deducted] = [id for id, document in company.documents.items() if id != closing]

    with pytest.raises(NotPossible):
        twin.create_closing_invoice(company.id, invoice(), [deducted])


def test_a_down_payment_invoice_has_one_line(twin: Twin, company: Organization) -> None:
    for lines in ([], [line(), line()]):
        with pytest.raises(NotPossible):
            twin.create_down_payment_invoice(company.id, invoice(lineItems=lines))


def test_a_down_payment_invoice_is_read_and_has_a_file_and_that_is_all(api: Api, received: str) -> None:
    at = f"down-payment-invoices/{received}"

    assert [api.get(f"{at}{end}", accept="*/*").status for end in ("", "/file", "/document")] == [
        200,
        200,
        404,
    ]
    assert [api.call(method, at, {}).status for method in ("PUT", "DELETE")] == [404, 404]
    assert api.post("down-payment-invoices", invoice()).status == 404


def test_a_down_payment_invoice_is_dunned_like_an_invoice(api: Api, received: str) -> None:
    body = invoice(lineItems=[line(1, 1000)])

    assert api.post("dunnings", body, precedingSalesVoucherId=received).status == 201
