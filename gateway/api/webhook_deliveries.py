"""What became of each delivery to a webhook endpoint, and sending it again."""

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import Meta
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.api.call import Call
from gateway.api.declaration import Items, endpoint
from gateway.api.own_ids import known_form
from gateway.api.trail import note
from gateway.api.webhook_endpoints import OBJECT, TAG, own_target
from gateway.errors import Conflict, UnknownObject
from gateway.persistence.tables import webhook_deliveries as TABLE
from gateway.webhooks.outbound import deliveries
from schemas.base import Filters, Input, Unified

NOUN = "delivery"
TEST = "webhook_endpoint.test"
State = Literal["pending", "delivered", "failed", "skipped"]


class WebhookDelivery(Unified, kw_only=True, frozen=True):
    """One event on its way to one endpoint."""

    id: str
    """Names the delivery."""
    event_id: str
    """The event's id, sent as `webhook-id` on every attempt."""
    event_type: str
    """What happened."""
    occurred_at: datetime
    """When it happened (UTC)."""
    state: str
    """`pending`, `delivered`, `failed`: no attempt is left; `skipped`: the endpoint was disabled."""
    attempts: int
    """Made so far, replays included."""
    next_attempt_at: datetime | None
    """When the next one is due."""
    finished_at: datetime | None
    """When it was delivered or given up."""


class WebhookAttempt(Unified, kw_only=True, frozen=True):
    """One try."""

    number: int
    """Counts from 1."""
    at: datetime
    """When it was sent (UTC)."""
    duration_ms: int
    """How long it took."""
    status: int | None
    """The HTTP status of the answer; None: there was none."""
    reason: str | None
    """Why it failed; None: it did not."""
    answer: str | None
    """The answer's first KiB."""


class WebhookDeliveryDetail(WebhookDelivery, kw_only=True, frozen=True):
    """A delivery with all its attempts."""

    tries: list[WebhookAttempt]
    """The attempts, in order."""


class DeliveryFilters(Filters, kw_only=True, frozen=True):
    """Filters of deliveries, newest first."""

    limit: Annotated[int, Meta(ge=1, le=250, description="Deliveries a page.")] = 100
    cursor: Annotated[str, Meta(max_length=100, description="`page.next` of the page before.")] | None = None
    state: Annotated[State, Meta(description="Only this state.")] | None = None
    event_type: Annotated[str, Meta(max_length=100, description="Only this type.")] | None = None
    event_id: Annotated[str, Meta(max_length=100, description="Only this event.")] | None = None


class ReplayInput(Input, kw_only=True, frozen=True):
    """Which deliveries to make again, by when their events happened."""

    since: Annotated[datetime, Meta(tz=True, description="At or after this instant.")]
    until: Annotated[datetime, Meta(tz=True, description="Before this instant; none: now.")] | None = None
    only_failed: Annotated[bool, Meta(description="False: those that were delivered, too.")] = True


class Replayed(Unified, kw_only=True, frozen=True):
    """What will be delivered again."""

    deliveries: int
    """How many."""


EXAMPLE: dict[str, Any] = {
    "id": "dlv_0d1na8g0g8fsc6lq3r1ofqhb2k",
    "eventId": "evt_0d1na8g0g8fsc6lq3r1ofqhb2k",
    "eventType": "invoice.paid",
    "occurredAt": "2026-11-20T09:14:05Z",
    "state": "pending",
    "attempts": 1,
    "nextAttemptAt": "2026-11-20T09:14:11Z",
    "finishedAt": None,
}
EXAMPLE_TRY = {
    "number": 1,
    "at": "2026-11-20T09:14:06Z",
    "durationMs": 84,
    "status": 503,
    "reason": "It answered 503, and only 2xx counts.",
    "answer": "maintenance",
}
BASE = "/v1/webhook-endpoints/{id}"


@endpoint(
    "GET",
    f"{BASE}/deliveries",
    scope="admin",
    tag=TAG,
    summary="List deliveries",
    query=(DeliveryFilters,),
    answer=WebhookDelivery,
    page=True,
    errors=(UnknownObject,),
    example_answer=EXAMPLE,
)
async def list_webhook_deliveries(call: Call) -> Items:
    """Of this endpoint, newest first, kept for 30 days."""
    query: DeliveryFilters = call.query
    names = ("state", "event_type", "event_id")
    equal = {name: value for name in names if (value := getattr(query, name)) is not None}
    async with call.rooms.database.read() as session:
        target = await own_target(call, session)
        rows = await deliveries.page(session, target.id, equal, query.cursor, query.limit + 1)
    shown = rows[: query.limit]
    following = shown[-1].id if len(rows) > query.limit else None
    items = tuple(WebhookDelivery(**_fields(row)) for row in shown)
    return Items(items=items, next=following, limit=query.limit)


@endpoint(
    "GET",
    f"{BASE}/deliveries/{{delivery}}",
    scope="admin",
    tag=TAG,
    summary="Show a delivery",
    answer=WebhookDeliveryDetail,
    errors=(UnknownObject,),
    example_answer={**EXAMPLE, "tries": [EXAMPLE_TRY]},
)
async def get_webhook_delivery(call: Call) -> WebhookDeliveryDetail:
    """With every attempt: when, how long, and the beginning of the answer."""
    async with call.rooms.database.read() as session:
        row = await _own(call, session, (await own_target(call, session)).id)
        tries = await deliveries.attempts_of(session, row.id)
    names = WebhookAttempt.__struct_fields__
    told = [WebhookAttempt(**{name: getattr(one, name) for name in names}) for one in tries]
    return WebhookDeliveryDetail(**_fields(row), tries=told)


@endpoint(
    "POST",
    f"{BASE}/deliveries/{{delivery}}/replay",
    scope="admin",
    tag=TAG,
    summary="Deliver again",
    answer=WebhookDelivery,
    errors=(UnknownObject, Conflict),
    example_answer=EXAMPLE,
)
async def replay_webhook_delivery(call: Call) -> WebhookDelivery:
    """At once, with all attempts again, under the same `webhook-id`. One that is pending stays as it is."""
    async with call.rooms.database.write() as session:
        target = await _ready(call, session)
        row = await _own(call, session, target.id)
        if await deliveries.replay(session, target.id, call.rooms.ambient.clock.now(), id=row.id):
            await note(call, session, "webhook_delivery.replayed", "webhook_delivery", row.id)
        return WebhookDelivery(**_fields(await _own(call, session, target.id)))


@endpoint(
    "POST",
    f"{BASE}/replay",
    scope="admin",
    tag=TAG,
    summary="Deliver a time's events again",
    body=ReplayInput,
    answer=Replayed,
    errors=(UnknownObject, Conflict),
    example_body={"since": "2026-11-19T00:00:00Z", "onlyFailed": True},
    example_answer={"deliveries": 17},
)
async def replay_webhook_endpoint(call: Call) -> Replayed:
    """What failed or was skipped, or all of it, by when it happened: up to 30 days back."""
    body: ReplayInput = call.body
    chosen = {"since": body.since, "until": body.until, "only_failed": body.only_failed}
    async with call.rooms.database.write() as session:
        target = await _ready(call, session)
        count = await deliveries.replay(session, target.id, call.rooms.ambient.clock.now(), **chosen)
        await note(call, session, f"{OBJECT}.replayed", OBJECT, target.id, deliveries=count)
    return Replayed(deliveries=count)


@endpoint(
    "POST",
    f"{BASE}/test",
    scope="admin",
    tag=TAG,
    summary="Send a test event",
    answer=WebhookDelivery,
    status=202,
    errors=(UnknownObject, Conflict),
    example_answer=EXAMPLE,
)
async def test_webhook_endpoint(call: Call) -> WebhookDelivery:
    """An event `webhook_endpoint.test` for this endpoint alone, whatever its filters. Ask for the delivery to
    see what became of it."""
    ambient = call.rooms.ambient
    async with call.rooms.database.write() as session:
        target = await _ready(call, session)
        now = ambient.clock.now()
        made = deliveries.new(ambient, target, ambient.ids.new("evt"), TEST, now, now)
        await session.execute(TABLE.insert().values(made))
        row = await deliveries.one(session, target.id, made["id"])
        assert row is not None
        await note(call, session, f"{OBJECT}.tested", OBJECT, target.id)
    return WebhookDelivery(**_fields(row))


async def _ready(call: Call, session: AsyncSession) -> Any:
    target = await own_target(call, session)
    if target.disabled_at is not None:
        raise Conflict("The endpoint is disabled.", hint="Enable it first.")
    return target


async def _own(call: Call, session: AsyncSession, endpoint_id: str) -> Row[Any]:
    row = await deliveries.one(session, endpoint_id, known_form(call.path["delivery"], NOUN))
    if row is None:
        raise UnknownObject(NOUN)
    return row


def _fields(row: Row[Any]) -> dict[str, Any]:
    pending = row.state == deliveries.PENDING
    fields = {name: getattr(row, name, None) for name in WebhookDelivery.__struct_fields__}
    return {**fields, "next_attempt_at": row.due_at if pending else None}


ENDPOINTS = (
    list_webhook_deliveries,
    get_webhook_delivery,
    replay_webhook_delivery,
    replay_webhook_endpoint,
    test_webhook_endpoint,
)
