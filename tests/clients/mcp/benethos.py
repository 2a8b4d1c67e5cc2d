"""Everything the MCP server `benethos-lexware-office-mcp` from PyPI can do, told URL and key by its settings.

Reads `twin.json` at the path given. Prints what became of each tool, and which it has left out, as JSON.
It takes https alone: a front takes TLS off. Its own pace of 1.5 calls a second is a setting too.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from hand import GOODS_SOLD, control
from stdio import Tour
from tls import HOST, certificate, front

KINDS = ("quotation", "order-confirmation", "delivery-note", "invoice", "credit-note")
ITEM = {"name": "Estrich", "quantity": 3, "unit_name": "m²", "unit_price": 55, "tax_rate_percent": 19}
BOOKED = {"amount": 119, "tax_amount": 19, "tax_rate_percent": 19, "category_id": GOODS_SOLD}


def masterdata(tour: Tour) -> str:
    tour.call("get_profile")
    for kind in ("countries", "payment-conditions", "posting-categories", "print-layouts"):
        tour.call("get_master_data", kind=kind)
    address = {"street": "Werkhof 4", "zip": "04109", "city": "Leipzig", "country_code": "DE"}
    contact = tour.call(
        "create_contact", kind="company", name="Estrich Rundgang GmbH", roles=["customer"],
        email="post@estrich-rundgang.example", billing_address=address,
    )  # fmt: skip
    read = tour.call("get_contact", contact_id=contact["id"])
    tour.call("update_contact", contact_id=contact["id"], version=read["version"], note="Rundgang")
    tour.call("search_contacts", name="Rundgang", role="customer")
    article = tour.call(
        "create_article", title="Estrich", article_type="SERVICE", unit_name="m²", price=55, tax_rate=19
    )
    held = tour.call("get_article", article_id=article["id"])
    tour.call("update_article", article_id=article["id"], version=held["version"], note="Rundgang")
    tour.call("search_articles", article_type="SERVICE")
    tour.call("delete_article", article_id=article["id"], confirm=True)
    return contact["id"]


def sales(tour: Tour, place: dict[str, Any], contact_id: str) -> None:
    """Each kind created final, the credit note after the invoice; then read and downloaded."""
    made: dict[str, str] = {}
    for kind in KINDS:
        more: dict[str, Any] = {"expiration_date": "2026-04-01"} if kind == "quotation" else {}
        if kind == "credit-note":
            more["preceding_sales_voucher_id"] = made["invoice"]
        elif kind != "quotation":
            more["shipping_date"] = "2026-03-02"
        created = tour.call(
            "create_sales_document", document_type=kind, contact_id=contact_id, voucher_date="2026-03-02",
            items=[ITEM], finalize=True, confirm=True, **more,
        )  # fmt: skip
        tour.note("create_sales_document", kind)
        made[kind] = created["id"] if created else ""
    for kind, id in made.items():
        tour.call("get_sales_document", document_type=kind, document_id=id)
        tour.note("get_sales_document", kind)
        tour.call("download_document", document_type=kind, document_id=id)
        tour.note("download_document", kind)
    tour.call("get_payments", voucher_id=made["invoice"])
    tour.call("get_deeplink", target="invoice", target_id=made["invoice"])
    tour.call("search_vouchers", contact_id=contact_id)
    invoice = tour.call("get_sales_document", document_type="invoice", document_id=made["invoice"])
    tour.call("download_file", file_id=invoice["files"]["documentFileId"])
    tour.call("read_download", uri=tour.links[-1])
    body = {name: invoice[name] for name in ("voucherDate", "lineItems", "totalPrice", "taxConditions",
                                             "shippingConditions")}  # fmt: skip
    organization = place["organizations"][0]["id"]
    template = {"body": {**body, "address": {"contactId": contact_id}}, "start": "2030-01-01"}
    control(place, "POST", f"/organizations/{organization}/templates", template)
    tour.call("get_recurring_templates")


def bookkeeping(tour: Tour, directory: Path) -> None:
    voucher = tour.call(
        "create_voucher", voucher_type="salesinvoice", voucher_date="2026-03-02", tax_type="gross",
        items=[BOOKED], voucher_number="RUNDGANG-BEN",
    )  # fmt: skip
    held = tour.call("get_voucher", voucher_id=voucher["id"])
    tour.call("update_voucher", voucher_id=voucher["id"], version=held["version"], remark="Rundgang")
    for tool, more in (("upload_file", {}), ("attach_file_to_voucher", {"voucher_id": voucher["id"]})):
        receipt = directory / f"{tool}.pdf"
        receipt.write_text(f"%PDF-1.4\n% {tool}\n%%EOF\n")
        tour.call(tool, source=str(receipt), **more)


def main() -> None:
    place = json.loads(Path(sys.argv[1]).read_text())
    here = Path(__file__).resolve().parent
    pem = certificate(here)
    settings = {
        "LXO_MCP_API_KEY": place["apiKey"],
        "LXO_MCP_BASE_URL": f"https://{HOST}:{front(pem, urlsplit(place['url']).port or 0)}",
        "SSL_CERT_FILE": str(pem),
        "LXO_MCP_RATE": "50",
        "LXO_MCP_BURST": "50",
        "LXO_MCP_TOOL_POLICY": str(here / "tools.json"),
        "LXO_MCP_DOWNLOAD_DIR": str(here),
    }
    command = [sys.executable, "-m", "benethos_lexware_office_mcp"]
    environment = {**os.environ, **settings}
    subprocess.run([*command, "--tools", "irreversible"], env=environment, check=True, capture_output=True)
    with Tour(command, environment) as tour:
        sales(tour, place, masterdata(tour))
        bookkeeping(tour, here)
        print(json.dumps({"outcomes": tour.outcomes, "leftOut": tour.left_out()}))


main()
