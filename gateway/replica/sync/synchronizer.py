"""Goes over a connection's lists as they become due, for as long as it keeps a replica."""

from collections.abc import Callable, Container
from datetime import datetime, timedelta

from connectors.base.errors import KontorError, ReconnectNeeded
from connectors.base.needs import unmet
from gateway.ambient import Ambient
from gateway.dispatch import Dispatcher
from gateway.dispatch.copying import Copying
from gateway.persistence.database import Database
from gateway.replica.rows import Place, place_of
from gateway.replica.store import Replica
from gateway.replica.sync import states
from gateway.replica.sync.passes import Pass, told
from gateway.replica.sync.plan import WHOLE_EVERY, Course, courses, next_due, wait_s
from gateway.replica.sync.states import Sync
from gateway.tenants.connections import Connections
from gateway.tenants.model import Connection, Environment

SLICE = timedelta(seconds=30)
"""So long one run is at most: then other connections have their turn."""
ROWS_A_PAGE = 250
"""As many as the vendor gives at a time."""
RESTS_S = 900.0
"""Between two looks at a connection that nothing goes over."""


class Synchronizer:
    """The passes of one process. `told_to_stop` says that the process wants to end."""

    def __init__(
        self,
        database: Database,
        ambient: Ambient,
        connections: Connections,
        dispatcher: Dispatcher,
        replica: Replica,
    ) -> None:
        self.told_to_stop: Callable[[], bool] = lambda: False
        self.rows_a_page = ROWS_A_PAGE
        self.whole_every = WHOLE_EVERY
        self.only: Container[str] | None = None
        """Resources to go through; None: all that can be."""
        self._database = database
        self._ambient = ambient
        self._clock = ambient.clock
        self._connections = connections
        self._dispatcher = dispatcher
        self._replica = replica

    def courses(self, connection: Connection) -> dict[str, Course]:
        """What is gone through over this connection, in order."""
        connector, _ = self._dispatcher.targets.reached(connection.target)
        access = connection.access
        return {
            name: course
            for name, course in courses(connector, self._replica.resources).items()
            if self.only is None or name in self.only
            if (need := connector.need(name, "list")) is None or unmet(need, access) is None
        }

    async def run(
        self, tenant_id: str, environment: Environment, connection_id: str, name: str
    ) -> float | None:
        """Passes that are due, for a while; seconds until the next one is, None: there is nothing to keep.

        `name`: of this work, in the vendor's log and ours.
        """
        until = self._clock.now() + SLICE
        under_way: dict[str, Pass] = {}
        while True:
            async with self._database.read() as session:
                connection = await self._connections.get(session, tenant_id, environment, connection_id)
                syncs = await states.of_connection(session, tenant_id, connection_id)
            if connection is None or not connection.keeps_replica or connection.state == "disconnected":
                return None
            if connection.state == "reconnect_required":
                return RESTS_S
            order = self.courses(connection)
            now = self._clock.now()
            due = next_due(tuple(order), syncs, now)
            if due is None:
                soonest = min(syncs[name].due_at for name in order if name in syncs)
                return max(0.0, (soonest - now).total_seconds())
            if self.told_to_stop() or now >= until:
                return 0.0
            if due not in under_way:
                copying = Copying(self._dispatcher, connection, order[due].resource, name)
                under_way[due] = self._pass(order[due], copying)
            place = place_of(connection, due)
            if not await self._stepped(under_way, place, syncs.get(due) or Sync(due_at=now)):
                return RESTS_S

    def _pass(self, course: Course, copying: Copying) -> Pass:
        return Pass(
            self._database,
            self._ambient,
            self._replica,
            course,
            copying,
            self.rows_a_page,
            self.whole_every,
        )

    async def _stepped(self, under_way: dict[str, Pass], place: Place, sync: Sync) -> bool:
        """One step of a pass. False: nothing goes over this connection for now."""
        try:
            after = await under_way[place.resource].step(place, sync)
        except KontorError as error:
            await self._put_off(place, sync, error)
            del under_way[place.resource]
            return not isinstance(error, ReconnectNeeded)
        if after.phase == states.IDLE:
            del under_way[place.resource]
        return True

    async def _put_off(self, place: Place, sync: Sync, error: KontorError) -> None:
        """The pass goes on later, from where it stood before the step that failed."""
        async with self._database.write() as session:
            stands = await states.of(session, place) or sync
            failures = stands.failures + 1
            due_at = self._later(wait_s(failures, error.retry_after_s))
            await states.save(
                session, place, stands.becoming(failures=failures, error=told(error), due_at=due_at)
            )

    def _later(self, seconds: float) -> datetime:
        jittered = seconds * self._ambient.randomness.uniform(0.9, 1.1)
        return self._clock.now() + timedelta(seconds=jittered)
