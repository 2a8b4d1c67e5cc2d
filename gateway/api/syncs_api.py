"""`/v1/connections/{id}/syncs`: how fresh the replica of a connection is, resource by resource."""

from datetime import datetime
from typing import Annotated, Any

from msgspec import Meta

from connectors.base.errors import FieldError
from gateway.api.call import Call
from gateway.api.connections import TAG, own_connection
from gateway.api.declaration import Items, Reply, endpoint
from gateway.api.rooms import Rooms
from gateway.api.trail import note
from gateway.errors import Conflict, Invalid, SyncedJustNow, UnknownObject
from gateway.replica.rows import State, place_of
from gateway.replica.sync import states
from gateway.replica.sync.asking import ask
from gateway.replica.sync.states import IDLE, Sync
from gateway.tenants.model import Connection
from schemas.base import Input, Unified

COOL_DOWN_S = 30.0
"""Between the end of a pass and the next one that somebody may ask for."""
NO_REPLICA = "This connection keeps no replica."
TURN_ON = "Set `keepsReplica` at PATCH /v1/connections/{id} first."


class SyncView(Unified, kw_only=True, frozen=True):
    """How fresh one resource of a connection is, and the pass over the accounting system's list of it."""

    resource: str
    """Name of the resource."""
    state: str
    """`waiting` (never gone through), `running`, `fresh` or `failing`."""
    phase: str | None
    """Of a pass that is under way: `listing`, `behind` or `missing`; None between passes."""
    complete: bool
    """Whether lists are answered from the replica: all that the accounting system has is here."""
    as_of: datetime | None
    """The accounting system had it so then (UTC); None: never complete."""
    lag_seconds: int | None
    """Seconds since `asOf`."""
    held: int
    """Objects that are here, without those that are gone."""
    done: int
    """Rows of the list that this pass, or the last one, is done with."""
    total: int | None
    """Rows of the list, by the accounting system's count; None where it does not count."""
    rate_per_minute: float | None
    """Rows a minute; None between passes, and before the first row."""
    eta_seconds: int | None
    """Seconds until the pass ends at this rate; None where that cannot be told."""
    calls: int
    """What this pass, or the last one, cost at the accounting system."""
    created: int
    """Objects that it found new."""
    updated: int
    """Objects that it found changed."""
    deleted: int
    """Objects that it found to be gone."""
    last_began_at: datetime | None
    """When it began (UTC)."""
    last_ended_at: datetime | None
    """When the last pass came to its end (UTC)."""
    next_at: datetime | None
    """When the next one, or the next try, is due (UTC)."""
    failures: int
    """Tries that failed since something succeeded."""
    error: str | None
    """Why the last one failed, or which object cannot be read; None: nothing has."""


class SyncInput(Input, kw_only=True, frozen=True):
    """Which resources to go through now."""

    resources: (
        Annotated[
            tuple[Annotated[str, Meta(max_length=100)], ...],
            Meta(max_length=50, description="Names of resources; left out: all."),
        ]
        | None
    ) = None


EXAMPLE: dict[str, Any] = {
    "resource": "invoices",
    "state": "running",
    "phase": "listing",
    "complete": False,
    "asOf": None,
    "lagSeconds": None,
    "held": 480,
    "done": 480,
    "total": 2103,
    "ratePerMinute": 118.9,
    "etaSeconds": 819,
    "calls": 483,
    "created": 480,
    "updated": 0,
    "deleted": 0,
    "lastBeganAt": "2026-11-20T09:15:41Z",
    "lastEndedAt": None,
    "nextAt": "2026-11-20T09:15:41Z",
    "failures": 0,
    "error": None,
}


@endpoint(
    "GET",
    "/v1/connections/{id}/syncs",
    scope="read",
    tag=TAG,
    summary="Show how fresh a connection's replica is",
    answer=SyncView,
    page=True,
    errors=(UnknownObject,),
    example_answer=EXAMPLE,
)
async def list_syncs(call: Call) -> Items:
    """Each resource that can be gone through, in the order in which that is first done. Empty for a
    connection that keeps no replica."""
    connection = await own_connection(call)
    found = await views(call.rooms, connection) if connection.keeps_replica else ()
    return Items(items=found, limit=len(found))


@endpoint(
    "POST",
    "/v1/connections/{id}/syncs",
    scope="write",
    tag=TAG,
    summary="Go through a connection's lists now",
    body=SyncInput,
    answer=SyncView,
    page=True,
    status=202,
    errors=(UnknownObject, Conflict, Invalid, SyncedJustNow),
    example_body={"resources": ["invoices"]},
    example_answer=EXAMPLE,
)
async def sync_now(call: Call) -> Reply:
    """What changed since the last pass is read, before anything else that is due; calls of people go first
    all the same. Not more often than every 30 seconds."""
    connection = await own_connection(call)
    if not connection.keeps_replica:
        raise Conflict(NO_REPLICA, hint=TURN_ON)
    order = call.rooms.synchronizer.courses(connection)
    asked = call.body.resources if call.body.resources is not None else tuple(order)
    unknown = [name for name in asked if name not in order]
    if unknown:
        raise Invalid(
            tuple(
                FieldError(field="resources", code="invalid", message=f"{name} cannot be gone through.")
                for name in unknown
            )
        )
    rooms, now = call.rooms, call.rooms.ambient.clock.now()
    async with rooms.database.write() as session:
        syncs = await states.of_connection(session, connection.tenant_id, connection.id)
        ended = [syncs[name].ended_at for name in asked if name in syncs]
        rested = [(now - at).total_seconds() for at in ended if at is not None]
        if rested and len(rested) == len(asked) and max(rested) < COOL_DOWN_S:
            raise SyncedJustNow(COOL_DOWN_S - max(rested))
        await ask(session, rooms.ambient, connection, asked)
        await note(call, session, "connection.sync_asked", "connection", connection.id, resources=[*asked])
    found = tuple(view for view in await views(call.rooms, connection) if view.resource in asked)
    return Reply(data=list(found), status=202, page={"next": None, "limit": len(found)})


async def views(rooms: Rooms, connection: Connection) -> tuple[SyncView, ...]:
    """Each resource of the connection as callers see it."""
    now = rooms.ambient.clock.now()
    async with rooms.database.read() as session:
        syncs = await states.of_connection(session, connection.tenant_id, connection.id)
        return tuple(
            [
                view(
                    name, syncs.get(name), await rooms.replica.state(session, place_of(connection, name)), now
                )
                for name in rooms.synchronizer.courses(connection)
            ]
        )


def view(resource: str, sync: Sync | None, state: State, now: datetime) -> SyncView:
    """A resource's freshness as callers see it."""
    known = sync or Sync(due_at=now)
    running = known.phase != IDLE
    rate = _rate(known, now) if running else None
    left = None if known.total is None else max(0, known.total - known.listed)
    return SyncView(
        resource=resource,
        state=_state(known, running=running),
        phase=known.phase if running else None,
        complete=state.complete,
        as_of=state.as_of,
        lag_seconds=None if state.as_of is None else int((now - state.as_of).total_seconds()),
        held=state.held,
        done=known.listed,
        total=known.total,
        rate_per_minute=rate,
        eta_seconds=int(60 * left / rate) if rate and left is not None else None,
        calls=known.calls,
        created=known.created,
        updated=known.updated,
        deleted=known.deleted,
        last_began_at=known.begun_at,
        last_ended_at=known.ended_at,
        next_at=None if sync is None else known.asked_at or known.due_at,
        failures=known.failures,
        error=known.error,
    )


def _state(sync: Sync, *, running: bool) -> str:
    if sync.failures:
        return "failing"
    if running:
        return "running"
    return "waiting" if sync.ended_at is None else "fresh"


def _rate(sync: Sync, now: datetime) -> float | None:
    if sync.begun_at is None or not sync.listed:
        return None
    seconds = (now - sync.begun_at).total_seconds()
    return round(60 * sync.listed / seconds, 1) if seconds > 0 else None


ENDPOINTS = (list_syncs, sync_now)
