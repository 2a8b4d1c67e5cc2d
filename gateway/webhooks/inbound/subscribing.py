"""Keeps a connection's subscriptions at the vendor as they are to be: made, healed, removed."""

from collections.abc import Sequence
from ipaddress import ip_address
from urllib.parse import urlsplit

from connectors.base.errors import ConnectionProblem, KontorError, ReconnectNeeded, UpstreamRefused
from connectors.base.webhooks import Subscription
from gateway.ambient import Ambient
from gateway.dispatch import Dispatcher
from gateway.dispatch.events import EventCalls
from gateway.persistence.database import Database
from gateway.settings import Settings
from gateway.tenants.connections import Connections
from gateway.tenants.model import Connection, Environment, VendorEvents
from gateway.webhooks.inbound.signatures import Signatures

LOOKS_S = 600.0
"""Between two looks, of one call each: what was deleted upstream is back within a quarter of an hour."""
AGAIN_S = 60.0
"""After a look that failed."""
NO_EVENTS = "This accounting system tells of no events, so changes are found by passes alone."
NO_KEY = "No public key is known by which events of this target could be checked (KONTOR_WEBHOOK_KEYS)."
NO_HTTPS = (
    "The accounting system cannot call this gateway: KONTOR_PUBLIC_URL is no https address. Changes are "
    "found by passes alone."
)


class Subscriber:
    """Subscriptions of this gateway's connections, told from others by their URL."""

    def __init__(
        self,
        database: Database,
        ambient: Ambient,
        settings: Settings,
        connections: Connections,
        dispatcher: Dispatcher,
        signatures: Signatures,
    ) -> None:
        self._database = database
        self._ambient = ambient
        self._settings = settings
        self._connections = connections
        self._dispatcher = dispatcher
        self._signatures = signatures

    async def run(self, tenant_id: str, environment: Environment, connection_id: str) -> float | None:
        """One look, and what it shows to be necessary; seconds until the next one. None: none is needed."""
        async with self._database.read() as session:
            connection = await self._connections.get(session, tenant_id, environment, connection_id)
        if connection is None or connection.state == "disconnected":
            return None  # whoever disconnects sees to it
        if connection.state == "reconnect_required":
            return LOOKS_S
        if connection.keeps_replica:
            return await self._kept(connection)
        try:
            await self.remove(connection)
        except ConnectionProblem:
            return None  # the vendor drops each of them when it is told that nobody listens
        except KontorError as error:
            return max(AGAIN_S, error.retry_after_s or 0.0)
        return None

    async def remove(self, connection: Connection) -> None:
        """None is left. Raises what calls raise."""
        if connection.vendor_events == "none":
            return
        calls = EventCalls(self._dispatcher, connection)
        for own in self._own(connection, await calls.subscriptions()):
            await calls.unsubscribe(own.id)
        await self._note(connection, "none", None)

    async def _kept(self, connection: Connection) -> float:
        if reason := self._why_not(connection):
            await self._note(connection, "none", reason)
            return LOOKS_S
        try:
            refusals = await self._made(connection)
        except ReconnectNeeded:
            return LOOKS_S
        except (ConnectionProblem, UpstreamRefused) as problem:
            await self._note(connection, "refused", problem.detail)
            return LOOKS_S
        except KontorError as error:
            return max(AGAIN_S, error.retry_after_s or 0.0)
        reason = f"Refused for {', '.join(refusals)}." if refusals else None
        await self._note(connection, "subscribed", reason)
        return LOOKS_S * self._ambient.randomness.uniform(0.9, 1.1)

    async def _made(self, connection: Connection) -> list[str]:
        """What is missing is subscribed to, what leads elsewhere removed; the types that are refused.

        Raises:
            UpstreamRefused: the address is refused, or all types.
        """
        calls, url = EventCalls(self._dispatcher, connection), self._url(connection)
        own = self._own(connection, await calls.subscriptions())
        there = {one.type for one in own if one.url == url}
        refusals: list[str] = []
        for type in self._types(connection):
            if type in there:
                continue
            try:
                await calls.subscribe(type, url)
            except UpstreamRefused:
                if refusals and not there:
                    raise
                refusals.append(type)
            else:
                there.add(type)
        for one in own:
            if one.url != url:
                await calls.unsubscribe(one.id)
        return refusals

    def _own(self, connection: Connection, found: Sequence[Subscription]) -> list[Subscription]:
        """Made by this gateway, perhaps when it had another address."""
        path = _path(connection)
        return [one for one in found if urlsplit(one.url).path.endswith(path)]

    def _why_not(self, connection: Connection) -> str | None:
        """Why there can be no subscriptions; None: there can."""
        connector, _ = self._dispatcher.targets.reached(connection.target)
        if connector.webhooks is None:
            return NO_EVENTS
        if not self._signatures.known(connection.target):
            return NO_KEY
        here, twin = urlsplit(self._settings.public_url), self._settings.twin_url
        beside = connection.environment == "test" and _is_loopback(twin)
        if here.scheme == "https" or (beside and _is_loopback(self._settings.public_url)):
            return None
        return NO_HTTPS

    def _types(self, connection: Connection) -> tuple[str, ...]:
        webhooks = self._dispatcher.targets.reached(connection.target)[0].webhooks
        return webhooks.types if webhooks else ()

    def _url(self, connection: Connection) -> str:
        return self._settings.public_url + _path(connection)

    async def _note(self, connection: Connection, state: VendorEvents, reason: str | None) -> None:
        if (connection.vendor_events, connection.vendor_events_reason) == (state, reason):
            return
        async with self._database.write() as session:
            await self._connections.set_vendor_events(session, connection.id, state, reason)


def _path(connection: Connection) -> str:
    return f"/hooks/{connection.target}/{connection.id}"


def _is_loopback(url: str) -> bool:
    """Whether the address is one of this machine, where no TLS is needed."""
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
