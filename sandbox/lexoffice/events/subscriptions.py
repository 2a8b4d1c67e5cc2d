"""Event subscriptions (`/v1/event-subscriptions`). Each connection sees its own."""

from typing import Any
from urllib.parse import urlsplit

from sandbox.lexoffice import jsontext
from sandbox.lexoffice.call import Call
from sandbox.lexoffice.dates import shown
from sandbox.lexoffice.errors import Refused, invalid, not_found, refuse
from sandbox.lexoffice.events.types import EVENT_TYPES
from sandbox.lexoffice.routing import delete, get, post
from sandbox.lexoffice.shapes import Choice, Fields, Text, read_body
from sandbox.lexoffice.state import Subscription
from sandbox.lexoffice.wire import Reply, Request, json_reply

PATH = "/v1/event-subscriptions"
LOOPBACK = ("127.0.0.1", "localhost", "::1")
SHAPE = Fields({"eventType": Choice(EVENT_TYPES, required=True), "callbackUrl": Text(2048, required=True)})


def create(call: Call) -> Reply:
    body = read_body(SHAPE, call.json())
    if not takes_callbacks(body["callbackUrl"]) or call.request.reachable is False:
        raise refuse(invalid("callbackUrl"))
    wanted = (body["eventType"], body["callbackUrl"])
    if any((own.event_type, own.callback_url) == wanted for own in _own(call)):
        raise Refused(409, "An identical event subscription exists.")
    subscription = Subscription(call.twin.ids.uuid(), *wanted, call.now, call.connection.id)
    call.organization.subscriptions[subscription.id] = subscription
    created = shown(call.now)
    return call.action_result(PATH, subscription.id, created, created, 0, 201)


def takes_callbacks(url: str) -> bool:
    """https; on this machine http will do, which the vendor would not take."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return bool(parts.hostname) and (
        parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
    )


def callback_of(request: Request) -> str | None:
    """The address that has to answer a HEAD before the subscription is made; None for other requests."""
    if request.method != "POST" or request.path != PATH:
        return None
    try:
        url = jsontext.decode(request.body)["callbackUrl"]
    except (ValueError, TypeError, KeyError):
        return None
    return url if isinstance(url, str) and takes_callbacks(url) else None


def list_own(call: Call) -> Reply:
    return json_reply({"content": [_rendered(call, subscription) for subscription in _own(call)]})


def read(call: Call, id: str) -> Reply:
    return json_reply(_rendered(call, _find(call, id)))


def remove(call: Call, id: str) -> Reply:
    del call.organization.subscriptions[_find(call, id).id]
    deliveries = call.twin.world.deliveries
    for waiting in [d.id for d in deliveries.values() if d.subscription_id == id]:
        del deliveries[waiting]
    return Reply(204)


def _own(call: Call) -> list[Subscription]:
    subscriptions = call.organization.subscriptions.values()
    return [
        subscription for subscription in subscriptions if subscription.connection_id == call.connection.id
    ]


def _find(call: Call, id: str) -> Subscription:
    found = next((subscription for subscription in _own(call) if subscription.id == id), None)
    if found is None:
        raise not_found()
    return found


def _rendered(call: Call, subscription: Subscription) -> dict[str, Any]:
    return {
        "subscriptionId": subscription.id,
        "organizationId": call.organization.id,
        "createdDate": shown(subscription.created),
        "eventType": subscription.event_type,
        "callbackUrl": subscription.callback_url,
    }


ROUTES = [
    get(PATH, list_own),
    get(f"{PATH}/{{}}", read),
    post(PATH, create),
    delete(f"{PATH}/{{}}", remove),
]
