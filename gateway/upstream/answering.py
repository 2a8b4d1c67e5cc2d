"""HTTP/1.1 as bytes: a request written down, an answer read piece by piece by llhttp."""

import re
from collections.abc import Sequence

import httptools
import httpx2

Headers = Sequence[tuple[bytes, bytes]]

LARGEST_HEAD = 100 * 1024
"""Bytes of an answer's head, of its trailers, and of what may stand between two pieces of its body."""

METHOD = re.compile(rb"[A-Z]{1,20}\Z")
TARGET = re.compile(rb"/[\x21-\x7e]*\Z")
FIELD = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+: [\x20-\x7e\x80-\xff\t]*\Z")


def written(method: bytes, target: bytes, headers: Headers, body: bytes) -> bytes:
    """The request as it leaves.

    Raises:
        LocalProtocolError: a part would end its line early, or is none HTTP knows.
    """
    lines = [b"%b: %b" % header for header in headers]
    if not METHOD.match(method) or not TARGET.match(target):
        raise httpx2.LocalProtocolError("the request line cannot be written")
    if not all(map(FIELD.match, lines)):
        raise httpx2.LocalProtocolError("a header cannot be written")
    return b"\r\n".join((b"%b %b HTTP/1.1" % (method, target), *lines, b"", body))


class Answering:
    """Answers on one connection, one after another. `start` before each; bytes then go to `feed`.

    The names beginning with `on_` are llhttp's; it refuses what is not HTTP, lenient in nothing.
    """

    def __init__(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._before = 0
        self.start()

    def start(self, *, bodiless: bool = False) -> None:
        """Make ready for the next answer; that to HEAD has no body, whatever length it tells."""
        self._bodiless = bodiless
        self.status = 0
        self.headers: list[tuple[bytes, bytes]] = []
        self.parts: list[bytes] = []
        """Pieces of the body that nobody took yet."""
        self.head_read = False
        self.complete = False
        self.reusable = False
        """True when it ended as it should, and the vendor will keep the connection."""
        self._trailers = 0

    def feed(self, data: bytes) -> None:
        """Read on.

        Raises:
            RemoteProtocolError: this is no answer, or one with an endless head.
        """
        self._before += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self.reusable = False
            if not self.complete:
                raise httpx2.RemoteProtocolError("the answer is no HTTP") from error
        if max(self._before, self._trailers) > LARGEST_HEAD and not self.complete:
            raise httpx2.RemoteProtocolError("the answer's head is too long")

    def end(self) -> None:
        """The vendor closed its side: the end of a body whose length was not told, else a broken answer.

        Raises:
            RemoteProtocolError: see above.
        """
        if self.complete:
            return
        if not self.head_read:
            raise httpx2.RemoteProtocolError("the connection was closed without an answer")
        names = {name.lower() for name, _ in self.headers}
        if b"content-length" in names or b"transfer-encoding" in names:
            raise httpx2.RemoteProtocolError("the connection was closed amid an answer")
        self.complete = True

    def on_message_begin(self) -> None:
        if self.complete:  # a second answer nobody asked for
            self.reusable = False

    def on_header(self, name: bytes, value: bytes) -> None:
        if self.head_read:
            self._trailers += len(name) + len(value)
        else:
            self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        if self.complete:
            return
        status = self._parser.get_status_code()
        if 100 <= status < 200:  # an announcement; the answer follows
            self.headers = []
            return
        self.status = status
        self.head_read = True
        self.complete = self._bodiless  # llhttp now waits for a body: not reusable
        self._before = 0

    def on_body(self, body: bytes) -> None:
        if not self.complete:
            self.parts.append(body)
        self._before = 0

    def on_chunk_header(self) -> None:
        self._before = 0

    def on_message_complete(self) -> None:
        if self.head_read and not self.complete:
            self.complete = True
            self.reusable = self._parser.should_keep_alive()
            self._before = 0
