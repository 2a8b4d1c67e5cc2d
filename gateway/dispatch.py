"""The one seam between the unified API and the connectors."""

from collections.abc import Awaitable, Callable
from typing import Any

from msgspec import Struct

from connectors.base.connector import Change, Connector, Identity, Missing, Session
from connectors.base.errors import ConnectionProblem, KontorError, NotSupported, ReconnectNeeded
from connectors.base.operations import Operation
from connectors.base.paging import ListQuery
from connectors.base.wire import Wire
from gateway.ambient import Ambient
from gateway.persistence.database import Database
from gateway.targets import Targets
from gateway.tenants.connections import Connections
from gateway.tenants.model import Connection, State
from gateway.upstream.wire import Ledger, Upstream
from gateway.writes.journal import Journal, StoredAnswer, fingerprint

Render = Callable[[Any], StoredAnswer]
First = Callable[[Callable[["Perform"], Awaitable[Any]]], Awaitable[StoredAnswer | None]]
"""Looks before a write, by reads it is given a way to make; an answer makes the write needless."""


class Perform(Struct, kw_only=True):
    """One operation on one resource of one connection."""

    connection: Connection
    resource: str
    operation: Operation
    ledger: Ledger
    deadline: float
    """On the clock's monotonic scale."""
    request_id: str
    id: str | None = None
    query: ListQuery | None = None
    body: Any = None
    change: Change | None = None
    accept: str = "*/*"


class Idempotent(Struct, kw_only=True, frozen=True):
    """How a write is told from its repetition."""

    method: str
    route: str
    key: str | None
    parsed: Any
    """What was asked, for the fingerprint."""


class Dispatcher:
    """Finds the connector, runs the operation through schedule, credentials and journal."""

    def __init__(
        self,
        targets: Targets,
        upstream: Upstream,
        journal: Journal,
        connections: Connections,
        database: Database,
        ambient: Ambient,
    ) -> None:
        self._targets = targets
        self._upstream = upstream
        self._journal = journal
        self._connections = connections
        self._database = database
        self._ambient = ambient

    def require(self, connection: Connection, resource: str, operation: str) -> Connector:
        """The connector that can do it.

        Raises:
            NotSupported: with the vendor's reason and the best alternative.
            ReconnectNeeded: the end customer has to connect again first.
        """
        connector, _ = self._found(connection)
        if not connector.supports(resource, operation):
            missing = connector.missing.get((resource, operation), _UNTOLD)
            raise NotSupported(missing.reason, missing.alternative)
        if connection.state == "reconnect_required":
            raise ReconnectNeeded(connection.state_reason or "Access was withdrawn.")
        return connector

    async def read(self, perform: Perform) -> Any:
        """The connector's answer: Record, Page or Download."""
        return await self._watched(perform.connection, self._run(perform, lambda wire: wire))

    async def write(
        self, perform: Perform, idempotent: Idempotent, render: Render, first: First | None = None
    ) -> tuple[StoredAnswer, bool]:
        """The answer to the write, and whether it is the stored one of an earlier try with the same key."""

        async def act(wrap: Callable[[Wire], Wire]) -> StoredAnswer:
            if first is not None:
                answer = await first(lambda look: self._watched(look.connection, self._run(look, wrap)))
                if answer is not None:
                    return answer
            return render(await self._watched(perform.connection, self._run(perform, wrap)))

        return await self._journal.run(
            connection=perform.connection,
            resource=perform.resource,
            operation=perform.operation.name,
            route=idempotent.route,
            method=idempotent.method,
            key=idempotent.key,
            fingerprint=fingerprint(idempotent.parsed),
            request_id=perform.request_id,
            act=act,
        )

    def _run(self, perform: Perform, wrap: Callable[[Wire], Wire]) -> Awaitable[Any]:
        connector, hosts = self._found(perform.connection)
        wire = self._upstream.wire(perform.connection, deadline=perform.deadline, ledger=perform.ledger)
        session = Session(
            wire=wrap(wire),
            hosts=hosts,
            identity=perform.connection.identity or NOBODY,
            now=self._ambient.clock.now(),
        )
        method = getattr(connector.resources[perform.resource](session), perform.operation.name)
        return method(*_ARGUMENTS[perform.operation.name](perform))

    def _found(self, connection: Connection) -> tuple[Connector, Any]:
        found = self._targets.find(connection.target)
        if found is None:
            raise NotSupported(f"The target {connection.target} is no longer known.", None)
        connector, target = found
        return connector, self._targets.hosts(target)

    async def _watched(self, connection: Connection, running: Awaitable[Any]) -> Any:
        try:
            result = await running
        except ConnectionProblem as problem:
            await self._note(connection, problem)
            raise
        if connection.state == "degraded":
            await self._set_state(connection, "connected", None)
        return result

    async def _note(self, connection: Connection, problem: KontorError) -> None:
        state: State = "reconnect_required" if isinstance(problem, ReconnectNeeded) else "degraded"
        if connection.state != state:
            await self._set_state(connection, state, problem.detail)

    async def _set_state(self, connection: Connection, state: State, reason: str | None) -> None:
        async with self._database.write() as session:
            await self._connections.set_state(session, connection.id, state, reason)
        self._connections.forget_cached(connection.id)


NOBODY = Identity(
    organization_id="",
    organization_name=None,
    vendor_connection_id=None,
    price_mode="unknown",
    small_business=None,
)
"""Behind a connection whose profile was never read."""

_UNTOLD = Missing(reason="The accounting system does not offer this.", alternative=None, source="")

_BY_ID: Callable[[Perform], tuple[Any, ...]] = lambda p: (p.id,)  # noqa: E731
_ARGUMENTS: dict[str, Callable[[Perform], tuple[Any, ...]]] = {
    "list": lambda p: (p.query,),
    "get": lambda p: (p.id,) if p.id is not None else (),
    "create": lambda p: (p.body,),
    "update": lambda p: (p.id, p.change),
    "delete": lambda p: (p.id, p.change),
    "document": lambda p: (p.id, p.accept),
    "upload": lambda p: (p.body,),
    "attach": lambda p: (p.id, p.body),
    "content": lambda p: (p.id, p.accept),
    "finalize": _BY_ID,
    "cancel": _BY_ID,
    "send": _BY_ID,
}
