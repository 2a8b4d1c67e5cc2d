"""`/v1/return-urls`: where end customers' browsers may be sent after connecting."""

from datetime import datetime
from typing import Annotated
from urllib.parse import parse_qsl, urlsplit

from msgspec import Meta

from connectors.base.errors import FieldError
from gateway.api.call import Call
from gateway.api.declaration import Items, Tag, endpoint
from gateway.api.own_ids import own_id
from gateway.api.trail import note
from gateway.errors import Conflict, Invalid, UnknownObject
from schemas.base import Input, Unified

TAG = Tag("return URLs", "Where end customers' browsers may be sent after connecting.")
RESERVED = {"code", "error", "connectSession"}
"""Parameters that we add: a URL that brings its own would leave open which one counts."""


class ReturnUrlView(Unified, kw_only=True, frozen=True):
    """An address that connect sessions may name."""

    id: str
    """Names the entry."""
    url: str
    """The address; a connect session has to name it byte for byte."""
    created_at: datetime
    """When it was registered (UTC)."""


class ReturnUrlInput(Input, kw_only=True, frozen=True):
    """An address to register: https (http only on loopback), no fragment, no user name."""

    url: Annotated[str, Meta(min_length=1, max_length=2048, description="The address, byte for byte.")]


EXAMPLE = {
    "id": "url_0d1na8g0g8fsc6lq3r1ofqhb2k",
    "url": "https://app.muster-software.example/kontor/return",
    "createdAt": "2026-11-20T09:14:05Z",
}


@endpoint(
    "GET",
    "/v1/return-urls",
    scope="admin",
    tag=TAG,
    summary="List return URLs",
    answer=ReturnUrlView,
    page=True,
    example_answer=EXAMPLE,
)
async def list_return_urls(call: Call) -> Items:
    """All of this tenant and environment, oldest first."""
    async with call.rooms.database.read() as session:
        rows = await call.rooms.return_urls.list(session, call.caller.tenant_id, call.caller.environment)
    views = tuple(ReturnUrlView(id=row.id, url=row.url, created_at=row.created_at) for row in rows)
    return Items(items=views, limit=len(views))


@endpoint(
    "POST",
    "/v1/return-urls",
    scope="admin",
    tag=TAG,
    summary="Register a return URL",
    body=ReturnUrlInput,
    answer=ReturnUrlView,
    status=201,
    errors=(Conflict,),
    example_body={"url": EXAMPLE["url"]},
    example_answer=EXAMPLE,
)
async def add_return_url(call: Call) -> ReturnUrlView:
    """Addresses are compared as exact strings (RFC 9700): register each one that you use."""
    body: ReturnUrlInput = call.body
    async with call.rooms.database.write() as session:
        row = await call.rooms.return_urls.add(
            session, call.caller.tenant_id, call.caller.environment, body.url
        )
        _refuse_reserved(body.url)
        await note(call, session, "return_url.added", "return_url", row.id, url=row.url)
    return ReturnUrlView(id=row.id, url=row.url, created_at=row.created_at)


@endpoint(
    "DELETE",
    "/v1/return-urls/{id}",
    scope="admin",
    tag=TAG,
    summary="Remove a return URL",
    status=204,
    errors=(UnknownObject,),
)
async def remove_return_url(call: Call) -> None:
    """Sessions under way that name it end without a connection."""
    url_id = own_id(call, "return URL")
    async with call.rooms.database.write() as session:
        removed = await call.rooms.return_urls.remove(
            session, call.caller.tenant_id, call.caller.environment, url_id
        )
        if not removed:
            raise UnknownObject("return URL")
        await note(call, session, "return_url.removed", "return_url", url_id)


def _refuse_reserved(url: str) -> None:
    taken = RESERVED & {name for name, _ in parse_qsl(urlsplit(url).query, keep_blank_values=True)}
    if taken:
        message = f"Its query holds {', '.join(sorted(taken))}, which Kontor adds itself."
        raise Invalid((FieldError(field="url", code="reserved", message=message),))


ENDPOINTS = (list_return_urls, add_return_url, remove_return_url)
