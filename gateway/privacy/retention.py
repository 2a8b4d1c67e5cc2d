"""Deletes what was kept as long as it is to be, and what came late of tenants that were erased."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import BigInteger, ColumnElement, Delete, and_, delete, select

from gateway.audit import starts
from gateway.audit.heads import Signing
from gateway.feed.positions import purge as purge_events
from gateway.persistence.database import Database
from gateway.persistence.holdings import HOLDINGS, Holding
from gateway.persistence.periods import Periods
from gateway.persistence.tables import (
    audit_events,
    erasures,
    events,
    request_log,
    webhook_deliveries,
)
from gateway.privacy.copies import rowcount
from gateway.webhooks.outbound.deliveries import purge_some

APART = (events.name, webhook_deliveries.name, audit_events.name)
"""Whose rows leave something behind that has to be kept in step."""


async def purge(database: Database, signing: Signing, now: datetime, periods: Periods) -> int:
    """Delete all that is older than it is kept, in short transactions; how many rows."""
    total = 0
    for holding in HOLDINGS.values():
        if holding.days is not None and holding.name not in APART:
            for statement in _ending(holding, now - periods.age(holding.table)):
                async with database.write() as session:
                    total += await rowcount(session, statement)
    async with database.write() as session:
        total += await purge_events(session, now - periods.age(events))
    async with database.write() as session:
        total += await starts.purge(session, signing, now - periods.age(audit_events), now)
    while count := await _some_deliveries(database, now - periods.age(webhook_deliveries)):
        total += count
    return total


async def erase_late_calls(database: Database) -> int:
    """What the log of calls was still told of tenants as they were erased; how many rows."""
    late = request_log.c.tenant_id.in_(select(erasures.c.tenant_id))
    async with database.read() as session:
        if (await session.execute(select(1).where(late).limit(1))).one_or_none() is None:
            return 0
    async with database.write() as session:
        return await rowcount(session, delete(request_log).where(late))


async def _some_deliveries(database: Database, before: datetime) -> int:
    async with database.write() as session:
        return await purge_some(session, before)


def _ending(holding: Holding, before: datetime) -> Iterator[Delete]:
    """What goes with rows that have come to their end, and then these."""
    old = _old(holding, before)
    for child in HOLDINGS.values():
        if child.within and child.parent is holding.table:
            (key,) = holding.table.primary_key
            yield delete(child.table).where(child.table.c[child.within].in_(select(key).where(old)))
    yield delete(holding.table).where(old)


def _old(holding: Holding, before: datetime) -> ColumnElement[bool]:
    column = holding.table.c[holding.since]
    in_time = column < (before.timestamp() * 1e6 if isinstance(column.type, BigInteger) else before)
    return in_time if holding.only is None else and_(holding.only, in_time)
