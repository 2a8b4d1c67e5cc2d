"""`/oauth2/authorize`, `/oauth2/token`, `/oauth2/revoke`."""

import base64
import binascii
import hmac
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote_plus

from sandbox.lexoffice.oauth import authorizing, grants, pages
from sandbox.lexoffice.oauth.grants import OAuthError
from sandbox.lexoffice.state import Client, Connection, World
from sandbox.lexoffice.wire import Reply, Request, json_reply

if TYPE_CHECKING:
    from sandbox.lexoffice.twin import Twin

NO_STORE = (("cache-control", "no-store"), ("pragma", "no-cache"))


def form(request: Request) -> dict[str, str]:
    return dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))


def show_consent(twin: "Twin", request: Request) -> Reply:
    if len(dict(request.query)) < len(request.query):
        # RFC 6749, section 3.1: which of two redirect URIs would be the one to trust?
        return pages.refusal("Ein Parameter steht mehrfach in der Anfrage.")
    try:
        asked = authorizing.read(twin.world, dict(request.query))
    except authorizing.NoWayBack as no:
        return pages.refusal(str(no))
    except authorizing.SendBack as back:
        return redirect(back.location)
    return pages.consent(asked, list(twin.world.organizations.values()), dict(request.query))


def decide(twin: "Twin", request: Request) -> Reply:
    """The user's decision: the form of the consent page, with the request's parameters in hidden fields."""
    given = form(request)
    try:
        asked = authorizing.read(twin.world, given)
    except authorizing.NoWayBack as no:
        return pages.refusal(str(no))
    except authorizing.SendBack as back:
        return redirect(back.location)
    if given.get("decision") != "allow":
        return redirect(asked.back(error="access_denied", error_description="The user denied the request."))
    organization = twin.world.organizations.get(given.get("organization", ""))
    if organization is None:
        return pages.refusal("Bitte wählen Sie ein Unternehmen aus.")
    code = grants.issue_code(
        twin,
        asked.client,
        organization,
        redirect_uri=asked.redirect_uri,
        scopes=asked.scopes,
        challenge=asked.challenge,
        connection_name=asked.connection_name,
    )
    return redirect(asked.back(code=code.value))


def redirect(location: str) -> Reply:
    return Reply(302, b"", (("location", location), *NO_STORE))


def token(twin: "Twin", request: Request) -> Reply:
    if not _admits(twin, request):
        return json_reply({"message": "Rate limit exceeded"}, 429, NO_STORE)
    given = form(request)
    try:
        client = _client(twin.world, request)
        connection = _grant(twin, client, given)
    except OAuthError as error:
        grants.consume(twin.world, given.get("code", ""))
        return _refused(twin, error)
    body = {
        "access_token": connection.access_token,
        "token_type": "Bearer",
        "expires_in": grants.ACCESS_LIFE_S,
        "refresh_token": connection.refresh_token,
        "scope": " ".join(sorted(connection.scopes or ())),
    }
    return json_reply(body, 200, NO_STORE)


def _grant(twin: "Twin", client: Client, given: dict[str, str]) -> Connection:
    match given.get("grant_type"):
        case "authorization_code":
            return grants.redeem(
                twin,
                client,
                value=given.get("code", ""),
                redirect_uri=given.get("redirect_uri", ""),
                verifier=given.get("code_verifier", ""),
            )
        case "refresh_token":
            return grants.refresh(twin, client, given.get("refresh_token", ""))
        case None:
            raise OAuthError("invalid_request", "grant_type is required.")
        case _:
            raise OAuthError("unsupported_grant_type", "The grant type is not supported.")


def _admits(twin: "Twin", request: Request) -> bool:
    return not twin.quirks.auth_rate_limit or twin.throttle.admits(_named(request)[0], twin.clock.now())


def revoke(twin: "Twin", request: Request) -> Reply:
    if not _admits(twin, request):
        return json_reply({"message": "Rate limit exceeded"}, 429, NO_STORE)
    try:
        client = _client(twin.world, request)
    except OAuthError as error:
        return _refused(twin, error)
    grants.revoke_token(twin, client, form(request).get("token", ""))
    return Reply(200, b"", NO_STORE)


def _named(request: Request) -> tuple[str, str]:
    """Id and secret of the Basic authentication; both empty without a readable one."""
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    try:
        pair = base64.b64decode(encoded, validate=True).decode() if scheme.lower() == "basic" else ""
    except (binascii.Error, UnicodeDecodeError):
        pair = ""
    id, _, secret = pair.partition(":")
    return id, secret


def _client(world: World, request: Request) -> Client:
    """The client by Basic authentication, raw as most send it or form-encoded (RFC 6749, 2.3.1)."""
    id, secret = _named(request)
    client = world.clients.get(id) or world.clients.get(unquote_plus(id))
    if client is None or not (_same(secret, client.secret) or _same(unquote_plus(secret), client.secret)):
        raise OAuthError("invalid_client", "Client authentication failed.")
    if not client.active:
        raise OAuthError("unauthorized_client", "The client is deactivated.")
    return client


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())


def _refused(twin: "Twin", error: OAuthError) -> Reply:
    described = {"error_description": error.description} if twin.quirks.oauth_error_description else {}
    return json_reply({"error": error.error, **described}, 400, NO_STORE)


ENDPOINTS = {
    ("GET", "/oauth2/authorize"): show_consent,
    ("POST", "/oauth2/authorize"): decide,
    ("POST", "/oauth2/token"): token,
    ("POST", "/oauth2/revoke"): revoke,
}
