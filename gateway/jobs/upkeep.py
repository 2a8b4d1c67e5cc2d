"""What comes round again: tokens ahead of expiry, writes of dead processes, rows past their time."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from sqlalchemy import and_, delete, or_, select

from gateway.ambient import Ambient
from gateway.credentials.ahead import Ahead
from gateway.feed.positions import purge as purge_events
from gateway.jobs.engine import Upkeep
from gateway.jobs.rows import CANCELLED, DONE
from gateway.persistence.database import Database
from gateway.persistence.tables import (
    batch_items,
    batches,
    connect_sessions,
    exchange_codes,
    inbound_events,
    jobs,
    request_log,
    scheduler_slots,
    write_journal,
)
from gateway.webhooks.outbound.deliveries import purge_some
from gateway.writes.rows import CONFIRMED, REJECTED

KEEP_REQUESTS = timedelta(days=90)
KEEP_ANSWERS = timedelta(days=30)
KEEP_SESSIONS = timedelta(days=30)
KEEP_LINES = timedelta(days=1)
KEEP_BATCHES = timedelta(days=30)
KEEP_EVENTS = timedelta(days=90)
KEEP_JOBS = timedelta(days=30)
KEEP_VENDOR_EVENTS = timedelta(days=30)
"""Longer than callbacks are taken that come late: what comes twice is known."""


def all_upkeep(
    database: Database,
    ambient: Ambient,
    ahead: Ahead,
    settle_writes: Callable[[], Awaitable[int]],
    begin_syncs: Callable[[], Awaitable[int]],
    begin_events: Callable[[], Awaitable[int]],
    turn_overdue: Callable[[], Awaitable[int]],
    keep_heads: Callable[[], Awaitable[int]],
) -> tuple[Upkeep, ...]:
    """Everything that comes round, with its schedule."""

    async def clean() -> int:
        now = ambient.clock.now()
        return await purge(database, now) + await purge_deliveries(database, now)

    return (
        Upkeep(name="refresh_ahead", schedule="* * * * *", run=ahead.run),
        Upkeep(name="settle_writes", schedule="*/5 * * * * *", run=settle_writes),
        Upkeep(name="begin_syncs", schedule="*/5 * * * *", run=begin_syncs),
        Upkeep(name="begin_events", schedule="*/15 * * * * *", run=begin_events),
        # Midnight in Berlin is at two hours of UTC; what was missed is caught up within a minute.
        Upkeep(name="turn_overdue", schedule="* * * * *", run=turn_overdue),
        Upkeep(name="keep_audit_heads", schedule="47 3 * * *", run=keep_heads),
        Upkeep(name="purge", schedule="17 3 * * *", run=clean),
    )


async def purge(database: Database, now: datetime) -> int:
    """Delete what has outlived its use: call log, settled answers, connect sessions; how many rows."""
    settled = write_journal.c.state.in_((CONFIRMED, REJECTED))
    old_sessions = select(connect_sessions.c.id).where(connect_sessions.c.expires_at < now - KEEP_SESSIONS)
    old_batches = select(batches.c.id).where(batches.c.finished_at < now - KEEP_BATCHES)
    statements = (
        delete(request_log).where(request_log.c.at < now - KEEP_REQUESTS),
        delete(write_journal).where(and_(settled, write_journal.c.settled_at < now - KEEP_ANSWERS)),
        delete(exchange_codes).where(
            or_(
                exchange_codes.c.session_id.in_(old_sessions),
                exchange_codes.c.expires_at < now - KEEP_SESSIONS,
            )
        ),
        delete(scheduler_slots).where(scheduler_slots.c.used_us < (now - KEEP_LINES).timestamp() * 1_000_000),
        delete(connect_sessions).where(connect_sessions.c.expires_at < now - KEEP_SESSIONS),
        delete(batch_items).where(batch_items.c.batch_id.in_(old_batches)),
        delete(batches).where(batches.c.finished_at < now - KEEP_BATCHES),
        delete(inbound_events).where(
            inbound_events.c.settled_at.is_not(None),
            inbound_events.c.received_at < now - KEEP_VENDOR_EVENTS,
        ),
        delete(jobs).where(
            and_(jobs.c.state.in_((DONE, CANCELLED)), jobs.c.finished_at < now - KEEP_JOBS)
        ),  # parked ones wait for somebody
    )
    total = 0
    for statement in statements:
        async with database.write() as session:
            total += (await session.execute(statement)).rowcount  # pyright: ignore[reportAttributeAccessIssue]
    async with database.write() as session:
        total += await purge_events(session, now - KEEP_EVENTS)
    return total


async def purge_deliveries(database: Database, now: datetime) -> int:
    """Delete what webhooks are kept no longer, in short transactions; how many."""
    total = 0
    while True:
        async with database.write() as session:
            count = await purge_some(session, now)
        total += count
        if not count:
            return total
