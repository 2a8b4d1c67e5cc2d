"""How a sales voucher comes to be: read, checked, computed, numbered, linked, and perhaps finalized."""

from typing import TYPE_CHECKING, Any

from sandbox.lexoffice import taxes
from sandbox.lexoffice.errors import Violation, invalid, missing, refuse
from sandbox.lexoffice.quirks import Quirks
from sandbox.lexoffice.sales import address, intake, members, profiles, pursuit, settling, taxation
from sandbox.lexoffice.sales.kinds import Kind
from sandbox.lexoffice.shapes import read_body
from sandbox.lexoffice.state import Contact, Document, Organization

if TYPE_CHECKING:
    from sandbox.lexoffice.twin import Twin

ARTICLE_TYPES = {"service": "SERVICE", "material": "PRODUCT"}


def write(
    twin: "Twin",
    organization: Organization,
    kind: Kind,
    raw: Any,
    *,
    before: Document | None = None,
    finalized: bool = False,
) -> Document:
    """A new document from a create body, following `before` where given."""
    body = read_body(intake.SHAPES[kind.path], raw)
    to, contact = address.resolve(organization, kind, body["address"])
    demand_rules(organization, twin.quirks, kind, body, to, contact, finalized)
    pursuit.demand_same_case(kind, before, to, body["taxConditions"])
    if kind.path == "dunnings" and before is not None:
        to["name"] = before.body["address"]["name"]
    document = _document(twin, organization, kind, body, to, contact)
    organization.documents[document.id] = document
    twin.emit(organization.id, f"{kind.event}.created", document.id)
    if before is not None:
        pursuit.link(document, before)
        settling.touch(twin, before)
    if finalized:
        settling.finalize(twin, organization, document)
    elif kind.path == "credit-notes" and twin.quirks.draft_credit_notes_count:
        settling.set_off(twin, organization, document)
    return document


def _document(
    twin: "Twin",
    organization: Organization,
    kind: Kind,
    body: dict[str, Any],
    to: dict[str, Any],
    contact: Contact | None,
) -> Document:
    now = twin.clock.now()
    content = members.of(organization, kind, body, to, twin.quirks)
    return Document(
        id=twin.ids.uuid(),
        kind=kind.path,
        number=_number(organization, kind),
        status="draft",
        version=twin.quirks.created_version,
        created=now,
        updated=now,
        voucher_date=body["voucherDate"],
        body=content,
        total=content.get("totalPrice", {}).get("totalGrossAmount"),
        contact_id=contact.id if contact else None,
        contact_name=contact.listed_name if contact else to["name"],
        buyer_reference=body.get("xRechnung", {}).get("buyerReference"),
    )


def _number(organization: Organization, kind: Kind) -> str | None:
    if not kind.prefix:
        return None
    return f"{kind.prefix}{organization.next_number(kind.prefix):04d}"


def demand_rules(
    organization: Organization,
    quirks: Quirks,
    kind: Kind,
    body: dict[str, Any],
    to: dict[str, Any],
    contact: Contact | None,
    finalized: bool,
) -> None:
    gross = taxes.TAX_TYPES[body["taxConditions"]["taxType"]].gross
    found = intake.line_violations(kind, body["lineItems"], gross)
    if "shippingConditions" in body:
        found += intake.shipping_violations(body["shippingConditions"])
    if "paymentConditions" in body:
        found += intake.payment_violations(body["paymentConditions"], quirks.payment_label_required)
    found += _references(organization, quirks, body)
    if kind.path == "invoices":
        found += profiles.violations(organization.letterhead, body, to, contact, finalized)
    if finalized and not body["lineItems"]:
        found.append(missing("lineItems"))
    if not found:
        found = taxation.violations(organization, body, to, contact, quirks)
    if found:
        raise refuse(*found)


def _references(organization: Organization, quirks: Quirks, body: dict[str, Any]) -> list[Violation]:
    """Articles and layouts that the body names but nobody knows."""
    found: list[Violation] = []
    for index, line in enumerate(body["lineItems"]):
        wanted = ARTICLE_TYPES.get(line["type"])
        article = organization.articles.get(line.get("id", ""))
        fits = article is not None and article.body["type"] == wanted
        if wanted and "id" in line and not fits and quirks.unknown_article_refused:
            found.append(invalid(f"lineItems[{index}].id"))
    layout = body.get("printLayoutId")
    if layout and all(known.id != layout for known in organization.print_layouts):
        found.append(invalid("printLayoutId"))
    return found
