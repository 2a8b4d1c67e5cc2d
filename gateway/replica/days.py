"""Days end: what was due on them and is not paid is overdue from midnight on."""

from sqlalchemy import select

from gateway.ambient import Clock
from gateway.persistence.database import Database
from gateway.persistence.tables import connections as CONNECTIONS
from gateway.persistence.tables import replica_states as STATES
from gateway.replica.rows import Place
from gateway.replica.store import Replica

AT_ONCE = 250
"""Documents of one transaction, which tells of them too: a crash leaves each turned and told, or neither."""


class Days:
    """Looks for what midnight has made overdue. Whoever turns a document holds its resource's state row, so
    it turns once, however many look.
    """

    def __init__(self, database: Database, clock: Clock, replica: Replica) -> None:
        self._database = database
        self._clock = clock
        self._replica = replica

    async def run(self) -> int:
        """All documents, of all connections, that became overdue since; how many."""
        own = STATES.c.connection_id == CONNECTIONS.c.id
        columns = (*(STATES.c[name] for name in ("tenant_id", "connection_id", "resource")),)
        late = (
            select(*columns, CONNECTIONS.c.environment)
            .join(CONNECTIONS, own)
            .where(STATES.c.late_at <= self._clock.now(), CONNECTIONS.c.keeps_replica)
            .order_by(*columns)
        )
        async with self._database.read() as session:
            places = [Place(**row._mapping) for row in await session.execute(late)]
        return sum([await self.turn(place) for place in places if place.resource in self._replica.resources])

    async def turn(self, place: Place) -> int:
        """Those of one place; how many."""
        total = 0
        while True:
            async with self._database.write() as session:
                found = await self._replica.turn(session, place, self._clock.now(), AT_ONCE)
            total += len(found)
            if len(found) < AT_ONCE:
                return total
