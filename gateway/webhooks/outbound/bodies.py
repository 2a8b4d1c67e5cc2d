"""What a delivery says."""

from datetime import datetime
from typing import Any

import msgspec
from msgspec import Raw, Struct

from gateway.replica.rows import Held
from gateway.webhooks.outbound.selecting import Event

ENCODER = msgspec.json.Encoder()


class Message(Struct, frozen=True, kw_only=True, rename="camel"):
    """The body of every delivery; `data` is left out where an endpoint wants ids only."""

    type: str
    timestamp: datetime
    """When it happened (UTC)."""
    id: str
    """Of the event: the same on every attempt, and in the header `webhook-id`."""
    environment: str
    connection_id: str | None
    resource: str | None
    resource_id: str | None
    sequence: int | None
    """Grows with each change of the resource in this connection. With `data`: of the state that it shows."""
    version: str | None
    changed: list[str] | None
    """Fields that changed, where that is known."""
    data: Raw | msgspec.UnsetType | None = msgspec.UNSET


def body_of(event: Event, payload: str, held: Held | None) -> bytes:
    """The JSON of a delivery. `held`: the object as it is now, which may be newer than the event."""
    full = payload == "full"
    newer = held if full and held is not None and held.sequence >= (event.sequence or 0) else None
    document = None if newer is None else newer.document
    changed: Any = None if event.changed is None else msgspec.json.decode(event.changed)
    return ENCODER.encode(
        Message(
            type=event.type,
            timestamp=event.occurred_at,
            id=event.id,
            environment=event.environment,
            connection_id=event.connection_id,
            resource=event.resource,
            resource_id=event.resource_id,
            sequence=event.sequence if newer is None else newer.sequence,
            version=event.version if newer is None else newer.version,
            changed=changed,
            data=(None if document is None else Raw(document)) if full else msgspec.UNSET,
        )
    )
