"""Takes a callback: checks it, stores what it says, and has it followed; nothing of it is applied."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import timedelta

from sqlalchemy import select

from connectors.base.webhooks import VendorEvent, Webhooks
from gateway.ambient import Ambient
from gateway.errors import Unavailable
from gateway.persistence.database import Database
from gateway.persistence.tables import connections as CONNECTIONS
from gateway.replica.keeping import keeps_replica
from gateway.targets import Targets
from gateway.tenants.connections import Connections
from gateway.webhooks.inbound import rows
from gateway.webhooks.inbound.asking import follow
from gateway.webhooks.inbound.signatures import Signatures

STORED = "stored"
DOUBLE = "double"
LATE = "late"
"""Older than any delivery can be: somebody sends it again."""
FORGED = "forged"
UNREADABLE = "unreadable"
FOREIGN = "foreign"
"""Of another organization than the connection's."""
GONE = "gone"
"""Nobody keeps a copy over this connection any more, or there is none."""

LATEST = timedelta(days=7)
"""A vendor that tries again for days gives up before."""
STORE_S = 4.0
"""So long the database may take; vendors wait 5 s, and come again."""
STORING_AT_ONCE = 256
"""While the database does not answer, so many wait for it, and no more."""


class Receiver:
    """The callbacks of all targets. `count` hears of each what came of it."""

    def __init__(
        self,
        database: Database,
        ambient: Ambient,
        targets: Targets,
        connections: Connections,
        signatures: Signatures,
        count: Callable[[str, str], None],
    ) -> None:
        self._database = database
        self._ambient = ambient
        self._targets = targets
        self._connections = connections
        self._signatures = signatures
        self._count = count
        self._storing: set[asyncio.Task[str]] = set()

    async def receive(
        self, target_name: str, connection_id: str, headers: Mapping[str, str], body: bytes
    ) -> str:
        """What came of it, one of the words above.

        Raises:
            Unavailable: it could not be stored in time; the vendor comes again.
        """
        found = self._targets.find(target_name)
        if found is None or found[0].webhooks is None:
            return FORGED
        target = found[1].name
        try:
            came = await self._checked(found[0].webhooks, target, connection_id, headers, body)
        except Unavailable:
            self._count(target, "unavailable")
            raise
        self._count(target, came)
        return came

    async def _checked(
        self, webhooks: Webhooks, target: str, connection_id: str, headers: Mapping[str, str], body: bytes
    ) -> str:
        # First: who cannot sign learns nothing, and costs no look at the database.
        if not self._signatures.verify(target, webhooks.algorithm, body, headers.get(webhooks.header)):
            return FORGED
        try:
            event = webhooks.parse(body)
        except ValueError:
            return UNREADABLE
        if event.type not in webhooks.types:
            return UNREADABLE
        if event.at < self._ambient.clock.now() - LATEST:
            return LATE
        return await self._in_time(target, connection_id, event)

    async def _in_time(self, target: str, connection_id: str, event: VendorEvent) -> str:
        """Not cancelled when it takes too long: what is stored then is known when the vendor comes again."""
        if len(self._storing) >= STORING_AT_ONCE:
            raise Unavailable("The database does not keep up.")
        storing = asyncio.create_task(self._store(target, connection_id, event))
        self._storing.add(storing)
        storing.add_done_callback(self._stored)
        done, _ = await asyncio.wait({storing}, timeout=STORE_S)
        if not done:
            raise Unavailable("The database does not answer in time.")
        return storing.result()

    def _stored(self, task: "asyncio.Task[str]") -> None:
        self._storing.discard(task)
        if not task.cancelled():
            task.exception()  # nobody may be left to hear of it

    async def _store(self, target: str, connection_id: str, event: VendorEvent) -> str:
        whose = select(CONNECTIONS.c.tenant_id, CONNECTIONS.c.environment).where(
            CONNECTIONS.c.id == connection_id, CONNECTIONS.c.target == target
        )
        async with self._database.write() as session:
            owner = (await session.execute(whose)).one_or_none()
            if owner is None:
                return GONE
            connection = await self._connections.get(
                session, owner.tenant_id, owner.environment, connection_id
            )
            if connection is None or connection.state == "disconnected":
                return GONE
            if not await keeps_replica(session, connection.tenant_id, connection.id):
                return GONE
            if connection.identity is None or connection.identity.organization_id != event.organization_id:
                return FOREIGN
            id, now = self._ambient.ids.new("inb"), self._ambient.clock.now()
            if not await rows.store(session, id, connection, event, now):
                return DOUBLE
            await follow(session, self._ambient, connection.tenant_id, connection.environment, connection.id)
        return STORED
