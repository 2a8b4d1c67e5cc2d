"""Codes, tokens and their deaths: the state machine of the OAuth server.

A connection has exactly one access and one refresh token. Refreshing replaces both; the former refresh token
dies at once unless a grace is configured. A code works once within five minutes; used again it takes the
whole authorization with it.
"""

import base64
import hashlib
import hmac
from datetime import datetime, timedelta

from joserfc import jwt
from joserfc.jwk import OctKey

from sandbox.lexoffice.clock import Ids
from sandbox.lexoffice.state import Client, Code, Connection, Organization, World

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
    world: World,
    ids: Ids,
    now: datetime,
    client: Client,
    organization: Organization,
    *,
    redirect_uri: str,
    scopes: frozenset[str],
    challenge: str | None,
    connection_name: str,
) -> Code:
    code = Code(
        value=ids.token(CODE_LENGTH),
        client_id=client.id,
        redirect_uri=redirect_uri,
        organization_id=organization.id,
        scopes=scopes,
        challenge=challenge,
        connection_name=connection_name,
        expires=now + CODE_LIFE,
    )
    world.codes[code.value] = code
    return code


def redeem(
    world: World, ids: Ids, now: datetime, client: Client, *, value: str, redirect_uri: str, verifier: str
) -> Connection:
    """A code for a connection. Any error consumes the code; using it again ends the connection it made."""
    code = world.codes.get(value)
    if code is None or code.client_id != client.id:
        raise OAuthError("invalid_grant", "The authorization code is unknown.")
    if code.used:
        if code.connection_id:
            revoke(world, world.connections[code.connection_id])
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
        id=ids.uuid(),
        organization_id=organization.id,
        user=organization.owner,
        created=now,
        scopes=code.scopes,
        client_id=client.id,
        name=code.connection_name,
    )
    world.connections[connection.id] = connection
    code.connection_id = connection.id
    _renew(world, ids, now, connection)
    return connection


def _proves(verifier: str, challenge: str) -> bool:
    digest = hashlib.sha256(verifier.encode()).digest()
    return hmac.compare_digest(base64.urlsafe_b64encode(digest).rstrip(b"=").decode(), challenge)


def refresh(world: World, ids: Ids, now: datetime, client: Client, token: str, grace_s: float) -> Connection:
    connection = world.connections.get(world.refresh_tokens.get(token, ""))
    if connection is None or connection.revoked or connection.client_id != client.id:
        raise OAuthError("invalid_grant", "The refresh token is invalid.")
    if connection.refresh_token == token:
        _renew(world, ids, now, connection)
        connection.former_refresh_token = token if grace_s else None
        connection.former_refresh_until = now + timedelta(seconds=grace_s)
        if not grace_s:
            world.refresh_tokens.pop(token, None)
        return connection
    in_grace = connection.former_refresh_until is not None and now < connection.former_refresh_until
    if connection.former_refresh_token == token and in_grace:
        return connection
    raise OAuthError("invalid_grant", "The refresh token is invalid.")


def _renew(world: World, ids: Ids, now: datetime, connection: Connection) -> None:
    world.access_tokens.pop(connection.access_token or "", None)
    connection.access_token = _access_token(world, ids, now, connection)
    connection.access_expires = now + timedelta(seconds=ACCESS_LIFE_S)
    connection.refresh_token = ids.token(REFRESH_LENGTH)
    world.access_tokens[connection.access_token] = connection.id
    world.refresh_tokens[connection.refresh_token] = connection.id


def _access_token(world: World, ids: Ids, now: datetime, connection: Connection) -> str:
    issued = int(now.timestamp())
    claims = {
        "jti": ids.uuid(),
        "organizationId": connection.organization_id,
        "userId": connection.user.id,
        "apiClientId": connection.client_id,
        "apiClientScopes": sorted(connection.scopes or ()),
        "iat": issued,
        "exp": issued + ACCESS_LIFE_S,
    }
    return jwt.encode({"alg": "HS512"}, claims, OctKey.import_key(world.signing_key), algorithms=["HS512"])


def end_access(world: World, connection: Connection) -> None:
    """The access token dies before its time, as after a change of the user's password."""
    world.access_tokens.pop(connection.access_token or "", None)


def revoke(world: World, connection: Connection) -> None:
    """The end of a connection: both tokens and every event subscription made with it."""
    connection.revoked = True
    end_access(world, connection)
    organization = world.organizations[connection.organization_id]
    organization.subscriptions = {
        id: subscription
        for id, subscription in organization.subscriptions.items()
        if subscription.connection_id != connection.id
    }


def revoke_token(world: World, client: Client, token: str) -> Connection | None:
    """RFC 7009: a refresh token takes its connection along, an access token only itself. Unknown: nothing."""
    by_refresh = world.connections.get(world.refresh_tokens.get(token, ""))
    by_access = world.connections.get(world.access_tokens.get(token, ""))
    if by_refresh is not None and by_refresh.client_id == client.id and not by_refresh.revoked:
        revoke(world, by_refresh)
        return by_refresh
    if by_access is not None and by_access.client_id == client.id:
        end_access(world, by_access)
    return None
