"""Which events an endpoint is told. Pure."""

from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import Row

QUIET = "loaded"
"""What was there before a first sync ended: told only where a filter names it."""


class Event(Struct, frozen=True, kw_only=True):
    """A row of the feed."""

    id: str
    tenant_id: str
    environment: str
    position: int | None
    type: str
    connection_id: str | None
    resource: str | None
    resource_id: str | None
    sequence: int | None
    version: str | None
    changed: str | None
    """JSON of field paths."""
    occurred_at: datetime


def event_of(row: Row[Any]) -> Event:
    """A row as a value."""
    return Event(**{name: getattr(row, name) for name in Event.__struct_fields__})


class Wanted(Struct, frozen=True, kw_only=True):
    """An endpoint's filters; what is empty asks for all."""

    event_types: tuple[str, ...] = ()
    """`invoice.paid`, or `invoice.*` for all of an invoice's but `invoice.loaded`."""
    connection_ids: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()

    def takes(self, event: Event) -> bool:
        """Whether the event is to be told. One that is of no connection or resource passes those filters only
        where they are empty.
        """
        return (
            self._names(event.type)
            and (not self.connection_ids or event.connection_id in self.connection_ids)
            and (not self.resources or event.resource in self.resources)
        )

    def _names(self, type: str) -> bool:
        if type in self.event_types:
            return True
        subject, _, happening = type.rpartition(".")
        return happening != QUIET and (not self.event_types or f"{subject}.*" in self.event_types)
