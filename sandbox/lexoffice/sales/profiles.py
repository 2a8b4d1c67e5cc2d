"""Which electronic form a finalized document takes."""

from sandbox.lexoffice.quirks import Quirks
from sandbox.lexoffice.state import Document, Organization


def profile_of(organization: Organization, document: Document, quirks: Quirks) -> str:
    """`XRechnung` where the buyer's reference is known, else what invoices get: `EN16931` or `NONE`."""
    if document.kind not in ("invoices", "down-payment-invoices"):
        return "NONE"
    if buyer_reference(organization, document):
        return "XRechnung"
    return quirks.invoice_profile


def buyer_reference(organization: Organization, document: Document) -> str | None:
    """The Leitweg-ID: the document's own, else the contact's; an empty one forces a normal invoice."""
    contact = organization.contacts.get(document.contact_id or "")
    on_contact = contact.body.get("xRechnung", {}).get("buyerReference") if contact else None
    own = document.buyer_reference
    chosen = on_contact if own is None else own
    if not chosen or not on_contact or document.body["taxConditions"]["taxType"] != "net":
        return None
    return chosen
