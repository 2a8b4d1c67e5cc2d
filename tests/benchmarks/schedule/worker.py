"""`python -m tests.benchmarks.schedule.worker '{…}'`: one process that has many calls waiting.

Prints `ready`, waits for a line, then prints one of JSON for each call: its slot, how it was answered.
"""

import asyncio
import sys
from typing import Any

import httpx2
import msgspec

from gateway.ambient import system
from gateway.persistence.database import Database
from gateway.settings import Settings
from gateway.upstream.exchange import exchange
from gateway.upstream.schedule import Lane, open_scheduler
from gateway.upstream.schedule.books import Budgets
from gateway.upstream.schedule.queues import QueuedScheduler
from gateway.upstream.schedule.timeline import Asking, Told
from gateway.upstream.transport import Transports


class Work(msgspec.Struct, frozen=True):
    """What the worker is told."""

    database_url: str
    redis_url: str
    twin_url: str
    api_key: str
    waiting: int
    seconds: float


class Granted(msgspec.Struct, frozen=True):
    """One call."""

    slot_us: int
    status: int


class Noting:
    """A book whose slots are kept, in the order in which they were given."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self.hold = book.hold
        self.aclose = book.aclose
        self.slots: list[int] = []

    async def ask(self, budgets: Budgets, asking: Asking) -> Told:
        told: Told = await self._book.ask(budgets, asking)
        if told.slot is not None:
            self.slots.append(told.slot)
        return told


async def work(told: Work) -> None:
    """All calls wait at once; those that have had no turn after the time are given up."""
    ambient = system()
    settings = Settings(database_url=told.database_url, redis_url=told.redis_url)
    database, transports = Database.open(told.database_url), Transports()
    scheduler = open_scheduler(settings, ambient, database)
    assert isinstance(scheduler, QueuedScheduler)
    noting = scheduler._book = Noting(scheduler._book)
    url = httpx2.URL(f"{told.twin_url}/v1/profile")
    headers = [
        (b"Host", url.netloc),
        (b"Authorization", f"Bearer {told.api_key}".encode()),
        (b"Accept", b"application/json"),
    ]

    async def call(lane: Lane) -> None:
        await scheduler.slot("4:load", deadline=ambient.clock.monotonic() + 1e6, lane=lane)
        slot = noting.slots.pop(0)
        answer = await exchange(transports.to(url), "GET", url, headers, None, timeout_s=20)
        print(msgspec.json.encode(Granted(slot, answer.status)).decode(), flush=True)

    print("ready", flush=True)
    sys.stdin.readline()
    calls = [asyncio.create_task(call(lane)) for _ in range(told.waiting // len(Lane)) for lane in Lane]
    await asyncio.wait(calls, timeout=told.seconds)
    for task in calls:
        task.cancel()
    await asyncio.gather(*calls, return_exceptions=True)
    await scheduler.aclose()
    await transports.aclose()
    await database.dispose()


if __name__ == "__main__":
    asyncio.run(work(msgspec.json.decode(sys.argv[1], type=Work)))
