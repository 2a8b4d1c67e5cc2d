"""The one seam between the unified API and the connectors."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import quote

import msgspec
from msgspec import Struct

from connectors.base.connector import Change, Connector, Hosts, Identity, Missing, Session
from connectors.base.errors import (
    NOT_HELD,
    ConnectionProblem,
    FieldError,
    FieldNotHeld,
    InvalidForTarget,
    KontorError,
    NotSupported,
    NotWritable,
    OutcomeUnknown,
    ReconnectNeeded,
)
from connectors.base.examination import Examination, Limit
from connectors.base.needs import Access, unmet
from connectors.base.operations import Operation
from connectors.base.paging import ListQuery
from connectors.base.passthrough import Passthrough
from connectors.base.tracing import Evidence, Sought
from connectors.base.wire import Answer, Call, Wire
from gateway.ambient import Ambient
from gateway.audit.log import KONTOR, record
from gateway.persistence.database import Database
from gateway.targets import Targets
from gateway.tenants.connections import Connections
from gateway.tenants.model import Connection, State
from gateway.upstream.flights import SharedWire
from gateway.upstream.wire import Ledger, ScheduledWire, Upstream
from gateway.writes.execution import Act
from gateway.writes.journal import Journal, Resumption, StoredAnswer, fingerprint
from gateway.writes.outcome import of_status
from gateway.writes.rows import UNKNOWN, Write
from gateway.writes.withholding import Withheld, Withholding
from schemas.base import Resource

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


class Forward(Struct, kw_only=True):
    """One call in a vendor's own words, for one connection."""

    connection: Connection
    call: Call
    ledger: Ledger
    deadline: float
    """On the clock's monotonic scale."""
    request_id: str


class Preview(Struct, kw_only=True, frozen=True):
    """What a write would send, and what is known against it."""

    call: Call | None
    """None when it would not get that far."""
    misfits: tuple[FieldError, ...]
    """What the write itself would be refused for, without a call."""
    examination: Examination | None


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

    def require(
        self, connection: Connection, resource: str, operation: str, id: str | None = None
    ) -> Connector:
        """The connector that can do it over this connection.

        Raises:
            NotSupported: with the vendor's reason and the best alternative.
            NotWritable: a person can do it in the vendor's application; carries the link to the object `id`.
            PermissionMissing: the end customer has to grant more.
            PlanTooSmall: the end customer's plan does not include it.
            ReconnectNeeded: the end customer has to connect again first.
        """
        connector, hosts = self._found(connection)
        if not connector.supports(resource, operation):
            missing = connector.missing.get((resource, operation), _UNTOLD)
            link = _link(hosts, missing.elsewhere, id)
            if link is not None:
                raise NotWritable(missing.reason, link)
            raise NotSupported(missing.reason, missing.alternative)
        need = connector.need(resource, operation)
        if need is not None:
            error = unmet(need, access(connection), _link(hosts, need.elsewhere, id))
            if error is not None:
                raise error
        _refuse_disconnected(connection)
        return connector

    async def read(self, perform: Perform) -> Any:
        """The connector's answer: Record, Page or Download."""
        running = self._run(perform, lambda wire: SharedWire(wire, fresh=perform.fresh))
        return await self._watched(perform.connection, running)

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

        return await self._journaled(perform, perform.resource, perform.operation.name, idempotent, act)

    def passthrough(self, connection: Connection) -> Passthrough:
        """What may be called in the vendor's own words.

        Raises:
            NotSupported: nothing.
            ReconnectNeeded: the end customer has to connect again first.
        """
        connector, _ = self._found(connection)
        if connector.passthrough is None:
            raise NotSupported(f"{connector.title} is not open to calls in its own words.", USE_THE_MODEL)
        _refuse_disconnected(connection)
        return connector.passthrough

    async def forward(self, forward: Forward) -> Answer:
        """The vendor's answer to a read, whatever its status. Raises ReconnectNeeded for a lost consent."""
        return await self._watched(forward.connection, self._forwarded(forward, lambda wire: wire))

    async def forward_write(
        self, forward: Forward, idempotent: Idempotent, render: Callable[[Answer], StoredAnswer]
    ) -> tuple[StoredAnswer, bool]:
        """The same for a write, as in `write`. Raises OutcomeUnknown when its answer does not tell."""

        async def act(wrap: Callable[[Wire], Wire]) -> StoredAnswer:
            return render(await self._watched(forward.connection, self._forwarded(forward, wrap)))

        return await self._journaled(forward, "passthrough", forward.call.method.lower(), idempotent, act)

    async def _journaled(
        self, of: Perform | Forward, resource: str, operation: str, idempotent: Idempotent, act: Act
    ) -> tuple[StoredAnswer, bool]:
        connection = of.connection
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
        return await self._journal.run(
            write=write,
            act=act,
            deadline=of.deadline,
            asked=idempotent.asked,
            mark=self._found(connection)[0].mark if connection.marks_writes else None,
            resumed=idempotent.resumed,
        )

    async def trace(
        self, connection: Connection, sought: Sought, operation_id: str, deadline: float
    ) -> Evidence:
        """What the vendor shows of a write whose answer did not come. Reads only."""
        connector, _ = self._found(connection)
        _refuse_disconnected(connection)
        marked = connector.mark(sought.call, operation_id) == sought.call
        sought = msgspec.structs.replace(sought, marked=marked)
        session = self._session(connection, deadline, Ledger(), lambda wire: wire)
        return await self._watched(connection, connector.trace(session, sought))

    async def _forwarded(self, forward: Forward, wrap: Callable[[Wire], Wire]) -> Answer:
        connector, _ = self._found(forward.connection)
        wire = self._upstream.wire(forward.connection, deadline=forward.deadline, ledger=forward.ledger)
        answer = await wrap(wire).send(forward.call)
        refusal = connector.refusal(answer)
        if isinstance(refusal, ReconnectNeeded):
            raise refusal
        if forward.call.writes and of_status(answer.status) == UNKNOWN:
            raise OutcomeUnknown(
                f"{connector.title} answered the write with HTTP {answer.status}.",
                upstream=refusal.upstream if refusal else None,
            )
        return answer

    async def preview(self, perform: Perform) -> Preview:
        """What the write would send, with everything but sending it done; the vendor may be read.

        Raises:
            KontorError: what the write would end in before it is sent, but for misfits, which are told.
        """
        call, misfits = await self._rehearsed(msgspec.structs.replace(perform, strict=True))
        if misfits and not perform.strict and all(error.code == NOT_HELD for error in misfits):
            call, _ = await self._rehearsed(perform)
        return Preview(call=call, misfits=misfits, examination=self._examined(perform))

    def operations(self, connection: Connection, resource: Resource) -> tuple[str, ...]:
        """What can be done with the resource over this connection."""
        connector, _ = self._found(connection)
        brought = access(connection)
        return tuple(
            operation
            for operation in resource.operations
            if connector.supports(resource.name, operation)
            and ((need := connector.need(resource.name, operation)) is None or unmet(need, brought) is None)
        )

    def limits(self, connection: Connection, resource: str) -> Mapping[str, Limit]:
        """What holds for fields over this connection, beyond what the model says."""
        connector, _ = self._found(connection)
        told = getattr(connector.resources.get(resource), "limits", None)
        return told(access(connection)) if told else {}

    async def _rehearsed(self, perform: Perform) -> tuple[Call | None, tuple[FieldError, ...]]:
        withholding = Withholding()
        try:
            await self._watched(perform.connection, self._run(perform, withholding.around))
        except Withheld:
            return withholding.call, ()
        except (InvalidForTarget, FieldNotHeld) as error:
            return None, error.errors
        return None, ()

    def _examined(self, perform: Perform) -> Examination | None:
        if perform.body is None:
            return None
        examine = getattr(self._resource(perform, lambda wire: wire), "examine", None)
        return examine(perform.body) if examine else None

    def _run(self, perform: Perform, wrap: Callable[[ScheduledWire], Wire]) -> Awaitable[Any]:
        method = getattr(self._resource(perform, wrap), perform.operation.name)
        return method(*_ARGUMENTS[perform.operation.name](perform))

    def _resource(self, perform: Perform, wrap: Callable[[ScheduledWire], Wire]) -> Any:
        connector, _ = self._found(perform.connection)
        session = self._session(perform.connection, perform.deadline, perform.ledger, wrap, perform.strict)
        return connector.resources[perform.resource](session)

    def _session(
        self,
        connection: Connection,
        deadline: float,
        ledger: Ledger,
        wrap: Callable[[ScheduledWire], Wire],
        strict: bool = False,
    ) -> Session:
        return Session(
            wire=wrap(self._upstream.wire(connection, deadline=deadline, ledger=ledger)),
            hosts=self._found(connection)[1],
            identity=connection.identity or NOBODY,
            now=self._ambient.clock.now(),
            access=access(connection),
            strict=strict,
        )

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


def _link(hosts: Hosts, elsewhere: str | None, id: str | None) -> str | None:
    """Where a person does it with the object `id`."""
    return None if elsewhere is None or id is None else hosts.app + elsewhere.format(id=quote(id, safe=""))


def access(connection: Connection) -> Access:
    """What a connection brings. Which scopes were granted the vendor does not tell reliably: it decides."""
    identity = connection.identity
    return Access(
        credential=connection.credential_kind,
        features=None if identity is None else frozenset(identity.features),
        price_mode="unknown" if identity is None else identity.price_mode,
    )


def _refuse_disconnected(connection: Connection) -> None:
    if connection.state == "reconnect_required":
        raise ReconnectNeeded(connection.state_reason or "Access was withdrawn.")


USE_THE_MODEL = "Use the resources of the unified model."

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
