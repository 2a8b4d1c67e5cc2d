"""The one seam between the unified API and the connectors: what every operation passes.

Beside the path: what can be done at all (`abilities`), calls in a vendor's own words (`forwarding`), and dry
runs (`rehearsing`).
"""

from collections.abc import Awaitable, Callable
from typing import Any

from msgspec import Struct

from connectors.base.connector import Change, Identity, Session, unheard
from connectors.base.errors import ConnectionProblem, FieldError, KontorError, ReconnectNeeded
from connectors.base.operations import Operation
from connectors.base.paging import ListQuery
from connectors.base.wire import Answer, Wire
from gateway.ambient import Ambient
from gateway.audit.log import KONTOR, record
from gateway.persistence.database import Database
from gateway.targets import Targets
from gateway.tenants.connections import Connections
from gateway.tenants.model import Connection, State
from gateway.upstream.flights import SharedWire
from gateway.upstream.wire import Ledger, ScheduledWire, Upstream
from gateway.writes.journal import Journal, StoredAnswer, fingerprint

Note = Callable[[tuple[FieldError, ...]], None]
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
    strict: bool = False
    fresh: bool = False
    """A read that is not content with the answer to a call that had left before it was asked."""


class Idempotent(Struct, kw_only=True, frozen=True):
    """How a write is told from its repetition."""

    method: str
    route: str
    key: str | None
    parsed: Any
    """What was asked, for the fingerprint."""

    @property
    def columns(self) -> dict[str, Any]:
        """As the journal knows it."""
        return {
            "method": self.method,
            "route": self.route,
            "key": self.key,
            "fingerprint": fingerprint(self.parsed),
        }


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
        self.targets = targets
        self.upstream = upstream
        self.journal = journal
        self._connections = connections
        self._database = database
        self._ambient = ambient

    async def read(self, perform: Perform) -> Any:
        """The connector's answer: Record, Page or Download."""
        running = self.run(perform, lambda wire: SharedWire(wire, fresh=perform.fresh))
        return await self.watched(perform.connection, running)

    async def write(
        self, perform: Perform, idempotent: Idempotent, render: Render, first: First | None = None
    ) -> tuple[StoredAnswer, bool]:
        """The answer to the write, and whether it is the stored one of an earlier try with the same key."""

        async def act(wrap: Callable[[Wire], Wire]) -> StoredAnswer:
            if first is not None:
                answer = await first(lambda look: self.watched(look.connection, self.run(look, wrap)))
                if answer is not None:
                    return answer
            return render(await self.watched(perform.connection, self.run(perform, wrap)))

        return await self.journal.run(
            connection=perform.connection,
            resource=perform.resource,
            operation=perform.operation.name,
            request_id=perform.request_id,
            act=act,
            **idempotent.columns,
        )

    def run(
        self, perform: Perform, wrap: Callable[[ScheduledWire], Wire], note: Note = unheard
    ) -> Awaitable[Any]:
        method = getattr(self.resource(perform, wrap, note), perform.operation.name)
        return method(*_ARGUMENTS[perform.operation.name](perform))

    def resource(self, perform: Perform, wrap: Callable[[ScheduledWire], Wire], note: Note = unheard) -> Any:
        connector, hosts = self.targets.reached(perform.connection.target)
        wire = self.upstream.wire(perform.connection, deadline=perform.deadline, ledger=perform.ledger)
        session = Session(
            wire=wrap(wire),
            hosts=hosts,
            identity=perform.connection.identity or NOBODY,
            now=self._ambient.clock.now(),
            access=perform.connection.access,
            strict=perform.strict,
            note=note,
        )
        return connector.resources[perform.resource](session)

    async def watched(self, connection: Connection, running: Awaitable[Any]) -> Any:
        try:
            result = await running
        except ConnectionProblem as problem:
            await self._note(connection, problem)
            raise
        if connection.state == "degraded" and not (isinstance(result, Answer) and result.status >= 300):
            await self._set_state(connection, "connected", None)
        return result

    async def _note(self, connection: Connection, problem: KontorError) -> None:
        state: State = "reconnect_required" if isinstance(problem, ReconnectNeeded) else "degraded"
        if connection.state != state:
            await self._set_state(connection, state, problem.detail)

    async def _set_state(self, connection: Connection, state: State, reason: str | None) -> None:
        async with self._database.write() as session:
            await self._connections.set_state(session, connection.id, state, reason)
            await record(
                session,
                tenant_id=connection.tenant_id,
                environment=connection.environment,
                actor=KONTOR,
                action=f"connection.{state}",
                object_type="connection",
                object_id=connection.id,
                detail={"reason": reason, "target": connection.target},
                request_id=None,
                at=self._ambient.clock.now(),
            )
        self._connections.forget_cached(connection.id)


NOBODY = Identity(
    organization_id="",
    organization_name=None,
    vendor_connection_id=None,
    price_mode="unknown",
    small_business=None,
)
"""Behind a connection whose profile was never read."""

_BY_ID: Callable[[Perform], tuple[Any, ...]] = lambda p: (p.id,)  # noqa: E731
_WITH_BODY: Callable[[Perform], tuple[Any, ...]] = lambda p: (p.id, p.body)  # noqa: E731
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
    "cancel": _WITH_BODY,
    "convert": _WITH_BODY,
    "settle": _WITH_BODY,
    "send": _WITH_BODY,
    "latest": _BY_ID,
    "batch": lambda p: (p.body,),
}
