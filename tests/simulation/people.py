"""People who are no callers: the end customers at the vendor, and whoever deploys the gateway."""

import asyncio
from typing import TYPE_CHECKING

from sandbox.lexoffice import jsontext
from sandbox.lexoffice.oauth import grants
from sandbox.lexoffice.state import Connection
from tests.simulation.callers import Link
from tests.simulation.chance import Chance
from tests.simulation.processes import Process
from tests.simulation.truth import SETTLED_S

if TYPE_CHECKING:
    from tests.simulation.world import World


class People:
    """What they do at odd moments, until cancelled. What is begun then is finished."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self._chance = Chance(world.seed, "people")
        self._acts = 0

    async def act(self) -> None:
        acts = (self._write_by_hand, self._end_access, self._end_access, self._reconnect)
        while True:
            await asyncio.sleep(self._chance.about(9.0))
            begun = asyncio.ensure_future(self._chance.one_of(acts)())
            try:
                await asyncio.shield(begun)
            except asyncio.CancelledError:
                await begun  # whoever has consented anew waits until that is stored, or is lost
                raise

    async def deploy(self) -> None:
        """A new version: one process after the other stops in good order and comes again."""
        world, chance = self._world, Chance(self._world.seed, "deploy")
        while chance.happens(0.4):
            await asyncio.sleep(chance.about(40.0))
            for process in world.processes:
                await process.stop()
                await asyncio.sleep(chance.uniform(0.1, 2.0))
                if not process.up:
                    process.start()

    async def make_up(self) -> None:
        """Somebody misses a customer whose write has had no answer, and enters it by hand, twice."""
        world, chance = self._world, Chance(self._world.seed, "make up")
        seen: set[str] = set()
        while True:
            await asyncio.sleep(chance.about(5.0))
            missed = [write for write in world.truth.writes.values() if write.unheard and not write.booked]
            for write in missed:
                if write.what != "customers" or write.mark in seen:
                    continue
                seen.add(write.mark)
                for _ in range(2 if chance.happens(0.5) else 0):
                    world.vendor.by_hand(write.company, "POST", "/v1/contacts", jsontext.decode(write.sent))

    async def _write_by_hand(self) -> None:
        self._acts += 1
        self._world.write_by_hand(self._chance.one_of(self._world.vendor.companies))

    async def _end_access(self) -> None:
        """A change of password: the access token dies, the refresh token lives."""
        link = self._linked()
        assert link.company.grant is not None
        self._world.trace.note("people", f"access of {link.connection} ended")
        grants.end_access(self._world.vendor.twin.world, link.company.grant)
        self._world.truth.disturbed(link.company)

    async def _reconnect(self) -> None:
        """The end customer withdraws and grants anew, in either order; perhaps after a change of password."""
        world, link = self._world, self._linked()
        company, former = link.company, link.company.grant
        assert former is not None
        world.truth.unhealthy_until[company.id] = float("inf")
        if self._chance.happens(0.5):
            grants.end_access(world.vendor.twin.world, former)
            await asyncio.sleep(self._chance.uniform(0.0, 4.0))
        first = self._chance.happens(0.5)
        if first:
            self._withdraw(link, former)
            await asyncio.sleep(self._chance.uniform(0.0, 3.0))
        process = next((each for each in world.processes if each.serving), None)
        world.vendor.grant(company)
        task = None if process is None else process.run(lambda: self._stored(process, link))
        if task is not None:
            await asyncio.wait([task])
        if task is None or task.cancelled() or task.exception() is not None:
            world.truth.lost_by_hand(company, link.connection)
        else:
            world.trace.note("people", f"{link.connection} granted anew")
            world.truth.unhealthy_until[company.id] = world.now + SETTLED_S
        if not first:
            self._withdraw(link, former)

    def _withdraw(self, link: Link, former: Connection) -> None:
        self._world.trace.note("people", f"{link.connection} withdrawn")
        self._world.truth.revoked(former)
        grants.revoke(self._world.vendor.twin, former)

    async def _stored(self, process: Process, link: Link) -> None:
        """As the end of a new authorization."""
        world, rooms = self._world, process.rooms
        granted = world.granted(link.company)
        world.truth.granted(link.company, link.connection)
        async with rooms.database.write() as session:
            tenant = next(tenant for tenant in world.tenants if link in tenant.links)
            connection = await rooms.connections.get(session, tenant.id, "test", link.connection)
            assert connection is not None
            await rooms.tokens.store_grant(session, connection, granted)
            await rooms.connections.set_state(session, link.connection, "connected")
        rooms.connections.forget_cached(link.connection)

    def _linked(self) -> Link:
        granted = [
            link for tenant in self._world.tenants for link in tenant.links if link.company.grant is not None
        ]
        return self._chance.one_of(granted)
