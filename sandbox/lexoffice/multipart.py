"""multipart/form-data, as uploads send it: the body is whole in memory, with or without a Content-Length."""

import re

import msgspec

DISPOSITION = re.compile(r'(?P<name>[a-z*]+)="?(?P<value>[^";]*)"?', re.IGNORECASE)


class Part(msgspec.Struct, frozen=True):
    name: str
    content: bytes
    filename: str | None = None


def boundary_of(content_type: str) -> bytes | None:
    type, _, parameters = content_type.partition(";")
    if type.strip().lower() != "multipart/form-data":
        return None
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "boundary" and value:
            return value.strip().strip('"').encode("latin-1")
    return None


def parts(body: bytes, boundary: bytes) -> dict[str, Part]:
    """The parts by their name. What is not well-formed is left out."""
    found: dict[str, Part] = {}
    for piece in (b"\r\n" + body).split(b"\r\n--" + boundary)[1:]:
        head, separator, content = piece.partition(b"\r\n\r\n")
        if not separator or piece.startswith(b"--"):
            continue
        part = _part(head.decode("utf-8", "replace"), content)
        if part is not None:
            found[part.name] = part
    return found


def _part(head: str, content: bytes) -> Part | None:
    for line in head.splitlines():
        name, _, value = line.partition(":")
        if name.strip().lower() == "content-disposition":
            given = {match["name"].lower(): match["value"] for match in DISPOSITION.finditer(value)}
            if "name" in given:
                return Part(given["name"], content, given.get("filename"))
    return None
