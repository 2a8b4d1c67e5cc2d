"""Opaque cursors: a continuation bound to its connection and query, so that it is useless anywhere else."""

import base64
import binascii
import hmac
from collections.abc import Callable

from connectors.base.errors import FieldError
from gateway.errors import Invalid

MAC_BYTES = 16
Digest = Callable[[str, str], bytes]


class Cursors:
    """Writes and reads cursors; `digest(purpose, text)` is a keyed hash."""

    def __init__(self, digest: Digest) -> None:
        self._digest = digest

    def write(self, bound_to: tuple[str, ...], continuation: str) -> str:
        """An opaque text that only the same query of the same connection can read."""
        mac = self._mac(bound_to, continuation)
        return base64.urlsafe_b64encode(mac + continuation.encode()).rstrip(b"=").decode()

    def read(self, bound_to: tuple[str, ...], cursor: str) -> str:
        """The continuation.

        Raises:
            Invalid: not a cursor of this connection and query; foreign ones and garbage answer alike.
        """
        try:
            raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
            mac, continuation = raw[:MAC_BYTES], raw[MAC_BYTES:].decode()
        except (binascii.Error, ValueError) as error:
            raise not_a_cursor() from error
        if not hmac.compare_digest(mac, self._mac(bound_to, continuation)):
            raise not_a_cursor()
        return continuation

    def _mac(self, bound_to: tuple[str, ...], continuation: str) -> bytes:
        text = "".join([f"{len(part)}:{part}" for part in (*bound_to, continuation)])
        return self._digest("cursor", text)[:MAC_BYTES]


def not_a_cursor() -> Invalid:
    """What is said of anything that is no cursor here."""
    message = "Not a cursor of this list with these filters; start again without it."
    return Invalid((FieldError(field="cursor", code="cursor", message=message),))
