"""`GET /v1/connections/{id}/export`: all that is held of a resource, as a file."""

from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Annotated

from msgspec import Meta

from connectors.base.errors import FieldError
from gateway.api.call import Call
from gateway.api.connections import TAG, own_connection
from gateway.api.declaration import Reply, endpoint
from gateway.api.syncs_api import NO_REPLICA, TURN_ON
from gateway.api.trail import note
from gateway.errors import Conflict, Invalid, TooManyExports, UnknownObject
from gateway.privacy.exporting import MEDIA_TYPES, Counts, Format, exported, form_of
from gateway.privacy.parquet import ParquetMissing
from gateway.replica.rows import keeps, place_of
from schemas.base import Filters

AT_ONCE = 2
"""Exports that one tenant has under way in a process."""


class ExportFilters(Filters, kw_only=True, frozen=True):
    """Of what, and in which form."""

    resource: Annotated[str, Meta(max_length=100, description="Of this resource, e.g. `invoices`.")]
    format: Annotated[
        Format,
        Meta(description="`jsonl`: a document a line, as the API answers it; `parquet`: a table."),
    ] = "jsonl"


@endpoint(
    "GET",
    "/v1/connections/{id}/export",
    scope="read",
    tag=TAG,
    summary="Export what is held of a connection's books",
    query=(ExportFilters,),
    media_types=tuple(MEDIA_TYPES.values()),
    errors=(UnknownObject, Conflict, Invalid, TooManyExports, ParquetMissing),
)
async def export_connection(call: Call) -> Reply:
    """Every object of the resource that the replica holds, by id, and of what is gone since 90 days at most
    `{"id", "deletedAt"}`. It asks nobody, so it works over a connection that was disconnected with
    `data=keep` too. An answer that is cut off is not whole: it has no end."""
    connection = await own_connection(call)
    query: ExportFilters = call.query
    resource = call.rooms.resources.get(query.resource)
    if resource is None or not keeps(resource):
        message = f"{query.resource} is no resource that is held."
        raise Invalid((FieldError(field="resource", code="invalid", message=message),))
    if not connection.keeps_replica:
        raise Conflict(NO_REPLICA, hint=TURN_ON)
    rooms, tenant_id = call.rooms, connection.tenant_id
    if rooms.exports[tenant_id] >= AT_ONCE:
        raise TooManyExports(AT_ONCE)
    form = form_of(query.format, resource.model)
    place = place_of(connection, resource.name)
    taken = Taken(rooms.exports, tenant_id, exported(rooms.database, rooms.replica, place, form, Counts()))
    try:
        async with rooms.database.write() as session:
            told = {"resource": resource.name, "format": query.format}
            await note(call, session, "connection.exported", "connection", connection.id, **told)
    except BaseException:
        await taken.aclose()
        raise
    name = f"{connection.id}-{resource.name}.{query.format}"
    headers = (
        ("content-type", MEDIA_TYPES[query.format]),
        ("content-disposition", f'attachment; filename="{name}"'),
        ("cache-control", "no-store"),
    )
    return Reply(content=b"", headers=headers, pieces=taken)


class Taken:
    """The pieces of a file, which takes one of the tenant's places until it is closed."""

    def __init__(self, under_way: Counter[str], tenant_id: str, pieces: AsyncGenerator[bytes]) -> None:
        self._under_way = under_way
        self._tenant_id = tenant_id
        self._pieces = pieces
        under_way[tenant_id] += 1

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._pieces

    async def aclose(self) -> None:
        """Once."""
        await self._pieces.aclose()
        self._under_way[self._tenant_id] -= 1
        if not self._under_way[self._tenant_id]:
            del self._under_way[self._tenant_id]


ENDPOINTS = (export_connection,)
