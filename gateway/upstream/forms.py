"""Form posts to authorization servers: `gateway.credentials.token_client.TokenClient` over our transports."""

import base64
from collections.abc import Mapping
from urllib.parse import quote_plus, urlencode

import httpx2

from connectors.base.errors import UpstreamBroken, UpstreamUnreachable
from gateway.upstream.exchange import exchange
from gateway.upstream.failures import NoAnswer, NotSent
from gateway.upstream.headers import own_headers
from gateway.upstream.transport import Transports

LARGEST_ANSWER = 64 * 1024
"""Token answers are small; the vendor's access tokens have at most 4,096 characters."""


class FormClient:
    """Posts a form once: no redirects, no repeats, no cookies."""

    def __init__(self, transports: Transports) -> None:
        self._transports = transports

    async def post_form(
        self, url: str, form: Mapping[str, str], basic: tuple[str, str], timeout_s: float
    ) -> tuple[int, Mapping[str, str], bytes]:
        """See `TokenClient.post_form`."""
        parsed = httpx2.URL(url)
        try:
            answer = await exchange(
                self._transports.to(parsed),
                "POST",
                parsed,
                _headers(parsed, basic, content := urlencode(form).encode()),
                content,
                timeout_s=timeout_s,
                limit=LARGEST_ANSWER,
            )
        except NotSent as error:
            raise UpstreamUnreachable(f"The authorization server cannot be reached ({error}).") from error
        except NoAnswer as error:
            raise UpstreamBroken(
                f"The authorization server gave no usable answer: {error.reason}."
            ) from error
        return answer.status, answer.headers, answer.content


def _headers(url: httpx2.URL, basic: tuple[str, str], content: bytes) -> list[tuple[bytes, bytes]]:
    user, password = (quote_plus(part) for part in basic)
    credential = base64.b64encode(f"{user}:{password}".encode())
    return [
        *own_headers(url.netloc),
        (b"Authorization", b"Basic " + credential),
        (b"Accept", b"application/json"),
        (b"Content-Type", b"application/x-www-form-urlencoded"),
        (b"Content-Length", b"%d" % len(content)),
    ]
