"""What Lexware Office tells by calling us. Source: "Event Subscriptions" (read 2026-11-20).

A callback names an object and says nothing of it; what that object is now, `following` reads.
"""

from msgspec import Struct

from connectors.base.errors import RecordNotFound, UpstreamRefused
from connectors.base.webhooks import Subscription, VendorEvent, Webhooks
from connectors.base.wire import Answer, Call, Wire
from connectors.lexoffice.client import ENCODER, known_id, readable
from connectors.lexoffice.errors import translate
from connectors.lexoffice.following import read
from connectors.lexoffice.native.base import Instant, Native, decoder

PATH = "/v1/event-subscriptions"
CHANGES = ("created", "changed", "deleted")
WITH_STATUS = (
    "invoice",
    "voucher",
    "credit-note",
    "down-payment-invoice",
    "quotation",
    "order-confirmation",
    "delivery-note",
)
WITHOUT_STATUS = ("contact", "article", "dunning", "recurring-template")
REVOKED = "token.revoked"
TYPES = (
    "payment.changed",
    REVOKED,
    *(f"{noun}.{change}" for noun in WITH_STATUS for change in (*CHANGES, "status.changed")),
    *(f"{noun}.{change}" for noun in WITHOUT_STATUS for change in CHANGES),
)
"""All 42 of the official table."""
EXISTS_ALREADY = 409


class Callback(Native, kw_only=True, frozen=True):
    """The body of a callback."""

    organization_id: str
    event_type: str
    resource_id: str
    event_date: Instant


class NewSubscription(Native, kw_only=True, frozen=True):
    event_type: str
    callback_url: str


class OwnSubscription(NewSubscription, kw_only=True, frozen=True):
    subscription_id: str


class Subscriptions(Struct, frozen=True):
    """They come on one page, however many there are."""

    content: list[OwnSubscription]


CALLBACK = decoder(Callback)
SUBSCRIPTIONS = decoder(Subscriptions)


def parse(body: bytes) -> VendorEvent:
    """What a callback says. Raises ValueError for what is none."""
    said = CALLBACK.decode(body)
    return VendorEvent(
        organization_id=said.organization_id,
        type=said.event_type,
        resource_id=said.resource_id,
        at=said.event_date,
    )


async def subscriptions(wire: Wire) -> tuple[Subscription, ...]:
    """Those of this connection, one call."""
    answer = await wire.send(Call(method="GET", path=PATH, purpose="events.subscriptions"))
    _demand_success(answer)
    found = readable(answer, lambda answer: SUBSCRIPTIONS.decode(answer.content))
    return tuple(
        Subscription(id=one.subscription_id, type=one.event_type, url=one.callback_url)
        for one in found.content
    )


async def subscribe(wire: Wire, type: str, url: str) -> None:
    """One call. The vendor looks for the URL first (HEAD), and refuses one that does not answer."""
    answer = await wire.send(
        Call(
            method="POST",
            path=PATH,
            content=ENCODER.encode(NewSubscription(event_type=type, callback_url=url)),
            content_type="application/json",
            writes=True,
            purpose="events.subscribe",
        )
    )
    try:
        _demand_success(answer, writes=True)
    except UpstreamRefused:
        if answer.status != EXISTS_ALREADY:
            raise


async def unsubscribe(wire: Wire, id: str) -> None:
    """One call."""
    path = f"{PATH}/{known_id(id)}"
    answer = await wire.send(Call(method="DELETE", path=path, writes=True, purpose="events.unsubscribe"))
    try:
        _demand_success(answer, writes=True)
    except RecordNotFound:
        return


def _demand_success(answer: Answer, *, writes: bool = False) -> None:
    if not 200 <= answer.status < 300:
        raise translate(answer, {}, writes=writes)


WEBHOOKS = Webhooks(
    header="x-lxo-signature",
    algorithm="rsa-pkcs1v15-sha512",
    types=TYPES,
    of_grants=frozenset({REVOKED}),
    parse=parse,
    subscriptions=subscriptions,
    subscribe=subscribe,
    unsubscribe=unsubscribe,
    read=read,
)
