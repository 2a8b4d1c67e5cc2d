"""Forms with files, as clients send them."""

from typing import Any

import httpx2

FORM = "multipart/form-data"
PDF = b"%PDF-1.7\n%%EOF\n"


def encoded(fields: dict[str, Any], filename: str = "beleg.pdf") -> tuple[bytes, str]:
    """The body of a form, each field a file named `filename`, and its Content-Type."""
    files = [(name, (filename, content)) for name, content in fields.items()]
    request = httpx2.Request("POST", "http://localhost", files=files)
    return request.read(), request.headers["content-type"]


def form_of(example: dict[str, str]) -> tuple[bytes, str]:
    """A documented example as a form."""
    return encoded({name: text.encode() for name, text in example.items()})
