"""Reads what events name, and leaves it in the replica: all events of an object cost one look."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from connectors.base.errors import (
    ConnectionProblem,
    KontorError,
    NotSupported,
    ReconnectNeeded,
    UpstreamBroken,
    UpstreamRefused,
)
from connectors.base.webhooks import Found, Named
from gateway.ambient import Ambient
from gateway.dispatch import Dispatcher
from gateway.dispatch.events import EventCalls
from gateway.persistence.database import Database
from gateway.replica.rows import keeps, place_of
from gateway.replica.store import Replica
from gateway.telemetry.log import fault
from gateway.tenants.connections import Connections
from gateway.tenants.model import Connection, Environment
from gateway.webhooks.inbound import rows
from gateway.webhooks.inbound.rows import Waiting

SLICE = timedelta(seconds=30)
"""So long one run is at most: then other connections have their turn."""
AT_ONCE = 4
"""Objects that are looked for at a time: enough that slow answers leave no slot unused."""
LOOKED_OVER = 200
"""Events among which the next objects are found."""
LINGERS_S = 1.0
"""After something came: more often follows than not."""
RESTS_S = 60.0
"""Between two looks at a connection that cannot be read."""
SETTLES = timedelta(seconds=10)
NOT_YET_S = 2.0
"""So long after an event the object it names may not be there yet, and between two looks for it."""
TRIES = 12
FIRST_WAIT_S, LONGEST_WAIT_S = 5.0, 3600.0
"""After a look that failed, doubled each time: three hours in all. Then passes have to find it."""
OF_ONE_OBJECT = (UpstreamBroken, UpstreamRefused)
"""Failures that say nothing of other objects."""
NO_REPLICA = "The connection keeps no replica any more."


class Follower:
    """The events of one process. `told_to_stop` says that the process wants to end."""

    def __init__(
        self,
        database: Database,
        ambient: Ambient,
        connections: Connections,
        dispatcher: Dispatcher,
        replica: Replica,
    ) -> None:
        self.told_to_stop: Callable[[], bool] = lambda: False
        self._database = database
        self._ambient = ambient
        self._clock = ambient.clock
        self._connections = connections
        self._dispatcher = dispatcher
        self._replica = replica

    async def run(self, tenant_id: str, environment: Environment, connection_id: str) -> float | None:
        """Follow what waits, for a while; seconds until there is more to do, None: there is nothing."""
        until = self._clock.now() + SLICE
        followed = False
        while True:
            now = self._clock.now()
            async with self._database.read() as session:
                connection = await self._connections.get(session, tenant_id, environment, connection_id)
                if connection is None:
                    return None
                ids = await rows.due(session, connection, now, LOOKED_OVER)
                next_due_at = await rows.next_due_at(session, connection)
            if not connection.keeps_replica or connection.state == "disconnected":
                return await self._closed(connection)
            if next_due_at is None:
                return LINGERS_S if followed else None
            if connection.state == "reconnect_required":
                return RESTS_S
            if not ids:
                return (next_due_at - now).total_seconds()
            if self.told_to_stop() or now >= until:
                return 0.0
            rests = await asyncio.gather(*(self._follow(connection, id) for id in ids[:AT_ONCE]))
            if rest_s := max(rests):
                return rest_s
            followed = True

    async def _closed(self, connection: Connection) -> None:
        async with self._database.write() as session:
            await rows.close_all(session, connection, NO_REPLICA, self._clock.now())

    async def _follow(self, connection: Connection, id: str) -> float:
        """One look at an object. Seconds to wait when it is not this object's turn alone that failed."""
        async with self._database.read() as session:
            events = await rows.waiting(session, connection, id)
            held = await self._replica.holding(session, connection.tenant_id, connection.id, id)
        asked_at = self._clock.now()
        try:
            found = await self._look(connection, id, events, held)
        except ReconnectNeeded:
            return RESTS_S
        except (ConnectionProblem, NotSupported) as problem:
            async with self._database.write() as session:
                await rows.settle(session, events, rows.CLOSED, self._clock.now(), _told(problem))
            return 0.0
        except OF_ONE_OBJECT as error:
            await self._failed(connection, id, events, held, _told(error))
            return 0.0
        except KontorError as error:
            return max(error.retry_after_s or 0.0, FIRST_WAIT_S)
        except Exception as error:  # of this object alone, as far as anybody can tell
            fault(error, request_id=connection.id, route="events")
            await self._failed(connection, id, events, held, type(error).__name__)
            return 0.0
        await self._keep(connection, id, events, found, asked_at)
        return 0.0

    async def _look(
        self, connection: Connection, id: str, events: Sequence[Waiting], held: frozenset[str]
    ) -> tuple[Found, ...]:
        calls = EventCalls(self._dispatcher, connection)
        types = frozenset(event.type for event in events)
        of_grants = calls.of_grants
        if types & of_grants:
            await calls.try_grant()
        named = types - of_grants
        return await calls.read(Named(id=id, types=named, held=held)) if named else ()

    async def _keep(
        self,
        connection: Connection,
        id: str,
        events: Sequence[Waiting],
        found: Sequence[Found],
        asked_at: datetime,
    ) -> None:
        kept = [one for one in found if self._is_kept(one.resource)]
        gone = [one.resource for one in kept if one.record is None]
        created = any(event.type.endswith(".created") for event in events)
        if gone and len(gone) == len(found) and self._may_come(events, asked_at):
            async with self._database.write() as session:
                later = self._clock.now() + timedelta(seconds=NOT_YET_S)
                await rows.put_off(session, events, later, max(event.attempts for event in events), None)
            return
        async with self._database.write() as session:
            for one in sorted(kept, key=lambda one: one.resource):  # in order: no two wait for each other
                place = place_of(connection, one.resource)
                if one.record is None:
                    await self._replica.bury(session, place, (id,), at=asked_at)
                else:
                    records = (one.record,)
                    await self._replica.put(session, place, records, read_at=asked_at, made=created)
            await rows.settle(session, events, rows.DONE, self._clock.now())

    def _may_come(self, events: Sequence[Waiting], asked_at: datetime) -> bool:
        """Whether an object that is not there may be on its way: the vendor's books lag behind its events."""
        newest = max(event.received_at for event in events)
        deleted = any(event.type.endswith(".deleted") for event in events)
        return not deleted and asked_at < newest + SETTLES

    async def _failed(
        self, connection: Connection, id: str, events: Sequence[Waiting], held: frozenset[str], reason: str
    ) -> None:
        """Later again, with longer pauses; given up at last."""
        now = self._clock.now()
        attempts = max(event.attempts for event in events) + 1
        async with self._database.write() as session:
            if attempts < TRIES:
                wait_s = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** (attempts - 1))
                due_at = now + timedelta(seconds=wait_s * self._ambient.randomness.uniform(0.9, 1.1))
                await rows.put_off(session, events, due_at, attempts, reason)
                return
            for resource in sorted(held):  # the next pass over the list reads it
                await self._replica.mark(session, place_of(connection, resource), (id,), at=now)
            await rows.settle(session, events, rows.PARKED, now, reason)

    def _is_kept(self, resource: str) -> bool:
        return resource in self._replica.resources and keeps(self._replica.resources[resource])


def _told(error: KontorError) -> str:
    return f"{error.code}: {error.detail}"
