"""Files as the vendor gives them: which form to ask for, and what came. Source: "Files" (read 2026-11-20)."""

import re
from collections.abc import Awaitable, Callable
from contextlib import suppress

from connectors.base.errors import RepresentationNotAvailable
from connectors.base.files import EXTENSIONS
from connectors.base.paging import Download
from connectors.base.wire import Answer
from connectors.lexoffice.errors import unreadable

PDF, XML, PNG, JPEG, ANY = "application/pdf", "application/xml", "image/png", "image/jpeg", "*/*"
DOCUMENTS = {PDF: PDF, XML: XML, "text/xml": XML, ANY: ANY, "application/*": ANY}
"""What is sent for a media range. Never application/json: it brings the PDF in base64 (seen 2026)."""
FILES = {**DOCUMENTS, PNG: PNG, JPEG: JPEG, "image/jpg": JPEG}
"""The same for uploads, which may be images."""

FILENAME = re.compile(r'filename\s*=\s*(?:"([^"]*)"|([^;]*))', re.IGNORECASE)
WEIGHT = re.compile(r"\s*q\s*=\s*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\s*", re.IGNORECASE)
UNSAFE = re.compile(r"[^\w.\- ]+")
SYNONYMS = {"text/xml": XML, "image/jpg": JPEG}


def asked(accept: str, known: dict[str, str]) -> tuple[str, ...]:
    """The ranges of the header that are known, in the vendor's words, the most wanted first (RFC 9110, 12.5).

    Raises:
        RepresentationNotAvailable: none is.
    """
    ranges = sorted(map(_weighed, accept.split(",")), key=lambda found: -found[1])
    found = dict.fromkeys(known[name] for name, weight in ranges if weight and name in known)
    if not found:
        available = tuple(dict.fromkeys(form for form in known.values() if form != ANY))
        raise RepresentationNotAvailable("The file exists in none of the forms asked for.", available)
    return tuple(found)


def _weighed(part: str) -> tuple[str, float]:
    """A media range and its weight; what is no weight counts as none given."""
    name, *parameters = part.split(";")
    weights = (WEIGHT.fullmatch(parameter) for parameter in parameters)
    return name.strip().lower(), next((float(weight[1]) for weight in weights if weight), 1.0)


async def first_of(forms: tuple[str, ...], fetch: Callable[[str], Awaitable[Download]]) -> Download:
    """The most wanted form that exists; each that does not costs the calls that told so.

    Raises:
        RepresentationNotAvailable: none does.
    """
    for form in forms[:-1]:
        with suppress(RepresentationNotAvailable):
            return await fetch(form)
    return await fetch(forms[-1])


def file_of(answer: Answer, id: str, *, preview: bool = False) -> Download:
    """A file that came, or comes."""
    media_type = media_type_of(answer)
    if media_type not in EXTENSIONS or not answer.content:
        raise unreadable(answer, writes=False)
    name = _filename(answer.headers.get("content-disposition", "")) or f"{id}.{EXTENSIONS[media_type]}"
    return Download(
        content=answer.content, rest=answer.rest, media_type=media_type, filename=name, preview=preview
    )


async def given_up(answer: Answer) -> None:
    """The file is not wanted: what of it has not come yet is not waited for."""
    if answer.rest is not None:
        await answer.rest.aclose()


def media_type_of(answer: Answer) -> str:
    """What the vendor calls it."""
    media_type = answer.headers.get("content-type", "").split(";")[0].strip().lower()
    return SYNONYMS.get(media_type, media_type)


def _filename(disposition: str) -> str | None:
    """The vendor writes `inline; filename=Rechnung_RE0009.pdf;` (recorded 2023). Paths are cut off."""
    match = FILENAME.search(disposition)
    if match is None:
        return None
    name = (match.group(1) or match.group(2) or "").replace("\\", "/").rpartition("/")[2]
    return UNSAFE.sub("_", name).strip(" .")[:150] or None
