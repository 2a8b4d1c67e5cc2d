"""Uploads (`POST /v1/files`): checked, known again when seen before, and in time turned into a voucher."""

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING

from sandbox.lexoffice import agenda, dates, multipart
from sandbox.lexoffice.call import Call
from sandbox.lexoffice.errors import Bare, legacy, of_gateway, refuse
from sandbox.lexoffice.multipart import Part
from sandbox.lexoffice.routing import post
from sandbox.lexoffice.state import StoredFile, Task, Voucher
from sandbox.lexoffice.wire import Reply, json_reply

if TYPE_CHECKING:
    from sandbox.lexoffice.twin import Twin

LIMITS = {"voucher": 5_242_880, "attachment": 2 * 1024 * 1024}
FORMATS = {"voucher": ("pdf", "jpg", "png", "xml"), "attachment": ("pdf", "jpg", "png")}
EXTENSIONS = {"pdf": "pdf", "jpg": "jpg", "jpeg": "jpg", "png": "png", "xml": "xml"}
BEGINNINGS = {"jpg": b"\xff\xd8\xff", "png": b"\x89PNG\r\n\x1a\n", "pdf": b"%PDF-"}
SMALLEST_IMAGE = 60
E_INVOICE_ROOTS = (
    b"CrossIndustryInvoice",
    b"ubl:schema:xsd:Invoice-2",
    b"ubl:schema:xsd:CreditNote-2",
)


def upload(call: Call) -> Reply:
    """202 with the ids of the file and the voucher made of it; the same content gives the same ids again."""
    fields = form(call)
    type = fields["type"].content.decode("utf-8", "replace") if "type" in fields else None
    if type is None:
        raise Bare(400, {"i18nKey": "missing_entity", "source": "type", "type": "validation_failure"})
    if type not in LIMITS:
        raise Bare(400, f"Invalid value '{type}' for type, allowed values are: [voucher, attachment]")
    file = receive(call, demanded_file(fields), type)
    if type == "attachment":
        return json_reply({"id": file.id}, 202)
    if file.voucher_id is None:
        file.voucher_id = _voucher_of(call, file).id
    return json_reply({"id": file.id, "voucherId": file.voucher_id}, 202)


def form(call: Call) -> dict[str, Part]:
    boundary = multipart.boundary_of(call.request.headers.get("content-type", ""))
    if boundary is None:
        raise of_gateway(415)
    return multipart.parts(call.request.body, boundary)


def demanded_file(fields: dict[str, Part]) -> Part:
    if "file" not in fields or fields["file"].filename is None:
        # Documented: an upload without a file is an internal error.
        raise of_gateway(500)
    return fields["file"]


def receive(call: Call, part: Part, type: str = "voucher", voucher: Voucher | None = None) -> StoredFile:
    """The stored file of a part; an earlier one with the same content where there is one.

    What is attached to a `voucher` is never another voucher's file: the two end separately.
    """
    format = _checked(part, type, call.organization.e_invoicing)
    checksum = hashlib.sha256(part.content).hexdigest()
    for file in call.organization.files.values():
        own = voucher is None or file.voucher_id in (None, voucher.id)
        if own and file.checksum == checksum and file.attachment == (type == "attachment"):
            return file
    file = StoredFile(
        call.twin.ids.uuid(), call.now, format, part.content, checksum, attachment=type == "attachment"
    )
    call.organization.files[file.id] = file
    return file


def _checked(part: Part, type: str, e_invoicing: bool) -> str:
    """The file's format, by its name; 406 for what the vendor's upload does not take."""
    format = EXTENSIONS.get((part.filename or "").rpartition(".")[2].lower())
    taken = format in FORMATS[type] and (format != "xml" or e_invoicing)
    if format is None or not taken:
        raise refuse(legacy("file", "inacceptable_file_extension"))
    if len(part.content) > LIMITS[type]:
        raise refuse(legacy("file", "max_file_size_exceeded"))
    if format == "xml":
        if not any(root in part.content for root in E_INVOICE_ROOTS):
            raise refuse(legacy("file", "invalid_xrechnung"))
    elif format == "pdf":
        if not part.content.startswith(BEGINNINGS["pdf"]) or b"%%EOF" not in part.content[-1024:]:
            raise refuse(legacy("file", "voucher_upload_toxic_pdf"))
    elif not part.content.startswith(BEGINNINGS[format]) or len(part.content) < SMALLEST_IMAGE:
        raise refuse(legacy("file", "image_conversion_error"))
    return format


def _voucher_of(call: Call, file: StoredFile) -> Voucher:
    """A blank voucher at once; its recognition takes a moment."""
    voucher = Voucher(
        id=call.twin.ids.uuid(),
        type="purchaseinvoice",
        status="blank",
        version=0,
        created=call.now,
        updated=call.now,
        body={"taxType": "gross", "useCollectiveContact": True, "voucherItems": []},
        files=[file.id],
    )
    call.organization.vouchers[voucher.id] = voucher
    if call.quirks.failing_uploads:
        call.quirks.failing_uploads -= 1
        file.failed = True
        return voucher
    done = call.now + timedelta(seconds=call.quirks.ocr_s)
    agenda.plan(call.twin.world, done, "ocr", call.organization.id, voucher.id)
    return voucher


def recognized(twin: "Twin", task: Task) -> None:
    """The end of recognition: a blank voucher becomes unchecked, and only now the event tells of it."""
    voucher = twin.world.organizations[task.organization_id].vouchers.get(task.subject)
    if voucher is None or voucher.status != "blank":
        return
    voucher.status = "unchecked"
    voucher.voucher_date = dates.midnight(dates.local_day(voucher.created))
    voucher.version += 1
    voucher.updated = task.at
    twin.emit(task.organization_id, "voucher.created", voucher.id, task.at)


ROUTES = [post("/v1/files", upload, "files.write", dialect="legacy", content=None)]
