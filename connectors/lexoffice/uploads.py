"""A file on its way to a voucher or to the inbox, and the record of it. Source: "Files" (read 2026-11-20)."""

from collections.abc import Collection

from connectors.base.files import Upload
from connectors.base.paging import Record
from connectors.base.wire import Answer
from connectors.lexoffice import links
from connectors.lexoffice.client import LexofficeClient, is_uuid, known_id, raw_of, readable
from connectors.lexoffice.native.base import decoder
from connectors.lexoffice.native.files import Uploaded
from schemas.base import Link
from schemas.files import FileStatus, StoredFile

UPLOADED = decoder(Uploaded)


async def attach(
    client: LexofficeClient, app: str, id: str, upload: Upload, held: Collection[str], purpose: str
) -> Record[StoredFile]:
    """Add a file to a voucher; one call.

    `app`: where the vendor's application is; `held`: ids of the files that the voucher has. The vendor
    answers content that it knows with the id it has, and does not say so.
    """
    answer = await client.send_file(f"/v1/vouchers/{known_id(id)}/files", upload, {}, purpose)
    file = readable(answer, uploaded, writes=True)
    record = stored(
        file,
        upload,
        status=FileStatus.STORED,
        vendor_status=None,
        document_id=id,
        already_stored=True if file.id in held else None,
        link=links.document(app, "vouchers", id, editable=False),
    )
    unavailable = () if file.id in held else ("alreadyStored",)
    return Record(data=record, raw=raw_of(answer), fields_unavailable=unavailable)


def uploaded(answer: Answer) -> Uploaded:
    """The ids of an upload. Raises ValueError when they are none."""
    file = UPLOADED.decode(answer.content)
    if not is_uuid(file.id):
        raise ValueError("the id is no UUID")
    return file


def stored(
    file: Uploaded,
    upload: Upload,
    *,
    status: FileStatus,
    vendor_status: str | None,
    document_id: str | None,
    already_stored: bool | None,
    link: Link,
) -> StoredFile:
    """What is known right after an upload. Pure."""
    return StoredFile(
        id=file.id,
        status=status,
        vendor_status=vendor_status,
        document_id=document_id,
        media_type=upload.media_type,
        size=len(upload.content),
        sha256=upload.sha256,
        already_stored=already_stored,
        links=link,
    )
