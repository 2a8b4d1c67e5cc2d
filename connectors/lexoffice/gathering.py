"""From a walk over the vendor's rows to one page of ours, within the time there is."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from connectors.base.errors import KontorError, RecordNotFound, UpstreamBusy
from connectors.base.paging import Completeness, ListQuery, Page, Record
from connectors.base.wire import Wire
from connectors.lexoffice.misfits import misfit, refuse
from connectors.lexoffice.paging import MOST, Listed, Position, Walk, write_position

R = TypeVar("R")
GRACE_S = 0.05
"""A call that fails with less than this left failed for want of time."""


def refuse_sort(query: ListQuery) -> None:
    """For articles and contacts, which the vendor sorts by name whatever is asked."""
    if query.sort is not None:
        refuse([misfit("sort", "invalid", "Lexware Office sorts this list by name only.")])


async def collect(
    walk: Walk[R], limit: int, take: Callable[[Listed[R]], Awaitable[Record[Any] | None]], wire: Wire
) -> Page[Any]:
    """At most `limit` records that `take` makes of the rows; it gives None for a row that was not asked for.

    Raises:
        UpstreamBusy: time or the vendor's limit ran out before anything was read.
    """
    start = after = walk.position
    records: list[Record[Any]] = []
    vanished = dropped = False
    try:
        while len(records) < limit:
            # Where rows are dropped, nobody knows how many it takes: large pages then.
            listed = await walk.next(MOST if dropped else limit - len(records))
            if listed is None:
                break
            try:
                record = await take(listed)
            except RecordNotFound:
                vanished = True
            else:
                dropped = dropped or record is None
                records += [] if record is None else [record]
            after = walk.position
    except KontorError as error:
        if after == start or not await _out_of_time(error, wire):
            raise
        return _page(records, after, "deadline", more=True)
    if walk.capped and not walk.more:
        return _page(records, after, "vendor_limit", more=False)
    return _page(records, after, "vanished" if vanished else None, more=walk.more)


async def _out_of_time(error: KontorError, wire: Wire) -> bool:
    return isinstance(error, UpstreamBusy) or not await wire.pause(GRACE_S)


def _page(records: list[Record[Any]], after: Position, reason: str | None, *, more: bool) -> Page[Any]:
    unavailable = dict.fromkeys(name for record in records for name in record.fields_unavailable)
    return Page(
        records=tuple(records),
        next=write_position(after) if more else None,
        total=after.total,
        completeness=Completeness(
            complete=reason is None, reason=reason, fields_unavailable=tuple(unavailable)
        ),
    )
