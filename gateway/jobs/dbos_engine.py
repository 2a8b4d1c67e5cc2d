"""DBOS, set up for one process: on a SQLite file of its own when embedded, on PostgreSQL at scale.

DBOS registers workflows by function, once for a process; hence the one module-level engine.
"""

import asyncio
import logging
import sqlite3
from collections.abc import Collection
from datetime import datetime
from typing import Any

from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer, ScheduleInput, SetWorkflowID
from sqlalchemy import Engine, create_engine, event

from gateway.ambient import Clock
from gateway.jobs.engine import Run, Upkeep, workflow_id

logger = logging.getLogger(__name__)
BUSY_TIMEOUT_MS = 10_000

SHAPE = "1"
"""Changes with the steps of the workflows below. Work of another shape is not run by this process."""

QUEUE, PATIENT, ALONE = "jobs", "jobs_patient", "jobs_alone"
OVER = ["SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"]
PRUNED_AT_ONCE = 500

_upkeep: dict[str, Upkeep] = {}
_run: list[Run] = []


@DBOS.step(name="upkeep")
async def _work(name: str) -> int:
    done = await _upkeep[name].run()
    logger.debug("upkeep", extra={"job": name, "done": done})
    return done


@DBOS.workflow(name="upkeep", max_recovery_attempts=None)
async def _scheduled(at: datetime, context: Any) -> None:
    await _work(context["job"])


# One step: a crash repeats it from its beginning, which is where attempts are counted.
@DBOS.step(name="round")
async def _carry_out(job_id: str, round: int) -> None:
    await _run[0](job_id, round)


@DBOS.workflow(name="job", max_recovery_attempts=None)
async def _job(job_id: str, round: int) -> None:
    await _carry_out(job_id, round)


class DbosEngine:
    """`Engine`. At most one in a process."""

    def __init__(
        self, database_url: str, executor_id: str, clock: Clock, poll_s: float, at_once: int
    ) -> None:
        """`at_once`: jobs that run in this process at a time, and as many patient ones; beside them one that
        was running when its process died."""
        self.executor_id = executor_id
        self._url = database_url
        self._clock = clock
        self._poll_s = poll_s
        self._at_once = at_once

    async def start(self, run: Run, upkeep: tuple[Upkeep, ...]) -> None:
        """See `Engine.start`."""
        _upkeep.update({work.name: work for work in upkeep})
        _run[:] = [run]
        DBOS(config=self._config())
        DBOS.launch()
        for name, at_once, poll_s in (
            (QUEUE, self._at_once, self._poll_s / 4),  # events of vendors wait here
            (PATIENT, self._at_once, self._poll_s),
            (ALONE, 1, self._poll_s),
        ):
            await DBOS.register_queue_async(name, worker_concurrency=at_once, polling_interval_sec=poll_s)
        await DBOS.apply_schedules_async(
            [
                ScheduleInput(
                    schedule_name=work.name,
                    workflow_fn=_scheduled,
                    schedule=work.schedule,
                    context={"job": work.name},
                )
                for work in upkeep
            ]
        )

    async def stop(self) -> None:
        """See `Engine.stop`."""
        await asyncio.to_thread(DBOS.destroy)
        _upkeep.clear()
        _run.clear()

    async def hand_over(self, job_id: str, round: int, *, patient: bool = False) -> None:
        """See `Engine.hand_over`."""
        with SetWorkflowID(workflow_id(job_id, round)):
            await DBOS.enqueue_workflow_async(PATIENT if patient else QUEUE, _job, job_id, round)

    async def active(self, workflow_ids: Collection[str]) -> set[str]:
        """See `Engine.active`."""
        found = await DBOS.list_workflows_async(
            workflow_ids=list(workflow_ids), load_input=False, load_output=False
        )
        return {one.workflow_id for one in found if one.status not in OVER}

    async def take_over(self, alive: Collection[str]) -> int:
        """See `Engine.take_over`."""
        pending = await DBOS.list_workflows_async(status="PENDING", load_input=False, load_output=False)
        left = [one for one in pending if one.executor_id not in alive]
        jobs = [one.workflow_id for one in left if one.name == "job"]
        others = [one.workflow_id for one in left if one.name != "job"]
        if jobs:
            await DBOS.resume_workflows_async(jobs, queue_name=ALONE)
        if others:
            await DBOS.resume_workflows_async(others)
        return len(left)

    async def prune(self, before: datetime) -> int:
        """See `Engine.prune`."""
        total = 0
        while True:
            over = await DBOS.list_workflows_async(
                status=OVER,
                completed_before=before.isoformat(),
                limit=PRUNED_AT_ONCE,
                load_input=False,
                load_output=False,
            )
            if not over:
                return total
            await DBOS.delete_workflows_async([one.workflow_id for one in over])
            total += len(over)

    def _config(self) -> DBOSConfig:
        config = DBOSConfig(
            name="kontor",
            application_version=SHAPE,
            executor_id=self.executor_id,
            serializer=DBOSPortableJSONSerializer(),
            log_level="ERROR",  # that work was taken over, which it warns of, is what we had it do
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
