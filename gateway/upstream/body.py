"""Reads a vendor's answer to its end, never more of it than allowed."""

import zlib
from collections.abc import AsyncGenerator
from typing import Any

from gateway.upstream.carrier import Headers, Stream

LIMIT = 20 * 1024 * 1024
"""Bytes of an answer, as sent and as decompressed."""
RATIO = 100
"""Decompressed to compressed, beyond the first MiB: nothing of use is packed tighter, bombs are."""
RATIO_FROM = 1024 * 1024

# wbits of zlib: 31 reads a gzip header; deflate is meant with a zlib header, but some send it without.
GZIP, ZLIB, BARE_DEFLATE = 31, 15, -15
PLAIN = ("", "identity")
WINDOWS = {"gzip": GZIP, "x-gzip": GZIP, "deflate": ZLIB}


class Unreadable(Exception):
    """The answer is too large, cut off, or packed in a way that was not offered."""


async def read(body: Stream, headers: Headers, limit: int = LIMIT) -> bytes:
    """The whole body, decompressed. Memory stays within twice `limit` whatever is sent.

    Raises:
        Unreadable: and the caller closes the body, which gives up the connection.
    """
    encoding = _encoding(headers)
    declared = _value(headers, b"content-length")
    if declared.isdigit() and int(declared) > limit:
        raise Unreadable(f"the answer is {declared} bytes long")
    if encoding not in PLAIN and encoding not in WINDOWS:
        raise Unreadable("the answer has a content encoding that was not offered")
    chunks: Any = body.__aiter__()
    try:
        if encoding in WINDOWS:
            return await _unpacked(chunks, WINDOWS[encoding], limit)
        return await _plain(chunks, limit)
    except Unreadable:
        await chunks.aclose()
        raise


def told_size(headers: Headers) -> int | None:
    """How long the body will be, unpacked; None when the head does not tell."""
    declared = _value(headers, b"content-length")
    chunked = _value(headers, b"transfer-encoding")
    told = declared.isdigit() and not chunked and _encoding(headers) in PLAIN
    return int(declared) if told else None


def _encoding(headers: Headers) -> str:
    return _value(headers, b"content-encoding").strip().lower()


def _value(headers: Headers, name: bytes) -> str:
    """A header's value; several in one, as if they had stood in one line."""
    return b", ".join([value for key, value in headers if key.lower() == name]).decode("latin-1")


async def _plain(chunks: AsyncGenerator[bytes], limit: int) -> bytes:
    kept: list[bytes] = []
    size = 0
    async for chunk in chunks:
        size += len(chunk)
        if size > limit:
            raise Unreadable(f"the answer is longer than {limit} bytes")
        kept.append(chunk)
    return kept[0] if len(kept) == 1 else b"".join(kept)


async def _unpacked(chunks: AsyncGenerator[bytes], window: int, limit: int) -> bytes:
    unpacking = None
    unpacked = bytearray()
    received = 0
    async for chunk in chunks:
        received += len(chunk)
        if unpacking is None:
            unpacking = zlib.decompressobj(_window(window, chunk))
        allowed = min(limit, max(RATIO_FROM, received * RATIO))
        try:
            unpacked += unpacking.decompress(chunk, allowed + 1 - len(unpacked))
        except zlib.error as error:
            raise Unreadable("the answer cannot be decompressed") from error
        if len(unpacked) > allowed or received > limit:
            raise Unreadable(f"the answer unpacks to more than {allowed} bytes")
        if unpacking.unused_data:
            raise Unreadable("something follows the packed answer")
    if unpacking is not None and not unpacking.eof:
        raise Unreadable("the packed answer is cut off")
    return bytes(unpacked)


def _window(window: int, start: bytes) -> int:
    """A zlib header has 8 in its low four bits; a bare stream of text never starts so."""
    return BARE_DEFLATE if window == ZLIB and start[:1] and start[0] & 0x0F != 8 else window
