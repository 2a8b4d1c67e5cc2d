"""Carries deliveries out: takes what is due, sends it, and writes down what follows.

Every process may do it. In each, an endpoint has few attempts under way, and all that fail have together no
more than a part of the places: whoever hangs waits for itself.
"""

import asyncio
from datetime import datetime, timedelta
from time import perf_counter
from typing import Any

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.ambient import Ambient
from gateway.errors import Unavailable
from gateway.persistence.database import Database
from gateway.persistence.tables import events as EVENTS
from gateway.persistence.tables import webhook_endpoints as ENDPOINTS
from gateway.replica.rows import Place
from gateway.replica.store import Replica
from gateway.telemetry.log import fault
from gateway.upstream.dialling import Dialling
from gateway.webhooks.outbound import deliveries, schedule
from gateway.webhooks.outbound.addresses import Allowed
from gateway.webhooks.outbound.bodies import body_of
from gateway.webhooks.outbound.deliveries import Claimed
from gateway.webhooks.outbound.disabling import Disabling
from gateway.webhooks.outbound.endpoints import Endpoints, Target, target_of
from gateway.webhooks.outbound.fanning import Fanning
from gateway.webhooks.outbound.selecting import Event, event_of
from gateway.webhooks.outbound.sending import TIMEOUT_S, Outcome, send
from gateway.webhooks.outbound.signing import signed_headers

STOP_S = 20.0


class Pace(Struct, frozen=True, kw_only=True):
    """What one process may do at a time, and how long it may take. Times in seconds."""

    poll_s: float
    """How often to look for what is due."""
    timeout_s: float = TIMEOUT_S
    claim_s: float = 3 * TIMEOUT_S
    """So long after it was taken a delivery counts as left behind by a process that died."""
    at_once: int = 128
    """Attempts under way."""
    failing_at_once: int = 64
    """So many of them may be to endpoints that failed last."""
    each: int = 4
    """So many may be to one endpoint; one, when it failed last."""


class Prepared(Struct, frozen=True, kw_only=True):
    """All that an attempt needs, so that no transaction is open meanwhile."""

    target: Target
    body: bytes
    secrets: tuple[str, ...]


class Delivering:
    """The deliveries of one process, between `start` and `stop`."""

    def __init__(
        self,
        database: Database,
        ambient: Ambient,
        endpoints: Endpoints,
        disabling: Disabling,
        replica: Replica,
        dialling: Dialling,
        allowed_in_test: Allowed,
        pace: Pace,
    ) -> None:
        self._database = database
        self._ambient = ambient
        self._endpoints = endpoints
        self._disabling = disabling
        self._replica = replica
        self._dialling = dialling
        self._allowed_in_test = allowed_in_test
        self._pace = pace
        self._fanning = Fanning(database, ambient)
        self._loop: asyncio.Task[None] | None = None
        self._under_way: dict[asyncio.Task[None], str] = {}
        self._failing: set[str] = set()
        """Endpoints that were failing when they were last looked at."""
        self._turns: dict[str, int] = {}
        """When each was last given room, counted: who waited longest comes first."""

    def start(self) -> None:
        """Begin, inside the event loop that serves."""
        self._loop = asyncio.create_task(self.run())

    async def run(self) -> None:
        """Over and over; a database that is away is waited for."""
        bell = self._database.bell
        while True:
            since = bell.rung
            try:
                await self.step()
            except Unavailable:
                pass
            except Exception as error:
                fault(error, request_id="", route="webhooks")
            # Until it is time to look again, or a place is free.
            await bell.heard(since, self._ambient.clock, self._pace.poll_s, *self._under_way)

    async def stop(self) -> None:
        """Let what is under way come to its end for a while; what does not is taken up elsewhere."""
        if self._loop is not None:
            self._loop.cancel()
            await asyncio.gather(self._loop, return_exceptions=True)
        tasks = list(self._under_way)
        if tasks:
            await asyncio.wait(tasks, timeout=STOP_S)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def step(self) -> int:
        """Tell on what is new and begin what is due; how many attempts were begun."""
        await self._fanning.run()
        begun = 0
        for claimed in await self._taken():
            task = asyncio.create_task(self._attempt(claimed))
            self._under_way[task] = claimed.endpoint_id
            task.add_done_callback(self._under_way.pop)
            begun += 1
        return begun

    async def settle(self) -> None:
        """Wait for all attempts that are under way."""
        while self._under_way:
            await asyncio.wait(list(self._under_way))

    async def _taken(self) -> list[Claimed]:
        now = self._ambient.clock.now()
        async with self._database.read() as session:
            found = await deliveries.due_endpoints(session, now)
        self._failing = {row.id for row in found if row.failing_since is not None}
        room: dict[str, int] = {}
        for row in sorted(found, key=lambda row: self._turns.get(row.id, 0)):
            if most := self._room(row.id, room):
                room[row.id] = most
        last = max(self._turns.values(), default=0) + 1
        self._turns = {row.id: last if row.id in room else self._turns.get(row.id, 0) for row in found}
        taken: list[Claimed] = []
        if room:
            until = now + timedelta(seconds=self._pace.claim_s)
            async with self._database.write() as session:
                for id in sorted(room):  # in order, so that no two processes wait for each other
                    taken += await deliveries.claim(session, self._ambient, id, room[id], now, until)
        return taken

    def _room(self, endpoint_id: str, given: dict[str, int]) -> int:
        """How many attempts more this endpoint may have under way."""
        busy = [*self._under_way.values(), *(id for id, most in given.items() for _ in range(most))]
        free, each = self._pace.at_once - len(busy), self._pace.each
        if endpoint_id in self._failing:
            slow = sum(one in self._failing for one in busy)
            free, each = min(free, self._pace.failing_at_once - slow), 1
        return max(0, min(free, each - busy.count(endpoint_id)))

    async def _attempt(self, claimed: Claimed) -> None:
        try:
            prepared = await self._prepared(claimed)
            if prepared is None:
                return
            at, started = self._ambient.clock.now(), perf_counter()
            outcome = await self._sent(prepared, claimed, at)
            await self._follow(prepared.target, claimed, outcome, at, perf_counter() - started)
        except Unavailable:
            return  # the claim ends by itself
        except Exception as error:
            fault(error, request_id=claimed.id, route="webhooks")

    async def _prepared(self, claimed: Claimed) -> Prepared | None:
        """None: the endpoint is gone, or disabled meanwhile."""
        async with self._database.read() as session:
            found = await session.execute(select(ENDPOINTS).where(ENDPOINTS.c.id == claimed.endpoint_id))
            row = found.one_or_none()
            if row is None or row.disabled_at is not None:
                return None
            target = target_of(row)
            body = await self._body(session, target, claimed)
            secrets = tuple(await self._endpoints.secrets(session, target))
        return Prepared(target=target, body=body, secrets=secrets)

    async def _body(self, session: AsyncSession, target: Target, claimed: Claimed) -> bytes:
        own = (EVENTS.c.id == claimed.event_id, EVENTS.c.tenant_id == target.tenant_id)
        row = (await session.execute(select(EVENTS).where(*own))).one_or_none()
        event = _without_row(target, claimed) if row is None else event_of(row)
        held = None
        if target.payload == "full" and event.connection_id and event.resource and event.resource_id:
            place = Place(
                tenant_id=event.tenant_id,
                connection_id=event.connection_id,
                environment=event.environment,
                resource=event.resource,
            )
            held = await self._replica.get(session, place, event.resource_id)
        return body_of(event, target.payload, held)

    async def _sent(self, prepared: Prepared, claimed: Claimed, at: datetime) -> Outcome:
        target, body = prepared.target, prepared.body
        allowed = self._allowed_in_test if target.environment == "test" else Allowed()
        signed = signed_headers(claimed.event_id, at, body, prepared.secrets)
        headers = [(b"Content-Type", b"application/json"), *signed]
        return await send(self._dialling, allowed, target.url, headers, body, self._pace.timeout_s)

    async def _follow(
        self, target: Target, claimed: Claimed, outcome: Outcome, at: datetime, duration_s: float
    ) -> None:
        """One transaction: the attempt, when the next one is due, and what it tells of the endpoint."""
        now, step = self._ambient.clock.now(), claimed.step + 1
        then: dict[str, Any] = {"step": step}
        if outcome.reason is None:
            then |= {"state": deliveries.DELIVERED, "due_at": None, "finished_at": now}
        elif following := schedule.next_attempt(step, now, self._ambient.randomness):
            then |= {"due_at": following}
        else:
            then |= {"state": deliveries.FAILED, "due_at": None, "finished_at": now}
        async with self._database.write() as session:
            # The endpoint first, as everywhere: else two that end it would wait for each other's deliveries.
            known = await self._disabling.locked(session, target.id)
            if known is None:
                return
            if known.disabled_at is not None and outcome.reason is not None:
                then = {"step": step}
            if await deliveries.attempted(session, claimed, outcome, at, duration_s, **then):
                await self._disabling.learn(session, known, outcome, now)


def _without_row(target: Target, claimed: Claimed) -> Event:
    """A test, or an event that the feed keeps no more."""
    known = {"id": claimed.event_id, "type": claimed.event_type, "occurred_at": claimed.occurred_at}
    owner = {"tenant_id": target.tenant_id, "environment": target.environment}
    return Event(**{**dict.fromkeys(Event.__struct_fields__), **known, **owner})
