"""One run: processes with many calls waiting for one connection, and the twin that counts them."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec

from gateway.launch import twin as launched
from gateway.persistence.migrate import migrate
from gateway.persistence.redis_client import connect
from tests import servers
from tests.benchmarks.schedule.worker import Granted, Work

ROOT = Path(__file__).resolve().parent.parent.parent.parent
ALLOWED_PER_SECOND = 2.0


class Plan(msgspec.Struct, frozen=True):
    """How many processes, calls waiting in each, and seconds until the rest is given up."""

    processes: int
    waiting: int
    seconds: float


class Outcome(msgspec.Struct, frozen=True):
    """What the processes told."""

    plan: Plan
    slots_us: list[int]
    """By the schedule's clock, in order."""
    answered: dict[int, int]
    """Answers of the twin by status."""
    failures: list[str]
    """What processes that ended badly said last."""

    @property
    def most_in_a_second(self) -> int:
        """The most slots in any window [t, t + 1 s)."""
        most = start = 0
        for end, slot in enumerate(self.slots_us):
            while slot - self.slots_us[start] >= 1_000_000:
                start += 1
            most = max(most, end - start + 1)
        return most

    @property
    def share(self) -> float:
        """Of the rate that the vendor allows, from the first slot to the last."""
        span_s = (self.slots_us[-1] - self.slots_us[0]) / 1_000_000
        return (len(self.slots_us) - 1) / (span_s * ALLOWED_PER_SECOND)


Meanwhile = Callable[[list[subprocess.Popen[str]]], Awaitable[None]]


async def nothing(processes: list[subprocess.Popen[str]]) -> None:
    """Let them work."""


async def run(
    plan: Plan, directory: Path, database_url: str, redis_url: str, meanwhile: Meanwhile = nothing
) -> Outcome:
    """Start the twin and the processes, wait for their end; `meanwhile` may do them harm."""
    twin = launched.start(directory)
    try:
        place = launched.describe(twin, directory)
        told = Work(
            database_url=database_url,
            redis_url=redis_url,
            twin_url=place["url"],
            api_key=place["apiKey"],
            waiting=plan.waiting,
            seconds=plan.seconds,
        )
        processes = [_start(told) for _ in range(plan.processes)]
        await asyncio.gather(*(asyncio.to_thread(_ready, process) for process in processes))
        outputs = [asyncio.to_thread(process.communicate, "go\n") for process in processes]
        harming = asyncio.ensure_future(meanwhile(processes))
        results = await asyncio.gather(*outputs)
        await harming
    finally:
        twin.stop(8.0)
    return _outcome(plan, list(zip(results, processes, strict=True)))


def _start(told: Work) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.benchmarks.schedule.worker", msgspec.json.encode(told).decode()]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("KONTOR_")}
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _ready(process: subprocess.Popen[str]) -> None:
    """Wait until it has started: what that takes is not the schedule's."""
    assert process.stdout is not None
    process.stdout.readline()


def _outcome(plan: Plan, ended: list[tuple[tuple[str, str], subprocess.Popen[str]]]) -> Outcome:
    calls: list[Granted] = []
    failures: list[str] = []
    for (output, errors), process in ended:
        lines = [line for line in output.splitlines() if line.endswith("}")]
        calls += [msgspec.json.decode(line, type=Granted) for line in lines]
        if process.returncode > 0:
            failures.append(errors[-2000:])
    answered: dict[int, int] = {}
    for call in calls:
        answered[call.status] = answered.get(call.status, 0) + 1
    return Outcome(plan, sorted(call.slot_us for call in calls), answered, failures)


class Measured(msgspec.Struct, frozen=True):
    """A run, and what its slots cost Redis."""

    outcome: Outcome
    commands_per_grant: float


async def measure(plan: Plan, directory: Path) -> Measured:
    """A run over PostgreSQL and Valkey of its own."""
    os.environ.setdefault("XDG_RUNTIME_DIR", str(directory))  # PostgreSQL's wheel asks for it
    with servers.postgres(f"bench{os.getpid()}") as server, servers.fresh_database(server) as database_url:
        await migrate(database_url)
        with servers.valkey() as redis_url:
            outcome = await run(plan, directory, database_url, redis_url)
            redis = connect(redis_url)
            stats = await redis.info("commandstats")
            await redis.aclose()
    cost = sum(entry["calls"] for name, entry in stats.items() if name != "cmdstat_info")
    return Measured(outcome, cost / len(outcome.slots_us))
