"""Which bytes leave for which Accept: the paper of sales documents."""

from sandbox.lexoffice.call import Call
from sandbox.lexoffice.errors import Refused, not_found
from sandbox.lexoffice.paper import invoice_pdf
from sandbox.lexoffice.sales.kinds import KINDS, Kind
from sandbox.lexoffice.state import Document, StoredFile
from sandbox.lexoffice.wire import Reply

PDF, XML = "application/pdf", "application/xml"


def accepted(accept: str) -> list[str]:
    """The media types of an Accept header in the order given, without their parameters."""
    types = [part.split(";")[0].strip().lower() for part in accept.split(",")]
    return [type for type in types if type] or ["*/*"]


def of_document(call: Call, document: Document, kind: Kind, accept: str) -> Reply:
    for type in accepted(accept):
        if type in ("*/*", "application/*", PDF):
            return _pdf(call, document)
        if type == XML and kind.electronic:
            raise not_found("There is no XML of this document.")
    raise Refused(406, "Could not find acceptable representation")


def file_id(call: Call, document: Document) -> str:
    """The id of the document's paper, made when first asked for."""
    if document.file_id is None:
        file = StoredFile(call.twin.ids.uuid(), call.now, document_id=document.id)
        call.organization.files[file.id] = file
        document.file_id = file.id
        call.twin.answers.pop(document.id, None)
    return document.file_id


def _pdf(call: Call, document: Document) -> Reply:
    content = call.twin.papers.get(
        (document.id, document.version), lambda: invoice_pdf.draw(call.organization, document)
    )
    title = KINDS[document.kind].german
    name = f"{title}_{document.number}.pdf" if document.number else f"{title}.pdf"
    return Reply(200, content, (("content-type", PDF), ("content-disposition", f"inline; filename={name};")))
