"""What this room needs of HTTP. The room above it, which owns the transports, implements it."""

from collections.abc import Mapping
from typing import Protocol


class TokenClient(Protocol):
    """Posts a form to an authorization server, once: no redirects, no repeats, no cookies."""

    async def post_form(
        self, url: str, form: Mapping[str, str], basic: tuple[str, str], timeout_s: float
    ) -> tuple[int, Mapping[str, str], bytes]:
        """Status, headers (names in lower case) and body of the answer, whatever the status.

        `basic` is client id and secret for HTTP Basic; RFC 6749, 2.3.1, wants both form-encoded first, which
        changes nothing for ids and secrets of letters, digits, `-`, `.` and `_`.

        Raises:
            UpstreamUnreachable: no connection was made; nothing was sent.
            UpstreamBroken: it was sent, and no readable answer came within `timeout_s`.
        """
        ...
