"""`/v1/jobs`: durable work of this tenant, and what was given up."""

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import Meta
from sqlalchemy import Row, or_, select

from gateway.api.call import Call
from gateway.api.declaration import Items, Tag, endpoint
from gateway.api.own_ids import own_id
from gateway.api.trail import note
from gateway.errors import NotParked, UnknownObject
from gateway.jobs import rows
from gateway.persistence.outbox import QUEUED
from gateway.persistence.tables import jobs as TABLE
from schemas.base import Filters, Unified

TAG = Tag("jobs", "Durable work: it survives the processes that carry it out.")
State = Literal["queued", "running", "done", "parked", "cancelled"]


class Job(Unified, kw_only=True, frozen=True):
    """One piece of durable work."""

    id: str
    """Names the job."""
    kind: str
    """What is to be done: `run_batch`, `revoke_connection`."""
    subject_id: str
    """Id of what it is done to."""
    connection_id: str | None
    """For which connection."""
    state: str
    """`queued`, `running`, `done`, `parked` or `cancelled`; parked: given up until it is replayed."""
    attempts: int
    """Begun since it last came to an orderly end; the eighth that fails parks it."""
    reason: str | None
    """Of the last attempt that failed."""
    created_at: datetime
    """When it was asked for (UTC)."""
    due_at: datetime
    """When it is, or was, to begin at the earliest."""
    finished_at: datetime | None
    """When it was done, parked or cancelled."""


class JobFilters(Filters, kw_only=True, frozen=True):
    """Filters of jobs, newest first."""

    limit: Annotated[int, Meta(ge=1, le=250, description="Jobs a page.")] = 100
    cursor: Annotated[str, Meta(max_length=100, description="`page.next` of the page before.")] | None = None
    state: Annotated[State, Meta(description="Only this state.")] | None = None
    kind: Annotated[str, Meta(max_length=100, description="Only this kind.")] | None = None
    connection_id: Annotated[str, Meta(max_length=100, description="Only this connection.")] | None = None


EXAMPLE: dict[str, Any] = {
    "id": "job_0d1na8g0g8fsc6lq3r1ofqhb2k",
    "kind": "revoke_connection",
    "subjectId": "con_0d1na8g0g8fsc6lq3r1ofqhb2k",
    "connectionId": "con_0d1na8g0g8fsc6lq3r1ofqhb2k",
    "state": "parked",
    "attempts": 8,
    "reason": rows.CRASHED,
    "createdAt": "2026-11-20T09:14:05.317Z",
    "dueAt": "2026-11-20T09:18:21.020Z",
    "finishedAt": "2026-11-20T09:18:23.874Z",
}

SHOWN = {rows.HANDED: QUEUED}
"""That a job was handed to the engine and has not begun concerns nobody else."""


@endpoint(
    "GET",
    "/v1/jobs",
    scope="read",
    tag=TAG,
    summary="List durable work",
    query=(JobFilters,),
    answer=Job,
    page=True,
    example_answer=EXAMPLE,
)
async def list_jobs(call: Call) -> Items:
    """This tenant's jobs in this environment, newest first. Those that are done are kept for 30 days, parked
    ones until they are replayed."""
    query: JobFilters = call.query
    wanted = _own(call)
    if query.state is not None:
        wanted = wanted.where(or_(*(TABLE.c.state == state for state in _states(query.state))))
    for column, value in ((TABLE.c.kind, query.kind), (TABLE.c.connection_id, query.connection_id)):
        wanted = wanted.where(column == value) if value is not None else wanted
    wanted = wanted.where(TABLE.c.id < query.cursor) if query.cursor else wanted
    async with call.rooms.database.read() as session:
        found = (await session.execute(wanted.order_by(TABLE.c.id.desc()).limit(query.limit + 1))).all()
    page = found[: query.limit]
    following = page[-1].id if len(found) > query.limit else None
    return Items(items=tuple(view(row) for row in page), next=following, limit=query.limit)


@endpoint(
    "GET",
    "/v1/jobs/{id}",
    scope="read",
    tag=TAG,
    summary="Show a job",
    answer=Job,
    errors=(UnknownObject,),
    example_answer=EXAMPLE,
)
async def get_job(call: Call) -> Job:
    """What it waits for, and why it failed."""
    return await _shown(call)


@endpoint(
    "POST",
    "/v1/jobs/{id}/replay",
    scope="admin",
    tag=TAG,
    summary="Begin a parked job anew",
    answer=Job,
    errors=(UnknownObject, NotParked),
    example_answer=EXAMPLE,
)
async def replay_job(call: Call) -> Job:
    """It gets all its attempts again. What it has done already is not done twice."""
    parked = await _shown(call)
    async with call.rooms.database.write() as session:
        if not await rows.replay(session, parked.id, call.rooms.ambient.clock.now()):
            raise NotParked(f"The job is {parked.state}.")
        await note(call, session, "job.replayed", "job", parked.id, kind=parked.kind, reason=parked.reason)
    return await _shown(call)


def view(row: Row[Any]) -> Job:
    """A job as callers see it."""
    return Job(
        id=row.id,
        kind=row.kind,
        subject_id=row.subject,
        connection_id=row.connection_id,
        state=SHOWN.get(row.state) or row.state,
        attempts=row.attempts,
        reason=row.reason,
        created_at=row.created_at,
        due_at=row.due_at,
        finished_at=row.finished_at,
    )


def _states(shown: str) -> tuple[str, ...]:
    return (shown, *(kept for kept, told in SHOWN.items() if told == shown))


def _own(call: Call) -> Any:
    caller = call.caller
    return select(TABLE).where(
        TABLE.c.tenant_id == caller.tenant_id, TABLE.c.environment == caller.environment
    )


async def _shown(call: Call) -> Job:
    id = own_id(call, "job")
    async with call.rooms.database.read() as session:
        row = (await session.execute(_own(call).where(TABLE.c.id == id))).one_or_none()
    if row is None:
        raise UnknownObject("job")
    return view(row)


ENDPOINTS = (list_jobs, get_job, replay_job)
