"""Many connections for many days in seconds: renewals over rows in memory, on a clock that the test moves.

What decides is the real thing (`Renewal`, `Ahead`, and what they stand on); what stores and posts is not.
"""

import asyncio
import heapq
import random
from collections import deque
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from datetime import datetime, timedelta
from typing import Any, cast

import msgspec

from connectors.base.errors import KontorError
from gateway.ambient import Ambient, Clock, TimeSortedIds
from gateway.credentials.ahead import Ahead
from gateway.credentials.due import Standing
from gateway.credentials.failing import Failing, Rest
from gateway.credentials.grants import Grant, TokenAnswer
from gateway.credentials.held import Held, Use
from gateway.credentials.outcomes import EXHAUSTED
from gateway.credentials.partner_apps import PartnerApp
from gateway.credentials.renewal import Asked, Renewal
from gateway.credentials.renewal_time import renewal_time
from gateway.credentials.rows import Turn, Whose
from gateway.tenants.model import Connection, State
from tests.standing import StandingClock

TARGET = "lexoffice-sandbox"
MARGIN = timedelta(minutes=15)
LIFE_S = 14399


class Chance:
    """`Randomness` of a seed."""

    def __init__(self, seed: int | str) -> None:
        self._random = random.Random(seed)

    def token(self, nbytes: int = 24) -> str:
        return self._random.randbytes(nbytes).hex()

    def token_bytes(self, nbytes: int) -> bytes:
        return self._random.randbytes(nbytes)

    def uniform(self, low: float, high: float) -> float:
        return self._random.uniform(low, high)


class MemoryRows:
    """`CredentialRows` and `DueRenewals` in memory. `locks` keeps turns apart, as PostgreSQL does."""

    def __init__(self, ambient: Ambient, *, locks: bool = False) -> None:
        self._ambient = ambient
        self._locks: dict[str, asyncio.Lock] | None = {} if locks else None
        self.held: dict[str, Held] = {}
        self.connections: dict[str, Connection] = {}
        self._ripening: list[tuple[datetime, str, int]] = []
        self._ripe: dict[str, None] = {}
        self._stored: deque[datetime] = deque()
        self._last = ambient.clock.now()

    def put(self, connection: Connection, grant: Grant) -> None:
        former = self.held.get(connection.id)
        self.connections[connection.id] = connection
        self._keep(connection.id, grant, None, (former.generation if former else 0) + 1, None)

    async def read(self, whose: Whose, session: object = None) -> Held:
        return self.held[whose.connection_id]

    @asynccontextmanager
    async def turn(self, whose: Whose) -> AsyncIterator[Turn]:
        async with self._lock(whose.connection_id):
            yield self.afterwards(whose, self.held[whose.connection_id])

    def _lock(self, id: str) -> AbstractAsyncContextManager[object]:
        return nullcontext() if self._locks is None else self._locks.setdefault(id, asyncio.Lock())

    async def authorize(self, connection: Connection, grant: Grant) -> None:
        """A new authorization: it waits for a turn, where turns lock."""
        async with self._lock(connection.id):
            self.put(connection, grant)

    def afterwards(self, whose: Whose, seen: Held) -> Turn:
        return Turn(cast(Any, self), whose, seen, None)

    async def replace(
        self,
        whose: Whose,
        seen: int,
        grant: Grant,
        former: Grant | None,
        session: object = None,
        resting_until: datetime | None = None,
    ) -> bool:
        if self.held[whose.connection_id].generation != seen:
            return False
        self._keep(whose.connection_id, grant, former, seen + 1, resting_until)
        return True

    async def rest(
        self, whose: Whose, seen: int, rest: Rest, failing: Failing | None, session: object = None
    ) -> bool:
        return self._change(whose, seen, resting_until=rest.until, rested_at=rest.early, failing=failing)

    async def refuse(self, whose: Whose, seen: int, reason: str, session: object = None) -> bool:
        return self._change(whose, seen, refused=reason, generation=seen + 1)

    async def disown(self, whose: Whose, grant: Grant, session: object = None) -> None: ...

    async def standing(self, since: datetime) -> dict[str, Standing]:
        while self._stored and self._stored[0] < since:
            self._stored.popleft()
        return {TARGET: Standing(len(self.held), len(self._stored), self._last)}

    async def due(self, target: str, now: datetime, limit: int, without: Collection[str]) -> list[Connection]:
        while self._ripening and self._ripening[0][0] <= now:
            _, id, generation = heapq.heappop(self._ripening)
            if self.held[id].generation == generation:
                self._ripe[id] = None
        found = [id for id in self._ripe if not _rests(self.held[id].resting_until, now)]
        found.sort(key=lambda id: self.held[id].failing is not None)
        return [self.seen(id) for id in found[:limit]]

    async def resting(self, target: str, now: datetime, limit: int) -> list[Connection]:
        found = [
            id
            for id in self._ripe
            if _rests(self.held[id].resting_until, now) and not _rests(self.held[id].rested_at, now)
        ]
        return [self.seen(id) for id in found[:limit]]

    def seen(self, id: str) -> Connection:
        return msgspec.structs.replace(self.connections[id], generation=self.held[id].generation)

    def _keep(
        self, id: str, grant: Grant, former: Grant | None, generation: int, resting: datetime | None
    ) -> None:
        now = self._ambient.clock.now()
        renew_at = renewal_time(grant, MARGIN, self._ambient.randomness.uniform)
        self.held[id] = Held(
            generation=generation,
            secret=grant,
            previous=former,
            stored_at=now,
            renew_at=renew_at,
            resting_until=resting,
            rested_at=resting,
            refused=None,
        )
        self._ripe.pop(id, None)
        self._stored.append(now)
        self._last = now
        if renew_at is not None:
            heapq.heappush(self._ripening, (renew_at, id, generation))

    def _change(self, whose: Whose, seen: int, **changes: object) -> bool:
        held = self.held[whose.connection_id]
        if held.generation != seen:
            return False
        self.held[whose.connection_id] = msgspec.structs.replace(held, **changes)
        return True


def _rests(until: datetime | None, now: datetime) -> bool:
    return until is not None and now < until


class Apps:
    """Every tenant has a partner app."""

    async def secret(self, tenant_id: str, target: str) -> PartnerApp:
        return PartnerApp(client_id="client", client_secret="secret", scopes=())


class States:
    """`ConnectionStates` that notes each turn."""

    def __init__(self, rows: MemoryRows) -> None:
        self._rows = rows
        self.turns: list[tuple[str, State]] = []

    async def turn(self, connection: Connection, state: State, reason: str | None, **_: object) -> None:
        self.turns.append((connection.id, state))
        changed = msgspec.structs.replace(connection, state=state, state_reason=reason)
        self._rows.connections[connection.id] = changed


class HostileClock:
    """`Clock` of a machine whose calendar is wrong by `off_s`; durations are right."""

    def __init__(self, true: StandingClock, off_s: float = 0.0) -> None:
        self._true = true
        self.off_s = off_s

    def now(self) -> datetime:
        return self._true.now() + timedelta(seconds=self.off_s)

    def monotonic(self) -> float:
        return self._true.monotonic()

    async def sleep(self, seconds: float) -> None:
        await self._true.sleep(seconds)


class Server:
    """Rotates without grace; says what `instead` says while that says something."""

    def __init__(self, clock: StandingClock) -> None:
        self._clock = clock
        self.instead: Callable[[], TokenAnswer | None] = lambda: None
        self.calls: list[tuple[float, str]] = []
        """When, and for which connection: its id is the beginning of its tokens."""
        self.living: dict[str, tuple[str, float]] = {}
        """Access token and end of each connection."""
        self._number = 0

    def grant(self, id: str) -> Grant:
        self._number += 1
        now = self._clock.now()
        access = f"{id}.{self._number}"
        self.living[id] = (access, self._clock.elapsed_s + LIFE_S)
        end = now + timedelta(seconds=LIFE_S)
        return Grant(access_token=access, refresh_token=f"{access}.r", issued_at=now, expires_at=end)

    async def renew(self, target: str, app: PartnerApp, refresh_token: str) -> TokenAnswer:
        id = refresh_token.partition(".")[0]
        self.calls.append((self._clock.elapsed_s, id))
        answer = self.instead()
        if answer is not None:
            return answer
        assert refresh_token == f"{self.living[id][0]}.r", "a spent refresh token came again"
        return self.grant(id)

    def accepts(self, header: str) -> bool:
        access = header.removeprefix("Bearer ")
        held, end = self.living[access.partition(".")[0]]
        return held == access and self._clock.elapsed_s < end


def connection_of(id: str, now: datetime) -> Connection:
    """A living connection by OAuth."""
    return Connection(
        id=id,
        tenant_id="ten_1",
        environment="live",
        target=TARGET,
        credential_kind="oauth",
        state="connected",
        state_since=now,
        state_reason=None,
        label=None,
        customer_reference=None,
        identity=None,
        created_at=now,
        generation=0,
    )


def surroundings(clock: Clock, seed: int | str) -> Ambient:
    chance = Chance(seed)
    return Ambient(clock=clock, randomness=chance, ids=TimeSortedIds(clock, chance))


def renewing(rows: MemoryRows, server: object, ambient: Ambient, states: "States | None" = None) -> Renewal:
    """One process, as far as renewals go."""
    return Renewal(
        rows=cast(Any, rows),
        partner_apps=cast(Any, Apps()),
        states=cast(Any, states or States(rows)),
        server=cast(Any, server),
        ambient=ambient,
        margin=MARGIN,
        late_s=60.0,
    )


class Fleet:
    """`count` connections, their authorization server, and the job that renews ahead.

    `clock` is what this process believes; the server goes by the true time, which the test moves.
    """

    def __init__(self, count: int, seed: int | str, clock: Clock | None = None) -> None:
        self.clock = clock if isinstance(clock, StandingClock) else StandingClock()
        ambient = surroundings(clock or self.clock, seed)
        self.rows = MemoryRows(ambient)
        self.states = States(self.rows)
        self.server = Server(self.clock)
        self.renewal = renewing(self.rows, self.server, ambient, self.states)
        self.ahead = Ahead(cast(Any, self.rows), self, ambient.clock)
        self.ids = [f"con_{number:05}" for number in range(count)]

    def authorize(self, id: str) -> None:
        """A new authorization by the end customer."""
        self.rows.put(connection_of(id, self.clock.now()), self.server.grant(id))

    async def renew_ahead(self, connection: Connection, *, rested: bool = False) -> Use:
        return await self.renewal.look(connection, Asked(ahead=True, rested=rested))

    async def ask(self, id: str) -> str | None:
        """What a request would send; None: it was told to come again later."""
        try:
            return (await self.renewal.look(self.rows.seen(id), Asked())).header
        except KontorError:
            return None

    def healthy(self) -> int:
        """Connections whose stored token works."""
        return sum(
            self.server.accepts(f"Bearer {held.secret.access_token}")
            for held in self.rows.held.values()
            if isinstance(held.secret, Grant)
        )

    def exhausted(self) -> int:
        return sum(each.state_reason == EXHAUSTED for each in self.rows.connections.values())

    def per_minute(self, since_s: float) -> dict[int, int]:
        """Calls by minute."""
        counted: dict[int, int] = {}
        for at, _ in self.server.calls:
            if at >= since_s:
                counted[int(at // 60)] = counted.get(int(at // 60), 0) + 1
        return counted
