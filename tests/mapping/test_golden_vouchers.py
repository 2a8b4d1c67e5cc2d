"""The vendor's sample voucher in every type and state, both ways. Expected values written out by hand."""

import json
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from connectors.base.needs import Access
from connectors.lexoffice.native.vouchers import Voucher
from connectors.lexoffice.replacing import AS_SENT
from connectors.lexoffice.resources import bills, sales_vouchers, vendor_credits
from connectors.lexoffice.sales.summary import to_summary
from connectors.lexoffice.vouchers import writing
from connectors.lexoffice.vouchers.actions import allowed_actions
from connectors.lexoffice.vouchers.documents import DECODER
from connectors.lexoffice.vouchers.kinds import View
from schemas.bills import BillInput
from schemas.recorded_documents import RecordedLineInput
from schemas.sales_vouchers import SalesVoucherInput
from schemas.terms import ServicePeriodInput
from schemas.trade_parties import BuyerInput, SellerInput
from tests.mapping.builders import APP, TODAY, expected, row, sample, unified, written

D = Decimal
ID = "62294b43-8227-476b-89c0-8f8d18697995"
SUPPLIER = "0589728f-7415-4581-94ed-683104ddebc1"
MATERIAL = "16d04a28-fd91-11e1-a21f-0800200c9a66"
GOODS_SOLD = "8f8664a8-fd86-11e1-a21f-0800200c9a66"
VIEW = View(app=APP, today=TODAY, company="Werkstatt Lindner e.K.", actions=lambda raw: [])


def line(position: int, amount: str, net: str, tax: str, rate: str) -> dict[str, Any]:
    """A gross amount on the sample's category."""
    return {
        "position": position,
        "type": "custom",
        "vendorType": "voucherItem",
        "itemId": None,
        "accountId": MATERIAL,
        "name": None,
        "description": None,
        "quantity": None,
        "unitName": None,
        "unitCode": None,
        "currency": "EUR",
        "pricesIncludeTax": True,
        "unitPrice": None,
        "unitPriceNet": None,
        "unitPriceGross": None,
        "unitPriceTax": None,
        "unitPriceDiscounted": None,
        "unitDiscount": None,
        "priceBaseQuantity": None,
        "discountPercentage": None,
        "discountAmount": None,
        "amountBeforeDiscount": None,
        "amount": amount,
        "amountNet": net,
        "amountTax": tax,
        "amountGross": amount,
        "taxRate": rate,
        "taxCategory": "S",
        "counts": True,
        "optional": False,
        "alternative": False,
        "alternatives": [],
        "servicePeriod": None,
    }


BILL: dict[str, Any] = {
    "id": ID,
    "version": "2",
    "createdAt": "2026-03-06T06:58:21.849000Z",
    "updatedAt": "2026-03-06T06:59:02.111000Z",
    "archived": None,
    "links": {
        "view": f"https://app.lexware.de/permalink/vouchers/view/{ID}",
        "edit": f"https://app.lexware.de/permalink/vouchers/edit/{ID}",
    },
    "number": "ER-2026-0417",
    "typeCode": "380",
    "status": "open",
    "vendorStatus": "open",
    "currency": "EUR",
    "issuedOn": "2026-03-05",
    "dueOn": "2026-03-19",
    "overdue": True,
    "paymentStatus": None,
    "servicePeriod": None,
    "seller": {"supplierId": SUPPLIER, "name": None, "contactPerson": None, "address": None},
    "buyer": {"customerId": None, "name": "Werkstatt Lindner e.K.", "contactPerson": None, "address": None},
    "lines": [line(1, "238.00", "200.00", "38.00", "19"), line(2, "53.50", "50.00", "3.50", "7")],
    "taxTreatment": "standard",
    "vendorTaxTreatment": "gross",
    "taxNote": None,
    "pricesIncludeTax": True,
    "taxBreakdown": [
        {
            "rate": "7",
            "category": "S",
            "exemptionCode": None,
            "net": "50.00",
            "tax": "3.50",
            "gross": "53.50",
        },
        {
            "rate": "19",
            "category": "S",
            "exemptionCode": None,
            "net": "200.00",
            "tax": "38.00",
            "gross": "238.00",
        },
    ],
    "totals": {
        "lines": "291.50",
        "discount": None,
        "net": "250.00",
        "tax": "41.50",
        "gross": "291.50",
        "prepaid": None,
        "payable": "291.50",
        "open": None,
    },
    "discount": None,
    "paymentTerms": None,
    "buyerReference": None,
    "electronicProfile": None,
    "remark": "Büromaterial und Fachliteratur März",
    "precedingDocuments": [],
    "followingDocuments": [],
    "relatedDocuments": [],
    "files": [{"id": "ed6ce9c0-a3c5-4813-ae75-58163836b341", "kind": "attachment"}],
    "allowedActions": [],
    "collective": False,
    "needsReview": False,
}


def changed(**fields: Any) -> Voucher:
    """The sample with fields replaced; None takes one away."""
    body = json.loads(sample("voucher.response")) | fields
    return DECODER.decode(json.dumps({name: value for name, value in body.items() if value is not None}))


def read(**fields: Any) -> Any:
    """The sample bill, changed, as a caller reads it."""
    return unified(bills.to_unified(changed(**fields), VIEW))


def listed(**fields: Any) -> Any:
    """The sample bill as a list tells it, with a row of this status and open amount."""
    given = {"voucherType": "purchaseinvoice", "contactName": "Papier Anders e.K.", "archived": True}
    own = {name: fields.pop(name) for name in ("voucherStatus", "openAmount") if name in fields}
    state = (
        {"voucherStatus": "open"}
        if own["voucherStatus"] == "overdue"
        else {"voucherStatus": own["voucherStatus"]}
    )
    return unified(bills.to_unified(changed(**state, **fields), VIEW, row(**given, **own)))


def test_the_sample_bill() -> None:
    assert read() == BILL


STATES = [
    # the vendor's word, unified status, what is open, how much is settled, waits for review, can be edited
    ("blank", "draft", None, None, True, False),
    ("unchecked", "draft", None, None, True, True),
    ("open", "open", None, None, False, True),
    ("transferred", "open", None, None, False, True),
    ("sepadebit", "open", None, None, False, True),
    ("paid", "paid", "0.00", "paid", False, False),
    ("paidoff", "paid", "0.00", "paid", False, False),
    ("voided", "void", "0.00", None, False, False),
    ("something new", "unknown", None, None, False, False),
]


@pytest.mark.parametrize(("word", "status", "open", "settled", "review", "edit"), STATES)
def test_every_state_by_itself(
    word: str, status: str, open: str | None, settled: str | None, review: bool, edit: bool
) -> None:
    told = read(voucherStatus=word)

    late = {"overdue": status == "open"}
    links = BILL["links"] if edit else {**BILL["links"], "edit": None}
    assert told == BILL | late | {
        "status": status,
        "vendorStatus": word,
        "totals": BILL["totals"] | {"open": open},
        "paymentStatus": settled,
        "needsReview": review,
        "links": links,
    }


@pytest.mark.parametrize(
    ("word", "open_amount", "status", "open", "settled", "overdue"),
    [
        ("open", 291.5, "open", "291.50", "open", True),
        ("overdue", 91.5, "open", "91.50", "partially_paid", True),
        ("transferred", "291.50", "open", "291.50", "open", True),
        ("sepadebit", 291.5, "open", "291.50", "open", True),
        ("paid", 0, "paid", "0.00", "paid", False),
        ("paidoff", None, "paid", "0.00", "paid", False),
        ("voided", 0, "void", "0.00", None, False),
        ("unchecked", None, "draft", None, None, False),
    ],
)
def test_every_state_with_its_row_of_the_list(
    word: str, open_amount: Any, status: str, open: str | None, settled: str | None, overdue: bool
) -> None:
    told = listed(voucherStatus=word, openAmount=open_amount)

    assert (told["status"], told["totals"]["open"], told["paymentStatus"], told["overdue"]) == (
        status,
        open,
        settled,
        overdue,
    )
    assert (told["archived"], told["seller"]["name"]) == (True, "Papier Anders e.K.")


def test_a_vendor_credit() -> None:
    told = unified(vendor_credits.to_unified(changed(type="purchasecreditnote"), VIEW))

    assert told == BILL | {"typeCode": "381"}


@pytest.mark.parametrize(
    ("type", "kind", "code"), [("salesinvoice", "invoice", "380"), ("salescreditnote", "credit_note", "381")]
)
def test_a_sale_invoiced_elsewhere(type: str, kind: str, code: str) -> None:
    raw = changed(type=type, shippingDate="2026-03-04T00:00:00.000+01:00")
    told = unified(sales_vouchers.to_unified(raw, VIEW))

    period = {"kind": "delivery", "startsOn": "2026-03-04", "endsOn": None}
    company = {"name": "Werkstatt Lindner e.K.", "contactPerson": None, "address": None}
    assert told == BILL | {
        "typeCode": code,
        "kind": kind,
        "servicePeriod": period,
        "lines": [one | {"servicePeriod": period} for one in BILL["lines"]],
        "seller": company | {"supplierId": None},
        "buyer": {"customerId": SUPPLIER, "name": None, "contactPerson": None, "address": None},
    }


def test_an_upload_that_nobody_has_looked_at_holds_nothing() -> None:
    bare = {
        "id": ID,
        "type": "purchaseinvoice",
        "voucherStatus": "blank",
        "taxType": "gross",
        "useCollectiveContact": True,
        "files": ["ed6ce9c0-a3c5-4813-ae75-58163836b341"],
    }
    told = unified(bills.to_unified(DECODER.decode(json.dumps(bare)), VIEW))

    assert (told["status"], told["needsReview"], told["collective"]) == ("draft", True, True)
    assert [told[name] for name in ("number", "issuedOn", "dueOn", "version", "createdAt")] == [None] * 5
    assert (told["lines"], told["taxBreakdown"], told["taxTreatment"]) == ([], [], "unknown")
    assert set(told["totals"].values()) == {None}


def test_net_amounts() -> None:
    items = [{"amount": 200.0, "taxAmount": 38.0, "taxRatePercent": 19.0, "categoryId": MATERIAL}]
    told = read(taxType="net", voucherItems=items, totalGrossAmount=238, totalTaxAmount=38.00)

    (one,) = told["lines"]
    assert (one["amount"], one["amountNet"], one["amountTax"], one["amountGross"]) == (
        "200.00",
        "200.00",
        "38.00",
        "238.00",
    )
    assert (told["pricesIncludeTax"], told["vendorTaxTreatment"], told["totals"]["lines"]) == (
        False,
        "net",
        "200.00",
    )


@pytest.mark.parametrize(
    ("categories", "rates", "treatment", "shares"),
    [
        ([MATERIAL], [19], "standard", [("S", None)]),
        ([MATERIAL], [0], "unknown", [(None, None)]),
        ([MATERIAL, MATERIAL], [19, 0], "standard", [(None, None), ("S", None)]),
        (["8f8664a1-fd86-11e1-a21f-0800200c9a66"], [0], "standard", [(None, None)]),
        (["9075a4e3-66de-4795-a016-3889feca0d20"], [0], "intra_community_supply", [("K", "VATEX-EU-IC")]),
        (["380a20cb-d04c-426e-b49c-84c22adfa362"], [0], "service_reverse_charge", [("AE", "VATEX-EU-AE")]),
        (["93d24c20-ea84-424e-a731-5e1b78d1e6a9"], [0], "export_of_goods", [("G", "VATEX-EU-G")]),
        (["ef5b1a6e-f690-4004-9a19-91276348894f"], [0], "export_of_services", [("O", "VATEX-EU-O")]),
        (["f5c7fee8-f184-4e7a-ab04-8f7e7ad6c207"], [0], "exempt", [("E", None)]),
        (["7a1efa0e-6283-4cbf-9583-8e88d3ba5960"], [0], "exempt", [("E", None)]),
        (["7c112b66-0565-479c-bc18-5845e080880a"], [19], "distance_sales", [("S", None)]),
        (["4ebd965a-7126-416c-9d8c-a5c9366ee473"], [20], "distance_sales", [("S", None)]),
        (["7ecea006-844c-4c98-a02d-aa3142640dd5"], [20], "electronic_services", [("S", None)]),
        (
            [GOODS_SOLD, "93d24c20-ea84-424e-a731-5e1b78d1e6a9"],
            [19, 0],
            "unknown",
            [("G", "VATEX-EU-G"), ("S", None)],
        ),
    ],
)
def test_the_category_tells_the_tax_rule(
    categories: list[str], rates: list[int], treatment: str, shares: list[tuple[str | None, str | None]]
) -> None:
    items = [
        {"amount": 100, "taxAmount": 0, "taxRatePercent": rate, "categoryId": category}
        for category, rate in zip(categories, rates, strict=True)
    ]
    told = read(voucherItems=items)

    assert told["taxTreatment"] == treatment
    assert [(s["category"], s["exemptionCode"]) for s in told["taxBreakdown"]] == shares


def test_the_row_of_a_bill() -> None:
    raw = row(voucherType="purchaseinvoice", voucherStatus="unchecked", voucherDate=None, voucherNumber=None)

    told = unified(to_summary(raw, bills.NOUN))

    assert (told["status"], told["issuedOn"], told["number"]) == ("draft", None, None)
    assert (told["supplierId"], told["supplierName"]) == (raw.contact_id, "Holzwerk Brandt GmbH")


@pytest.mark.parametrize(
    ("word", "files", "forbidden"),
    [
        ("open", True, {"delete"}),
        ("open", False, {"delete", "document"}),
        ("unchecked", True, {"delete", "settle"}),
        ("blank", True, {"delete", "settle", "update"}),
        ("paid", True, {"delete", "settle"}),
        ("paidoff", True, {"delete", "settle"}),
        ("voided", True, {"delete", "settle", "update"}),
    ],
)
def test_what_can_be_done_in_each_state(word: str, files: bool, forbidden: set[str]) -> None:
    partner = allowed_actions("bills", bills.Bills, Access(credential="oauth"), word, files)
    by_key = allowed_actions("bills", bills.Bills, Access(credential="api_key"), word, files)

    assert {one.action for one in partner} == {"update", "delete", "document", "attach", "settle"}
    assert {one.action for one in partner if not one.allowed} == forbidden
    assert {one.action for one in by_key if not one.allowed} == forbidden | {"settle"}
    assert all(one.reason and one.alternative for one in by_key if not one.allowed)


class TestToNative:
    def test_the_sample_is_written_as_the_vendor_prints_it(self) -> None:
        body = BillInput(
            number="ER-2026-0417",
            issued_on=date(2026, 3, 5),
            due_on=date(2026, 3, 19),
            seller=SellerInput(supplier_id=SUPPLIER),
            remark="Büromaterial und Fachliteratur März",
            lines=[
                RecordedLineInput(account_id=MATERIAL, amount=D("238.00"), tax_rate=D(19)),
                RecordedLineInput(
                    account_id=MATERIAL, amount=D("53.50"), tax_rate=D("7.00"), amount_tax=D("3.50")
                ),
            ],
        )

        assert written(writing.new_voucher(body, bills.NOUN)) == expected("voucher.create") | {"version": 0}

    def test_a_sale_by_net_amounts_to_a_name_used_once(self) -> None:
        body = SalesVoucherInput(
            kind="credit_note",
            number="SHOP-1",
            issued_on=date(2026, 3, 5),
            buyer=BuyerInput(name="Erika Muster"),
            prices_include_tax=False,
            service_period=ServicePeriodInput(
                kind="delivery", starts_on=date(2026, 2, 1), ends_on=date(2026, 2, 28)
            ),
            lines=[RecordedLineInput(account_id=GOODS_SOLD, amount=D("1.50"), tax_rate=D(7))],
        )

        assert written(writing.new_voucher(body, sales_vouchers.NOUN)) == {
            "type": "salescreditnote",
            "voucherStatus": "open",
            "voucherNumber": "SHOP-1",
            "voucherDate": "2026-03-05",
            "shippingDate": "2026-02-28",
            "dueDate": "2026-03-05",
            "totalGrossAmount": D("1.61"),
            "totalTaxAmount": D("0.11"),
            "taxType": "net",
            "useCollectiveContact": True,
            "contactName": "Erika Muster",
            "voucherItems": [
                {"amount": D("1.5"), "taxAmount": D("0.11"), "taxRatePercent": D(7), "categoryId": GOODS_SOLD}
            ],
            "version": 0,
        }

    def test_the_sample_laid_over_itself_is_itself_but_for_what_is_not_sent_back(self) -> None:
        sent = AS_SENT.decode(sample("voucher.response"))
        bill = bills.to_unified(msgspec.convert(sent, Voucher, strict=False), VIEW)

        body = writing.replacement(sent, writing.parts(bills.to_input(bill), bills.NOUN), booking=False)

        kept = {n: v for n, v in sent.items() if n not in writing.NOT_SENT_BACK}
        assert written(body) == written(kept) | {"voucherDate": "2026-03-05", "dueDate": "2026-03-19"}
