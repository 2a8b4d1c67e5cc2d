"""Everything `lexoffice-client` from PyPI can do, called once, unmodified but for base URL and key.

Reads `twin.json` at the path given. Prints what became of each of the client's methods, and which of them the
tour has left out, as JSON. In the end it runs the tests against the live API that the client's wheel brings.
"""
# pyright: reportMissingImports=false, reportMissingModuleSource=false

import importlib.util
import inspect
import io
import json
import os
import sys
import tempfile
import unittest
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from lexoffice_client import (
    Address,
    Addresses,
    ArticlePrice,
    ArticleType,
    ArticleWritable,
    Company,
    ContactWritable,
    CreditNoteWritable,
    DeliveryNoteWritable,
    DunningWritable,
    EventSubscriptionWritable,
    EventType,
    InvoiceWritable,
    LexofficeClient,
    LineItem,
    LineItemType,
    OrderConfirmationWritable,
    QuotationWritable,
    Role,
    Roles,
    SalesTaxType,
    SalesVoucherAddress,
    ShippingConditions,
    ShippingType,
    TaxConditions,
    TotalPrice,
    UnitPrice,
    VoucherWritable,
)

DAY = "2026-03-02T00:00:00.000+01:00"
GOODS_SOLD = "8f8664a8-fd86-11e1-a21f-0800200c9a66"
CONTACT: dict[str, Any] = {
    "roles": Roles(customer=Role(), vendor=Role()),
    "company": Company(name="Tischlerei Rundgang GmbH"),
    "addresses": Addresses(
        billing=[Address(street="Werkhof 4", zip="04109", city="Leipzig", countryCode="DE")]
    ),
}
ARTICLE: dict[str, Any] = {
    "title": "Rundgang",
    "type": ArticleType.SERVICE,
    "unitName": "Stunde",
    "price": ArticlePrice(netPrice=95, leadingPrice="NET", taxRate=19),
}
VOUCHER: dict[str, Any] = {
    "type": "salesinvoice",
    "voucherNumber": "RUNDGANG-1",
    "voucherDate": "2026-03-02",
    "dueDate": "2026-03-16",
    "totalGrossAmount": 119,
    "totalTaxAmount": 19,
    "taxType": "gross",
    "useCollectiveContact": True,
    "voucherItems": [{"amount": 119, "taxAmount": 19, "taxRatePercent": 19, "categoryId": GOODS_SOLD}],
}


class Tour:
    """Calls and notes; the client's own refusals (pydantic) count like those of the API."""

    def __init__(self, client: LexofficeClient) -> None:
        self.client = client
        self.outcomes: dict[str, str] = {}

    def call(self, method: str, *arguments: Any, **named: Any) -> Any:
        try:
            answer = getattr(self.client, method)(*arguments, **named)
        except Exception as error:
            self.outcomes[method] = f"{type(error).__name__}: {str(error)[:300]}"
            return None
        self.outcomes[method] = "ok"
        return answer

    def left_out(self) -> list[str]:
        offered = {
            name for name, _ in inspect.getmembers(LexofficeClient, inspect.isfunction) if name[0] != "_"
        }
        return sorted(offered - self.outcomes.keys())


def sale(kind: Callable[..., Any], contact_id: object, *, totals: bool = True, **more: Any) -> Any:
    line = LineItem(
        type=LineItemType.CUSTOM,
        name="Beratung",
        quantity=2,
        unitName="Stunde",
        unitPrice=UnitPrice(currency="EUR", netAmount=95.5, taxRatePercentage=19),
    )
    body: dict[str, Any] = {
        "voucherDate": DAY,
        "address": SalesVoucherAddress(contactId=contact_id),
        "lineItems": [line],
        "taxConditions": TaxConditions(taxType=SalesTaxType.NET),
        "shippingConditions": ShippingConditions(shippingType=ShippingType.SERVICE, shippingDate=DAY),
    }
    return kind(**body, **({"totalPrice": TotalPrice(currency="EUR")} if totals else {}), **more)


def masterdata(tour: Tour) -> Any:
    """The id of a contact to sell to."""
    tour.call("ping")
    for method in (
        "retrieve_profile", "list_countries", "retrieve_posting_categories_list", "list_payment_conditions",
        "list_print_layouts",
    ):  # fmt: skip
        tour.call(method)
    contact = tour.call("create_contact", ContactWritable(version=0, **CONTACT))
    tour.call("retrieve_contact", contact.id)
    tour.call(
        "update_contact", contact.id, ContactWritable(version=contact.version, note="Rundgang", **CONTACT)
    )
    tour.call("filter_contacts", name="Rundgang", customer=True)
    article = tour.call("create_article", ArticleWritable(**ARTICLE))
    tour.call("retrieve_article", article.id)
    tour.call("update_article", article.id, ArticleWritable(version=article.version, note="neu", **ARTICLE))
    tour.call("filter_articles", type="SERVICE")
    tour.call("delete_article", article.id)
    return contact.id


def sales(tour: Tour, contact_id: Any, twin: "Hand") -> None:
    finalized = {"finalize": True}
    quotation = tour.call(
        "create_quotation", sale(QuotationWritable, contact_id, expirationDate=DAY), **finalized
    )
    order = tour.call(
        "create_order_confirmation",
        sale(OrderConfirmationWritable, contact_id),
        preceding_sales_voucher_id=quotation.id,
        **finalized,
    )
    note = tour.call(
        "create_delivery_note",
        sale(DeliveryNoteWritable, contact_id, totals=False),
        preceding_sales_voucher_id=order.id,
        **finalized,
    )
    invoice = tour.call("create_invoice", sale(InvoiceWritable, contact_id), **finalized)
    dunning = tour.call(
        "create_dunning", sale(DunningWritable, contact_id), preceding_sales_voucher_id=invoice.id
    )
    credit = tour.call(
        "create_credit_note",
        sale(CreditNoteWritable, contact_id),
        preceding_sales_voucher_id=invoice.id,
        **finalized,
    )
    tour.call("update_invoice", invoice.id, sale(InvoiceWritable, contact_id))
    made = {
        "quotation": quotation, "order_confirmation": order, "delivery_note": note, "invoice": invoice,
        "dunning": dunning, "credit_note": credit,
    }  # fmt: skip
    ids = {kind: one.id for kind, one in made.items()}
    ids["down_payment_invoice"] = twin.down_payment_invoice(str(contact_id))
    for kind, id in ids.items():
        tour.call(f"retrieve_{kind}", id)
        tour.call(f"download_{kind}_file", id)
    tour.call("filter_voucherlist", "any", "any", contact_id=contact_id)
    tour.call("list_payments")
    tour.call("retrieve_recurring_template", twin.template(str(contact_id)))
    tour.call("list_recurring_templates")


def bookkeeping(tour: Tour, directory: Path) -> None:
    voucher = tour.call("create_voucher", VoucherWritable(voucherStatus="open", **VOUCHER))
    tour.call("retrieve_voucher", voucher.id)
    tour.call("update_voucher", voucher.id, VoucherWritable(version=voucher.version, remark="neu", **VOUCHER))
    tour.call("filter_vouchers", voucher_number="RUNDGANG-1")
    receipt = directory / "beleg.pdf"
    receipt.write_bytes(b"%PDF-1.4\n% Beleg zum Rundgang\n%%EOF\n")
    file = tour.call("upload_file", receipt)
    tour.call("download_file", file.id)
    second = directory / "beleg-2.pdf"
    second.write_bytes(b"%PDF-1.4\n% Zweiter Beleg\n%%EOF\n")
    tour.call("upload_file_to_voucher", voucher.id, second)


def subscriptions(tour: Tour, callback: str) -> None:
    wanted = EventSubscriptionWritable(eventType=EventType.RECURRING_TEMPLATE_DELETED, callbackUrl=callback)
    made = tour.call("create_event_subscription", wanted)
    tour.call("retrieve_event_subscription", made.id)
    tour.call("list_event_subscriptions")
    tour.call("delete_event_subscription", made.id)


class Hand:
    """The app's user: makes what the API cannot create."""

    def __init__(self, place: dict[str, Any]) -> None:
        self._control = place["controlUrl"]
        self._company = f"{self._control}/organizations/{place['organizations'][0]['id']}"

    def _ask(self, method: str, url: str, body: Any) -> Any:
        content = json.dumps(body).encode()
        request = Request(url, content, {"Content-Type": "application/json"}, method=method)
        with urlopen(request) as answer:
            return json.load(answer)

    def down_payment_invoice(self, contact_id: str) -> str:
        body = sale(InvoiceWritable, contact_id).model_dump(exclude_none=True, mode="json")
        return self._ask("POST", f"{self._company}/down-payment-invoices", {"body": body})["id"]

    def template(self, contact_id: str) -> str:
        body = sale(InvoiceWritable, contact_id).model_dump(exclude_none=True, mode="json")
        return self._ask("POST", f"{self._company}/templates", {"body": body, "start": "2030-01-01"})["id"]

    def check_callbacks(self, check: bool) -> None:
        self._ask("PATCH", f"{self._control}/quirks", {"callback_check": check})


def own_tests(place: dict[str, Any]) -> dict[str, Any]:
    """The tests against the live API in the client's wheel, writing ones included, at the twin's address."""
    spec = importlib.util.find_spec("lexoffice_client")
    assert spec is not None
    assert spec.origin is not None
    file = Path(spec.origin).parents[1] / "tests" / "test_integration.py"
    module_spec = importlib.util.spec_from_file_location("live_tests", file)
    assert module_spec is not None
    assert module_spec.loader is not None
    module = importlib.util.module_from_spec(module_spec)
    os.environ["LEXOFFICE_API_KEY"] = place["apiKey"]
    sys.argv = ["test_integration.py", "--write"]
    LexofficeClient.__init__.__defaults__ = (f"{place['url']}/v1",)
    with redirect_stdout(io.StringIO()):
        module_spec.loader.exec_module(module)
        module.time.sleep = lambda seconds: None
        result = unittest.TestResult()
        unittest.defaultTestLoader.loadTestsFromModule(module).run(result)
    broken = [(test.id(), trace.strip().splitlines()[-1]) for test, trace in result.failures + result.errors]
    return {"run": result.testsRun, "skipped": len(result.skipped), "broken": broken}


def main() -> None:
    place = json.loads(Path(sys.argv[1]).read_text())
    tour = Tour(LexofficeClient(place["apiKey"], base_url=f"{place['url']}/v1"))
    contact_id = masterdata(tour)
    hand = Hand(place)
    sales(tour, contact_id, hand)
    with tempfile.TemporaryDirectory() as directory:
        bookkeeping(tour, Path(directory))
    subscriptions(tour, f"{place['url']}/webhookSignature/public/public_key.pub")
    hand.check_callbacks(False)  # the tests subscribe an address that no machine answers at
    told = {"outcomes": tour.outcomes, "leftOut": tour.left_out(), "ownTests": own_tests(place)}
    hand.check_callbacks(True)
    print(json.dumps(told))


main()
