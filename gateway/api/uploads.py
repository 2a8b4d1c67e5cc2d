"""The form of an upload: one file, looked at before anything is done with it."""

import hashlib
import re
from collections.abc import Iterator
from typing import Any

from connectors.base.errors import FieldError
from connectors.base.files import EXTENSIONS, Upload
from gateway.api.file_types import DECLARED, NO_CLAIM, BadXml, recognized
from gateway.api.forms import Part
from gateway.errors import Invalid

FIELD = "file"
LONGEST_NAME = 100
UNSAFE = re.compile(r"[^\w.\- ]+")
ALIASES = {"jpeg": "jpg"}
TAKEN = "PDF, JPEG, PNG and XML"

SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": [FIELD],
    "properties": {
        FIELD: {
            "type": "string",
            "format": "binary",
            "description": f"{TAKEN}, by content; at most 5 MB (5,242,880 bytes).",
        }
    },
    "additionalProperties": False,
}
ENCODING = {FIELD: {"contentType": ", ".join(EXTENSIONS)}}
EXAMPLE = {FIELD: "%PDF-1.7\n%%EOF\n"}


def fit_upload(parts: list[Part]) -> Upload:
    """The one file of the form.

    Raises:
        Invalid: there is none, there is more, or its content is not what it is called.
    """
    files = [part for part in parts if part.name == FIELD]
    errors = list(_strangers(parts))
    if len(files) != 1:
        wrong = ("repeated", "One file a form.") if files else ("missing", "This field is required.")
        errors.append(_error(*wrong))
    if errors:
        raise Invalid(tuple(errors))
    return _looked_at(files[0])


def _strangers(parts: list[Part]) -> Iterator[FieldError]:
    for part in parts:
        if part.name != FIELD:
            name = part.name.replace("\x00", "")[:100]
            yield FieldError(field=name, code="unknown_field", message="There is no such field.")


def _looked_at(part: Part) -> Upload:
    if not part.content:
        raise Invalid((_error("empty", "The file is empty."),))
    try:
        media_type = recognized(part.content)
    except BadXml as error:
        raise Invalid((_error("xml", str(error)),)) from error
    if media_type is None:
        raise Invalid((_error("file_type", f"{TAKEN} are taken; the content is none of them."),))
    if why := _contradiction(part, media_type):
        raise Invalid((_error("file_type_mismatch", why),))
    return Upload(
        content=part.content,
        media_type=media_type,
        filename=_harmless(part.filename or "", media_type),
        sha256=hashlib.sha256(part.content).hexdigest(),
    )


def _contradiction(part: Part, media_type: str) -> str | None:
    """What the sender says about the file, where the content says otherwise."""
    declared = part.media_type or ""
    if declared not in NO_CLAIM and declared not in DECLARED[media_type]:
        return f"Declared as {declared[:100]}, but the content is {media_type}."
    extension = _extension(part.filename or "")
    if extension and extension in EXTENSIONS.values() and extension != EXTENSIONS[media_type]:
        return f"Named .{extension}, but the content is {media_type}."
    return None


def _extension(filename: str) -> str:
    name = filename.rpartition(".")[2].lower() if "." in filename else ""
    return ALIASES.get(name, name)


def _harmless(filename: str, media_type: str) -> str:
    """The last step of a path at most, in letters, digits, dots, dashes and blanks."""
    extension = EXTENSIONS[media_type]
    name = UNSAFE.sub("_", filename.replace("\\", "/").rpartition("/")[2])
    stem = name.rpartition(".")[0] if _extension(name) == extension else name
    return f"{stem.strip(' .')[:LONGEST_NAME] or 'upload'}.{extension}"


def _error(code: str, message: str) -> FieldError:
    return FieldError(field=FIELD, code=code, message=message)
