"""Which bytes leave for which Accept: the paper of sales documents, and what was uploaded."""

import base64

from sandbox.lexoffice.call import Call
from sandbox.lexoffice.errors import Refused, not_found
from sandbox.lexoffice.paper import einvoice, invoice_pdf, note_pdf
from sandbox.lexoffice.sales.kinds import KINDS, Kind
from sandbox.lexoffice.state import Document, Organization, StoredFile
from sandbox.lexoffice.wire import Reply

MEDIA_TYPES = {"pdf": "application/pdf", "xml": "application/xml", "png": "image/png", "jpg": "image/jpeg"}
PDF, XML = MEDIA_TYPES["pdf"], MEDIA_TYPES["xml"]
ANYTHING, JSON = "*/*", "application/json"
IMAGES = ("image/*", "image/png", "image/jpeg", "image/jpg")


def accepted(accept: str) -> list[str]:
    """The media types of an Accept header, those with the greater weight (`q`) first."""
    weighed = [_weighed(part) for part in accept.split(",") if part.strip()]
    weighed.sort(key=lambda pair: -pair[1])
    return [type for type, weight in weighed if weight > 0] or [ANYTHING]


def _weighed(part: str) -> tuple[str, float]:
    type, *parameters = (piece.strip().lower() for piece in part.split(";"))
    weight = next((value.removeprefix("q=") for value in parameters if value.startswith("q=")), "1")
    try:
        return type, float(weight)
    except ValueError:
        return type, 1.0


def not_acceptable() -> Refused:
    return Refused(406, "Could not find acceptable representation")


def of_document(call: Call, document: Document, kind: Kind, accept: str, as_file: bool = False) -> Reply:
    """The paper of a sales document. An XRechnung is XML under its own address, a PDF among the files."""
    xrechnung = document.profile == "XRechnung"
    for type in accepted(accept):
        if type == XML and (kind.electronic or as_file):
            return _xml(call, document) if xrechnung else _no_xml()
        if type in (ANYTHING, "application/*") and xrechnung and not as_file:
            return _xml(call, document)
        if type in (ANYTHING, "application/*", PDF) or (as_file and type in IMAGES):
            return _pdf(call, document)
        if type == JSON and call.quirks.pdf_as_base64_for_json:
            return _as_base64(_pdf(call, document))
    raise not_acceptable()


def _no_xml() -> Reply:
    raise not_found("There is no XML of this document.")


def of_file(call: Call, file: StoredFile, accept: str) -> Reply:
    if file.document_id is not None:
        document = call.organization.documents[file.document_id]
        return of_document(call, document, KINDS[document.kind], accept, as_file=True)
    for type in accepted(accept):
        if type in (ANYTHING, "application/*"):
            return _stored(file, file.format)
        if type == JSON and call.quirks.pdf_as_base64_for_json:
            return _as_base64(_stored(file, file.format))
        if type == XML:
            return _stored(file, "xml")
        if type in (PDF, *IMAGES):
            return _stored(file, "pdf" if file.format == "xml" else file.format)
    raise not_acceptable()


def _stored(file: StoredFile, format: str) -> Reply:
    if format == "xml" and file.format != "xml":
        raise not_found("There is no XML of this file.")
    as_stored = format == file.format
    content = (
        file.content if as_stored else note_pdf.draw("Vorschau einer elektronischen Rechnung", file.created)
    )
    disposition = f"inline; filename={file.id}.{format};"
    return Reply(200, content, (("content-type", MEDIA_TYPES[format]), ("content-disposition", disposition)))


def _as_base64(reply: Reply) -> Reply:
    """What the real API makes of a file when JSON is asked for: text, still labelled as the file."""
    return Reply(reply.status, base64.b64encode(reply.body), reply.headers)


def file_id(call: Call, document: Document) -> str:
    """The id of the document's paper, made when first asked for."""
    if document.file_id is None:
        file = StoredFile(call.twin.ids.uuid(), call.now, document_id=document.id)
        call.organization.files[file.id] = file
        document.file_id = file.id
        call.twin.answers.pop(document.id, None)
    return document.file_id


def _xml(call: Call, document: Document) -> Reply:
    key = (document.id, document.version, "xml")
    content = call.twin.papers.get(key, lambda: _drawn_xml(call.organization, document))
    return Reply(200, content, (("content-type", XML), _disposition(document, "xml")))


def _pdf(call: Call, document: Document) -> Reply:
    def draw() -> bytes:
        xml = _drawn_xml(call.organization, document) if document.profile == "EN16931" else None
        return invoice_pdf.draw(call.organization, document, xml)

    content = call.twin.papers.get((document.id, document.version), draw)
    return Reply(200, content, (("content-type", PDF), _disposition(document, "pdf")))


def _drawn_xml(organization: Organization, document: Document) -> bytes:
    return einvoice.xml_of(organization, document, document.profile)


def _disposition(document: Document, extension: str) -> tuple[str, str]:
    name = "_".join(part for part in (KINDS[document.kind].german, document.number) if part)
    return "content-disposition", f"inline; filename={name}.{extension};"
