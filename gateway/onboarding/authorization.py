"""The two browser legs of the OAuth code flow as pure functions: where to, and what comes back."""

import re
from collections import Counter
from urllib.parse import parse_qsl

from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from msgspec import Struct

from connectors.base.connector import Hosts, OAuth
from connectors.base.errors import KontorError, UpstreamUnreachable
from gateway.onboarding.refusals import (
    AccessDenied,
    AuthorizationFailed,
    CallbackMalformed,
    ConnectRefusal,
    IssuerMismatch,
    PartnerAppRefused,
)

MAX_QUERY = 8192
MAX_CODE = 4096
TOKEN = re.compile(r"[A-Za-z0-9_-]{22,128}")
"""What our own states, page tokens and cookies look like: 128 bits and more, URL-safe."""
_CODE = re.compile(r"[\x21-\x7e]{1,4096}")  # RFC 6749 appendix A.11, without the blank
_ERROR = re.compile(r"[a-z_]{1,64}")


class Callback(Struct, frozen=True, kw_only=True):
    """What the browser brought back: a state, and either a code or an error."""

    state: str
    code: str | None
    error: str | None
    issuer: str | None

    def __repr__(self) -> str:
        return f"Callback(error={self.error!r})"


def authorize_address(
    oauth: OAuth,
    hosts: Hosts,
    *,
    client_id: str,
    scopes: tuple[str, ...],
    redirect_uri: str,
    state: str,
    verifier: str,
    label: str | None,
) -> str:
    """The vendor's page that asks the end customer for consent, with PKCE S256."""
    more: dict[str, str] = {}
    if oauth.label_parameter and (shown := sanitized(label, oauth)):
        more[oauth.label_parameter] = shown
    return prepare_grant_uri(
        hosts.authorization + oauth.authorize_path,
        client_id,
        "code",
        redirect_uri=redirect_uri,
        scope=" ".join(scopes or oauth.scopes),
        state=state,
        code_challenge=create_s256_code_challenge(verifier),
        code_challenge_method="S256",
        **more,
    )


def sanitized(label: str | None, oauth: OAuth) -> str:
    """The label without the characters that the vendor does not take."""
    return re.sub(oauth.label_alphabet, "", label or "").strip()


def read_callback(query: bytes) -> Callback:
    """The callback's query string. Parameters that nobody asked for are ignored, as RFC 6749 demands.

    Raises:
        CallbackMalformed: no state, not exactly one of code and error, a parameter twice, oversized.
    """
    if len(query) > MAX_QUERY:
        raise CallbackMalformed(f"The query is over {MAX_QUERY} bytes.")
    try:
        pairs = parse_qsl(query.decode("ascii"), keep_blank_values=True, max_num_fields=50, errors="strict")
    except ValueError as error:
        raise CallbackMalformed("The query cannot be read.") from error
    if any(count > 1 for count in Counter(name for name, _ in pairs).values()):
        raise CallbackMalformed("A parameter stands twice.")
    given = dict(pairs)
    state, code, error = given.get("state"), given.get("code"), given.get("error")
    if not state or not TOKEN.fullmatch(state):
        raise CallbackMalformed("The state is missing or cannot be one of ours.")
    if (code is None) == (error is None):
        raise CallbackMalformed("Exactly one of code and error is expected.")
    if code is not None and not _CODE.fullmatch(code):
        raise CallbackMalformed("The code is empty, too long or holds characters that no code has.")
    return Callback(state=state, code=code, error=error, issuer=given.get("iss"))


def check_issuer(callback: Callback, hosts: Hosts) -> None:
    """RFC 9207: a named issuer has to be the server that the browser was sent to. Raises IssuerMismatch."""
    if callback.issuer is not None and callback.issuer.rstrip("/") != hosts.authorization.rstrip("/"):
        raise IssuerMismatch("The callback names an issuer that is not the target's authorization server.")


_ERRORS: dict[str, type[ConnectRefusal] | type[KontorError]] = {
    "access_denied": AccessDenied,
    "unauthorized_client": PartnerAppRefused,
    "invalid_client": PartnerAppRefused,
    "invalid_scope": PartnerAppRefused,
    "invalid_request": PartnerAppRefused,
    "unsupported_response_type": PartnerAppRefused,
    "temporarily_unavailable": UpstreamUnreachable,
    "server_error": AuthorizationFailed,
}
"""RFC 6749, 4.1.2.1. Vendors add codes of their own: those read as AuthorizationFailed."""


def authorization_error(error: str) -> KontorError:
    """The refusal that an authorization server's error stands for. Its text goes nowhere."""
    kind = _ERRORS.get(error, AuthorizationFailed)
    named = error if _ERROR.fullmatch(error) else "an error without a readable name"
    return kind(f"The authorization server answered {named}.")
