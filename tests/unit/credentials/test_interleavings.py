"""Renewals of several processes against a server that takes its time, at any moment of virtual time."""

import asyncio
import random
from collections.abc import Mapping
from datetime import timedelta

import pytest

from connectors import CONNECTORS
from connectors.base.errors import KontorError, UpstreamBroken, UpstreamUnreachable
from gateway.credentials.authorization_server import AuthorizationServer
from gateway.credentials.grants import Grant
from gateway.credentials.held import Held
from gateway.credentials.renewal import Asked, Renewal
from gateway.settings import Settings
from gateway.targets import Targets
from tests.integration.credentials.token_server import Family, TokenServer
from tests.unit.credentials.fleet import MemoryRows, connection_of, renewing, surroundings
from tests.unit.upstream.virtual import VirtualClock

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(240)]

ID = "con_00001"
SETTINGS = Settings(twin_url="http://twin.localhost", token_timeout_s=10.0, token_late_s=60.0)
INTERLEAVINGS = 1000


class SlowClient:
    """`TokenClient`. The server acts in the middle of its time, whether anybody listens or not."""

    def __init__(self, clock: VirtualClock, server: TokenServer) -> None:
        self.clock = clock
        self.server = server
        self.takes_s: list[float] = [0.0]

    async def post_form(
        self, url: str, form: Mapping[str, str], basic: tuple[str, str], timeout_s: float
    ) -> tuple[int, Mapping[str, str], bytes]:
        takes_s = self.takes_s.pop(0) if len(self.takes_s) > 1 else self.takes_s[0]
        before_s = min(takes_s / 2, timeout_s)
        await self.clock.sleep(before_s)
        status, body = self.server.post(url, form, basic)
        await self.clock.sleep(min(takes_s, timeout_s) - before_s)
        if takes_s > timeout_s:
            raise UpstreamBroken("no answer in time")
        return status, {}, body


class World:
    """One connection, so many processes, and a server without grace."""

    def __init__(self, processes: int, *, locks: bool, reuse_ends_all: bool = True) -> None:
        self.clock = VirtualClock()
        self.server = TokenServer(reuse_ends_all=reuse_ends_all)
        self.client = SlowClient(self.clock, self.server)
        ambient = surroundings(self.clock, 1)
        self.rows = MemoryRows(ambient, locks=locks)
        server = AuthorizationServer(Targets(SETTINGS, CONNECTORS), ambient, SETTINGS, self.client)
        self.processes = [renewing(self.rows, server, ambient) for _ in range(processes)]

    async def authorize(self, lives_s: float) -> Family:
        family = self.server.authorize()
        now = self.clock.now()
        grant = Grant(
            access_token=family.access,
            refresh_token=family.refresh,
            issued_at=now - timedelta(hours=4),
            expires_at=now + timedelta(seconds=lives_s),
        )
        await self.rows.authorize(connection_of(ID, now), grant)
        return family

    async def ask(self, process: Renewal, after_s: float = 0.0, refused: str | None = None) -> str:
        """The header, or the name of the error."""
        if after_s:
            await self.clock.sleep(after_s)
        try:
            return (await process.look(self.rows.seen(ID), Asked(refused=refused))).header
        except KontorError as error:
            return type(error).__name__

    @property
    def held(self) -> Held:
        return self.rows.held[ID]


@pytest.mark.parametrize("takes_s", [5, 8, 12, 15, 20, 30, 40, 50, 60])
async def test_a_slow_token_endpoint_costs_one_call_and_loses_no_token(takes_s: int) -> None:
    """REL-13: 200 who wait in four processes, a timeout of 10 s, a server without grace."""
    world = World(4, locks=True)
    family = await world.authorize(lives_s=0)
    world.client.takes_s = [float(takes_s)]
    generation = world.held.generation

    async def everybody() -> list[str]:
        return await asyncio.gather(*(world.ask(each) for each in world.processes for _ in range(50)))

    at_once = await world.clock.run(everybody())
    await world.clock.run(world.clock.sleep(takes_s))
    afterwards = await world.clock.run(everybody())

    in_time = takes_s < SETTINGS.token_timeout_s
    assert set(at_once) <= {f"Bearer {family.access}", UpstreamUnreachable.__name__}
    assert at_once[0] == (f"Bearer {family.access}" if in_time else UpstreamUnreachable.__name__)
    assert (world.server.calls, world.server.rotations) == (1, 1)
    assert set(afterwards) == {f"Bearer {family.access}"}
    assert world.server.accepts(afterwards[0])
    assert world.held.generation == generation + 1


async def test_an_answer_that_never_comes_ends_the_waiting_and_the_next_try_is_made_afterwards() -> None:
    """REL-13: 10 s for who waits, 70 s for the one who listens, then 30 s of rest."""
    world = World(1, locks=True)
    (process,) = world.processes
    family = await world.authorize(lives_s=0)
    family.revoked = False
    world.client.takes_s = [1000.0, 0.0]
    world.server.grace = True  # it rotated, and nobody heard of it
    outcomes = [await world.clock.run(world.ask(process))]
    for at in (40, 69, 99):
        await world.clock.run(world.clock.sleep(at - world.clock.time))
        outcomes.append(await world.clock.run(world.ask(process)))
    calls = world.server.calls
    await world.clock.run(world.clock.sleep(2))
    outcomes.append(await world.clock.run(world.ask(process)))

    assert outcomes == [*["UpstreamUnreachable"] * 4, f"Bearer {family.access}"]
    assert (calls, world.server.calls) == (1, 2)


@pytest.mark.parametrize("reconnects_at_s", [1, 9, 11, 20, 29, 31])
async def test_a_late_answer_is_not_stored_over_a_newer_authorization(reconnects_at_s: int) -> None:
    """REL-13: a late writer is refused. The server answers after 30 s."""
    world = World(1, locks=True)
    await world.authorize(lives_s=0)
    world.client.takes_s = [30.0]

    async def reconnect() -> Family:
        await world.clock.sleep(reconnects_at_s)
        return await world.authorize(lives_s=14399)

    async def both() -> Family:
        _, newer = await asyncio.gather(world.ask(world.processes[0]), reconnect())
        await world.clock.sleep(60)
        return newer

    newer = await world.clock.run(both())

    assert await world.ask(world.processes[0]) == f"Bearer {newer.access}"
    assert world.server.accepts(f"Bearer {newer.access}")


async def test_who_loses_a_race_recovers_a_thousand_times_of_a_thousand(
    request: pytest.FixtureRequest,
) -> None:
    """REL-12, where no lock keeps the winner away."""
    chance = random.Random(request.config.getoption("randomly_seed", 1))
    world = World(2, locks=False, reuse_ends_all=False)
    loser, winner = world.processes
    recovered = races = 0
    for _ in range(INTERLEAVINGS):
        family = await world.authorize(lives_s=0)
        rotations = world.server.rotations
        world.client.takes_s = [chance.uniform(1, 3), chance.uniform(0.1, 0.4), 0.0]

        async def race(after_s: float = chance.uniform(0, 0.2)) -> tuple[str, str]:
            return await asyncio.gather(world.ask(loser), world.ask(winner, after_s))

        headers = await world.clock.run(race())
        recovered += set(headers) == {f"Bearer {family.access}"}
        races += world.server.rotations == rotations + 1

    print(f"{INTERLEAVINGS} races lost, {recovered} recovered; {world.server.calls} calls")
    assert (recovered, races) == (INTERLEAVINGS, INTERLEAVINGS)
    assert world.server.calls == 2 * INTERLEAVINGS


@pytest.mark.parametrize("locks", [True, False], ids=["with row locks", "without row locks"])
async def test_a_new_authorization_survives_a_thousand_renewals_that_are_under_way(
    locks: bool, request: pytest.FixtureRequest
) -> None:
    """REL-18."""
    chance = random.Random(request.config.getoption("randomly_seed", 1))
    world = World(2, locks=locks)
    reversals = during = 0
    for number in range(INTERLEAVINGS):
        old = await world.authorize(lives_s=0)
        refused = f"Bearer {old.access}" if number % 2 else None
        world.client.takes_s = [chance.uniform(0, 12), chance.uniform(0, 12)]
        calls = world.server.calls

        async def reconnect(after_s: float = chance.uniform(0, 12)) -> Family:
            await world.clock.sleep(after_s)
            return await world.authorize(lives_s=14399)

        async def all_at_once(
            refused: str | None = refused, later_s: float = chance.uniform(0, 12)
        ) -> Family:
            first, second = world.processes
            newest, *_ = await asyncio.gather(
                reconnect(), world.ask(first, refused=refused), world.ask(second, later_s)
            )
            await world.clock.sleep(70)  # whatever was late has come
            return newest

        newest = await world.clock.run(all_at_once())
        header = await world.clock.run(world.ask(world.processes[number % 2]))
        reversals += header != f"Bearer {newest.access}" or not world.server.accepts(header)
        during += world.server.calls > calls

    print(f"{INTERLEAVINGS} interleavings, {during} with a renewal under way, {reversals} reversals")
    assert reversals == 0
    assert during > INTERLEAVINGS / 2
