"""What jobs ask of an engine: to run each round to its end, whoever dies meanwhile. It knows no more.

Which work there is, how often it is tried and when it is given up stands in rows of ours (`rows`), so that
DBOS can be changed for an engine without threads where a test wants its own clock.
"""

from collections.abc import Awaitable, Callable, Collection
from datetime import datetime
from typing import Protocol

from msgspec import Struct

Run = Callable[[str, int], Awaitable[None]]
"""Carries out one round of one job. It may be called again for the same round: a crash repeats it."""


class Upkeep(Struct, frozen=True, kw_only=True):
    """Work that comes round again. `run` may be repeated at any time: a crash repeats it."""

    name: str
    schedule: str
    """Cron, in UTC; six fields begin with seconds."""
    run: Callable[[], Awaitable[int]]
    """Does the work and tells how much there was."""


def workflow_id(job_id: str, round: int) -> str:
    """How an engine knows a round: the job's id; with a number from the second round on."""
    return job_id if round == 0 else f"{job_id}.{round}"


class Engine(Protocol):
    """Runs rounds of jobs, and upkeep by its schedules."""

    executor_id: str
    """Names this process among those that share the engine's database; never used twice."""

    async def start(self, run: Run, upkeep: tuple[Upkeep, ...]) -> None:
        """Begin to work, inside the event loop that serves."""
        ...

    async def stop(self) -> None:
        """Begin nothing more. What still runs is left as that of a dead process."""
        ...

    async def hand_over(self, job_id: str, round: int, *, patient: bool = False) -> None:
        """Have the round run, here or in another process. Handed over twice, it runs once.

        `patient` ones have places of their own, as many: they are so many and so long that others would wait
        behind them.
        """
        ...

    async def active(self, workflow_ids: Collection[str]) -> set[str]:
        """Which of them wait or run."""
        ...

    async def take_over(self, alive: Collection[str]) -> int:
        """Have run again what executors other than these left unfinished; how much there was.

        Rounds of jobs run alone in their process from then on: one of them may have ended the last.
        """
        ...

    async def prune(self, before: datetime) -> int:
        """Forget what ended before then; how much there was."""
        ...
