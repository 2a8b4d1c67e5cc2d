"""`kontor sync`: asks for passes over a connection's lists, and shows how far they are."""

import asyncio

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from sqlalchemy import select

from gateway.api.rooms import Rooms
from gateway.api.syncs_api import NO_REPLICA, TURN_ON, SyncView, views
from gateway.launch import LaunchError
from gateway.persistence.tables import connections as CONNECTIONS
from gateway.replica.sync.asking import ask
from gateway.tenants.model import Connection

LOOK_S = 0.5
NOBODY_WORKS_S = 20.0
NOBODY_WORKS = "nobody works on it: start `kontor up`, or a `kontor worker`; it goes on from where it stands"
COLUMNS = (
    TextColumn("{task.description:<24}"),
    BarColumn(),
    MofNCompleteColumn(),
    TextColumn("{task.fields[told]}"),
    TimeRemainingColumn(),
)


async def synchronize(rooms: Rooms, connection_id: str) -> list[SyncView]:
    """Passes over all lists of the connection, shown until all have ended; how each resource is then.

    Raises:
        LaunchError: there is no such connection, it keeps no replica, or no worker takes the work up.
    """
    connection = await known_connection(rooms, connection_id)
    if not connection.keeps_replica:
        raise LaunchError(f"{NO_REPLICA} {TURN_ON}")
    async with rooms.database.write() as session:
        asked_at = rooms.ambient.clock.now()
        await ask(session, rooms.ambient, connection, rooms.synchronizer.courses(connection))
    with Progress(*COLUMNS) as progress:
        bars = {
            view.resource: progress.add_task(view.resource, total=None, told="")
            for view in await views(rooms, connection)
        }
        steps, still_s = -1, 0.0
        while True:
            found = list(await views(rooms, connection))
            for view in found:
                progress.update(
                    bars[view.resource], completed=view.done, total=view.total, told=view.error or view.state
                )
            if all(
                view.last_began_at and view.last_began_at >= asked_at and not view.phase for view in found
            ):
                return found
            if any(view.failures for view in found):
                return found
            done = sum(view.calls for view in found)
            steps, still_s = done, 0.0 if done != steps else still_s + LOOK_S
            if still_s >= NOBODY_WORKS_S:
                raise LaunchError(NOBODY_WORKS)
            await asyncio.sleep(LOOK_S)


async def known_connection(rooms: Rooms, id: str) -> Connection:
    """Whosever it is. Raises LaunchError."""
    wanted = select(CONNECTIONS.c.tenant_id, CONNECTIONS.c.environment).where(CONNECTIONS.c.id == id)
    async with rooms.database.read() as session:
        row = (await session.execute(wanted)).one_or_none()
        found = await rooms.connections.get(session, row.tenant_id, row.environment, id) if row else None
    if found is None:
        raise LaunchError(f"there is no connection {id}; GET /v1/connections lists them")
    return found
