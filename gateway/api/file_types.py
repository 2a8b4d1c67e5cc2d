"""What a file is, by its content. A name or a declared type is only compared with it."""

from xml.parsers import expat

JPEG, PNG, PDF, XML = "image/jpeg", "image/png", "application/pdf", "application/xml"
BEGINNINGS = {b"%PDF-": PDF, b"\x89PNG\r\n\x1a\n": PNG, b"\xff\xd8\xff": JPEG}
MARKUP = (b"<", b"\xef\xbb\xbf<", b"\xfe\xff\x00<", b"\xff\xfe<\x00")
"""How XML begins, after blanks: bare, or with the byte order mark of UTF-8 or UTF-16."""

ENCODINGS = ("utf-8", "utf-16", "iso-8859-1", "iso-8859-15", "windows-1252", "us-ascii")
"""Of XML. In others, UTF-7 for one, two readers may see two texts."""

DECLARED = {
    PDF: (PDF, "application/x-pdf"),
    JPEG: (JPEG, "image/jpg", "image/pjpeg"),
    PNG: (PNG, "image/x-png"),
    XML: (XML, "text/xml"),
}
"""Under which names each type is declared."""
NO_CLAIM = ("", "application/octet-stream", "binary/octet-stream")
"""Declarations that claim nothing."""


class BadXml(Exception):
    """It looks like XML, and must not be read as such."""


def recognized(content: bytes) -> str | None:
    """The media type; None for anything that is not taken.

    Raises:
        BadXml: not well formed, or with a document type: entities would be expanded by whoever reads it next.
    """
    for beginning, media_type in BEGINNINGS.items():
        if content.startswith(beginning):
            return media_type
    if content[:64].lstrip(b" \t\r\n").startswith(MARKUP):
        _check_xml(content)
        return XML
    return None


def _check_xml(content: bytes) -> None:
    """Parse to the end and keep nothing. Nothing outside is read: expat is given no way to."""
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = _no_doctype
    parser.XmlDeclHandler = _known_encoding
    try:
        parser.Parse(content, True)
    except expat.ExpatError as error:
        raise BadXml(f"The XML is not well formed ({error}).") from error


def _known_encoding(version: str, encoding: str | None, standalone: int) -> None:
    if encoding is not None and encoding.lower() not in ENCODINGS:
        raise BadXml("The XML is written in an encoding that is not taken.")


def _no_doctype(*declared: object) -> None:
    raise BadXml("XML with a document type (DTD) is not taken.")
