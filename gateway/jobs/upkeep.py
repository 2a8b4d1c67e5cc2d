"""What comes round again: tokens ahead of expiry, writes of dead processes, rows past their time."""

from collections.abc import Awaitable, Callable
from functools import partial

from gateway.ambient import Ambient
from gateway.audit.heads import Signing
from gateway.credentials.ahead import Ahead
from gateway.jobs.engine import Upkeep
from gateway.persistence.database import Database
from gateway.persistence.periods import Periods
from gateway.privacy.retention import erase_late_calls, purge


def all_upkeep(
    database: Database,
    ambient: Ambient,
    ahead: Ahead,
    settle_writes: Callable[[], Awaitable[int]],
    begin_syncs: Callable[[], Awaitable[int]],
    begin_events: Callable[[], Awaitable[int]],
    turn_overdue: Callable[[], Awaitable[int]],
    keep_heads: Callable[[], Awaitable[int]],
    signing: Signing,
    periods: Periods,
) -> tuple[Upkeep, ...]:
    """Everything that comes round, with its schedule."""

    async def clean() -> int:
        return await purge(database, signing, ambient.clock.now(), periods)

    return (
        Upkeep(name="refresh_ahead", schedule="* * * * *", run=ahead.run),
        Upkeep(name="settle_writes", schedule="*/5 * * * * *", run=settle_writes),
        Upkeep(name="begin_syncs", schedule="*/5 * * * *", run=begin_syncs),
        Upkeep(name="begin_events", schedule="*/15 * * * * *", run=begin_events),
        Upkeep(name="erase_late_calls", schedule="*/5 * * * *", run=partial(erase_late_calls, database)),
        # Midnight in Berlin is at two hours of UTC; what was missed is caught up within a minute.
        Upkeep(name="turn_overdue", schedule="* * * * *", run=turn_overdue),
        Upkeep(name="keep_audit_heads", schedule="47 3 * * *", run=keep_heads),
        Upkeep(name="purge", schedule="17 3 * * *", run=clean),
    )
