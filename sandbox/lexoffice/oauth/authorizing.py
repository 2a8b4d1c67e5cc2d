"""What an authorization request must hold, and where its answer may go."""

import re
from urllib.parse import urlencode, urlsplit

import msgspec

from sandbox.lexoffice.state import Client, World

CONNECTION_NAME = re.compile(r"[A-Za-zÄÖÜäöüß0-9 /?.\-{}\"_\\:=,()]+")
CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
LOOPBACK = ("127.0.0.1", "localhost", "::1")


class NoWayBack(Exception):
    """The request names no client or no redirect URI of that client: nothing may be sent there."""


class SendBack(Exception):
    """An error that the client learns by redirect (RFC 6749, section 4.1.2.1)."""

    def __init__(self, location: str) -> None:
        super().__init__(location)
        self.location = location


class Asked(msgspec.Struct, frozen=True):
    client: Client
    redirect_uri: str
    scopes: frozenset[str]
    challenge: str | None
    state: str | None
    connection_name: str

    def back(self, **parameters: str) -> str:
        """The redirect URI with an answer; `state` goes along unchanged."""
        if self.state is not None:
            parameters["state"] = self.state
        joint = "&" if urlsplit(self.redirect_uri).query else "?"
        return f"{self.redirect_uri}{joint}{urlencode(parameters)}"


def read(world: World, parameters: dict[str, str]) -> Asked:
    client = world.clients.get(parameters.get("client_id", ""))
    if client is None:
        raise NoWayBack("Die Anwendung (client_id) ist nicht bekannt.")
    redirect_uri = parameters.get("redirect_uri", "")
    if not _may_return(client, redirect_uri):
        raise NoWayBack("Die Rücksprungadresse (redirect_uri) ist für diese Anwendung nicht hinterlegt.")
    asked = Asked(
        client,
        redirect_uri,
        frozenset(parameters.get("scope", "").split() or client.scopes),
        parameters.get("code_challenge"),
        parameters.get("state"),
        parameters.get("connection_name") or client.name,
    )
    if error := _error(asked, parameters):
        raise SendBack(asked.back(error=error[0], error_description=error[1]))
    return asked


def _may_return(client: Client, redirect_uri: str) -> bool:
    if redirect_uri in client.redirect_uris:
        return True
    parts = urlsplit(redirect_uri)
    return client.any_loopback_redirect and parts.scheme == "http" and parts.hostname in LOOPBACK


def _error(asked: Asked, parameters: dict[str, str]) -> tuple[str, str] | None:
    if not asked.client.active:
        return "unauthorized_client", "The client is deactivated."
    if parameters.get("response_type") != "code":
        return "unsupported_response_type", "Only response_type=code is supported."
    if asked.client.pkce and not asked.challenge:
        return "invalid_request", "code_challenge is required."
    if asked.challenge is not None:
        if parameters.get("code_challenge_method") != "S256":
            return "invalid_request", "code_challenge_method must be S256."
        if not CHALLENGE.fullmatch(asked.challenge):
            return "invalid_request", "code_challenge is malformed."
    if not asked.scopes <= set(asked.client.scopes):
        return "invalid_scope", "The client may not ask for these scopes."
    if not CONNECTION_NAME.fullmatch(asked.connection_name):
        return "invalid_request", "connection_name holds characters that are not allowed."
    return None
