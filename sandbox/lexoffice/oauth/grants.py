"""Codes, tokens and their deaths: the state machine of the OAuth server.

A connection has exactly one access and one refresh token. Refreshing replaces both. The former refresh token
dies at once unless a grace is configured; whoever presents it again ends the connection, since two parties
hold what one should. A code works once within five minutes; used again it takes the whole authorization with
it.
"""

import base64
import hashlib
import hmac
from datetime import timedelta
from typing import TYPE_CHECKING

from joserfc import jwt
from joserfc.jwk import OctKey

from sandbox.lexoffice.state import Client, Code, Connection, Organization, World

if TYPE_CHECKING:
    from sandbox.lexoffice.twin import Twin

CODE_LENGTH = REFRESH_LENGTH = 128
CODE_LIFE = timedelta(minutes=5)
ACCESS_LIFE_S = 14399


class OAuthError(Exception):
    """An error of RFC 6749, section 5.2. The vendor answers each of them with 400."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error = error
        self.description = description


def issue_code(
    twin: "Twin",
    client: Client,
    organization: Organization,
    *,
    redirect_uri: str,
    scopes: frozenset[str],
    challenge: str | None,
    connection_name: str,
) -> Code:
    code = Code(
        value=twin.ids.token(CODE_LENGTH),
        client_id=client.id,
        redirect_uri=redirect_uri,
        organization_id=organization.id,
        scopes=scopes,
        challenge=challenge,
        connection_name=connection_name,
        expires=twin.clock.now() + CODE_LIFE,
    )
    twin.world.codes[code.value] = code
    return code


def redeem(twin: "Twin", client: Client, *, value: str, redirect_uri: str, verifier: str) -> Connection:
    """A code for a connection. Any error consumes the code; using it again ends the connection it made."""
    world, now = twin.world, twin.clock.now()
    code = world.codes.get(value)
    if code is None or code.client_id != client.id:
        raise OAuthError("invalid_grant", "The authorization code is unknown.")
    if code.used:
        if code.connection_id:
            revoke(twin, world.connections[code.connection_id])
        raise OAuthError("invalid_grant", "The authorization code has been used before.")
    code.used = True
    if now >= code.expires:
        raise OAuthError("invalid_grant", "The authorization code has expired.")
    if code.redirect_uri != redirect_uri:
        raise OAuthError("invalid_grant", "The redirect URI differs from the one of the authorization.")
    if code.challenge is not None and not _proves(verifier, code.challenge):
        raise OAuthError("invalid_grant", "The code verifier does not match the code challenge.")
    organization = world.organizations[code.organization_id]
    connection = Connection(
        id=twin.ids.uuid(),
        organization_id=organization.id,
        user=organization.owner,
        created=now,
        scopes=code.scopes,
        client_id=client.id,
        name=code.connection_name,
    )
    world.connections[connection.id] = connection
    code.connection_id = connection.id
    _renew(twin, connection)
    return connection


def _proves(verifier: str, challenge: str) -> bool:
    digest = hashlib.sha256(verifier.encode()).digest()
    return hmac.compare_digest(base64.urlsafe_b64encode(digest).rstrip(b"=").decode(), challenge)


def refresh(twin: "Twin", client: Client, token: str) -> Connection:
    world, now, grace_s = twin.world, twin.clock.now(), twin.quirks.refresh_grace_s
    connection = world.connections.get(world.refresh_tokens.get(token, ""))
    if connection is None or connection.revoked or connection.client_id != client.id:
        raise OAuthError("invalid_grant", "The refresh token is invalid.")
    if _outlived(twin, connection):
        raise OAuthError("invalid_grant", "The refresh token has expired.")
    if connection.refresh_token == token:
        _renew(twin, connection)
        connection.former_refresh_token = token if grace_s else None
        connection.former_refresh_until = now + timedelta(seconds=grace_s)
        return connection
    in_grace = connection.former_refresh_until is not None and now < connection.former_refresh_until
    if connection.former_refresh_token == token and in_grace:
        return connection
    if twin.quirks.reused_refresh_ends_connection:
        revoke(twin, connection)
    raise OAuthError("invalid_grant", "The refresh token is invalid.")


def _outlived(twin: "Twin", connection: Connection) -> bool:
    """Whether the refresh token is older than a quirk lets it become; by default it lives on."""
    days, expires = twin.quirks.refresh_token_days, connection.access_expires
    if not days or expires is None:
        return False
    return twin.clock.now() >= expires - timedelta(seconds=ACCESS_LIFE_S) + timedelta(days=days)


def consume(world: World, value: str) -> None:
    """Any error of the token endpoint uses the code up."""
    if (code := world.codes.get(value)) is not None:
        code.used = True


def _renew(twin: "Twin", connection: Connection) -> None:
    world, now = twin.world, twin.clock.now()
    world.access_tokens.pop(connection.access_token or "", None)
    connection.access_token = _access_token(twin, connection)
    connection.access_expires = now + timedelta(seconds=ACCESS_LIFE_S)
    connection.refresh_token = twin.ids.token(REFRESH_LENGTH)
    world.access_tokens[connection.access_token] = connection.id
    world.refresh_tokens[connection.refresh_token] = connection.id


def _access_token(twin: "Twin", connection: Connection) -> str:
    issued = int(twin.clock.now().timestamp())
    claims = {
        "jti": twin.ids.uuid(),
        "organizationId": connection.organization_id,
        "userId": connection.user.id,
        "apiClientId": connection.client_id,
        "apiClientScopes": sorted(connection.scopes or ()),
        "iat": issued,
        "exp": issued + ACCESS_LIFE_S,
    }
    return jwt.encode(
        {"alg": "HS512"}, claims, OctKey.import_key(twin.world.signing_key), algorithms=["HS512"]
    )


def end_access(world: World, connection: Connection) -> None:
    """The access token dies before its time, as after a change of the user's password."""
    world.access_tokens.pop(connection.access_token or "", None)


def revoke(twin: "Twin", connection: Connection) -> None:
    """The end of a connection: its subscribers are told, then both tokens and its subscriptions are gone."""
    twin.emit(connection.organization_id, "token.revoked", connection.id)
    connection.revoked = True
    end_access(twin.world, connection)
    organization = twin.world.organizations[connection.organization_id]
    organization.subscriptions = {
        id: subscription
        for id, subscription in organization.subscriptions.items()
        if subscription.connection_id != connection.id
    }


def revoke_token(twin: "Twin", client: Client, token: str) -> None:
    """RFC 7009: a refresh token takes its connection along, an access token only itself. Unknown: nothing."""
    world = twin.world
    by_refresh = world.connections.get(world.refresh_tokens.get(token, ""))
    by_access = world.connections.get(world.access_tokens.get(token, ""))
    current = by_refresh is not None and by_refresh.refresh_token == token and not by_refresh.revoked
    if by_refresh is not None and current and by_refresh.client_id == client.id:
        revoke(twin, by_refresh)
    elif by_access is not None and by_access.client_id == client.id:
        end_access(world, by_access)
