"""Where a call goes. The host is fixed by configuration; a path can neither leave it nor climb."""

import re
from functools import lru_cache
from urllib.parse import unquote, urlencode

import httpx2

from connectors.base.errors import RecordNotFound

PATH = re.compile(r"/[A-Za-z0-9\-._~!$&'()*+,;=:@%/]*\Z")
MISLEADING = re.compile(r"[/\\\x00-\x1f\x7f]")
"""What no decoded segment may hold: a server that decodes before it routes would go elsewhere."""
STEPS = ("", ".", "..")


class Address:
    """An origin (scheme, host, port) and the URLs below it."""

    def __init__(self, origin: str) -> None:
        self.base = httpx2.URL(origin)
        if self.base.scheme not in ("http", "https") or not self.base.host or self.base.userinfo:
            raise ValueError(f"not an address of a vendor: {origin!r}")
        self._root = str(self.base).rstrip("/")
        # Parsing costs 10 to 15 µs; the same paths come again and again.
        self.url = lru_cache(maxsize=2048)(self._url)

    @property
    def host_header(self) -> bytes:
        return self.base.netloc

    def _url(self, path: str, params: tuple[tuple[str, str], ...] = ()) -> httpx2.URL:
        """The URL of an already percent-encoded path below the origin.

        Raises:
            RecordNotFound: a segment is empty, a step (`..`), or hides a separator or control character. No
                vendor has such ids, and percent-encoding cannot make them safe.
            ValueError: the connector forgot to encode.
        """
        check_path(path)
        query = f"?{urlencode(params)}" if params else ""
        return httpx2.URL(f"{self._root}{path}{query}")


def check_path(path: str) -> None:
    """Return when `path` names one thing and nothing above it; see `Address.url`."""
    if not PATH.match(path):
        raise ValueError("a path of a call is not percent-encoded")
    for segment in path.split("/")[1:]:
        plain = unquote(segment) if "%" in segment else segment
        if plain in STEPS or MISLEADING.search(plain):
            raise RecordNotFound("No such object: the id holds characters that no id has.")
