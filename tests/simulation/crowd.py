"""Many who wait while the vendor is away: each wants one thing of its own read, and asks until it is told."""

import asyncio
import uuid
from typing import TYPE_CHECKING

from tests.simulation.callers import AGAIN, Link, Tenant
from tests.simulation.chance import Chance
from tests.simulation.processes import Answer, Process
from tests.simulation.truth import Reading, code

if TYPE_CHECKING:
    from tests.simulation.world import World

SIZE = (20, 80)
COME_WITHIN_S = 5.0
PATIENCE_S = 1000.0
"""Beyond every deadline: nobody leaves before the answer."""


class Crowd:
    """Comes together while the vendor is away, if it ever is."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self._chance = Chance(world.seed, "crowd")

    async def wait(self) -> None:
        """Until everybody is served."""
        away, chance = self._world.faults.away, self._chance
        if away is None:
            return
        await asyncio.sleep(max(0.0, away.at_s - self._world.now) + chance.uniform(0, away.for_s))
        tenants = self._world.tenants
        size = chance.between(*SIZE)
        await asyncio.gather(*(self._wait(chance.one_of(tenants), number) for number in range(size)))

    async def _wait(self, tenant: Tenant, number: int) -> None:
        world, chance = self._world, Chance(self._world.seed, f"waiting {number}")
        assert world.faults.away is not None
        link, id = chance.one_of(tenant.links), str(uuid.UUID(bytes=chance.bytes(16), version=4))
        process = chance.one_of(world.processes)
        await asyncio.sleep(chance.uniform(0, COME_WITHIN_S))
        while True:
            answer = await self._ask(process, tenant, link, id)
            world.truth.served(answer, world.faults.away.ends)
            if answer is not None and code(answer) not in AGAIN:
                return
            wait_s = chance.about(1.0) + 0.1
            if answer is None:
                process = chance.one_of(world.processes)
            else:
                wait_s += float(answer.headers.get("retry-after", "0"))
            await asyncio.sleep(wait_s)

    async def _ask(self, process: Process, tenant: Tenant, link: Link, id: str) -> Answer | None:
        world, began = self._world, self._world.now
        world.operations += 1
        world.trace.note(tenant.name, f"GET {id} to {process.name}")
        sent = {"X-API-KEY": tenant.api_key, "X-ACCOUNT-KEY": link.account_key}
        world.truth.readings[id] = Reading(process=process)
        try:
            answer = await process.ask("GET", f"/v1/accounting/invoices/{id}", sent, b"", PATIENCE_S, False)
        finally:
            del world.truth.readings[id]
        world.trace.note(tenant.name, "nothing" if answer is None else f"{answer.status} {code(answer)}")
        if answer is not None:
            world.truth.answered(tenant.name, answer, world.now - began)
            if code(answer) == "reconnect_required":
                world.truth.demand_unhealthy(link.company, began)
        return answer
