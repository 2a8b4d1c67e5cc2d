"""`/v1/api-keys`: the caller's own keys, of its own environment."""

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import Meta

from gateway.api.call import Call
from gateway.api.declaration import Items, Tag, endpoint
from gateway.api.own_ids import own_id
from gateway.api.trail import note
from gateway.errors import UnknownObject
from gateway.tenants.model import ApiKeyRow
from schemas.base import Input, Unified

TAG = Tag("api keys", "The caller's own keys, of its own environment.")
Scope = Literal["admin", "read", "write", "finalize"]


class ApiKeyView(Unified, kw_only=True, frozen=True):
    """An API key without its secret."""

    id: str
    """Names the key; no secret."""
    name: str
    """What the tenant calls it."""
    environment: str
    """`test` keys reach sandbox targets only, `live` keys production targets only."""
    scopes: list[str]
    """What it may do. None implies another."""
    ending: str
    """The secret's last four characters, to tell keys apart."""
    created_at: datetime
    """When it was made (UTC)."""
    expires_at: datetime | None
    """When it ends by itself; None: never."""
    last_used_at: datetime | None
    """When it was used last, at most a minute behind; None: never."""


class NewApiKey(ApiKeyView, kw_only=True, frozen=True):
    """A key that was just made, with its secret: shown this once."""

    secret: str
    """For the header X-API-KEY. It cannot be shown again."""


class ApiKeyInput(Input, kw_only=True, frozen=True):
    """A key to make, in the environment of the calling key."""

    name: Annotated[str, Meta(min_length=1, max_length=100, description="What you call it.")]
    scopes: Annotated[list[Scope], Meta(min_length=1, max_length=4, description="What it may do.")]
    expires_at: Annotated[datetime, Meta(tz=True, description="When it ends; none: never.")] | None = None


EXAMPLE = {
    "id": "key_0d1na8g0g8fsc6lq3r1ofqhb2k",
    "name": "Buchungsdienst",
    "environment": "test",
    "scopes": ["read", "write"],
    "ending": "k3Qz",
    "createdAt": "2026-11-20T09:14:05Z",
    "expiresAt": None,
    "lastUsedAt": None,
}


@endpoint(
    "GET",
    "/v1/api-keys",
    scope="admin",
    tag=TAG,
    summary="List API keys",
    answer=ApiKeyView,
    page=True,
    example_answer=EXAMPLE,
)
async def list_api_keys(call: Call) -> Items:
    """Keys of this tenant and environment that are not revoked, oldest first."""
    async with call.rooms.database.read() as session:
        rows = await call.rooms.api_keys.list(session, call.caller.tenant_id, call.caller.environment)
    return Items(items=tuple(ApiKeyView(**_fields(row)) for row in rows), limit=len(rows))


@endpoint(
    "POST",
    "/v1/api-keys",
    scope="admin",
    tag=TAG,
    summary="Make an API key",
    body=ApiKeyInput,
    answer=NewApiKey,
    status=201,
    example_body={"name": "Buchungsdienst", "scopes": ["read", "write"]},
    example_answer={**EXAMPLE, "secret": "kontor_test_…k3Qz"},
)
async def create_api_key(call: Call) -> NewApiKey:
    """The secret is shown in this answer and never again. The key is of the calling key's environment."""
    body: ApiKeyInput = call.body
    async with call.rooms.database.write() as session:
        row, secret = await call.rooms.api_keys.issue(
            session,
            call.caller.tenant_id,
            call.caller.environment,
            body.name,
            body.scopes,
            body.expires_at,
        )
        await note(
            call, session, "api_key.created", "api_key", row.id, name=row.name, scopes=list(row.scopes)
        )
    return NewApiKey(**_fields(row), secret=secret)


@endpoint(
    "DELETE",
    "/v1/api-keys/{id}",
    scope="admin",
    tag=TAG,
    summary="Revoke an API key",
    status=204,
    errors=(UnknownObject,),
)
async def revoke_api_key(call: Call) -> None:
    """It ends at once in this process and within 5 seconds everywhere. A key may revoke itself."""
    key_id = own_id(call, "API key")
    async with call.rooms.database.write() as session:
        revoked = await call.rooms.api_keys.revoke(
            session, call.caller.tenant_id, call.caller.environment, key_id
        )
        if not revoked:
            raise UnknownObject("API key")
        await note(call, session, "api_key.revoked", "api_key", key_id)


def _fields(row: ApiKeyRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "name": row.name,
        "environment": row.environment,
        "scopes": list(row.scopes),
        "ending": row.ending,
        "created_at": row.created_at,
        "expires_at": row.expires_at,
        "last_used_at": row.last_used_at,
    }


ENDPOINTS = (list_api_keys, create_api_key, revoke_api_key)
