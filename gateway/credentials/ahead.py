"""Renews grants before anybody needs it, at a pace that an authorization server can bear.

While a server is away a few tries a minute are enough to learn that it is back. Then nobody's customers wait
for their own turn: whoever rests after a failure is tried too, no faster than all can be healthy in time.
"""

import asyncio
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Protocol

from msgspec import Struct, field

from connectors.base.errors import ConnectionProblem, KontorError, ReconnectNeeded
from gateway.ambient import Clock
from gateway.credentials.due import DueRenewals, Standing
from gateway.credentials.failing import LONGEST_REST_S
from gateway.credentials.held import Use
from gateway.tenants.model import Connection

RECOVERY_ROUNDS = 9
"""Minutes in which all grants of a target can be renewed once. The requirement is 10 after an outage, at no
more than twice the rate at which an outage may be retried: once in 15 minutes each, so 7.5 at the least."""

EVERY = timedelta(minutes=1)

RECOVERING = timedelta(minutes=10)
"""So long after an answer the server is taken to be there, as long as nobody finds otherwise."""

LEAST = 10
"""Renewals a minute that are no burst, however few grants there are."""

PROBES = 3
"""Failures in a row after which the server is taken to be away, until the next round."""

LANES = 4
"""Renewals at a time at one target; on PostgreSQL each holds a connection."""


class Renews(Protocol):
    """`Tokens`, as far as this goes."""

    async def renew_ahead(self, connection: Connection, *, rested: bool = False) -> Use: ...


class Round(Struct):
    """What a round at one target has seen."""

    renewed: int = 0
    tried: int = 0
    failures: int = 0
    """Since somebody was answered."""
    refused_apps: set[str] = field(default_factory=set)
    """Tenants whose partner app the server refuses: for a while, asking for their grants is of no use."""

    @property
    def stopped(self) -> bool:
        return self.failures >= PROBES


class Ahead:
    """Runs a round each minute, in whichever process the jobs are."""

    def __init__(self, due: DueRenewals, tokens: Renews, clock: Clock) -> None:
        self._due = due
        self._tokens = tokens
        self._clock = clock
        self._began_at: datetime | None = None
        self._renewed: dict[str, int] = {}
        self._refused: dict[tuple[str, str], datetime] = {}

    async def run(self) -> int:
        """How many were renewed."""
        began_at = self._clock.now()
        standing = await self._due.standing(self._began_at or began_at - EVERY)
        self._began_at = began_at
        return sum(await asyncio.gather(*(self._target(target, each) for target, each in standing.items())))

    async def _target(self, target: str, standing: Standing) -> int:
        now, round = self._clock.now(), Round(refused_apps=self._refused_apps(target))
        allowed = left = allowance(standing, self._renewed.get(target, 0))
        while left > 0 and (due := await self._due.due(target, now, left, round.refused_apps)):
            await self._try_all(round, due, rested=False)
            if round.stopped or left == allowed - round.tried:
                break
            left = allowed - round.tried
        answers = round.renewed > 0 or (round.failures == 0 and now - standing.last < RECOVERING)
        if answers and left > 0:
            await self._try_all(round, await self._due.resting(target, now, left), rested=True)
        for tenant_id in round.refused_apps:
            self._refused.setdefault((target, tenant_id), now)
        self._renewed[target] = round.renewed
        return round.renewed

    def _refused_apps(self, target: str) -> set[str]:
        now, rest = self._clock.now(), timedelta(seconds=LONGEST_REST_S)
        self._refused = {app: since for app, since in self._refused.items() if now - since < rest}
        return {tenant_id for of, tenant_id in self._refused if of == target}

    async def _try_all(self, round: Round, connections: list[Connection], *, rested: bool) -> None:
        waiting = iter(connections)
        await asyncio.gather(*(self._lane(round, waiting, rested) for _ in range(LANES)))

    async def _lane(self, round: Round, waiting: Iterator[Connection], rested: bool) -> None:
        for connection in waiting:
            if round.stopped:
                return
            if connection.tenant_id not in round.refused_apps:
                await self._try(round, connection, rested)

    async def _try(self, round: Round, connection: Connection, rested: bool) -> None:
        round.tried += 1
        try:
            use = await self._tokens.renew_ahead(connection, rested=rested)
            problem = use.failed
        except KontorError as error:  # noted on the connection by whoever raised it; the others go on
            use, problem = None, error
        if isinstance(problem, ReconnectNeeded):
            return
        if isinstance(problem, ConnectionProblem):
            round.refused_apps.add(connection.tenant_id)
        elif problem is not None:
            round.failures += 1
        elif use is not None and use.generation > connection.generation:
            round.renewed += 1
            round.failures = 0


def allowance(standing: Standing, own: int) -> int:
    """Renewals that a round may try at a target. `own` is what the last round has renewed.

    What requests cause by themselves is left to them; where nothing was renewed at all the server may just
    be coming back, and is asked for half.
    """
    whole = standing.grants / RECOVERY_ROUNDS
    if standing.lately == 0:
        return max(LEAST, int(whole / 2))
    return max(LEAST, int(whole) - max(standing.lately - own, 0))
