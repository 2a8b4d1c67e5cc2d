"""How a sales voucher comes to be: read, checked, computed, numbered, linked, and perhaps finalized."""

from typing import Any

from sandbox.lexoffice import taxes
from sandbox.lexoffice.call import Call
from sandbox.lexoffice.errors import Violation, invalid, missing, refuse
from sandbox.lexoffice.quirks import Quirks
from sandbox.lexoffice.sales import address, amounts, intake, profiles, pursuit, settling, taxation, terms
from sandbox.lexoffice.sales.kinds import Kind
from sandbox.lexoffice.shapes import printed, read_body
from sandbox.lexoffice.state import Contact, Document, Organization

ARTICLE_TYPES = {"service": "SERVICE", "material": "PRODUCT"}


def create(call: Call, kind: Kind) -> Document:
    organization, quirks = call.organization, call.quirks
    before = pursuit.predecessor(organization, kind, call.query.get("precedingSalesVoucherId"))
    body = read_body(intake.SHAPES[kind.path], call.json())
    finalized = call.query.get("finalize", "").lower() == "true" and not kind.always_draft
    to, contact = address.resolve(organization, kind, body["address"])
    _demand_rules(call, kind, body, to, contact, finalized)
    pursuit.demand_same_case(kind, before, to, body["taxConditions"])
    if kind.path == "dunnings" and before is not None:
        to["name"] = before.body["address"]["name"]
    document = Document(
        id=call.twin.ids.uuid(),
        kind=kind.path,
        number=_number(organization, kind),
        status="draft",
        version=quirks.created_version,
        created=call.now,
        updated=call.now,
        voucher_date=body["voucherDate"],
        body={},
        contact_id=contact.id if contact else None,
        contact_name=contact.listed_name if contact else to["name"],
        buyer_reference=body.get("xRechnung", {}).get("buyerReference"),
    )
    document.body = _members(organization, kind, body, to, quirks)
    document.total = document.body.get("totalPrice", {}).get("totalGrossAmount")
    organization.documents[document.id] = document
    call.emit(f"{kind.event}.created", document.id)
    if before is not None:
        pursuit.link(document, before)
        settling.touch(call.twin, before)
    if finalized:
        settling.finalize(call.twin, organization, document)
    return document


def _number(organization: Organization, kind: Kind) -> str | None:
    if not kind.prefix:
        return None
    return f"{kind.prefix}{organization.next_number(kind.prefix):04d}"


def _demand_rules(
    call: Call, kind: Kind, body: dict[str, Any], to: dict[str, Any], contact: Contact | None, finalized: bool
) -> None:
    gross = taxes.TAX_TYPES[body["taxConditions"]["taxType"]].gross
    found = intake.line_violations(kind, body["lineItems"], gross)
    if "shippingConditions" in body:
        found += intake.shipping_violations(body["shippingConditions"])
    if "paymentConditions" in body:
        found += intake.payment_violations(body["paymentConditions"], call.quirks.payment_label_required)
    found += _references(call, body)
    if kind.path == "invoices":
        found += profiles.violations(call.organization.letterhead, body, to, contact, finalized)
    if finalized and not body["lineItems"]:
        found.append(missing("lineItems"))
    if not found:
        found = taxation.violations(call.organization, body, to, contact, call.quirks)
    if found:
        raise refuse(*found)


def _references(call: Call, body: dict[str, Any]) -> list[Violation]:
    """Articles and layouts that the body names but nobody knows."""
    found: list[Violation] = []
    organization = call.organization
    for index, line in enumerate(body["lineItems"]):
        wanted = ARTICLE_TYPES.get(line["type"])
        article = organization.articles.get(line.get("id", ""))
        fits = article is not None and article.body["type"] == wanted
        if wanted and "id" in line and not fits and call.quirks.unknown_article_refused:
            found.append(invalid(f"lineItems[{index}].id"))
    layout = body.get("printLayoutId")
    if layout and all(known.id != layout for known in organization.print_layouts):
        found.append(invalid("printLayoutId"))
    return found


def _members(
    organization: Organization, kind: Kind, body: dict[str, Any], to: dict[str, Any], quirks: Quirks
) -> dict[str, Any]:
    """The answer's members that do not change with the document's state."""
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
