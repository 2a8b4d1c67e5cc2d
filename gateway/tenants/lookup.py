"""How a secret is found again without being stored: by a keyed hash."""

import hmac
from typing import final


@final
class LookupHash:
    """HMAC-SHA256 under a key that lives outside the database: a dump alone cannot check a guess."""

    __slots__ = ("_key",)

    def __init__(self, key: bytes) -> None:
        if len(key) < 32:
            raise ValueError("a lookup key has at least 32 bytes")
        self._key = key

    def digest(self, purpose: str, *parts: str) -> bytes:
        """32 bytes. Every part goes in with its length, so that no two lists of parts are one."""
        encoded = [part.encode("utf-8", "surrogatepass") for part in (purpose, *parts)]
        message = b"".join([len(data).to_bytes(4, "big") + data for data in encoded])
        return hmac.digest(self._key, message, "sha256")
