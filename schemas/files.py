"""Files: receipts and electronic invoices that the accounting system keeps."""

from enum import StrEnum

from schemas.base import Link, Resource, Unified


class FileStatus(StrEnum):
    """What the accounting system has made of an upload."""

    PROCESSING = "processing"
    STORED = "stored"
    FAILED = "failed"
    UNKNOWN = "unknown"


class StoredFile(Unified, kw_only=True, frozen=True):
    """A file in the accounting system. Its bytes are at `/v1/accounting/files/{id}/content`."""

    id: str
    """The vendor's id of the file."""
    status: FileStatus
    """Stored, still being read by the vendor, or failed there."""
    vendor_status: str | None
    """The vendor's own word for the status; None when it gives none."""
    document_id: str | None
    """The document that holds it; for an upload to the inbox the bookkeeping document made of it. None for a
    file that was uploaded to be mailed along: nothing is booked."""
    media_type: str | None
    """By its content: `application/pdf`, `image/jpeg`, `image/png`, `application/xml`."""
    size: int | None
    """Length in bytes."""
    sha256: str | None
    """Hexadecimal digest of the bytes that were sent."""
    already_stored: bool | None
    """True when the vendor held this very content before and answered with the copy it has; None when that is
    not known, as for a copy that is less than a minute old."""
    links: Link
    """Deep links into the vendor's application."""


RESOURCE = Resource(
    name="files",
    singular="StoredFile",
    title="Receipts and electronic invoices as files.",
    model=StoredFile,
    operations=("list", "upload", "enclose", "get", "content", "delete"),
)
