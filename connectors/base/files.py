"""Files on their way to a vendor, and the form that carries them."""

import hashlib

import httpx2
from msgspec import Struct

LARGEST = 5 * 1024 * 1024
"""Bytes of one file."""

EXTENSIONS = {"application/pdf": "pdf", "image/jpeg": "jpg", "image/png": "png", "application/xml": "xml"}
"""What is taken, and how such files are named."""


class Upload(Struct, frozen=True, kw_only=True):
    """A file as a caller sent it: at most `LARGEST` bytes, and of the type that its content shows."""

    content: bytes
    media_type: str
    """One of `EXTENSIONS`."""
    filename: str
    """For people: no path, of harmless characters, with the extension of its type."""
    sha256: str
    """Hexadecimal digest of the content: by it two uploads are the same."""


class Part(Struct, frozen=True, kw_only=True):
    """One file of a form."""

    name: str
    """Of the form's field."""
    filename: str
    media_type: str
    content: bytes


def form(fields: dict[str, str], parts: tuple[Part, ...]) -> tuple[bytes, str]:
    """multipart/form-data (RFC 7578): the body, and its Content-Type.

    The boundary is the digest of what it separates: equal forms are equal bytes, and none holds its own
    boundary.
    """
    digest = hashlib.sha256()
    for name, value in fields.items():
        digest.update(f"{name}={value};".encode())
    for part in parts:
        digest.update(part.content)
    content_type = f"multipart/form-data; boundary=kontor-{digest.hexdigest()[:40]}"
    request = httpx2.Request(
        "POST",
        "http://localhost",
        data=fields,
        files=[(part.name, (part.filename, part.content, part.media_type)) for part in parts],
        headers={"content-type": content_type},
    )
    return request.read(), content_type
