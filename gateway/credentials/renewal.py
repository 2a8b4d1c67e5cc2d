"""Renews a grant that is about to end or was refused, in turn with every other process.

A refresh token is void as soon as the vendor has answered with the next one. So nothing happens between that
answer and the commit of the new grant; should the commit fail, the grant stays in memory until it is stored.
"""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import structlog
from msgspec import Struct

from connectors.base.errors import UpstreamUnreachable
from gateway.ambient import Ambient
from gateway.credentials.authorization_server import AuthorizationServer, Late
from gateway.credentials.connection_states import LIVING, ConnectionStates
from gateway.credentials.failing import REST_S
from gateway.credentials.grants import Grant, Refused, TokenAnswer, Unusable, renewed
from gateway.credentials.held import (
    GRANT_REFUSED,
    End,
    Held,
    Renew,
    Step,
    Stop,
    Use,
    earlier,
    fallback,
    next_step,
)
from gateway.credentials.outcomes import (
    EXHAUSTED,
    MENDED_BY_RENEWING,
    Failed,
    failure_of,
    is_final,
    not_yet,
    use_of,
)
from gateway.credentials.partner_apps import PartnerApp, PartnerApps
from gateway.credentials.rows import CredentialRows, Turn, Whose
from gateway.tenants.model import Connection, State

log = structlog.get_logger("kontor.tokens")

STORED_AGAIN_S = 0.2
"""Between two tries to store a grant that the database did not take."""

LOOKS = 4
"""How often to look again when the credential was changed meanwhile."""


class Asked(Struct, frozen=True, kw_only=True):
    """Why somebody wants a header."""

    refused: str | None = None
    """One that has met a 401."""
    ahead: bool = False
    """Renew one that still works, when its time has come."""
    rested: bool = False
    """The server is known to be back: cut a rest short."""

    def __repr__(self) -> str:
        return f"Asked(refused={self.refused is not None}, ahead={self.ahead}, rested={self.rested})"


class Unstored(Struct, frozen=True, kw_only=True):
    """A grant that the vendor has given and the database has not taken yet."""

    whose: Whose
    seen: int
    grant: Grant
    former: Grant
    resting_until: datetime | None


Outcome = Unstored | Failed | None
"""A renewal that is stored, one that failed, or one whose end is in the row: the vendor's last word, or a
change by somebody else."""


class Renewal:
    """Finds the header to send and renews where needed. At most one call a connection at a time."""

    def __init__(
        self,
        *,
        rows: CredentialRows,
        partner_apps: PartnerApps,
        states: ConnectionStates,
        server: AuthorizationServer,
        ambient: Ambient,
        margin: timedelta,
        late_s: float,
    ) -> None:
        self._rows = rows
        self._partner_apps = partner_apps
        self._states = states
        self._server = server
        self._clock = ambient.clock
        self._draw = ambient.randomness.uniform
        self._margin = margin
        self._late_s = late_s
        self._away_since: dict[str, datetime] = {}
        self._unstored: dict[str, Unstored] = {}
        self._listening: set[asyncio.Task[None]] = set()
        self._storing: set[asyncio.Task[None]] = set()

    async def look(self, connection: Connection, asked: Asked) -> Use:
        """The header to use. At most one renewal comes of it."""
        whose = Whose(connection_id=connection.id, tenant_id=connection.tenant_id)
        for _ in range(LOOKS):
            await self._store_late(connection.id)
            held = await self._rows.read(whose)
            step = self._next(held, asked)
            if isinstance(step, Renew):
                step = await self._renew(connection, whose, asked)
            if isinstance(step, Use):
                return step
            if isinstance(step, End):
                await self._rows.refuse(whose, held.generation, step.reason)
            elif isinstance(step, Stop):
                if step.state is not None:
                    detail = step.error.detail
                    await self._states.turn(connection, step.state, detail, generation=held.generation)
                raise step.error
        raise UpstreamUnreachable("The credential is changed by others all the time.", retry_after_s=1)

    async def present(self, connection: Connection, asked: Asked) -> Use | None:
        """The header to use without a renewal, if there is one."""
        whose = Whose(connection_id=connection.id, tenant_id=connection.tenant_id)
        step = self._next(await self._rows.read(whose), asked)
        return step if isinstance(step, Use) else None

    def drop_unstored(self, connection_id: str) -> None:
        """A newer authorization has come."""
        self._unstored.pop(connection_id, None)

    async def finish(self, within_s: float) -> None:
        """At the end of the process: a last moment for late answers, a last try for what is not stored."""
        if self._listening:
            await asyncio.wait(self._listening, timeout=within_s)
        for id in list(self._unstored):
            await self._store_late(id)

    def _next(self, held: Held, asked: Asked) -> Step:
        now = self._clock.now()
        return next_step(held, asked.refused, now, self._margin, ahead=asked.ahead, rested=asked.rested)

    async def _renew(self, connection: Connection, whose: Whose, asked: Asked) -> Use | Stop | None:
        """Renew in turn. None: what is stored now is different; look again."""
        app = await self._partner_apps.secret(connection.tenant_id, connection.target)
        answer: TokenAnswer | Late | None = None
        owed: Unstored | None = None
        try:
            async with self._rows.turn(whose) as turn:
                step = self._next(turn.held, asked)
                if not isinstance(step, Renew):
                    return None
                answer = await self._ask(connection.target, app, turn, step)
                owed = self._owed(whose, turn.held, step.grant, answer, asked)
                self._note(connection.target, answer)
                outcome = await self._write(connection.target, turn, answer, owed)
        except Exception as error:
            if owed is None:
                raise
            self._keep(owed, error)
            return None
        if isinstance(answer, Late):
            late = self._rows.afterwards(whose, turn.held)
            self._listen(connection, whose, late, step.grant, asked, answer)
        return await self._ended(connection, turn.held, step, outcome)

    async def _ask(
        self, target: str, app: PartnerApp | None, turn: Turn, step: Renew
    ) -> TokenAnswer | Late | None:
        """The answer to the refresh token, or to the one before it. None: there is no partner app."""
        assert step.grant.refresh_token is not None
        if app is None:
            return None
        answer = await self._server.renew(target, app, step.grant.refresh_token)
        former = fallback(turn.held, self._clock.now())
        if is_final(answer) and former is not None and not await turn.has_changed():
            answer = await self._server.renew(target, app, former)
        return answer

    def _owed(self, whose: Whose, held: Held, former: Grant, answer: object, asked: Asked) -> Unstored | None:
        """The new grant, if that is what came. After a 401 the next one may be renewed again only later."""
        if not isinstance(answer, Grant):
            return None
        rest = self._clock.now() + timedelta(seconds=REST_S) if asked.refused is not None else None
        return Unstored(
            whose=whose,
            seen=held.generation,
            grant=renewed(former, answer),
            former=former,
            resting_until=rest,
        )

    async def _write(
        self, target: str, turn: Turn, answer: TokenAnswer | Late | None, owed: Unstored | None
    ) -> Outcome:
        """Put the answer down, before anything else is done with it."""
        if owed is not None:
            if await turn.replace(owed.grant, owed.former, owed.resting_until):
                return owed
            await turn.disown(owed.grant)
            return None
        if is_final(answer):
            await turn.refuse(GRANT_REFUSED)
            return None
        now, failing = self._clock.now(), turn.held.failing
        if isinstance(answer, Late):
            failed = not_yet(failing, now, self._late_s)
        else:
            failed = failure_of(answer, failing, now, self._away_since.get(target, now), self._draw)
        await turn.rest(failed.rest, failed.failing)
        return failed

    def _note(self, target: str, answer: TokenAnswer | Late | None) -> None:
        """Whether the server is away, as this process knows it."""
        if isinstance(answer, Unusable):
            self._away_since.setdefault(target, self._clock.now())
        elif isinstance(answer, (Grant, Refused)):
            self._away_since.pop(target, None)

    async def _ended(
        self, connection: Connection, held: Held, step: Renew, outcome: Outcome
    ) -> Use | Stop | None:
        """What comes of it for who asked, and for the connection. None: look again."""
        if outcome is None:
            return None
        if isinstance(outcome, Failed):
            if outcome.state is not None:
                reason = outcome.reason
                await self._states.turn(connection, outcome.state, reason, generation=held.generation)
            if step.otherwise is None:
                return Stop(outcome.error)
            until = earlier(outcome.rest.until, step.grant.expires_at)
            return Use(step.otherwise, until, held.generation, outcome.error)
        generation = outcome.seen + 1
        if connection.state_reason in MENDED_BY_RENEWING:
            exhausted: set[State] = {"reconnect_required"} if connection.state_reason == EXHAUSTED else set()
            former = LIVING | exhausted
            await self._states.turn(connection, "connected", None, generation=generation, only_from=former)
        return use_of(outcome.grant, generation, self._margin)

    def _listen(
        self, connection: Connection, whose: Whose, turn: Turn, former: Grant, asked: Asked, late: Late
    ) -> None:
        async def settle() -> None:
            answer = await late.coming
            owed = self._owed(whose, turn.held, former, answer, asked)
            self._note(connection.target, answer)
            try:
                outcome = await self._write(connection.target, turn, answer, owed)
            except Exception as error:
                if owed is not None:
                    self._keep(owed, error)
                return
            await self._ended(connection, turn.held, Renew(former, None), outcome)

        _keep_running(settle(), self._listening)

    def _keep(self, owed: Unstored, error: Exception) -> None:
        connection_id = owed.whose.connection_id
        self._unstored[connection_id] = owed
        log.error("grant_not_stored", connection=connection_id, error=type(error).__name__)
        _keep_running(self._store_soon(connection_id), self._storing)

    async def _store_soon(self, connection_id: str) -> None:
        """As soon as the database is back: others would renew with the former grant, and burn both."""
        while connection_id in self._unstored:
            await self._clock.sleep(STORED_AGAIN_S)
            with suppress(Exception):  # noted when it was kept; whoever looks meanwhile is told
                await self._store_late(connection_id)

    async def _store_late(self, connection_id: str) -> None:
        owed = self._unstored.get(connection_id)
        if owed is None:
            return
        stored = await self._rows.replace(
            owed.whose, owed.seen, owed.grant, owed.former, resting_until=owed.resting_until
        )
        if (
            not stored
        ):  # a newer grant is there, or the commit whose answer was lost had gone through after all
            await self._rows.disown(owed.whose, owed.grant)
        self._unstored.pop(connection_id, None)


def _keep_running(work: Coroutine[Any, Any, None], tasks: set[asyncio.Task[None]]) -> None:
    """A task that is held until it is done."""
    task = asyncio.create_task(work)
    tasks.add(task)
    task.add_done_callback(tasks.discard)
