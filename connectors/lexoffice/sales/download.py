"""The rendered file of a document. Source: "Downloading a document" (read 2026-11-20)."""

import re
from collections.abc import Awaitable, Callable
from typing import Any

from connectors.base.errors import DocumentNotReady, RepresentationNotAvailable
from connectors.base.paging import Download, Record
from connectors.base.wire import Answer
from connectors.lexoffice.client import LexofficeClient, known_id
from connectors.lexoffice.errors import translate, unreadable
from connectors.lexoffice.sales.noun import Noun
from schemas.documents import DocumentStatus, ElectronicProfile

PDF, XML, ANY = "application/pdf", "application/xml", "*/*"
ASKED = {PDF: PDF, XML: XML, "text/xml": XML, ANY: ANY, "application/*": ANY}
"""What is sent for a media range. Never application/json: it brings the PDF in base64 (seen 2026)."""

FILENAME = re.compile(r'filename\s*=\s*(?:"([^"]*)"|([^;]*))', re.IGNORECASE)
UNSAFE = re.compile(r"[^\w.\- ]+")
EXTENSION = {PDF: "pdf", XML: "xml", "text/xml": "xml"}


async def document(
    client: LexofficeClient,
    noun: Noun,
    id: str,
    accept: str,
    get: Callable[[str], Awaitable[Record[Any]]],
) -> Download:
    """The file in the first form of `accept` that the vendor knows; `*/*` is the legally leading one.

    Raises:
        DocumentNotReady: it is a draft.
        RepresentationNotAvailable: names the forms that exist.
    """
    purpose = f"{noun.resource}.document"
    asked = _asked(accept)
    answer = await client.download(f"/v1/{noun.path}/{known_id(id)}/file", asked, purpose)
    if 200 <= answer.status < 300:
        return _file(answer, id)
    if answer.status not in (404, 406, 409):
        raise translate(answer, {})
    # A missing XML and a missing document are both 404: only the document itself tells them apart.
    found = (await get(id)).data
    if found.status is DocumentStatus.DRAFT:
        raise DocumentNotReady("A draft has no file.")
    available = (XML, PDF) if found.electronic_profile is ElectronicProfile.XRECHNUNG else (PDF,)
    if asked not in (ANY, *available):
        raise RepresentationNotAvailable(f"This document does not exist as {asked}.", available)
    raise DocumentNotReady("Lexware Office has no file of this document yet.")


def _asked(accept: str) -> str:
    ranges = [part.split(";")[0].strip().lower() for part in accept.split(",")]
    known = next((ASKED[name] for name in ranges if name in ASKED), None)
    if known is None:
        raise RepresentationNotAvailable("Documents exist as PDF, some as XML.", (PDF, XML))
    return known


def _file(answer: Answer, id: str) -> Download:
    media_type = answer.headers.get("content-type", "").split(";")[0].strip().lower()
    if media_type not in EXTENSION or not answer.content:
        raise unreadable(answer, writes=False)
    name = _filename(answer.headers.get("content-disposition", "")) or f"{id}.{EXTENSION[media_type]}"
    return Download(content=answer.content, media_type=media_type, filename=name)


def _filename(disposition: str) -> str | None:
    """The vendor writes `inline; filename=Rechnung_RE0009.pdf;` (recorded 2023). Paths are cut off."""
    match = FILENAME.search(disposition)
    if match is None:
        return None
    name = (match.group(1) or match.group(2) or "").replace("\\", "/").rpartition("/")[2]
    return UNSAFE.sub("_", name).strip(" .")[:150] or None
