"""DBOS, set up for one process: on a SQLite file of its own when embedded, on PostgreSQL at scale.

DBOS registers workflows by function, once for a process; hence the one module-level engine.
"""

import asyncio
import importlib.metadata
import logging
import sqlite3
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer, ScheduleInput
from msgspec import Struct
from sqlalchemy import Engine, create_engine, event

from gateway.ambient import Clock

logger = logging.getLogger(__name__)
BUSY_TIMEOUT_MS = 10_000


class Upkeep(Struct, frozen=True, kw_only=True):
    """Work that comes round again. `run` may be repeated at any time: a crash repeats it."""

    name: str
    schedule: str
    """Cron, in UTC; six fields begin with seconds."""
    run: Callable[[], Awaitable[int]]
    """Does the work and tells how much there was."""


_upkeep: dict[str, Upkeep] = {}


@DBOS.step(name="upkeep")
async def _work(name: str) -> int:
    done = await _upkeep[name].run()
    logger.info("upkeep", extra={"job": name, "done": done})
    return done


@DBOS.workflow(name="upkeep")
async def _scheduled(at: datetime, context: Any) -> None:
    await _work(context["job"])


class JobEngine:
    """Runs upkeep by its schedules until stopped. At most one in a process."""

    def __init__(self, database_url: str, executor_id: str, clock: Clock, upkeep: tuple[Upkeep, ...]) -> None:
        self._url = database_url
        self._clock = clock
        self._executor_id = executor_id
        self._work = upkeep

    async def start(self) -> None:
        """Launch and set the schedules. Must run inside the event loop that serves."""
        _upkeep.update({work.name: work for work in self._work})
        DBOS(config=self._config())
        DBOS.launch()
        await DBOS.apply_schedules_async(
            [
                ScheduleInput(
                    schedule_name=work.name,
                    workflow_fn=_scheduled,
                    schedule=work.schedule,
                    context={"job": work.name},
                )
                for work in self._work
            ]
        )

    async def stop(self) -> None:
        """Let what runs finish its step; the rest is taken up at the next start."""
        await asyncio.to_thread(DBOS.destroy)
        _upkeep.clear()

    def _config(self) -> DBOSConfig:
        config = DBOSConfig(
            name="kontor",
            application_version=importlib.metadata.version("kontor"),
            executor_id=self._executor_id,
            serializer=DBOSPortableJSONSerializer(),
            log_level="WARNING",
        )
        if self._url.startswith("sqlite"):
            config["system_database_engine"] = _sqlite(self._url, self._clock)
        else:
            config["system_database_url"] = self._url.replace("postgresql+psycopg://", "postgresql://")
        return config


def _sqlite(url: str, clock: Clock) -> Engine:
    """DBOS's own tables in a file: writers queue, and an old SQLite learns `unixepoch`."""
    engine = create_engine(url.replace("+aiosqlite", ""))

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, record: Any) -> None:
        connection.isolation_level = "IMMEDIATE"
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
        connection.execute("PRAGMA foreign_keys=ON")
        if sqlite3.sqlite_version_info < (3, 42):
            connection.create_function("unixepoch", -1, lambda *_: clock.now().timestamp())

    return engine
