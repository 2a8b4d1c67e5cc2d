"""`/v1/webhook-endpoints`: where this tenant is told of events."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from msgspec import Meta
from sqlalchemy.ext.asyncio import AsyncSession

from connectors.base.errors import FieldError
from gateway.api.call import Call
from gateway.api.declaration import Items, Tag, endpoint
from gateway.api.event_types import why_unknown
from gateway.api.own_ids import OWN_ID, own_id
from gateway.api.trail import note
from gateway.errors import Conflict, Invalid, UnknownObject
from gateway.webhooks.outbound.addresses import Allowed, Misfit, check_all, place_of
from gateway.webhooks.outbound.endpoints import Owner, Target, columns
from gateway.webhooks.outbound.selecting import Wanted
from gateway.webhooks.outbound.sending import addresses_of
from schemas.base import Input, Unified

TAG = Tag("webhook endpoints", "Where you are told of events, signed as Standard Webhooks says.")
Payload = Annotated[
    Literal["full", "ids"], Meta(description="`full`: with the document as it is then; `ids`: without.")
]
OBJECT = "webhook_endpoint"
NOUN = "webhook endpoint"
BY_CALLER = "Disabled by its owner."


class WebhookEndpointView(Unified, kw_only=True, frozen=True):
    """An address that events are posted to."""

    id: str
    """Names the endpoint."""
    url: str
    """Where they are posted."""
    description: str | None
    """What you call it."""
    event_types: list[str]
    """Types it is told of, with `*` after the dot for all of one subject; empty: all but `*.loaded`."""
    connection_ids: list[str]
    """Only events of these connections; empty: all."""
    resources: list[str]
    """Only events of these resources; empty: all."""
    payload: str
    """`full`: with the whole document as it is then; `ids`: without."""
    state: str
    """`enabled` or `disabled`: then nothing is sent, and what happens can be replayed later."""
    disabled_at: datetime | None
    """When it was disabled (UTC)."""
    disabled_reason: str | None
    """Why."""
    failing_since: datetime | None
    """No attempt has succeeded since; after 5 days it is disabled."""
    created_at: datetime
    """When it was made (UTC)."""


class NewWebhookEndpoint(WebhookEndpointView, kw_only=True, frozen=True):
    """An endpoint that was just made, with its secret: shown this once."""

    secret: str
    """Verifies signatures. It cannot be shown again."""


class RotatedSecret(Unified, kw_only=True, frozen=True):
    """A new secret, shown this once."""

    id: str
    """The endpoint."""
    secret: str
    """Verifies signatures. It cannot be shown again."""
    previous_until: datetime
    """Until then each delivery carries a signature of the former secret too (UTC)."""


Url = Annotated[str, Meta(min_length=1, max_length=2048, description="https, on port 443 or 8443.")]
Description = Annotated[str, Meta(max_length=255, description="What you call it.")]
Types = Annotated[
    list[Annotated[str, Meta(max_length=100)]],
    Meta(max_length=100, description="`invoice.paid`, `invoice.*`; empty: all but `*.loaded`."),
]
ConnectionIds = Annotated[
    list[Annotated[str, Meta(max_length=100)]],
    Meta(max_length=100, description="Only these connections; empty: all."),
]
Resources = Annotated[
    list[Annotated[str, Meta(max_length=100)]],
    Meta(max_length=100, description="Only these resources; empty: all."),
]


class WebhookEndpointInput(Input, kw_only=True, frozen=True):
    """An endpoint to make, in the environment of the calling key."""

    url: Url
    description: Description = ""
    event_types: Types = []
    connection_ids: ConnectionIds = []
    resources: Resources = []
    payload: Payload = "full"


class WebhookEndpointPatch(Input, kw_only=True, frozen=True):
    """What is to change; what is left out stays."""

    url: Url | None = None
    description: Description | None = None
    event_types: Types | None = None
    connection_ids: ConnectionIds | None = None
    resources: Resources | None = None
    payload: Payload | None = None


class RotationInput(Input, kw_only=True, frozen=True):
    """How long the former secret goes on signing, beside the new one."""

    overlap_hours: Annotated[int, Meta(ge=24, le=168, description="Hours.")] = 24


EXAMPLE: dict[str, Any] = {
    "id": "whe_0d1na8g0g8fsc6lq3r1ofqhb2k",
    "url": "https://hooks.muster-software.example/kontor",
    "description": "Mahnwesen",
    "eventTypes": ["invoice.*"],
    "connectionIds": [],
    "resources": [],
    "payload": "full",
    "state": "enabled",
    "disabledAt": None,
    "disabledReason": None,
    "failingSince": None,
    "createdAt": "2026-11-20T09:14:05Z",
}
EXAMPLE_SECRET = "whsec_…"
ASKED = ("url", "description", "eventTypes", "payload")


@endpoint(
    "GET",
    "/v1/webhook-endpoints",
    scope="admin",
    tag=TAG,
    summary="List webhook endpoints",
    answer=WebhookEndpointView,
    page=True,
    example_answer=EXAMPLE,
)
async def list_webhook_endpoints(call: Call) -> Items:
    """All of this tenant and environment, oldest first, disabled ones among them."""
    async with call.rooms.database.read() as session:
        found = await call.rooms.endpoints.list(session, owner_of(call))
    return Items(items=tuple(WebhookEndpointView(**_fields(one)) for one in found), limit=len(found))


@endpoint(
    "GET",
    "/v1/webhook-endpoints/{id}",
    scope="admin",
    tag=TAG,
    summary="Show a webhook endpoint",
    answer=WebhookEndpointView,
    errors=(UnknownObject,),
    example_answer=EXAMPLE,
)
async def get_webhook_endpoint(call: Call) -> WebhookEndpointView:
    """Its filters, whether it is enabled, and why not."""
    async with call.rooms.database.read() as session:
        return WebhookEndpointView(**_fields(await own_target(call, session)))


@endpoint(
    "POST",
    "/v1/webhook-endpoints",
    scope="admin",
    tag=TAG,
    summary="Make a webhook endpoint",
    body=WebhookEndpointInput,
    answer=NewWebhookEndpoint,
    status=201,
    errors=(Conflict, Invalid),
    example_body={name: EXAMPLE[name] for name in ASKED},
    example_answer={**EXAMPLE, "secret": EXAMPLE_SECRET},
)
async def create_webhook_endpoint(call: Call) -> NewWebhookEndpoint:
    """It is told what happens from now on. Its address has to be a public one, also when it is sent to. The
    secret is shown in this answer and never again."""
    body: WebhookEndpointInput = call.body
    await _check_url(call, body.url)
    async with call.rooms.database.write() as session:
        wanted = await _wanted(call, session, body)
        plain = {"url": body.url, "description": body.description or None, "payload": body.payload}
        target, secret = await call.rooms.endpoints.add(session, owner_of(call), plain, wanted)
        await note(call, session, f"{OBJECT}.created", OBJECT, target.id, url=target.url)
    return NewWebhookEndpoint(**_fields(target), secret=secret)


@endpoint(
    "PATCH",
    "/v1/webhook-endpoints/{id}",
    scope="admin",
    tag=TAG,
    summary="Change a webhook endpoint",
    body=WebhookEndpointPatch,
    answer=WebhookEndpointView,
    errors=(UnknownObject, Invalid),
    example_body={"eventTypes": ["invoice.*"]},
    example_answer=EXAMPLE,
)
async def update_webhook_endpoint(call: Call) -> WebhookEndpointView:
    """Filters hold for what happens from then on; what is still to be delivered goes to the new address."""
    body: WebhookEndpointPatch = call.body
    if body.url is not None:
        await _check_url(call, body.url)
    async with call.rooms.database.write() as session:
        target = await own_target(call, session)
        wanted = await _wanted(call, session, body, target.wanted)
        given = {name: getattr(body, name) for name in ("url", "description", "payload")}
        plain = {name: value or None for name, value in given.items() if value is not None}
        await call.rooms.endpoints.change(session, owner_of(call), target.id, columns(plain, wanted))
        changed = [name for name in body.__struct_fields__ if getattr(body, name) is not None]
        await note(call, session, f"{OBJECT}.changed", OBJECT, target.id, changed=changed)
        return WebhookEndpointView(**_fields(await own_target(call, session)))


@endpoint(
    "DELETE",
    "/v1/webhook-endpoints/{id}",
    scope="admin",
    tag=TAG,
    summary="Remove a webhook endpoint",
    status=204,
    errors=(UnknownObject,),
)
async def remove_webhook_endpoint(call: Call) -> None:
    """With its secrets and deliveries; what was not delivered yet is not delivered any more."""
    id = own_id(call, NOUN)
    async with call.rooms.database.write() as session:
        if not await call.rooms.endpoints.remove(session, owner_of(call), id):
            raise UnknownObject(NOUN)
        await note(call, session, f"{OBJECT}.removed", OBJECT, id)


@endpoint(
    "POST",
    "/v1/webhook-endpoints/{id}/rotate-secret",
    scope="admin",
    tag=TAG,
    summary="Make a new secret",
    body=RotationInput,
    answer=RotatedSecret,
    errors=(UnknownObject, Conflict),
    example_body={"overlapHours": 24},
    example_answer={
        "id": EXAMPLE["id"],
        "secret": EXAMPLE_SECRET,
        "previousUntil": "2026-11-21T09:14:05Z",
    },
)
async def rotate_webhook_secret(call: Call) -> RotatedSecret:
    """Until `previousUntil` each delivery is signed with both, so that no delivery is refused meanwhile."""
    body: RotationInput = call.body
    async with call.rooms.database.write() as session:
        target = await own_target(call, session)
        overlap = timedelta(hours=body.overlap_hours)
        secret, until = await call.rooms.endpoints.rotate(session, target, overlap)
        await note(call, session, f"{OBJECT}.secret_rotated", OBJECT, target.id, hours=body.overlap_hours)
    return RotatedSecret(id=target.id, secret=secret, previous_until=until)


@endpoint(
    "POST",
    "/v1/webhook-endpoints/{id}/enable",
    scope="admin",
    tag=TAG,
    summary="Enable a webhook endpoint",
    answer=WebhookEndpointView,
    errors=(UnknownObject,),
    example_answer=EXAMPLE,
)
async def enable_webhook_endpoint(call: Call) -> WebhookEndpointView:
    """It is told what happens from then on; replay what happened meanwhile. Enabling twice is no error."""
    async with call.rooms.database.write() as session:
        target = await own_target(call, session)
        if target.disabled_at is not None:
            await call.rooms.disabling.enable(session, target)
            await note(call, session, f"{OBJECT}.enabled", OBJECT, target.id)
        return WebhookEndpointView(**_fields(await own_target(call, session)))


@endpoint(
    "POST",
    "/v1/webhook-endpoints/{id}/disable",
    scope="admin",
    tag=TAG,
    summary="Disable a webhook endpoint",
    answer=WebhookEndpointView,
    errors=(UnknownObject,),
    example_answer=EXAMPLE,
)
async def disable_webhook_endpoint(call: Call) -> WebhookEndpointView:
    """Nothing is sent until it is enabled; what happens meanwhile can be replayed then."""
    rooms = call.rooms
    async with rooms.database.write() as session:
        target = await rooms.disabling.locked(session, (await own_target(call, session)).id)
        if target is not None and target.disabled_at is None:
            await rooms.disabling.disable(session, target, BY_CALLER, rooms.ambient.clock.now())
            await note(call, session, f"{OBJECT}.disabled", OBJECT, target.id, reason=BY_CALLER)
        return WebhookEndpointView(**_fields(await own_target(call, session)))


def owner_of(call: Call) -> Owner:
    """Whose endpoints the caller can see."""
    return Owner(call.caller.tenant_id, call.caller.environment)


async def own_target(call: Call, session: AsyncSession) -> Target:
    """The endpoint in the path. Raises UnknownObject."""
    target = await call.rooms.endpoints.find(session, owner_of(call), own_id(call, NOUN))
    if target is None:
        raise UnknownObject(NOUN)
    return target


async def _check_url(call: Call, url: str) -> None:
    """A name that does not resolve yet is taken: each delivery looks again."""
    allowed = call.rooms.webhooks_allowed if call.caller.environment == "test" else Allowed()
    try:
        place = place_of(url, allowed)
        if addresses := await addresses_of(call.rooms.dialling, place):
            check_all(place, addresses, allowed)
    except Misfit as error:
        raise Invalid((FieldError(field="url", code="invalid", message=str(error)),)) from error


async def _wanted(call: Call, session: AsyncSession, body: Any, before: Wanted | None = None) -> Wanted:
    """The filters that the body asks for. Raises Invalid with every misfit."""
    given = {name: getattr(body, name) for name in Wanted.__struct_fields__}
    misfits: list[tuple[str, int, str]] = []
    for n, one in enumerate(given["event_types"] or ()):
        if why := why_unknown(one, call.rooms.resources):
            misfits.append(("eventTypes", n, why))
    for n, one in enumerate(given["resources"] or ()):
        if one not in call.rooms.resources:
            misfits.append(("resources", n, f"There is no {one!r}."))
    for n, one in enumerate(given["connection_ids"] or ()):
        owner = (call.caller.tenant_id, call.caller.environment)
        if not OWN_ID.fullmatch(one) or await call.rooms.connections.get(session, *owner, one) is None:
            misfits.append(("connectionIds", n, f"There is no {one!r}."))
    if misfits:
        raise Invalid(
            tuple(FieldError(field=f"{name}[{n}]", code="unknown", message=why) for name, n, why in misfits)
        )
    kept = {name: () if before is None else getattr(before, name) for name in given}
    return Wanted(**{n: kept[n] if value is None else tuple(value) for n, value in given.items()})


def _fields(target: Target) -> dict[str, Any]:
    return {
        "id": target.id,
        "url": target.url,
        "description": target.description,
        "event_types": list(target.wanted.event_types),
        "connection_ids": list(target.wanted.connection_ids),
        "resources": list(target.wanted.resources),
        "payload": target.payload,
        "state": "enabled" if target.disabled_at is None else "disabled",
        "disabled_at": target.disabled_at,
        "disabled_reason": target.disabled_reason,
        "failing_since": target.failing_since,
        "created_at": target.created_at,
    }


ENDPOINTS = (
    list_webhook_endpoints,
    get_webhook_endpoint,
    create_webhook_endpoint,
    update_webhook_endpoint,
    remove_webhook_endpoint,
    rotate_webhook_secret,
    enable_webhook_endpoint,
    disable_webhook_endpoint,
)
