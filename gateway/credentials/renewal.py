"""Renews a grant that is about to end or was refused, in turn with every other process.

A refresh token is void as soon as the vendor has answered with the next one. So nothing happens between that
answer and the commit of the new grant; should the commit fail, the grant stays in memory until it is stored.
"""

from datetime import timedelta

import structlog
from msgspec import Struct

from connectors.base.errors import ConnectionProblem, KontorError, Upstream, UpstreamUnreachable
from gateway.ambient import Clock
from gateway.credentials.authorization_server import AuthorizationServer
from gateway.credentials.grants import Grant, Refused, TokenAnswer, Unusable, renewed
from gateway.credentials.held import (
    GRANT_REFUSED,
    End,
    Renew,
    Stop,
    Use,
    early_end,
    fallback,
    header_of,
    next_step,
)
from gateway.credentials.partner_apps import PartnerApp, PartnerApps
from gateway.credentials.rows import CredentialRows, Turn, Whose
from gateway.persistence.database import Database
from gateway.tenants.connections import Connections
from gateway.tenants.model import Connection, State

log = structlog.get_logger("kontor.tokens")

REST_S = 30.0
"""After a failed renewal nobody asks the authorization server for this connection again for so long."""

LOOKS = 4
"""How often to look again when the credential was changed meanwhile."""

APP_MISSING = "The partner app for this target was removed: the access cannot be renewed."
APP_REFUSED = "The accounting system refuses the partner app: the access cannot be renewed."
APP_ERRORS = ("invalid_client", "unauthorized_client")
GRANT_GONE = "invalid_grant"
APP_HINT = "Check the client id and secret with PUT /v1/targets/{target}/credentials."


class Unstored(Struct, frozen=True):
    """A grant that the vendor has given and the database has not taken yet."""

    whose: Whose
    seen: int
    grant: Grant
    former: Grant


class Failed(Struct, frozen=True):
    """A renewal that came to nothing. `state` is what the connection turns to because of it."""

    error: KontorError
    rest_s: float
    state: State | None = None


class Renewal:
    """Finds the header to send and renews where needed. At most one call a connection at a time."""

    def __init__(
        self,
        *,
        database: Database,
        rows: CredentialRows,
        partner_apps: PartnerApps,
        connections: Connections,
        server: AuthorizationServer,
        clock: Clock,
        margin: timedelta,
    ) -> None:
        self._database = database
        self._rows = rows
        self._partner_apps = partner_apps
        self._connections = connections
        self._server = server
        self._clock = clock
        self._margin = margin
        self._unstored: dict[str, Unstored] = {}

    async def look(self, connection: Connection, refused: str | None) -> Use:
        """The header to use. `refused` is one that has met a 401. At most one renewal comes of it."""
        whose = Whose(connection_id=connection.id, tenant_id=connection.tenant_id)
        for _ in range(LOOKS):
            await self._store_late(whose)
            held = await self._rows.read(whose)
            step = next_step(held, refused, self._clock.now(), self._margin)
            if isinstance(step, Renew):
                step = await self._renew(connection, whose, refused)
            if isinstance(step, Use):
                return step
            if isinstance(step, End):
                await self._rows.refuse(whose, held.generation, step.reason)
            elif isinstance(step, Stop):
                if step.state is not None:
                    await self._turn_to(connection, step.state, step.error.detail)
                raise step.error
        raise UpstreamUnreachable("The credential is changed by others all the time.", retry_after_s=1)

    def drop_unstored(self, connection_id: str) -> None:
        """A newer authorization has come."""
        self._unstored.pop(connection_id, None)

    async def store_all(self) -> None:
        """A last try for grants that the database has not taken: at the end of the process."""
        for late in list(self._unstored.values()):
            await self._store_late(late.whose)

    async def _renew(self, connection: Connection, whose: Whose, refused: str | None) -> Use | Stop | None:
        """Renew in turn. None: what is stored now is different; look again."""
        app = await self._partner_apps.secret(connection.tenant_id, connection.target)
        late: Unstored | None = None
        stored = False
        failed: Failed | None = None
        try:
            async with self._rows.turn(whose) as turn:
                step = next_step(turn.held, refused, self._clock.now(), self._margin)
                if not isinstance(step, Renew):
                    return None
                answer = await self._ask(connection.target, app, turn, step)
                if isinstance(answer, Grant):
                    late = Unstored(whose, turn.held.generation, renewed(step.grant, answer), step.grant)
                    stored = await turn.replace(late.grant, late.former)
                elif is_final(answer):
                    await turn.refuse(GRANT_REFUSED)
                else:
                    failed = failure_of(answer)
                    await turn.rest(self._clock.now() + timedelta(seconds=failed.rest_s))
        except Exception as error:
            if late is None:
                raise
            self._unstored[connection.id] = late
            log.error("grant_not_stored", connection=connection.id, error=type(error).__name__)
            return None
        if failed is not None:
            if failed.state is not None:
                await self._turn_to(connection, failed.state, failed.error.detail)
            return Stop(failed.error) if step.otherwise is None else None
        if late is None or not stored:
            return None
        if connection.state_reason in (APP_MISSING, APP_REFUSED):
            await self._turn_to(connection, "connected", None)
        return use_of(late.grant, late.seen + 1, self._margin)

    async def _ask(self, target: str, app: PartnerApp | None, turn: Turn, step: Renew) -> TokenAnswer | None:
        """The answer to the refresh token, or to the one before it. None: there is no partner app."""
        assert step.grant.refresh_token is not None
        if app is None:
            return None
        answer = await self._server.renew(target, app, step.grant.refresh_token)
        former = fallback(turn.held, self._clock.now())
        if is_final(answer) and former is not None and not await turn.has_changed():
            answer = await self._server.renew(target, app, former)
        return answer

    async def _store_late(self, whose: Whose) -> None:
        late = self._unstored.get(whose.connection_id)
        if late is None:
            return
        # False: a newer grant is there, or the commit whose answer was lost had gone through after all.
        await self._rows.replace(whose, late.seen, late.grant, late.former)
        self._unstored.pop(whose.connection_id, None)

    async def _turn_to(self, connection: Connection, state: State, reason: str | None) -> None:
        if connection.state == state:
            return
        async with self._database.write() as session:
            await self._connections.set_state(
                session, connection.id, state, reason, only_from={"connected", "degraded"}
            )
        self._connections.forget_cached(connection.id)


def use_of(grant: Grant, generation: int, margin: timedelta) -> Use | Stop:
    """How to use a grant that has just come, even if it is the old one again or ends at once."""
    if (header := header_of(grant)) is None:
        return Stop(UpstreamUnreachable("The access was renewed without an access token.", retry_after_s=1))
    return Use(header, early_end(grant, margin), generation)


def is_final(answer: TokenAnswer | None) -> bool:
    """Whether the server has said that this grant is no more."""
    return isinstance(answer, Refused) and answer.error == GRANT_GONE


def failure_of(answer: Refused | Unusable | None) -> Failed:
    """What a renewal that failed means to the caller, and how long the server is left alone."""
    if answer is None:
        return Failed(ConnectionProblem(APP_MISSING, hint=APP_HINT), REST_S, "degraded")
    upstream = Upstream(status=answer.status, code=answer.error if isinstance(answer, Refused) else None)
    if isinstance(answer, Refused) and answer.error in APP_ERRORS:
        return Failed(ConnectionProblem(APP_REFUSED, hint=APP_HINT, upstream=upstream), REST_S, "degraded")
    rest_s = max(REST_S, answer.retry_after_s or 0) if isinstance(answer, Unusable) else REST_S
    error = UpstreamUnreachable("The access could not be renewed.", retry_after_s=rest_s, upstream=upstream)
    return Failed(error, rest_s)
