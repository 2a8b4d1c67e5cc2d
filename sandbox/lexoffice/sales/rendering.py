"""A sales voucher as GET answers it. Encoded once, kept until something changes it."""

from typing import TYPE_CHECKING, Any

from sandbox.lexoffice import jsontext
from sandbox.lexoffice.dates import shown
from sandbox.lexoffice.sales.kinds import KINDS
from sandbox.lexoffice.state import Document, Organization

if TYPE_CHECKING:
    from sandbox.lexoffice.twin import Twin

# Members of the body that stand before the electronic profile; the rest follows it.
EARLY = ("expirationDate", "address", "xRechnung")
LATE = ("printLayoutId", "title", "introduction", "remark", "deliveryTerms")


def encoded(twin: "Twin", organization: Organization, document: Document) -> bytes:
    answer = twin.answers.get(document.id)
    if answer is None:
        answer = twin.answers[document.id] = jsontext.encode(rendered(organization, document))
    return answer


def rendered(organization: Organization, document: Document) -> dict[str, Any]:
    body = document.body
    out: dict[str, Any] = {
        "id": document.id,
        "organizationId": organization.id,
        "createdDate": shown(document.created),
        "updatedDate": shown(document.updated),
        "version": document.version,
        "language": body["language"],
        "archived": document.archived,
        "voucherStatus": document.status,
        "voucherNumber": document.number,
        "voucherDate": shown(document.voucher_date),
        "dueDate": shown(document.due) if document.due else None,
    }
    out |= {name: body[name] for name in EARLY if name in body}
    out["electronicDocumentProfile"] = document.profile
    taken = {"language", *EARLY, *LATE}
    out |= {name: value for name, value in body.items() if name not in taken}
    if document.template_id:
        out["recurringTemplateId"] = document.template_id
    out["relatedVouchers"] = [_related(organization.documents[related.id]) for related in document.related]
    out |= {name: body[name] for name in LATE if name in body}
    if document.status == "draft" and not KINDS[document.kind].always_draft:
        out.pop("printLayoutId", None)  # no draft that was read had one
    if document.file_id:
        out["files"] = {"documentFileId": document.file_id}
    return {name: value for name, value in out.items() if value is not None}


def _related(document: Document) -> dict[str, Any]:
    shown = {
        "id": document.id,
        "voucherNumber": document.number,
        "voucherType": KINDS[document.kind].listed_as,
    }
    return {name: value for name, value in shown.items() if value is not None}
