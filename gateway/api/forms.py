"""multipart/form-data as it arrives (RFC 7578): parts are taken from the stream, never more than allowed."""

from collections.abc import AsyncIterable

from msgspec import Struct
from multipart import MultipartError, MultipartSegment, PushMultipartParser, parse_options_header

from gateway.errors import Malformed, TooLarge, WrongContentType

MEDIA_TYPE = "multipart/form-data"
FRAMING = 16 * 1024
"""Bytes that boundaries and heads of parts may take beside the contents."""
MOST_PARTS = 8
LONGEST_BOUNDARY = 70
"""RFC 2046, 5.1.1."""


class Part(Struct, kw_only=True):
    """One part. Nothing in it has been checked."""

    name: str
    filename: str | None
    media_type: str | None
    """As declared, without parameters."""
    content: bytes


async def read(stream: AsyncIterable[bytes], content_type: str, limit: int) -> list[Part]:
    """The parts in the order sent, their contents together at most `limit` bytes.

    What goes beyond is not read: memory stays within twice the limit and one chunk of the stream.

    Raises:
        WrongContentType: it is no form.
        TooLarge: more than the limit.
        Malformed: no boundary, not well formed, cut off, or too many parts.
    """
    kind, options = parse_options_header(content_type)
    if kind != MEDIA_TYPE:
        raise WrongContentType(MEDIA_TYPE)
    boundary = options.get("boundary", "")
    if not 0 < len(boundary) <= LONGEST_BOUNDARY or not boundary.isascii():
        raise Malformed("The header Content-Type names no boundary of the form.")
    taken = _Taken(boundary, limit)
    size = 0
    async for chunk in stream:
        size += len(chunk)
        if size > limit + FRAMING:
            raise TooLarge(limit)
        taken.feed(chunk)
    return taken.all()


class _Taken:
    """The parts so far."""

    def __init__(self, boundary: str, limit: int) -> None:
        try:
            # Not strict: that would refuse the last line end when it comes in a chunk of its own.
            self._parser = PushMultipartParser(boundary, max_segment_count=MOST_PARTS)
        except MultipartError as error:
            raise Malformed("The boundary of the form cannot be used.") from error
        self._limit = limit
        self._left = limit
        self._head: MultipartSegment | None = None
        self._content = bytearray()
        self._parts: list[Part] = []

    def feed(self, chunk: bytes) -> None:
        if not chunk:
            return
        try:
            for event in self._parser.parse(chunk):
                self._on(event)
        except MultipartError as error:
            raise Malformed(f"The form cannot be read: {error.args[0]}.") from error

    def all(self) -> list[Part]:
        try:
            self._parser.close()
        except MultipartError as error:
            raise Malformed("The form ends before its last boundary.") from error
        return self._parts

    def _on(self, event: MultipartSegment | bytes | bytearray | None) -> None:
        if isinstance(event, MultipartSegment):
            self._head = event
        elif event is not None:
            self._left -= len(event)
            if self._left < 0:
                raise TooLarge(self._limit)
            self._content += event
        elif self._head is not None:
            self._parts.append(_part(self._head, bytes(self._content)))
            self._content.clear()


def _part(head: MultipartSegment, content: bytes) -> Part:
    return Part(
        name=head.name or "", filename=head.filename, media_type=head.content_type or None, content=content
    )
