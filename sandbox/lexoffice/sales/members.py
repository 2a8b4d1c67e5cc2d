"""What a document says: the answer's members that do not change with its state, computed once."""

from typing import Any

from sandbox.lexoffice import taxes
from sandbox.lexoffice.quirks import Quirks
from sandbox.lexoffice.sales import amounts, terms
from sandbox.lexoffice.sales.kinds import Kind
from sandbox.lexoffice.shapes import printed
from sandbox.lexoffice.state import Organization


def of(
    organization: Organization, kind: Kind, body: dict[str, Any], to: dict[str, Any], quirks: Quirks
) -> dict[str, Any]:
    """The members of a document from the fields it was created with, in the order of the answer."""
    gross = taxes.TAX_TYPES[body["taxConditions"]["taxType"]].gross
    lines = [_line(kind, line, gross, quirks) for line in body["lineItems"]]
    members: dict[str, Any] = {"language": body.get("language", "de"), "address": to}
    if "expirationDate" in body:
        members["expirationDate"] = body["expirationDate"]
    if body.get("xRechnung", {}).get("buyerReference"):
        members["xRechnung"] = body["xRechnung"]
    members["lineItems"] = lines
    if kind.totals:
        members["totalPrice"], members["taxAmounts"] = amounts.totals(
            lines, body["totalPrice"], gross, quirks
        )
    members["taxConditions"] = _tax_conditions(body["taxConditions"])
    if kind.payment_terms and (agreed := terms.complete(organization, body.get("paymentConditions"))):
        members["paymentConditions"] = agreed
    if kind.shipping:
        members["shippingConditions"] = body["shippingConditions"]
    if kind.path == "invoices":
        members["closingInvoice"] = False
    if "printLayoutId" in body:
        members["printLayoutId"] = body["printLayoutId"]
    members |= _texts(kind, body)
    return printed(members)


def _line(kind: Kind, line: dict[str, Any], gross: bool, quirks: Quirks) -> dict[str, Any]:
    names = ("id", "type", "name", "description")
    out = {name: line[name] for name in names if name in line}
    if line["type"] == "text":
        return out
    out |= {"quantity": line["quantity"], "unitName": line["unitName"]}
    if "unitPrice" in line:
        out["unitPrice"] = amounts.both_sides(line["unitPrice"], gross, quirks)
    if kind.discounts:
        out["discountPercentage"] = line.get("discountPercentage", amounts.ZERO)
    if kind.totals:
        out["lineItemAmount"] = amounts.priced(line, gross, quirks)
    if kind.alternatives:
        out["optional"] = line.get("optional", False)
        out["alternative"] = line.get("alternative", False)
        if line.get("subItems"):
            out["subItems"] = [_line(kind, below, gross, quirks) for below in line["subItems"]]
    return out


def _tax_conditions(given: dict[str, Any]) -> dict[str, Any]:
    note = taxes.TAX_TYPES[given["taxType"]].note
    return given if note is None or "taxTypeNote" in given else {**given, "taxTypeNote": note}


def _texts(kind: Kind, body: dict[str, Any]) -> dict[str, str]:
    german = body.get("language", "de") == "de"
    defaults = {
        "title": kind.german if german else kind.english,
        "introduction": kind.introduction if german else "",
        "remark": kind.remark if german else "",
        "deliveryTerms": "",
    }
    names = ("title", "introduction", "remark", *(["deliveryTerms"] if kind.delivery_terms else []))
    chosen = {name: body.get(name, defaults[name]) for name in names}
    return {name: text for name, text in chosen.items() if text}
