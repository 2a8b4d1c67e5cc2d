"""A Redis without sockets, as far as the scheduler uses it: its script, in Python, on the loop's time."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from redis.exceptions import ConnectionError as Away

from gateway.upstream.schedule.queues import MICRO
from gateway.upstream.schedule.slots import Slots, next_slot, pushed, taken

Step = Callable[[str], Awaitable[None]]


class Slotted:
    """What all processes share. Losing it is a fault of its own: `slots.clear()`."""

    def __init__(self) -> None:
        self.slots: dict[str, Slots] = {}
        self.away = False

    def run(self, key: str, interval_us: int, idle: int, longest_us: int, push_us: int) -> list[int]:
        """`slots.lua`; `test_redis.py` holds the two equal."""
        now = round(asyncio.get_running_loop().time() * MICRO)
        held = self.slots.get(key, Slots(now - idle, now - idle))
        if push_us > 0:
            held = pushed(held, now + push_us, interval_us)
            self.slots[key] = held
            return [1, max(held.last + interval_us, held.before + 2 * interval_us) - now]
        slot = next_slot(held, now, interval_us)
        if slot - now > longest_us:
            return [0, slot - now]
        self.slots[key] = taken(held, slot)
        return [1, slot - now]


class SimulatedRedis:
    """One process's client."""

    def __init__(self, shared: Slotted, step: Step) -> None:
        self.shared = shared
        self._step = step

    def register_script(self, text: str) -> Callable[..., Awaitable[list[int]]]:
        """The one script there is, whatever its text."""

        async def run(*, keys: Sequence[str], args: Sequence[Any]) -> list[int]:
            await self._step("slot")
            if self.shared.away:
                raise Away("Connection refused.")
            return self.shared.run(keys[0], *(int(argument) for argument in args))

        return run

    async def aclose(self) -> None:
        """Nothing is open."""
