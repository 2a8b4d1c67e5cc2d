"""The stand-in for the scheduler's script gives the slots that the script gives on a real server."""

import asyncio
from typing import Any

import pytest
from redis import Redis

from gateway.upstream.schedule.queues import MICRO
from gateway.upstream.schedule.shared import SCRIPT
from gateway.upstream.schedule.slots import idle_us
from tests.simulation import loop
from tests.simulation.chance import Chance
from tests.simulation.redis import SimulatedRedis, Slotted

INTERVAL_US = 503_000
ROUNDS = 60
EPOCH_US = 1_800_000_000_000_000
"""A server's clock never stands at 0, as ours does: only waits can be compared."""


class Told:
    """Redis's TIME, told by the test: scripts may not see another clock."""

    def __init__(self, redis: "Redis", text: str) -> None:
        self.now_us = 0
        clock = "{ARGV[5], ARGV[6]}"
        self._run = redis.register_script(text.replace("redis.call('TIME')", clock))

    def __call__(self, key: str, *arguments: int) -> list[int]:
        seconds, rest = divmod(self.now_us, MICRO)
        found: Any = self._run(keys=[key], args=[*arguments, seconds, rest])
        return found


@pytest.mark.needs("valkey")
@pytest.mark.parametrize("seed", range(4))
def test_both_give_the_same_slots(valkey_url: str, seed: int) -> None:
    async def no_step(_: str) -> None:
        return None

    async def compare() -> int:
        chance = Chance(seed, "slots")
        real = Told(Redis.from_url(valkey_url), SCRIPT.read_text())
        script = SimulatedRedis(Slotted(), no_step).register_script("")
        alike = 0
        for _ in range(ROUNDS):
            await asyncio.sleep(chance.one_of((0.0, 0.1, 0.4, 1.0)) + chance.below(1000) / MICRO)
            longest = chance.one_of((0, 300_000, 5_000_000))
            push = chance.one_of((0, 0, 0, 2_000_000))
            arguments = (INTERVAL_US, idle_us(INTERVAL_US), longest, push)
            real.now_us = EPOCH_US + round(asyncio.get_running_loop().time() * MICRO)
            expected = real("kontor:slots:1", *arguments)
            assert await script(keys=["kontor:slots:1"], args=arguments) == expected
            alike += 1
        return alike

    assert loop.run(compare()) == ROUNDS
