"""Calls that follow from events: what an object is now, whether a grant still stands, subscriptions."""

from collections.abc import Awaitable, Callable
from typing import NoReturn, TypeVar

from connectors.base.connector import Connector
from connectors.base.errors import KontorError, NotSupported, ReconnectNeeded
from connectors.base.webhooks import Found, Named, Subscription, Webhooks
from gateway.dispatch import Dispatcher
from gateway.tenants.model import Connection
from gateway.upstream.hops import Ledger
from gateway.upstream.schedule import Lane
from gateway.upstream.wire import ScheduledWire

T = TypeVar("T")
CALL_S = 120.0
"""So long one of them may take, most of it in line behind others."""


class EventCalls:
    """Calls of one connection. What a subscription or a look at an object may not do says nothing of the
    connection's state; a credential that is refused does.
    """

    def __init__(self, dispatcher: Dispatcher, connection: Connection) -> None:
        self.ledger = Ledger()
        self._dispatcher = dispatcher
        self._connection = connection

    async def read(self, named: Named) -> tuple[Found, ...]:
        """What is there under an id."""
        wire = self._wire(Lane.EVENT)
        session = self._dispatcher.session(self._connection, wire)
        return await self._unless_lost(self._webhooks.read(session, named))

    async def try_grant(self) -> None:
        """Read the profile: if the credential is refused, the connection's state says so afterwards."""
        identifying = self._connector.identify(self._wire(Lane.EVENT))
        await self._dispatcher.watched(self._connection, identifying)

    async def subscriptions(self) -> tuple[Subscription, ...]:
        """Those of this connection, in one call."""
        return await self._with_wire(self._webhooks.subscriptions)

    async def subscribe(self, type: str, url: str) -> None:
        """To a type of events."""
        await self._with_wire(lambda wire: self._webhooks.subscribe(wire, type, url))

    async def unsubscribe(self, id: str) -> None:
        """By the subscription's id."""
        await self._with_wire(lambda wire: self._webhooks.unsubscribe(wire, id))

    @property
    def of_grants(self) -> frozenset[str]:
        """Types of events that tell of the grant itself."""
        return self._webhooks.of_grants

    @property
    def _connector(self) -> Connector:
        return self._dispatcher.targets.reached(self._connection.target)[0]

    @property
    def _webhooks(self) -> Webhooks:
        webhooks = self._connector.webhooks
        if webhooks is None:
            raise NotSupported("This accounting system tells of no events.", None)
        return webhooks

    def _wire(self, lane: Lane) -> ScheduledWire:
        deadline = self._dispatcher.by(CALL_S)
        return self._dispatcher.upstream.wire(
            self._connection, deadline=deadline, ledger=self.ledger, lane=lane
        )

    async def _with_wire(self, call: Callable[[ScheduledWire], Awaitable[T]]) -> T:
        return await self._unless_lost(call(self._wire(Lane.BACKFILL)))

    async def _unless_lost(self, calling: Awaitable[T]) -> T:
        try:
            return await calling
        except ReconnectNeeded as lost:
            await self._dispatcher.watched(self._connection, _raise(lost))
            raise


async def _raise(error: KontorError) -> NoReturn:
    raise error
