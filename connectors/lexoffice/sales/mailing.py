"""Mailing of documents by the vendor, for partners only. Source: partner documentation, "Mailing"."""

from connectors.base.needs import Need
from connectors.lexoffice.native.base import Native
from schemas.actions import SendInput

MAILING = Need(
    credential="oauth",
    scopes=("vouchers.sendmail",),
    reason="Lexware Office mails documents for partners only: this connection is by API key.",
    alternative="Connect by OAuth, or download the document and mail it yourself.",
    source="Lexware partner API documentation of 2026-08-11, read 2026-11-20",
)


class Attachment(Native, kw_only=True, frozen=True):
    id: str
    file_name: str
    """Without extension."""
    file_extension: str


class Mail(Native, kw_only=True, frozen=True):
    """Body of `POST /v1/{noun}/{id}/sendmail`. What is left out comes from the company's template."""

    recipients: list[str]
    subject: str | None = None
    message: str | None = None
    signature: str | None = None
    attachments: list[Attachment] | None = None


def to_native(body: SendInput) -> Mail:
    """Pure."""
    attachments: list[Attachment] = []
    for attachment in body.attachments:
        name, _, extension = attachment.filename.rpartition(".")
        attachments.append(Attachment(id=attachment.file_id, file_name=name, file_extension=extension))
    return Mail(
        recipients=body.recipients,
        subject=body.subject,
        message=body.message,
        signature=body.signature,
        attachments=attachments or None,
    )
