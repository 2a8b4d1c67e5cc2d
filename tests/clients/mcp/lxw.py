"""Everything the MCP server of `lxw-cli` from PyPI can do at the twin, told URL and key by its settings.

Reads `twin.json` at the path given. Prints what became of each tool, and which it has left out, as JSON.
Two tools are none of the API's: one asks the vendor's status page, one writes to the author.
"""
# pyright: reportMissingImports=false

import base64
import json
import os
import sys
from pathlib import Path
from typing import Any

from hand import GOODS_SOLD, control
from stdio import Tour

DAY = "2026-03-02T00:00:00.000+01:00"
CONTACT = {
    "version": 0,
    "roles": {"customer": {}},
    "company": {"name": "Malerbetrieb Rundgang GmbH"},
    "addresses": {
        "billing": [{"street": "Werkhof 4", "zip": "04109", "city": "Leipzig", "countryCode": "DE"}]
    },
}
ARTICLE = {
    "title": "Anstrich",
    "type": "SERVICE",
    "unitName": "Stunde",
    "price": {"netPrice": 55, "leadingPrice": "NET", "taxRate": 19},
}
VOUCHER = {
    "type": "salesinvoice",
    "voucherNumber": "RUNDGANG-LXW",
    "voucherDate": "2026-03-02",
    "totalGrossAmount": 119,
    "totalTaxAmount": 19,
    "taxType": "gross",
    "useCollectiveContact": True,
    "voucherItems": [{"amount": 119, "taxAmount": 19, "taxRatePercent": 19, "categoryId": GOODS_SOLD}],
}


def sale(contact_id: str, **more: Any) -> dict[str, Any]:
    line = {
        "type": "custom",
        "name": "Anstrich",
        "quantity": 3,
        "unitName": "Stunde",
        "unitPrice": {"currency": "EUR", "netAmount": 55, "taxRatePercentage": 19},
    }
    return {
        "voucherDate": DAY,
        "address": {"contactId": contact_id},
        "lineItems": [line],
        "totalPrice": {"currency": "EUR"},
        "taxConditions": {"taxType": "net"},
        "shippingConditions": {"shippingType": "service", "shippingDate": DAY},
        **more,
    }


def masterdata(tour: Tour) -> str:
    tour.call("version")
    tour.call("profile")
    tour.call("list_posting_categories", category_type="income")
    contact = tour.call("create_contact", body=CONTACT)
    tour.call("get_contact", contact_id=contact["id"])
    tour.call("update_contact", contact_id=contact["id"], changes={"note": "Rundgang"})
    tour.call("list_contacts", name="Rundgang", customer=True)
    article = tour.call("create_article", body=ARTICLE)
    tour.call("get_article", article_id=article["id"])
    tour.call("update_article", article_id=article["id"], changes={"note": "Rundgang"})
    tour.call("list_articles", search="anstrich")
    return contact["id"]


def sales(tour: Tour, place: dict[str, Any], contact_id: str, directory: str) -> None:
    """It makes drafts alone; before they are downloaded the app's user finalizes them."""
    quotation = tour.call("create_quotation_draft", body=sale(contact_id, expirationDate=DAY))
    order = tour.call("create_order_confirmation_draft", body=sale(contact_id))
    note = tour.call("create_delivery_note_draft", body=sale(contact_id))
    tour.call("create_invoice_draft", body=sale(contact_id))
    made = {"quotation": quotation, "order_confirmation": order, "delivery_note": note}
    for kind, document in made.items():
        tour.call(f"list_{kind}s")
        control(place, "POST", f"/documents/{document['id']}/finalize")
        tour.call(f"get_{kind}", identifier=document["id"])
        tour.call(f"download_{kind}_pdf", identifier=document["id"], output_dir=directory)
    tour.call("continue_document", identifier=quotation["id"], target="order_confirmation")
    overdue = tour.call("list_invoices", voucher_status="overdue")[0]
    tour.call("get_invoice", identifier=overdue["voucherNumber"])
    tour.call("get_payment_status", identifier=overdue["voucherNumber"])
    tour.call("download_invoice_pdf", identifier=overdue["id"], output_dir=directory)
    dunning = tour.call("create_dunning", identifier=overdue["voucherNumber"])
    tour.call("get_dunning", dunning_id=dunning["id"])
    tour.call("download_dunning_pdf", dunning_id=dunning["id"], output_dir=directory)


def bookkeeping(tour: Tour, directory: str) -> None:
    voucher = tour.call("create_voucher_draft", body=VOUCHER)
    tour.call("list_vouchers", voucher_number="RUNDGANG-LXW")
    receipt = base64.b64encode(b"%PDF-1.4\n% Beleg\n%%EOF\n").decode()
    tour.call("upload_voucher_file", identifier=voucher["id"], file_base64=receipt, filename="beleg.pdf")
    held = tour.call("get_voucher", identifier=voucher["id"])
    tour.call("download_voucher_file", file_id=held["files"][0], output_dir=directory)


def main() -> None:
    place = json.loads(Path(sys.argv[1]).read_text())
    here = Path(__file__).resolve().parent
    settings = {
        "LEXWARE_API_KEY": place["apiKey"],
        "LEXWARE_API_BASE_URL": place["url"],
        "LEXWARE_CONFIG_DIR": str(here),
        "FASTMCP_CHECK_FOR_UPDATES": "off",
    }
    command = [sys.executable, "-c", "from lxw_cli.cli import app; app()", "mcp", "serve"]
    with Tour(command, {**os.environ, **settings}) as tour:
        contact_id = masterdata(tour)
        sales(tour, place, contact_id, str(here))
        bookkeeping(tour, str(here))
        print(json.dumps({"outcomes": tour.outcomes, "leftOut": tour.left_out()}))


main()
