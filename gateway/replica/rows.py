"""What the replica holds, as data, and where a row belongs."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from msgspec import Struct
from sqlalchemy import ColumnElement, Table, bindparam
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.tenants.model import Connection
from schemas.base import Resource

PLACE = ("tenant_id", "connection_id", "resource")


def keeps(resource: Resource) -> bool:
    """Whether objects of the resource can be told apart, and so be kept."""
    return not resource.singleton and "id" in resource.model.__struct_fields__


class Place(Struct, frozen=True, kw_only=True):
    """One resource of one connection: every statement names all of it."""

    tenant_id: str
    connection_id: str
    environment: str
    resource: str

    def within(self, table: Table) -> tuple[ColumnElement[bool], ...]:
        """The conditions that keep a statement on `table` in this place."""
        return tuple(table.c[name] == value for name, value in self.columns.items())

    @property
    def columns(self) -> dict[str, str]:
        """What names it, in a new row and as values of a statement."""
        return {name: getattr(self, name) for name in PLACE}

    def row(self, id: str) -> str:
        """The name under which a row's contents are sealed."""
        return f"{self.connection_id}/{self.resource}/{id}"


def here(table: Table) -> tuple[ColumnElement[bool], ...]:
    """The conditions that keep a prepared statement on `table` in the place whose columns are its values."""
    return tuple(table.c[name] == bindparam(name) for name in PLACE)


def place_of(connection: Connection, resource: str) -> Place:
    return Place(
        tenant_id=connection.tenant_id,
        connection_id=connection.id,
        environment=connection.environment,
        resource=resource,
    )


class State(Struct, frozen=True, kw_only=True):
    """What is known of a resource of a connection as a whole."""

    sequence: int = 0
    """Of the last change to any of its rows."""
    held: int = 0
    """Objects, without those that are gone."""
    stale: int = 0
    """Rows that are known to be behind."""
    stale_at: datetime | None = None
    as_of: datetime | None = None
    """Everything that the vendor had then is here; None: not complete."""
    shape: str | None = None
    late_at: datetime | None = None
    """No row turns overdue before; None: none is going to."""

    @property
    def complete(self) -> bool:
        """Whether lists can be read: nothing is missing, and nothing is known to be behind."""
        behind = self.stale_at is not None and self.as_of is not None and self.as_of < self.stale_at
        return self.as_of is not None and not self.stale and not behind


class Held(Struct, frozen=True, kw_only=True):
    """One object as it was read last."""

    id: str
    document: bytes | None
    """Unified JSON; None when it is gone, or known to exist only."""
    raw: bytes | None
    """The vendor's JSON; None where it gave none."""
    version: str | None
    as_of: datetime
    """The vendor had it so then."""
    stale: bool
    """It was written to since."""
    untold: tuple[str, ...]
    """Fields that its source does not tell."""
    gone_at: datetime | None
    late_at: datetime | None
    """When it turns overdue; None: it is so, or never will be."""
    sequence: int


class Gone(Struct, frozen=True, kw_only=True, rename="camel"):
    """A tombstone, as lists tell it."""

    id: str
    """Id that the object had."""
    deleted_at: datetime
    """When it was found to be gone (UTC)."""


class Walked(Struct, frozen=True, kw_only=True):
    """An object or its tombstone, of all that are held."""

    id: str
    document: bytes | None
    """Unified JSON; None when it is gone."""
    gone_at: datetime | None


class HeldPage(Struct, frozen=True, kw_only=True):
    """A page of a list."""

    documents: list[bytes]
    raw: list[bytes]
    """The vendor's JSON of each, `null` where it gave none."""
    gone: list[Gone]
    untold: tuple[str, ...]
    next: str | None
    """Continuation; None at the end."""
    state: State
    """Of the whole list, at that moment or just before."""


class Standing(Struct, frozen=True, kw_only=True, rename="camel"):
    """What a document stands at."""

    status: str | None = None
    payment_status: str | None = None
    overdue: bool | None = None


KINDS = ("loaded", "created", "updated", "deleted")
"""What may happen to an object. `loaded`: seen for the first time, before everything was read, so that it may
have been there for long.
"""


class Changed(Struct, frozen=True, kw_only=True):
    """What a read or a finding changed."""

    id: str
    sequence: int
    kind: str
    """One of `KINDS`."""
    version: str | None = None
    fields: tuple[str, ...] = ()
    """Paths of the fields that an update changed."""
    before: Standing | None = None
    """Of an update."""
    after: Standing | None = None


OnChanged = Callable[[AsyncSession, Place, Sequence[Changed]], Awaitable[None]]
"""Hears of changes in the transaction that makes them."""
