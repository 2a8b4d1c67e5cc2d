"""From a passthrough request to a call, and back: what may leave, and what is told of the answer."""

import base64
import re
from collections.abc import Iterator
from typing import Annotated, Any, Literal
from unicodedata import normalize
from urllib.parse import unquote

import msgspec
from msgspec import Meta

from connectors.base.errors import FieldError
from connectors.base.files import LARGEST, Part, form
from connectors.base.passthrough import Fields, Passthrough
from connectors.base.wire import Answer, Call
from gateway.errors import Invalid
from gateway.upstream.headers import TRACE_HEADERS
from schemas.base import Input, Unified

READING = ("GET", "HEAD")
WRITING = ("POST", "PUT", "PATCH", "DELETE")
MEDIA_TYPE = r"^[A-Za-z0-9.+-]+/[A-Za-z0-9.+-]+$(?!\n)"
PATH = re.compile(r"(?:/(?:[A-Za-z0-9\-._~!$&'()*+,=:@]|%[0-9A-Fa-f]{2})+)+")
MISLEADING = re.compile(r"[/\\%;\x00-\x1f\x7f]")
"""What no decoded step of a path may hold: whoever decodes, or cuts parameters off, would go elsewhere."""
STEPS = (".", "..")
VALUE = re.compile(r"[\x20-\x7e]{0,1000}")

REQUEST_HEADERS = (
    "accept",
    "accept-language",
    "if-match",
    "if-none-match",
    "if-modified-since",
    "if-unmodified-since",
    "prefer",
)
"""Let through to any vendor. Others may change method, address or caller, or are written by us."""
ANSWER_HEADERS = {
    "allow",
    "content-disposition",
    "content-language",
    "content-type",
    "etag",
    "last-modified",
    "link",
    "location",
    "retry-after",
    *TRACE_HEADERS,
}
"""Given back; never a cookie or what concerns the connection."""

ENCODER = msgspec.json.Encoder(decimal_format="number")


class PassthroughFile(Input, kw_only=True, frozen=True):
    """A file of a form."""

    name: Annotated[str, Meta(min_length=1, max_length=100)]
    """Name of the form's field."""
    filename: Annotated[str, Meta(min_length=1, max_length=200)]
    """As the accounting system gets it."""
    media_type: Annotated[str, Meta(max_length=100, pattern=MEDIA_TYPE)]
    """As declared to the accounting system."""
    content: bytes
    """In base64; at most 5 MB decoded."""


class PassthroughInput(Input, kw_only=True, frozen=True):
    """A call in the accounting system's own words."""

    method: Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
    """HTTP method. All but GET and HEAD are writes."""
    path: Annotated[str, Meta(min_length=1, max_length=2000)]
    """Below the accounting system's API, percent-encoded, without a query: `/v1/profile`."""
    query: dict[str, str | list[str]] = {}
    """Query parameters, not encoded; a list repeats its parameter."""
    headers: dict[str, str] = {}
    """Further request headers, of those that are let through."""
    body: Any = None
    """JSON as it is to be sent; with `files` an object of texts, which become fields of the form."""
    files: Annotated[list[PassthroughFile], Meta(max_length=8)] = []
    """Sent as multipart/form-data."""


class PassthroughAnswer(Unified, kw_only=True, frozen=True):
    """What the accounting system answered, whatever its status."""

    status: int
    """Its HTTP status."""
    headers: dict[str, str]
    """Those of its headers that concern the content, names in lower case."""
    media_type: str | None
    """Type of the body; None without one."""
    body: Any
    """JSON as it came; null where it is none."""
    content: str | None
    """Any other body, in base64."""


def is_write(parsed: Any) -> bool:
    """Whether a request, not yet checked, asks for a write."""
    return isinstance(parsed, dict) and parsed.get("method") in WRITING


def fields_of(request: PassthroughInput) -> Fields:
    """Query, and the texts of a form: servers read both as parameters."""
    query = [(name, v) for name, given in request.query.items() for v in _listed(given)]
    texts = request.body.items() if request.files and isinstance(request.body, dict) else ()
    return (*query, *((name, text) for name, text in texts if isinstance(text, str)))


def call_of(request: PassthroughInput, rules: Passthrough) -> Call:
    """The call that is asked for.

    Raises:
        Invalid: part of it may not leave; every such part is named.
    """
    errors = [*_path_misfits(request.path, rules), *_header_misfits(request, rules), *_body_misfits(request)]
    if errors:
        raise Invalid(tuple(errors))
    content, content_type = _content(request)
    headers = {name.lower(): value for name, value in request.headers.items()}
    return Call(
        method=request.method,
        path=request.path,
        params=tuple((name, v) for name, given in request.query.items() for v in _listed(given)),
        content=content,
        content_type=content_type,
        accept=headers.pop("accept", "application/json"),
        headers=tuple(headers.items()),
        writes=request.method not in READING,
        purpose=f"passthrough.{request.method.lower()}",
    )


def told(answer: Answer) -> PassthroughAnswer:
    """The answer as data. Pure."""
    json = _json(answer.content)
    return PassthroughAnswer(
        status=answer.status,
        headers={name: value for name, value in answer.headers.items() if name in ANSWER_HEADERS},
        media_type=answer.headers.get("content-type") if answer.content else None,
        body=json,
        content=base64.b64encode(answer.content).decode() if answer.content and json is None else None,
    )


def _listed(given: str | list[str]) -> list[str]:
    return [given] if isinstance(given, str) else given


def _path_misfits(path: str, rules: Passthrough) -> Iterator[FieldError]:
    if not path.startswith(rules.base_path):
        yield _error("path", "outside", f"It has to begin with {rules.base_path}.")
    elif not PATH.fullmatch(path):
        yield _error("path", "path", "Steps are percent-encoded and not empty; a query goes into `query`.")
    elif any(map(_misleads, path.split("/")[1:])):
        yield _error("path", "path", "A step climbs, or hides a separator, a per cent or a control sign.")


def _misleads(step: str) -> bool:
    try:
        plain = unquote(step, errors="strict")
    except UnicodeDecodeError:
        return True
    # Compatibility forms too: some servers take a full-width dot or slash for a plain one.
    return any(text in STEPS or MISLEADING.search(text) for text in (plain, normalize("NFKC", plain)))


def _header_misfits(request: PassthroughInput, rules: Passthrough) -> Iterator[FieldError]:
    allowed = (*REQUEST_HEADERS, *rules.headers)
    seen: set[str] = set()
    for name, value in request.headers.items():
        field = f"headers.{name[:100]}"
        if name.lower() not in allowed:
            yield _error(field, "header_not_allowed", f"Let through are {', '.join(allowed)}.")
        elif name.lower() in seen:
            yield _error(field, "repeated", "This header may stand once.")
        elif not VALUE.fullmatch(value):
            yield _error(field, "value", "A header holds up to 1,000 printable ASCII characters.")
        seen.add(name.lower())


def _body_misfits(request: PassthroughInput) -> Iterator[FieldError]:
    if request.method in READING and request.body is not None:
        yield _error("body", "value", f"{request.method} takes no body.")
    if request.method in (*READING, "DELETE") and request.files:
        yield _error("files", "value", f"{request.method} takes no files.")
    texts = request.body.values() if isinstance(request.body, dict) else ()
    plain = request.body is None or (
        isinstance(request.body, dict) and all(isinstance(text, str) for text in texts)
    )
    if request.files and not plain:
        yield _error("body", "type", "With `files` it is an object of texts.")
    for number, file in enumerate(request.files):
        if len(file.content) > LARGEST:
            yield _error(f"files[{number}].content", "value", f"At most {LARGEST} bytes.")


def _content(request: PassthroughInput) -> tuple[bytes | None, str | None]:
    if request.files:
        parts = [
            Part(name=f.name, filename=f.filename, media_type=f.media_type, content=f.content)
            for f in request.files
        ]
        return form(request.body or {}, tuple(parts))
    if request.body is None:
        return None, None
    return ENCODER.encode(request.body), "application/json"


def _json(content: bytes) -> Any:
    """The body as it came, if it is JSON: numbers keep all their digits."""
    if not content:
        return None
    try:
        msgspec.json.decode(content)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None
    return msgspec.Raw(content)


def _error(field: str, code: str, message: str) -> FieldError:
    return FieldError(field=field, code=code, message=message)
