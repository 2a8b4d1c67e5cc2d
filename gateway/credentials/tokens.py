"""Attaches credentials to calls: from memory where possible, renewed once for everybody who waits."""

import asyncio
from datetime import timedelta

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncSession

from connectors.base.errors import UpstreamUnreachable
from gateway.ambient import Ambient
from gateway.credentials.authorization_server import AuthorizationServer
from gateway.credentials.connection_states import ConnectionStates
from gateway.credentials.failing import failed_again, rest_after
from gateway.credentials.grants import Grant
from gateway.credentials.held import DISCONNECTED, KeyCredential, Use
from gateway.credentials.partner_apps import PartnerApps
from gateway.credentials.renewal import Asked, Renewal
from gateway.credentials.rows import CredentialRows, Whose
from gateway.credentials.vault import Vault
from gateway.persistence.database import Database
from gateway.settings import Settings
from gateway.targets import Targets
from gateway.tenants.connections import Connections
from gateway.tenants.model import Connection, State

TURN_MARGIN_S = 10.0
"""How much longer than its token calls, of which it makes two at most, a renewal may last."""

CACHED = 10_000
CACHED_S = 30.0
"""Within this and the longest request, a token that was revoked or replaced is sent for the last time."""


class Cached(Struct, frozen=True):
    """A header that may be sent without asking the database."""

    generation: int
    header: str
    until: float
    """On the monotonic clock."""

    def __repr__(self) -> str:
        return f"Cached(generation={self.generation})"


class Flight(Struct, frozen=True):
    """A look at one credential that tasks wait for together."""

    refused: str | None
    ahead: bool
    task: asyncio.Task[Use]

    def __repr__(self) -> str:
        return "Flight(…)"


class Tokens:
    """The credentials of every connection."""

    def __init__(
        self,
        *,
        database: Database,
        vault: Vault,
        partner_apps: PartnerApps,
        connections: Connections,
        targets: Targets,
        server: AuthorizationServer,
        ambient: Ambient,
        settings: Settings,
    ) -> None:
        self.server = server
        self._partner_apps = partner_apps
        self._targets = targets
        self.clock = ambient.clock
        self._draw = ambient.randomness.uniform
        self._connections = connections
        self._database = database
        self._timeout_s = settings.token_timeout_s
        margin = timedelta(seconds=settings.refresh_margin_s)
        turn_s = 2 * settings.token_timeout_s + TURN_MARGIN_S
        self._rows = CredentialRows(database, vault, ambient, turn_s=turn_s, margin=margin)
        self._renewal = Renewal(
            rows=self._rows,
            partner_apps=partner_apps,
            states=ConnectionStates(database, connections, ambient),
            server=server,
            ambient=ambient,
            margin=margin,
            late_s=settings.token_late_s,
        )
        self._cached: dict[str, Cached] = {}
        self._flights: dict[str, Flight] = {}

    async def store_grant(self, session: AsyncSession, connection: Connection, grant: Grant) -> None:
        """A new authorization by the end customer. It wins over a renewal that is under way."""
        self._forget(connection.id)
        await self._rows.put(session, _whose(connection), grant)

    async def store_api_key(self, session: AsyncSession, connection: Connection, key: str) -> None:
        """The end customer's own key."""
        self._forget(connection.id)
        found = self._targets.find(connection.target)
        if found is None or found[0].api_key is None:
            raise LookupError(f"{connection.target!r} takes no API keys")
        await self._rows.put(session, _whose(connection), KeyCredential(header=found[0].api_key.prefix + key))

    async def forget(self, session: AsyncSession, connection_id: str) -> None:
        """Delete the credential. Revoke it upstream first."""
        self._forget(connection_id)
        await self._rows.clear(session, connection_id)

    async def authorization(self, connection: Connection) -> str:
        """The value of the header Authorization. A hit in memory awaits nothing.

        Raises:
            ReconnectNeeded: the vendor's word on this credential is final; the connection says so too.
            UpstreamUnreachable: the access has ended and cannot be renewed now.
            ConnectionProblem: the partner app is missing or refused.
            Unavailable: the credential cannot be read or stored.
        """
        cached = self._in_memory(connection)
        return cached if cached is not None else (await self._current(connection, Asked())).header

    async def refreshed_after_401(self, connection: Connection, used: str) -> str:
        """Another value than `used`, which the vendor answered with 401: what is there now, or a renewed one.

        Raises: as `authorization`.
        """
        cached = self._in_memory(connection)
        if cached is not None and cached != used:
            return cached
        self._cached.pop(connection.id, None)  # who comes meanwhile waits for the new one too
        return (await self._current(connection, Asked(refused=used))).header

    async def renew_ahead(self, connection: Connection, *, rested: bool = False) -> Use:
        """Renew a token that still works, if its time has come. `failed` tells why it was not.

        `rested` tries one that rests after a failure, too: others have been answered since.

        Raises: as `authorization`.
        """
        return await self._current(connection, Asked(ahead=True, rested=rested))

    async def revoke_upstream(self, connection: Connection) -> bool:
        """Whether there was a grant and the vendor has revoked it; afterwards nobody renews it any more.

        What has been authorized anew since `connection` was read is left alone.

        Raises:
            UpstreamUnreachable: the vendor did not do it; the grant lives on, and rests as after a renewal
                that failed.
        """
        app = await self._partner_apps.secret(connection.tenant_id, connection.target)
        revoked = ended = False
        failure: UpstreamUnreachable | None = None
        while not ended and failure is None:  # a renewal between has made another token, which has to go too
            async with self._rows.turn(_whose(connection)) as turn:
                grant = turn.held.secret
                if app is None or not isinstance(grant, Grant) or turn.held.refused is not None:
                    break
                if await self._state(connection) != connection.state:
                    break
                try:
                    token = grant.refresh_token or grant.access_token
                    revoked = await self.server.revoke(connection.target, app, token)
                except UpstreamUnreachable as error:
                    failure = error
                    now = self.clock.now()
                    failing = failed_again(turn.held.failing, now)
                    await turn.rest(rest_after(failing, now, None, self._draw), failing)
                    continue
                ended = not revoked or await turn.refuse(DISCONNECTED)
        self._cached.pop(connection.id, None)
        if failure is not None:
            raise failure
        return revoked

    async def close(self) -> None:
        """Let renewals that are under way be stored. New ones must not begin any more."""
        if self._flights:
            await asyncio.wait([flight.task for flight in self._flights.values()])
        await self._renewal.finish(self._timeout_s)

    async def _state(self, connection: Connection) -> State | None:
        async with self._database.read() as session:
            now = await self._connections.get(
                session, connection.tenant_id, connection.environment, connection.id
            )
        return None if now is None else now.state

    def _in_memory(self, connection: Connection) -> str | None:
        cached = self._cached.get(connection.id)
        if (
            cached is None
            or cached.generation < connection.generation
            or cached.until <= self.clock.monotonic()
        ):
            return None
        return cached.header

    def _remember(self, connection_id: str, use: Use) -> None:
        lasts = CACHED_S
        if use.until is not None:
            lasts = min(lasts, (use.until - self.clock.now()).total_seconds())
        self._cached.pop(connection_id, None)
        while len(self._cached) >= CACHED:
            del self._cached[next(iter(self._cached))]
        self._cached[connection_id] = Cached(use.generation, use.header, self.clock.monotonic() + lasts)

    def _forget(self, connection_id: str) -> None:
        self._cached.pop(connection_id, None)
        self._renewal.drop_unstored(connection_id)

    async def _current(self, connection: Connection, asked: Asked) -> Use:
        """One look, or one renewal, for all tasks of this process. It goes on when who asked has given up."""
        while (flight := self._flights.get(connection.id)) is not None:
            if flight.ahead and asked.refused is None:  # nobody has to wait while the present one works
                present = await self._renewal.present(connection, asked)
                if present is not None:
                    return present
            use = await asyncio.shield(flight.task)
            if use.header != asked.refused or flight.refused == asked.refused:
                return use
        flight = Flight(asked.refused, asked.ahead, asyncio.create_task(self._look(connection, asked)))
        self._flights[connection.id] = flight
        flight.task.add_done_callback(lambda task: self._land(connection.id, task))
        return await asyncio.shield(flight.task)

    def _land(self, connection_id: str, task: asyncio.Task[Use]) -> None:
        flight = self._flights.get(connection_id)
        if flight is not None and flight.task is task:
            del self._flights[connection_id]
        if not task.cancelled():
            task.exception()  # whoever waits gets it too; nobody may be waiting any more

    async def _look(self, connection: Connection, asked: Asked) -> Use:
        use = await self._renewal.look(connection, asked)
        self._remember(connection.id, use)
        return use


def _whose(connection: Connection) -> Whose:
    return Whose(connection_id=connection.id, tenant_id=connection.tenant_id)
