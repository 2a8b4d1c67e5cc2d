"""Forms with files, as clients send them."""

from typing import Any

import httpx2

PDF = b"%PDF-1.7\n%%EOF\n"


def encoded(fields: dict[str, Any], filename: str = "beleg.pdf") -> tuple[bytes, str]:
    """The body of a form, each field a file named `filename`, and its Content-Type."""
    files = [(name, (filename, content)) for name, content in fields.items()]
    request = httpx2.Request("POST", "http://localhost", files=files)
    return request.read(), request.headers["content-type"]


def form_of(media_type: str | None, example: Any) -> tuple[bytes, str] | None:
    """A documented example as a form; None when it is no form."""
    if media_type != "multipart/form-data":
        return None
    return encoded({name: text.encode() for name, text in example.items()})
