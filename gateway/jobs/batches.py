"""Carries out batches: item after item, each with a key of its own, so that no crash writes one twice."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from msgspec import Struct
from sqlalchemy import Row

from gateway.ambient import Ambient
from gateway.credentials.vault import Vault
from gateway.jobs import batch_rows as rows
from gateway.jobs.jobs import Again
from gateway.jobs.rows import Job
from gateway.persistence.database import Database
from gateway.tenants.connections import Connections
from gateway.tenants.model import Connection

RUN = "run_batch"
"""Kind of the job; its subject is the batch."""

ASKED, ANSWER = ("batch_items", "asked_sealed"), ("batch_items", "answer_sealed")
"""Table and column, for the vault."""

CUT_OFF = "The end customer has to connect again; resume the batch then."

WINDOW = timedelta(minutes=1)
REPEATED_AFTER_S = 5.0
"""Where an error does not tell when to repeat."""
LONGEST_RUN = timedelta(minutes=2)
"""So long one run of a batch is at most: then others that wait for a worker have their turn."""


class Outcome(Struct, frozen=True, kw_only=True):
    """What became of one item."""

    status: int
    body: bytes
    """JSON as a caller would have got it; empty without one."""
    operation_id: str | None
    """The write's row in the journal; None where it never got that far."""
    booked: bool = False
    """Whether the accounting system has it."""
    repeat_after_s: float | None = None
    """Set when it has to be repeated with the same key."""
    undecided: bool = False
    """Whether a person has to decide what became of it."""
    cut_off: bool = False
    """Whether nothing goes over this connection until the end customer connects again."""

    @property
    def state(self) -> str:
        if self.undecided:
            return rows.UNKNOWN
        return rows.DONE if self.booked else rows.FAILED


PerformItem = Callable[[Connection, bytes], Awaitable[Outcome]]
"""Carries a kept request out through the door's own handler."""


class BatchRuns:
    """Runs of batches in one process. `told_to_stop` says that the process wants to end."""

    def __init__(
        self,
        database: Database,
        ambient: Ambient,
        vault: Vault,
        connections: Connections,
        perform: PerformItem,
        documents_per_minute: int,
    ) -> None:
        self.told_to_stop: Callable[[], bool] = lambda: False
        self._database = database
        self._ambient = ambient
        self._clock = ambient.clock
        self._vault = vault
        self._connections = connections
        self._perform = perform
        self._most = documents_per_minute

    async def run(self, job: Job) -> Again | None:
        """Items in their order, as long as the batch is to run and nothing makes it wait."""
        until = self._clock.now() + LONGEST_RUN
        if job.attempt > 1:
            await self._left_by_the_dead(job)
        async with self._database.write() as session:
            await rows.started(session, job.subject, self._clock.now())
        while True:
            connection = await self._connection_of(job)
            if connection is None:
                return None
            item = await self._begun(job, connection)
            if not isinstance(item, Row):
                return item
            outcome = await self._perform(connection, await self._opened(item))
            await self._settled(item, outcome)
            if outcome.cut_off:
                return None
            if self.told_to_stop() or self._clock.now() >= until:
                return Again(0.0)

    async def _connection_of(self, job: Job) -> Connection | None:
        """The connection of a batch that this job is to run. Without it the batch is over."""
        async with self._database.read() as session:
            batch = await rows.run_of(session, job.subject, job.id)
            if batch is None:  # paused, cancelled, or run by a later job
                return None
            connection = await self._connections.get(
                session, job.tenant_id, job.environment, batch.connection_id
            )
        if connection is not None and connection.state != "disconnected":
            return connection
        async with self._database.write() as session:
            reason = "The connection was disconnected."
            await rows.end(session, self._ambient, job.subject, rows.CANCELLED, reason)
        return None

    async def _begun(self, job: Job, connection: Connection) -> Row[Any] | Again | None:
        """The next item, marked as begun; or when there will be one; None: all are settled."""
        now = self._clock.now()
        async with self._database.write() as session:
            item = await rows.next_item(session, job.subject, now)
            if item is None:
                due_at = await rows.next_due(session, job.subject)
                if due_at is not None:
                    return Again(max(0.0, (due_at - now).total_seconds()))
                await rows.end(session, self._ambient, job.subject, rows.FINISHED)
                return None
            if item.paced:
                turn = await rows.turn_of(session, connection.id, now, self._most, WINDOW)
                if turn > now:
                    return Again((turn - now).total_seconds())
            await rows.begin(session, item, now)
        return item

    async def _left_by_the_dead(self, job: Job) -> None:
        async with self._database.write() as session:
            if await rows.state_of(session, job.subject) == rows.CANCELLED:
                await rows.abandon(session, job.subject, self._clock.now())

    async def _opened(self, item: Row[Any]) -> bytes:
        return await self._vault.open(
            None, item.tenant_id, *ASKED, place(item.batch_id, item.position), item.asked_sealed
        )

    async def _settled(self, item: Row[Any], outcome: Outcome) -> None:
        now = self._clock.now()
        async with self._database.write() as session:
            row = place(item.batch_id, item.position)
            answer = {
                "status": outcome.status,
                "operation_id": outcome.operation_id,
                "answer_sealed": await self._vault.seal(session, item.tenant_id, *ANSWER, row, outcome.body),
            }
            if outcome.cut_off:  # as would all that follow
                await rows.put_off(session, item, now, answer)
                values = {"state": rows.PAUSED, "reason": CUT_OFF}
                await rows.change(session, item.batch_id, (rows.RUNNING,), values)
            elif outcome.repeat_after_s is not None and not outcome.undecided:
                due_at = now + timedelta(seconds=outcome.repeat_after_s)
                await rows.put_off(session, item, due_at, answer)
            else:
                await rows.settle(session, item, outcome.state, now, answer)


def place(batch_id: str, position: int) -> str:
    """How the vault knows an item's row."""
    return f"{batch_id}/{position}"
