"""The one seam between the unified API and the connectors: what every operation passes.

Beside the path: what can be done at all (`abilities`), calls in a vendor's own words (`forwarding`), and dry
runs (`rehearsing`).
"""

from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from msgspec import Struct

from connectors.base.connector import Change, Identity, Session, unheard
from connectors.base.errors import (
    ConnectionProblem,
    FieldError,
    KontorError,
    ReconnectNeeded,
    UpstreamUnreachable,
)
from connectors.base.operations import Operation
from connectors.base.paging import ListQuery
from connectors.base.wire import Answer, Wire
from gateway.ambient import Ambient
from gateway.credentials.connection_states import ConnectionStates
from gateway.persistence.database import Database
from gateway.targets import Targets
from gateway.tenants.connections import Connections
from gateway.tenants.model import Connection, State
from gateway.upstream.flights import SharedWire
from gateway.upstream.hops import Ledger
from gateway.upstream.schedule import Lane
from gateway.upstream.wire import ScheduledWire, Upstream
from gateway.writes.execution import Act
from gateway.writes.journal import Journal, Resumption, StoredAnswer, fingerprint
from gateway.writes.rows import Write

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
    lane: Lane = Lane.INTERACTIVE
    """Who waits for it."""
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
    actor: str
    """The API key that asks."""
    asked: Callable[[], bytes]
    """Tells the request so that it can be carried out again."""
    resumed: Resumption | None = None
    """Set when it is."""


class Request(Protocol):
    """What the journal is told of a `Perform` and of calls in a vendor's own words alike."""

    connection: Connection
    deadline: float
    request_id: str


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
        self._states = ConnectionStates(database, connections, ambient)
        self._ambient = ambient

    def by(self, seconds: float) -> float:
        """The deadline of what has so long from now on."""
        return self._ambient.clock.monotonic() + seconds

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

        return await self.journaled(perform, perform.resource, perform.operation.name, idempotent, act)

    async def journaled(
        self, of: Request, resource: str, operation: str, idempotent: Idempotent, act: Act
    ) -> tuple[StoredAnswer, bool]:
        connection = of.connection
        connector, _ = self.targets.reached(connection.target)
        write = Write(
            tenant_id=connection.tenant_id,
            connection_id=connection.id,
            environment=connection.environment,
            method=idempotent.method,
            route=idempotent.route,
            idempotency_key=idempotent.key,
            fingerprint=fingerprint(idempotent.parsed),
            resource=resource,
            operation=operation,
            request_id=of.request_id,
            actor=idempotent.actor,
        )
        return await self.journal.run(
            write=write,
            act=act,
            deadline=of.deadline,
            asked=idempotent.asked,
            mark=connector.mark if connection.marks_writes else None,
            resumed=idempotent.resumed,
            traceable=connector.traceable,
        )

    def run(
        self, perform: Perform, wrap: Callable[[ScheduledWire], Wire], note: Note = unheard
    ) -> Awaitable[Any]:
        method = getattr(self.resource(perform, wrap, note), perform.operation.name)
        return method(*_ARGUMENTS[perform.operation.name](perform))

    def resource(self, perform: Perform, wrap: Callable[[ScheduledWire], Wire], note: Note = unheard) -> Any:
        connection = perform.connection
        connector, _ = self.targets.reached(connection.target)
        wire = self.upstream.wire(
            connection, deadline=perform.deadline, ledger=perform.ledger, lane=perform.lane
        )
        session = self.session(connection, wrap(wire), strict=perform.strict, note=note)
        return connector.resources[perform.resource](session)

    def session(
        self, connection: Connection, wire: Wire, *, strict: bool = False, note: Note = unheard
    ) -> Session:
        return Session(
            wire=wire,
            hosts=self.targets.reached(connection.target)[1],
            identity=connection.identity or NOBODY,
            now=self._ambient.clock.now(),
            access=connection.access,
            strict=strict,
            note=note,
        )

    async def watched(self, connection: Connection, running: Awaitable[Any]) -> Any:
        try:
            result = await running
        except ConnectionProblem as problem:
            if refused_in_vain(connection, problem):
                raise UpstreamUnreachable(
                    RENEWED_IN_VAIN, retry_after_s=RENEWED_IN_VAIN_S, upstream=problem.upstream
                ) from problem
            await self._note(connection, problem)
            raise
        if connection.state == "degraded" and not (isinstance(result, Answer) and result.status >= 300):
            await self._states.turn(connection, "connected", None, generation=connection.generation)
        return result

    async def _note(self, connection: Connection, problem: KontorError) -> None:
        state: State = "reconnect_required" if isinstance(problem, ReconnectNeeded) else "degraded"
        await self._states.turn(connection, state, problem.detail, generation=connection.generation)


RENEWED_IN_VAIN = "The accounting system refuses an access that it has just renewed."
RENEWED_IN_VAIN_S = 30.0


def refused_in_vain(connection: Connection, problem: ConnectionProblem) -> bool:
    """Whether the vendor's API refused a token that its authorization server had just given: then the consent
    stands, and no end customer is to be bothered. Whether a grant has ended, the room of credentials says.
    """
    oauth = connection.credential_kind == "oauth"
    return oauth and isinstance(problem, ReconnectNeeded) and problem.upstream is not None


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
    "enclose": lambda p: (p.body,),
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
