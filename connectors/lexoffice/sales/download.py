"""The rendered file of a document. Source: "Downloading a document" (read 2026-11-20)."""

from collections.abc import Awaitable, Callable
from typing import Any

from connectors.base.errors import DocumentNotReady, RepresentationNotAvailable
from connectors.base.paging import Download, Record
from connectors.lexoffice.client import LexofficeClient, known_id
from connectors.lexoffice.errors import translate
from connectors.lexoffice.representations import ANY, DOCUMENTS, PDF, XML, asked, file_of, first_of
from connectors.lexoffice.sales.noun import Noun
from schemas.documents import DocumentStatus, ElectronicProfile


async def document(
    client: LexofficeClient,
    noun: Noun,
    id: str,
    accept: str,
    get: Callable[[str], Awaitable[Record[Any]]],
) -> Download:
    """The file in the form of `accept` most wanted that exists; `*/*` is the legally leading one.

    One call; two when the PDF is asked for by name, since only the document tells whether it is a preview.
    Each form that does not exist costs two.

    Raises:
        DocumentNotReady: it is a draft.
        RepresentationNotAvailable: names the forms that exist.
    """

    async def fetch(form: str) -> Download:
        return await _rendered(client, noun, id, form, get)

    return await first_of(asked(accept, DOCUMENTS), fetch)


async def _rendered(
    client: LexofficeClient,
    noun: Noun,
    id: str,
    wanted: str,
    get: Callable[[str], Awaitable[Record[Any]]],
) -> Download:
    purpose = f"{noun.resource}.document"
    answer = await client.download(f"/v1/{noun.path}/{known_id(id)}/file", wanted, purpose)
    if 200 <= answer.status < 300:
        return file_of(answer, id, preview=wanted == PDF and _leads_as_xml((await get(id)).data))
    if answer.status not in (404, 406, 409):
        raise translate(answer, {})
    # A missing XML and a missing document are both 404: only the document itself tells them apart.
    found = (await get(id)).data
    if found.status is DocumentStatus.DRAFT and not noun.always_draft:
        raise DocumentNotReady("A draft has no file.")
    available = (XML, PDF) if _leads_as_xml(found) else (PDF,)
    if wanted not in (ANY, *available):
        raise RepresentationNotAvailable(f"This document does not exist as {wanted}.", available)
    raise DocumentNotReady("Lexware Office has no file of this document yet.")


def _leads_as_xml(found: Any) -> bool:
    """An XRechnung is its XML; every other document is its PDF."""
    return found.electronic_profile is ElectronicProfile.XRECHNUNG
