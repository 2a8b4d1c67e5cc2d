"""`GET /v1/accounting/{resource}/count`: how many objects a list has, and what their amounts come to.

From the replica, as lists are; else by the accounting system's own count, where it heeds all that was asked.
"""

from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime
from typing import Annotated, Any

from msgspec import Meta

from connectors.base.connector import Connector
from connectors.base.counting import Counting, counting
from connectors.base.errors import NotSupported
from connectors.base.operations import OPERATIONS
from connectors.base.paging import Completeness, ListQuery, Page
from gateway.api.call import Call
from gateway.api.declaration import Reply
from gateway.api.holding import held_count, refuse_unready
from gateway.api.performing import meta, perform_of
from gateway.replica.rows import keeps
from schemas.base import Filters, Resource
from schemas.counts import Count

LIST = OPERATIONS["list"]
UNCOUNTED = "{title} does not count {names}."
BY = "{title} does not count {names} by {parameters}."
NO_FURTHER = "{title} counts {names} up to {most} only, and there are as many, or more."
KEEP = "With `keepsReplica` of the connection, Kontor counts by every filter from its complete copy."


class CountParameters(Filters, kw_only=True, frozen=True):
    """Query parameters of a count, beside the list's filters."""

    updated_since: (
        Annotated[datetime, Meta(tz=True, description="Changed at or after this instant.")] | None
    ) = None


def counts(resource: Resource) -> bool:
    """Whether there is a count of the resource: where its lists can come from a replica."""
    return "list" in resource.operations and keeps(resource)


def countable(call: Call, resource: Resource) -> None:
    """Raises NotSupported where nobody counts: no replica is kept, and the accounting system does not."""
    connector = call.rooms.abilities.connector(call.connection)
    if not call.connection.keeps_replica and counting(connector.resources.get(resource.name)) is None:
        raise NotSupported(UNCOUNTED.format(**_told(connector, resource)), KEEP)


def counts_of(resource: Resource) -> Callable[[Call], Awaitable[Reply]]:
    async def count(call: Call) -> Reply:
        parameters, *searching, filters = call.queries
        query = ListQuery(
            filters=filters,
            limit=1,
            summary=resource.summary is not None,
            updated_since=parameters.updated_since,
            search=searching[0].search if searching else None,
        )
        if call.connection.keeps_replica:
            held = await held_count(call, resource, query)
            if held is not None:
                return held
        perform = perform_of(call, resource, LIST, query=query)
        connector = call.rooms.abilities.connector(call.connection)
        counted_by = counting(connector.resources.get(resource.name))
        told = _told(connector, resource)
        unheeded = list(_unheeded(counted_by, query))
        if counted_by is None or unheeded:
            await refuse_unready(call, resource, query)
            if counted_by is None:
                raise NotSupported(UNCOUNTED.format(**told), KEEP)
            raise NotSupported(BY.format(**told, parameters=", ".join(f"`{one}`" for one in unheeded)), KEEP)
        asked_at = call.rooms.ambient.clock.now()
        page: Page[Any] = await call.rooms.dispatcher.read(perform)
        total = page.total or 0
        if total >= counted_by.counts_to:
            await refuse_unready(call, resource, query)
            raise NotSupported(NO_FURTHER.format(**told, most=counted_by.counts_to), KEEP)
        untold = Completeness(complete=True, fields_unavailable=("totals",))
        return Reply(
            data=Count(count=total, totals=None), meta={**meta(call, asked_at), "completeness": untold}
        )

    return count


def _told(connector: Connector, resource: Resource) -> dict[str, Any]:
    return {"title": connector.title, "names": resource.name.replace("-", " ")}


def _unheeded(counted_by: type[Counting] | None, query: ListQuery) -> Iterator[str]:
    if query.search is not None:
        yield "search"
    if counted_by is not None:
        yield from counted_by.uncounted(query)
