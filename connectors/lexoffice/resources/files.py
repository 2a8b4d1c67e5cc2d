"""Files over /v1/files: the inbox, its state, and downloads. No list: Lexware has none.

Source: "Files" (read 2026-11-20).
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import ClassVar

from connectors.base.connector import Session
from connectors.base.errors import FieldError, InvalidForTarget, KontorError, RepresentationNotAvailable
from connectors.base.files import Upload
from connectors.base.needs import Need
from connectors.base.paging import Download, Record
from connectors.base.wire import Answer
from connectors.lexoffice import links
from connectors.lexoffice.client import LexofficeClient, known_id, raw_of, readable
from connectors.lexoffice.errors import translate
from connectors.lexoffice.native.base import decoder
from connectors.lexoffice.native.files import Holder, UploadState
from connectors.lexoffice.representations import (
    ANY,
    FILES,
    JPEG,
    PDF,
    PNG,
    XML,
    asked,
    file_of,
    first_of,
    given_up,
    media_type_of,
)
from connectors.lexoffice.uploads import stored, uploaded
from schemas.base import Link
from schemas.files import FileStatus, StoredFile

HOLDER = decoder(Holder)
STATE = decoder(UploadState)
PATHS = {"file": "file", "type": "file"}
STATUS = {
    "upload_processing": FileStatus.PROCESSING,
    "upload_success": FileStatus.STORED,
    "upload_failed": FileStatus.FAILED,
}
CLOCKS_APART = timedelta(minutes=1)
"""A voucher made longer than this before the request was there already; a younger one may be new."""
STATE_NEEDS = Need(
    credential="oauth",
    scopes=("files.status",),
    reason="Lexware Office tells the state of an upload to partners only: this connection is by API key.",
    alternative="Connect by OAuth, or read the content: it is there once the file is stored.",
    source="Lexware partner API documentation of 2026-08-11, read 2026-11-20",
)
ENCLOSING_NEEDS = Need(
    credential="oauth",
    scopes=("files.write",),
    reason="Lexware Office takes files to mail along from partners only, who alone can have it mail: this "
    "connection is by API key.",
    alternative="Connect by OAuth, or mail the document and your files yourself.",
    source="Lexware partner API documentation of 2026-08-11, read 2026-11-20",
)
LARGEST_ENCLOSED = 2 * 1024 * 1024
"""Bytes of a file to mail along."""
ENCLOSED = (PDF, JPEG, PNG)


class Files:
    """Files of one connection."""

    needs: ClassVar[Mapping[str, Need]] = {"get": STATE_NEEDS, "enclose": ENCLOSING_NEEDS}

    def __init__(self, session: Session) -> None:
        self._session = session
        self._client = LexofficeClient(session, PATHS)

    async def upload(self, upload: Upload) -> Record[StoredFile]:
        """Put a file into the inbox, where the vendor makes a bookkeeping voucher of it.

        Two calls: the vendor answers content that it knows with the ids it has, and only the age of the
        voucher tells so. When the voucher cannot be read, that is not told.
        """
        answer = await self._client.send_file("/v1/files", upload, {"type": "voucher"}, "files.upload")
        file = readable(answer, uploaded, writes=True)
        holder = await self._holder(file.voucher_id) if file.voucher_id else None
        known = _known_before(holder, self._session.now)
        record = stored(
            file,
            upload,
            status=_status_of(holder),
            vendor_status=holder.voucher_status if holder else None,
            document_id=file.voucher_id,
            already_stored=known,
            link=self._link(file.voucher_id),
        )
        unavailable = (*(() if holder else ("status",)), *(() if known else ("alreadyStored",)))
        return Record(data=record, raw=raw_of(answer), fields_unavailable=unavailable)

    async def enclose(self, upload: Upload) -> Record[StoredFile]:
        """Leave a file to mail along with a document by `send`; one call, and nothing is booked.

        The vendor answers content that it knows with the id it has, and does not say so.

        Raises:
            InvalidForTarget: too large, or no PDF, JPEG or PNG; nothing was sent.
        """
        if misfits := tuple(_not_enclosed(upload)):
            raise InvalidForTarget(misfits)
        answer = await self._client.send_file("/v1/files", upload, {"type": "attachment"}, "files.enclose")
        record = stored(
            readable(answer, uploaded, writes=True),
            upload,
            status=FileStatus.STORED,
            vendor_status=None,
            document_id=None,
            already_stored=None,
            link=links.NONE,
        )
        return Record(data=record, raw=raw_of(answer), fields_unavailable=("alreadyStored",))

    async def get(self, id: str) -> Record[StoredFile]:
        """The state of an upload, one call; the vendor tells nothing else of a file. For partners only."""
        answer = await self._client.get(f"/v1/files/{known_id(id)}/status", "files.get")
        state = readable(answer, lambda answer: STATE.decode(answer.content))
        return Record(data=self._told(id, state), raw=raw_of(answer), fields_unavailable=UNTOLD)

    async def content(self, id: str, accept: str) -> Download:
        """The file in the form of `accept` most wanted that exists; `*/*` is the original.

        One call; two for a PDF, which is a preview where there is an XML. Each form that does not exist costs
        one or two.

        Raises:
            RecordNotFound: no such file.
            RepresentationNotAvailable: names the form that exists.
        """

        async def fetch(form: str) -> Download:
            return await self._in_form(id, form)

        return await first_of(asked(accept, FILES), fetch)

    async def _in_form(self, id: str, wanted: str) -> Download:
        answer = await self._file(id, wanted)
        if 200 <= answer.status < 300 and media_type_of(answer) == PDF:
            return await self._pdf(id, wanted, answer)
        if 200 <= answer.status < 300:
            await _check_form(answer, wanted)
            return file_of(answer, id)
        if answer.status == 404 and wanted == XML:
            raise await self._without_xml(id)
        raise translate(answer, {})

    async def _pdf(self, id: str, wanted: str, pdf: Answer) -> Download:
        """A PDF, or in its place the XML that it only shows, when any form will do."""
        await _check_form(pdf, wanted)
        xml = await self._file(id, XML)
        electronic = 200 <= xml.status < 300
        if not electronic and xml.status != 404:
            raise translate(xml, {})
        leading = electronic and wanted == ANY
        await given_up(pdf if leading else xml)
        return file_of(xml, id) if leading else file_of(pdf, id, preview=electronic)

    async def _without_xml(self, id: str) -> KontorError:
        """A missing XML and a missing file are both 404."""
        answer = await self._file(id, ANY)
        if not 200 <= answer.status < 300:
            return translate(answer, {})
        await given_up(answer)
        return RepresentationNotAvailable(
            "This file does not exist as application/xml.", (media_type_of(answer),)
        )

    async def _file(self, id: str, accept: str) -> Answer:
        return await self._client.download(f"/v1/files/{known_id(id)}", accept, "files.content")

    async def _holder(self, voucher_id: str) -> Holder | None:
        """The voucher made of an upload; None when it cannot be read: the upload is done all the same."""
        try:
            answer = await self._client.get(f"/v1/vouchers/{known_id(voucher_id)}", "files.upload")
            return readable(answer, lambda answer: HOLDER.decode(answer.content))
        except KontorError:
            return None

    def _told(self, id: str, state: UploadState) -> StoredFile:
        return StoredFile(
            id=id,
            status=STATUS.get(state.status, FileStatus.UNKNOWN),
            vendor_status=state.status,
            document_id=None,
            media_type=None,
            size=None,
            sha256=None,
            already_stored=None,
            links=self._link(None),
        )

    def _link(self, voucher_id: str | None) -> Link:
        app = self._session.hosts.app
        return links.document(app, "vouchers", voucher_id, editable=False) if voucher_id else links.inbox(app)


def _not_enclosed(upload: Upload) -> Iterator[FieldError]:
    if upload.media_type not in ENCLOSED:
        message = f"Lexware Office mails along {', '.join(ENCLOSED)}; this is {upload.media_type}."
        yield FieldError(field="file", code="file_type", message=message)
    if len(upload.content) > LARGEST_ENCLOSED:
        message = f"A file to mail along has at most {LARGEST_ENCLOSED} bytes."
        yield FieldError(field="file", code="file_too_large", message=message)


UNTOLD = ("documentId", "mediaType", "size", "sha256", "alreadyStored")


async def _check_form(answer: Answer, wanted: str) -> None:
    """The vendor gives what it has where another form of image or PDF is asked for. Raises 406."""
    if wanted not in (ANY, found := media_type_of(answer)):
        await given_up(answer)
        raise RepresentationNotAvailable(f"This file does not exist as {wanted}.", (found,))


def _status_of(holder: Holder | None) -> FileStatus:
    """A voucher is blank until its file has been read."""
    if holder is None:
        return FileStatus.UNKNOWN
    return FileStatus.PROCESSING if holder.voucher_status == "blank" else FileStatus.STORED


def _known_before(holder: Holder | None, request_came: datetime) -> bool | None:
    """The clocks of two houses: only a clear difference is told."""
    return True if holder and holder.created_date < request_came - CLOCKS_APART else None
