"""How far batches are, from the rows of their items."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.jobs import batch_rows as rows
from gateway.jobs.rows import PARKED
from gateway.persistence.tables import jobs as JOBS

OVER = timedelta(minutes=5)
"""So far back speed is measured."""


async def told(session: AsyncSession, batches: Sequence[Row[Any]], now: datetime) -> list[dict[str, Any]]:
    """What `Batch` tells of each."""
    ids = [batch.id for batch in batches]
    counts = await rows.counted(session, ids)
    recent = await rows.settled_since(session, ids, now - OVER)
    wanted = select(JOBS.c.id, JOBS.c.reason).where(
        JOBS.c.id.in_([batch.job_id for batch in batches]), JOBS.c.state == PARKED
    )
    parked = {row.id: row.reason for row in await session.execute(wanted)}
    return [_told(batch, counts[batch.id], recent.get(batch.id, 0), parked, now) for batch in batches]


def _told(
    batch: Row[Any], counts: dict[str, int], recent: int, parked: dict[str, str | None], now: datetime
) -> dict[str, Any]:
    given_up = batch.state == rows.RUNNING and batch.job_id in parked
    speed = _per_minute(batch, recent, now)
    left = sum(counts.get(state, 0) for state in rows.OPEN)
    runs = batch.state == rows.RUNNING and not given_up
    names = ("id", "connection_id", "job_id", "total", "created_at", "started_at", "finished_at")
    return {
        **{name: getattr(batch, name) for name in names},
        "state": PARKED if given_up else batch.state,
        "reason": parked.get(batch.job_id) if given_up else batch.reason,
        "done": counts.get(rows.DONE, 0),
        "failed": counts.get(rows.FAILED, 0),
        "unknown": counts.get(rows.UNKNOWN, 0),
        "left_out": counts.get(rows.LEFT_OUT, 0),
        "items_per_minute": f"{speed:.1f}",
        "expected_at": now + timedelta(minutes=left / speed) if runs and left and speed else None,
    }


def _per_minute(batch: Row[Any], recent: int, now: datetime) -> float:
    """Items a minute over the last minutes, or since it began."""
    if batch.started_at is None or batch.finished_at is not None:
        return 0.0
    span = min(OVER, max(now - batch.started_at, timedelta(seconds=1)))
    return recent * 60 / span.total_seconds()
