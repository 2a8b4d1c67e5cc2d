"""From an event to its callbacks: who is told, in which words, and how often it is tried again."""

from datetime import timedelta
from typing import TYPE_CHECKING, Literal

import msgspec

from sandbox.lexoffice import agenda, jsontext
from sandbox.lexoffice.dates import shown
from sandbox.lexoffice.events import signing
from sandbox.lexoffice.state import Delivery, Event, Task

if TYPE_CHECKING:
    from sandbox.lexoffice.twin import Twin

READ_TIMEOUT_S = 5.0
MOST_REDIRECTS = 3

RETRIED = (401, 403, 404, 429)
# Seconds until the next try: five quick ones, a pause of half an hour, then twenty, two hours apart.
DELAYS_S = (10, 20, 40, 80, 160, 1800, *[7200] * 19)

Failure = Literal["dns", "unreachable", "redirects"]


class Posting(msgspec.Struct, frozen=True):
    """A callback that is due: what a courier has to carry."""

    delivery_id: str
    url: str
    body: bytes
    headers: dict[str, str]


class Mishaps(msgspec.Struct):
    """What befalls the next deliveries: some are lost, some doubled; all come late, or the last first."""

    lose: int = 0
    double: int = 0
    late_s: float = 0
    reversed: bool = False


def announce(twin: "Twin", event: Event) -> None:
    """Plan one delivery for each subscription to the event."""
    organization = twin.world.organizations[event.organization_id]
    for subscription in organization.subscriptions.values():
        if subscription.event_type != event.type:
            continue
        if twin.mishaps.lose:
            twin.mishaps.lose -= 1
            continue
        copies = 1
        if twin.mishaps.double:
            twin.mishaps.double -= 1
            copies = 2
        for _ in range(copies):
            _plan(twin, event, subscription.id, subscription.callback_url)


def _plan(twin: "Twin", event: Event, subscription_id: str, url: str) -> None:
    body = {
        "organizationId": event.organization_id,
        "eventType": event.type,
        "resourceId": event.resource_id,
        "eventDate": shown(event.at),
    }
    delivery = Delivery(
        id=twin.ids.uuid(),
        organization_id=event.organization_id,
        subscription_id=subscription_id,
        url=url,
        body=jsontext.encode(body).decode(),
    )
    twin.world.deliveries[delivery.id] = delivery
    at = event.at + timedelta(seconds=twin.mishaps.late_s)
    agenda.plan(twin.world, at, "deliver", event.organization_id, delivery.id)


def become_due(twin: "Twin", task: Task) -> None:
    """A planned delivery joins those that wait for a courier."""
    if task.subject in twin.world.deliveries:
        twin.due_deliveries.append(task.subject)


def collect(twin: "Twin") -> list[Posting]:
    """All that is due, signed; each is in the courier's hands until `settle` is told of its fate."""
    due, twin.due_deliveries = twin.due_deliveries, []
    if twin.mishaps.reversed:
        due.reverse()
    deliveries = [twin.world.deliveries[id] for id in due if id in twin.world.deliveries]
    return [_posting(twin, delivery) for delivery in deliveries]


def _posting(twin: "Twin", delivery: Delivery) -> Posting:
    body = delivery.body.encode()
    headers = {"content-type": "application/json", signing.HEADER: signing.sign(twin.webhook_key(), body)}
    return Posting(delivery.id, delivery.url, body, headers)


def settle(twin: "Twin", delivery_id: str, answer: int | Failure) -> None:
    """The subscriber's answer: done, given up, or to be tried again; some cost the subscription."""
    delivery = twin.world.deliveries.get(delivery_id)
    if delivery is None:
        return
    delivery.answers.append(answer if isinstance(answer, int) else 0)
    again = (
        answer in RETRIED or answer in ("dns", "unreachable") or (isinstance(answer, int) and answer >= 500)
    )
    if again and len(delivery.answers) <= len(DELAYS_S):
        at = twin.clock.now() + timedelta(seconds=DELAYS_S[len(delivery.answers) - 1])
        agenda.plan(twin.world, at, "deliver", delivery.organization_id, delivery.id)
        return
    del twin.world.deliveries[delivery_id]
    if answer == 410 or (again and answer in (404, "dns")):
        _unsubscribe(twin, delivery)


def _unsubscribe(twin: "Twin", delivery: Delivery) -> None:
    organization = twin.world.organizations.get(delivery.organization_id)
    if organization is not None:
        organization.subscriptions.pop(delivery.subscription_id, None)
