"""Which electronic form a finalized document takes, and what an XRechnung demands."""

from typing import Any

from sandbox.lexoffice.errors import Violation, invalid, missing
from sandbox.lexoffice.paper.vat_categories import category_of
from sandbox.lexoffice.quirks import Quirks
from sandbox.lexoffice.sales.kinds import KINDS
from sandbox.lexoffice.state import Contact, Document, Letterhead, Organization

NEEDED_OF_COMPANY = ("street", "zip", "city", "phone", "email", "iban")


def profile_of(organization: Organization, document: Document, quirks: Quirks) -> str:
    """`XRechnung` where the buyer's reference is known, else what invoices get: `EN16931` or `NONE`.

    An invoice whose XML could not keep the rules of EN 16931 (no line, no tax id) stays a plain PDF (guess).
    """
    if not KINDS[document.kind].electronic:
        return "NONE"
    if document.kind == "credit-notes" and not quirks.electronic_credit_notes:
        return "NONE"
    if buyer_reference(organization, document) and _is_fit(organization, document):
        return "XRechnung"
    return quirks.invoice_profile if _has_what_it_takes(organization, document) else "NONE"


def _is_fit(organization: Organization, document: Document) -> bool:
    """Invoices were checked when written; of the others some stay plain (guess)."""
    contact = organization.contacts.get(document.contact_id or "")
    body = document.body
    return document.kind == "invoices" or not violations(
        organization.letterhead, body, body["address"], contact, finalized=True
    )


def _has_what_it_takes(organization: Organization, document: Document) -> bool:
    head = organization.letterhead
    lines = [line for line in document.body["lineItems"] if line["type"] != "text"]
    tax_type = document.body["taxConditions"]["taxType"]
    reverse = any(
        category_of(tax_type, line["unitPrice"]["taxRatePercentage"]).needs_buyer_vat_id for line in lines
    )
    if reverse and not (head.vat_id and vat_id_of(organization.contacts.get(document.contact_id or ""))):
        return False
    return bool(lines) and bool(head.vat_id or head.tax_number)


def vat_id_of(contact: Contact | None) -> str | None:
    return contact.body.get("company", {}).get("vatRegistrationId") if contact else None


def buyer_reference(organization: Organization, document: Document) -> str | None:
    """The Leitweg-ID: the document's own, else the contact's; an empty one forces a normal invoice."""
    return reference(organization.contacts.get(document.contact_id or ""), document.buyer_reference)


def reference(contact: Contact | None, own: str | None) -> str | None:
    on_contact = contact.body.get("xRechnung", {}).get("buyerReference") if contact else None
    return (on_contact if own is None else own) if on_contact else None


def violations(
    letterhead: Letterhead, body: dict[str, Any], to: dict[str, Any], contact: Contact | None, finalized: bool
) -> list[Violation]:
    """What stands in the way of an XRechnung; the company's own data count on finalizing only."""
    own = body.get("xRechnung", {}).get("buyerReference")
    if own and not (contact and contact.body.get("xRechnung")):
        return [invalid("xRechnung.buyerReference")]
    if not reference(contact, own):
        return []
    found = [missing(f"address.{name}") for name in ("zip", "city") if not to.get(name)]
    if body["taxConditions"]["taxType"] != "net":
        found.append(invalid("taxConditions.taxType", "Eine XRechnung ist nur mit Nettopreisen möglich."))
    if all(line["type"] == "text" for line in body["lineItems"]):
        found.append(missing("lineItems"))
    if contact is not None and not contact.body["xRechnung"].get("vendorNumberAtCustomer"):
        found.append(missing("xRechnung.vendorNumberAtCustomer"))
    if finalized:
        lacking = [name for name in NEEDED_OF_COMPANY if not getattr(letterhead, name)]
        if not (letterhead.vat_id or letterhead.tax_number):
            lacking.append("taxNumber")
        found += [missing(f"organization.{name}") for name in lacking]
    return found
