"""What a confirmed write leaves in the replica, in the transaction that confirms it.

An answer that is the object itself is kept. All else that a write touches is marked: what was read of it
before is behind, so the next read is live.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from connectors.base.operations import OPERATIONS, Operation
from gateway.persistence.tables import connections as CONNECTIONS
from gateway.replica.rows import Place, keeps
from gateway.replica.store import Replica
from gateway.writes.journal import Effect
from gateway.writes.rows import Write
from gateway.writes.settlement import Confirmed
from schemas.base import Resource
from schemas.documents import DocumentReference


class Written:
    """Hears of each confirmed write."""

    def __init__(self, replica: Replica) -> None:
        self._replica = replica

    async def on_confirmed(self, session: AsyncSession, confirmed: Confirmed) -> None:
        """Nothing for connections that keep no replica. A write whose effect is not told, such as one in the
        vendor's own words, may have changed anything: then all that was read before is behind.
        """
        write, effect = confirmed.write, confirmed.effect
        if not await _is_kept(session, write):
            return
        resource, operation = self._replica.resources.get(write.resource), OPERATIONS.get(write.operation)
        if effect is None or resource is None or operation is None or _touches_anything(operation, effect):
            await self._replica.mark_all(session, write.tenant_id, write.connection_id, confirmed.at)
            return
        touched = {*_touched(self._replica.resources, resource, operation, effect)}
        # In order, so that no two writes wait for each other's rows.
        for name in sorted({resource.name, *(one.resource for one in touched)}):
            place = _place(write, name)
            for one in touched:
                if one.resource == name:
                    await self._replica.mark(session, place, (one.id,), at=effect.at, made=one.made)
            if name == resource.name and keeps(resource):
                await self._keep(session, place, operation, effect)

    async def _keep(self, session: AsyncSession, place: Place, operation: Operation, effect: Effect) -> None:
        if operation.name == "delete" and effect.id is not None:
            await self._replica.bury(session, place, (effect.id,), at=effect.at)
        elif _is_object(operation) and effect.record is not None:
            await self._replica.put(session, place, (effect.record,), read_at=effect.at, made=True)


class Touched(Struct, frozen=True, kw_only=True):
    """An object that a write changes beside the one that came back. `made`: it is new."""

    resource: str
    id: str
    made: bool = False


async def _is_kept(session: AsyncSession, write: Write) -> bool:
    own = (CONNECTIONS.c.id == write.connection_id, CONNECTIONS.c.tenant_id == write.tenant_id)
    found = await session.execute(select(CONNECTIONS.c.id).where(*own, CONNECTIONS.c.keeps_replica))
    return found.one_or_none() is not None


def _place(write: Write, resource: str) -> Place:
    return Place(
        tenant_id=write.tenant_id,
        connection_id=write.connection_id,
        environment=write.environment,
        resource=resource,
    )


def _is_object(operation: Operation) -> bool:
    """Whether the answer is the object itself, and not what an action says of it."""
    return operation.answer == "one" and operation.answers is None


def _touches_anything(operation: Operation, effect: Effect) -> bool:
    """Whether objects change that neither request nor answer names: an upload that is booked, a batch."""
    if operation.needs_id or _is_object(operation):
        return False
    data = effect.record.data if effect.record else None
    return operation.answer != "stored" or getattr(data, "document_id", None) is not None


def _touched(
    resources: Mapping[str, Resource], resource: Resource, operation: Operation, effect: Effect
) -> Iterator[Touched]:
    """The object that an action was carried out on, the party in its other role, what is kept of a document
    under the same id, and every document that the answer names.
    """
    if effect.id is not None:
        if not _is_object(operation) and operation.name != "delete" and keeps(resource):
            yield Touched(resource=resource.name, id=effect.id)
        for other in resources.values():
            same_party = resource.findable and other.findable
            about = "document_id" in other.model.__struct_fields__ and keeps(other)
            if other is not resource and (same_party or about):
                yield Touched(resource=other.name, id=effect.id)
    data = effect.record.data if effect.record else None
    for reference in _references(data) if operation.name != "update" else ():
        if reference.resource in resources:
            made = not _is_object(operation)
            yield Touched(resource=reference.resource or "", id=reference.id, made=made)


def _references(value: Any) -> Iterator[DocumentReference]:
    """Every document that an answer names."""
    if isinstance(value, DocumentReference):
        yield value
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _references(item)
    elif isinstance(value, Struct):
        for name in value.__struct_fields__:
            yield from _references(getattr(value, name))
