"""What is read of the feed: events from a position on, as a consumer asked for them."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from msgspec import Struct
from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.persistence.tables import events as EVENTS
from gateway.persistence.tables import feeds as FEEDS

ANY = ".*"
"""Ends a type that stands for all of a noun: `invoice.*`."""


class Event(Struct, frozen=True, kw_only=True):
    """One event with its position."""

    id: str
    position: int
    type: str
    connection_id: str | None
    resource: str | None
    resource_id: str | None
    sequence: int | None
    version: str | None
    changed: tuple[str, ...]
    occurred_at: datetime


class Selection(Struct, frozen=True, kw_only=True):
    """Which events of a feed are wanted."""

    tenant_id: str
    environment: str
    types: tuple[str, ...] = ()
    """Whole, or ending in `.*`; empty: all."""
    connection_id: str | None = None
    resource: str | None = None


class Bounds(Struct, frozen=True, kw_only=True):
    """The positions of a feed."""

    last: int = 0
    """Given last."""
    purged: int = 0
    """What was deleted for its age: all up to this one."""


async def bounds(session: AsyncSession, tenant_id: str, environment: str) -> Bounds:
    """Of a feed that nobody has read yet: nothing."""
    own = (FEEDS.c.tenant_id == tenant_id, FEEDS.c.environment == environment)
    row = (await session.execute(select(FEEDS.c.last, FEEDS.c.purged).where(*own))).one_or_none()
    return Bounds() if row is None else Bounds(last=row.last, purged=row.purged)


async def page(session: AsyncSession, selection: Selection, after: int, limit: int) -> Sequence[Event]:
    """Events after a position, in their order; what has none yet is not among them."""
    wanted = (
        select(EVENTS)
        .where(*_conditions(selection), EVENTS.c.position > after)
        .order_by(EVENTS.c.position)
        .limit(limit)
    )
    return [
        Event(
            **{
                name: getattr(row, name)
                for name in Event.__struct_fields__
                if name not in ("changed", "position")
            },
            position=row.position,
            changed=tuple(msgspec.json.decode(row.changed)) if row.changed else (),
        )
        for row in await session.execute(wanted)
    ]


def _conditions(selection: Selection) -> list[ColumnElement[bool]]:
    found = [
        EVENTS.c.tenant_id == selection.tenant_id,
        EVENTS.c.environment == selection.environment,
    ]
    if selection.connection_id is not None:
        found.append(EVENTS.c.connection_id == selection.connection_id)
    if selection.resource is not None:
        found.append(EVENTS.c.resource == selection.resource)
    if selection.types:
        found.append(or_(*map(_of_type, selection.types)))
    return found


def _of_type(type: str) -> ColumnElement[bool]:
    if type.endswith(ANY):
        return EVENTS.c.type.startswith(type[: -len(ANY)] + ".", autoescape=True)
    return EVENTS.c.type == type


def takes(types: Sequence[str], type: str) -> bool:
    """Whether an event of this type is among those that are named so."""
    noun = type.rpartition(".")[0]
    return any(named == type or named == noun + ANY for named in types)
