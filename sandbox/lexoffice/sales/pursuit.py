"""Documents that follow documents: which may follow which, and what both sides then show."""

from typing import Any

from sandbox.lexoffice.errors import Refused
from sandbox.lexoffice.quirks import Quirks
from sandbox.lexoffice.sales.kinds import NO_DRAFTS, PREDECESSORS, UNPROVEN, Kind
from sandbox.lexoffice.shapes import UUID_TEXT
from sandbox.lexoffice.state import Document, Organization, Related


def predecessor(organization: Organization, kind: Kind, id: str | None, quirks: Quirks) -> Document | None:
    """The document that `precedingSalesVoucherId` names; 406 when the new one may not follow it."""
    if not id:
        if kind.always_draft:
            raise Refused(406, "A dunning needs the parameter precedingSalesVoucherId.")
        return None
    before = organization.documents.get(id.lower()) if UUID_TEXT.fullmatch(id) else None
    if before is None:
        raise Refused(406, "The preceding sales voucher was not found.")
    reason = _obstacle(organization, kind, before, quirks)
    if reason:
        raise Refused(406, reason)
    return before


def _obstacle(organization: Organization, kind: Kind, before: Document, quirks: Quirks) -> str | None:
    unproven = UNPROVEN.get(kind.path, ()) if quirks.unproven_pursuits else ()
    if before.kind not in (*PREDECESSORS[kind.path], *unproven):
        return f"{kind.path} cannot follow {before.kind}."
    if before.kind in NO_DRAFTS and before.status == "draft":
        return "The preceding sales voucher is a draft."
    if before.kind == "quotations" and any(
        line.get("optional") or line.get("subItems") for line in before.body["lineItems"]
    ):
        return "A quotation with optional or alternative items cannot be pursued."
    if kind.path == "credit-notes":
        return _credit_obstacle(organization, before)
    return None


def _credit_obstacle(organization: Organization, invoice: Document) -> str | None:
    if invoice.body.get("closingInvoice"):
        return "A closing invoice cannot be pursued by a credit note."
    if invoice.status == "voided":
        return "A voided invoice cannot be pursued by a credit note."
    if any(organization.documents[r.id].kind == "credit-notes" for r in invoice.related):
        return "The invoice has been pursued by a credit note already."
    return None


def demand_same_case(
    kind: Kind, before: Document | None, address: dict[str, Any], tax: dict[str, Any]
) -> None:
    """A dunning goes to the invoice's contact under the invoice's tax conditions."""
    if kind.path != "dunnings" or before is None:
        return
    if address.get("contactId") != before.contact_id:
        raise Refused(406, "The contact of the dunning differs from the contact of the invoice.")
    owed = before.body["taxConditions"]
    if any(tax.get(name) != owed.get(name) for name in ("taxType", "taxSubType")):
        raise Refused(406, "The tax conditions of the dunning differ from those of the invoice.")


def link(one: Document, other: Document) -> None:
    one.related = [*one.related, Related(other.id, other.kind)]
    other.related = [*other.related, Related(one.id, one.kind)]
