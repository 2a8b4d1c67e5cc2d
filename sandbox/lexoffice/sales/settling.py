"""What changes a document after it was written: finalizing, payments, voiding, and what follows from each."""

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from sandbox.lexoffice import money
from sandbox.lexoffice.sales import terms
from sandbox.lexoffice.sales.kinds import KINDS
from sandbox.lexoffice.sales.profiles import profile_of
from sandbox.lexoffice.state import Document, Organization, Payment, StoredFile

if TYPE_CHECKING:
    from sandbox.lexoffice.twin import Twin


class NotPossible(ValueError):
    """The app would not offer this on the document as it is."""


def touch(twin: "Twin", document: Document) -> None:
    document.version += 1
    document.updated = twin.clock.now()
    twin.answers.pop(document.id, None)


def finalize(twin: "Twin", organization: Organization, document: Document) -> None:
    """Draft to open: it falls due, gets its paper, and a credit note settles what it follows."""
    kind = KINDS[document.kind]
    if document.status != "draft" or kind.always_draft:
        raise NotPossible("only a draft can be finalized")
    now = twin.clock.now()
    document.status = "open"
    if kind.due:
        document.due = terms.due(document.voucher_date, document.body.get("paymentConditions"))
    document.profile = profile_of(organization, document, twin.quirks)
    if kind.electronic:
        file = StoredFile(twin.ids.uuid(), now, document_id=document.id)
        organization.files[file.id] = file
        document.file_id = file.id
    twin.answers.pop(document.id, None)
    twin.emit(organization.id, f"{kind.event}.status.changed", document.id)
    if document.kind == "credit-notes":
        set_off(twin, organization, document)


def set_off(twin: "Twin", organization: Organization, credit: Document) -> None:
    """A credit note that follows an invoice is paid off at once and lowers what the invoice is owed.

    Of a draft only the latter, where a quirk wants it.
    """
    invoice = next((organization.documents[r.id] for r in credit.related if r.kind == "invoices"), None)
    if invoice is None or invoice.status not in ("open", "paid") or credit.total is None:
        return
    if credit.status != "draft":
        credit.status = "paidoff"
    if credit.settles is None:
        credit.settles = invoice.id
        pay(twin, organization, invoice, credit.total, "partPaymentCreditNote", credit.voucher_date)


def pay(
    twin: "Twin",
    organization: Organization,
    document: Document,
    amount: Decimal | None = None,
    type: str = "manualPayment",
    posted: datetime | None = None,
) -> None:
    """Book a payment; without an amount, all that is open. What owes nothing more becomes paid."""
    kind = KINDS[document.kind]
    if kind.settled is None or document.status not in ("open", kind.settled):
        raise NotPossible("only an open document can be paid")
    now = twin.clock.now()
    open_amount = document.open_amount or money.ZERO
    document.payments = [
        *document.payments,
        Payment(type, posted or now, open_amount if amount is None else amount),
    ]
    touch(twin, document)
    twin.emit(organization.id, "payment.changed", document.id)
    if document.status == "open" and document.open_amount == 0:
        document.status = kind.settled
        twin.emit(organization.id, f"{kind.event}.status.changed", document.id)


def void(twin: "Twin", organization: Organization, document: Document) -> None:
    kind = KINDS[document.kind]
    if kind.settled is None or document.status == "draft":
        raise NotPossible("only a finalized document can be voided")
    document.status = "voided"
    document.payments = []
    touch(twin, document)
    twin.emit(organization.id, f"{kind.event}.status.changed", document.id)
    twin.emit(organization.id, "payment.changed", document.id)


def back_to_draft(twin: "Twin", organization: Organization, document: Document) -> None:
    """Open to draft, as the app allows for what has not been paid or credited."""
    kind = KINDS[document.kind]
    if document.status != "open" or document.payments:
        raise NotPossible("only an open document without payments becomes a draft again")
    document.status = "draft"
    document.due = None
    document.profile = "NONE"
    if document.file_id:
        organization.files.pop(document.file_id, None)
        document.file_id = None
    touch(twin, document)
    twin.emit(organization.id, f"{kind.event}.status.changed", document.id)
    if kind.settled:
        twin.emit(organization.id, "payment.changed", document.id)


def decide(twin: "Twin", organization: Organization, document: Document, accepted: bool) -> None:
    """The customer's word on a quotation, entered by the user."""
    if document.kind != "quotations" or document.status == "draft":
        raise NotPossible("only a finalized quotation is accepted or rejected")
    document.status = "accepted" if accepted else "rejected"
    touch(twin, document)
    twin.emit(organization.id, "quotation.status.changed", document.id)


def remove(twin: "Twin", organization: Organization, document: Document) -> None:
    del organization.documents[document.id]
    for related in document.related:
        other = organization.documents.get(related.id)
        if other is not None:
            other.related = [r for r in other.related if r.id != document.id]
            twin.answers.pop(other.id, None)
    if document.file_id:
        organization.files.pop(document.file_id, None)
    twin.emit(organization.id, f"{KINDS[document.kind].event}.deleted", document.id)
