"""`/v1/files`, and what of a bookkeeping voucher tells about its file. Source: "Files" (read 2026-11-20)."""

from connectors.lexoffice.native.base import Instant, Native


class Uploaded(Native, kw_only=True, frozen=True):
    """Answer to an upload. The voucher is not named when the file was attached to one."""

    id: str
    voucher_id: str | None = None


class UploadState(Native, kw_only=True, frozen=True):
    """Answer to the question for the state; always 200, without the id while it is not stored."""

    status: str


class Holder(Native, kw_only=True, frozen=True):
    """The bookkeeping voucher made of an upload."""

    voucher_status: str
    created_date: Instant
