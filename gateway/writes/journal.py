"""Writes happen once: the journal claims a key, has the write carried out, and gives its answer again."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Row

from connectors.base.errors import KontorError, OutcomeUnknown, WrittenButNotRead
from connectors.base.wire import Call
from gateway.ambient import Ambient
from gateway.credentials.vault import Vault
from gateway.errors import KeyInProgress, KeyReused, Unavailable
from gateway.persistence.database import Database
from gateway.writes import rows
from gateway.writes.answers import Effect, StoredAnswer, unpacked
from gateway.writes.execution import Act, Execution, PresumedSent, Resumption
from gateway.writes.fingerprints import fingerprint
from gateway.writes.journaled import Mark
from gateway.writes.recovered import gap
from gateway.writes.rows import (
    CONFIRMED,
    NEEDS_DECISION,
    REJECTED,
    RESERVED,
    SENT,
    UNKNOWN,
    Claim,
    Write,
)
from gateway.writes.settlement import OnConfirmed, Settlement

__all__ = ["Effect", "Journal", "Resumption", "StoredAnswer", "fingerprint"]

OPERATION_HEADER = "kontor-operation"
OPERATIONS_PATH = "/v1/operations/"
WAITS_S = {UNKNOWN: 30.0, NEEDS_DECISION: 300.0}
"""When to ask again for an outcome that nobody knows yet."""
TOLD = {
    UNKNOWN: "The first request with this Idempotency-Key got no clear answer; it may have been booked.",
    NEEDS_DECISION: "Somebody has to decide what became of the first request with this Idempotency-Key.",
}

TRIES = 5
"""A key that is freed between two looks is tried again; so often in a row it is not."""
SWEPT_AT_ONCE = 500

ProblemOf = Callable[[KontorError, str], StoredAnswer]
OnPending = Callable[[str, float], Awaitable[None]]
"""Settles an operation that a repetition waits for, until a moment on the monotonic clock."""


class Journal:
    """One row a write. It opens short transactions of its own and none while a vendor is awaited.

    `problem_of` makes the answer that is kept of an error and a request's id. `on_confirmed` is called in the
    transaction that confirms a write. A process that dies leaves its rows to others: `lease_s` after it was
    last seen, a write that was not sent is as if it had never been, and one that was has an unknown outcome.
    """

    def __init__(
        self,
        database: Database,
        ambient: Ambient,
        vault: Vault,
        problem_of: ProblemOf,
        on_confirmed: OnConfirmed | None = None,
        lease_s: float = 60.0,
    ) -> None:
        self.on_pending: OnPending | None = None
        """Set by the wiring: whoever settles knows the journal, not the other way round."""
        self.settlement = Settlement(database, ambient, vault, timedelta(seconds=lease_s), on_confirmed)
        self._database = database
        self._ambient = ambient
        self._vault = vault
        self._problem_of = problem_of
        self._running: set[asyncio.Task[StoredAnswer]] = set()

    async def run(
        self,
        *,
        write: Write,
        act: Act,
        deadline: float,
        asked: Callable[[], bytes],
        mark: Callable[[Call, str], Call | None] | None = None,
        resumed: Resumption | None = None,
        traceable: Callable[[Call], bool] = lambda call: False,
    ) -> tuple[StoredAnswer, bool]:
        """The answer, and whether it is the kept one of an earlier request with this key.

        `act` gets a function to put around the wire it writes with. When the caller goes away, a write that
        has not been sent is given up; one that has is carried to its end, whoever listens. `asked` tells the
        request so that it can be carried out again; `mark` puts a write's mark on its calls; `resumed` is the
        write itself, carried on; `traceable` tells which calls are looked for before they leave, after a
        backup was restored. A repetition waits until `deadline`, on the monotonic scale, for an outcome
        that is not known yet. Every answer and error names the operation in a header.

        Raises:
            KeyReused: the key came before with another request.
            KeyInProgress: the first request with this key is still at work.
            IdenticalWritePending: a create with the same content has no clear answer yet.
            OutcomeUnknown: it is not known whether this write, or the first one with this key, was booked.
            KontorError: whatever `act` raised.
        """
        if resumed is not None:
            marked = _bound(mark, resumed.claim.id)
            execution = Execution(self.settlement, self._problem_of, resumed.claim, None, marked, resumed)
            return await self._carried_out(execution, act), False
        claim = await self._claim(write)
        if isinstance(claim, Claim):
            marked = _bound(mark, claim.id)
            execution = Execution(
                self.settlement, self._problem_of, claim, asked, marked, traceable=traceable
            )
            try:
                return named(await self._carried_out(execution, act), claim.id), False
            except PresumedSent:
                async with self._database.read() as session:
                    claim = await rows.by_id(session, claim.id)
                assert claim is not None  # it has just been written down
                return await self._awaited(claim, deadline), False
            except KontorError as error:
                _name(error, claim.id)
                raise
        return await self._awaited(claim, deadline), True

    async def _awaited(self, row: Row[Any], deadline: float) -> StoredAnswer:
        """The answer of a row that is settled, by somebody, until `deadline`."""
        if row.state == UNKNOWN and self.on_pending is not None:
            await self.on_pending(row.id, deadline)
            async with self._database.read() as session:
                row = await rows.by_id(session, row.id) or row
        try:
            return named(await self._answer_of(_final(row, self._ambient.clock.now())), row.id)
        except KontorError as error:
            _name(error, row.id)
            raise

    async def sweep(self) -> tuple[int, int]:
        """Settle what dead processes left: how many were freed, and how many now have an unknown outcome."""
        freed = unknown = 0
        now = self._ambient.clock.now()
        async with self._database.read() as session:
            dead = await rows.abandoned(session, now, SWEPT_AT_ONCE)
        if not dead:
            return 0, 0
        async with self._database.write() as session:
            for row in dead:
                if row.state == RESERVED:
                    freed += await rows.forget(session, row.id, row.generation)
                else:
                    unknown += await rows.give_up(session, row.id, row.generation, now)
        return freed, unknown

    async def drain(self) -> None:
        """Wait for the writes under way: before a process ends."""
        while self._running:
            await asyncio.wait(self._running)

    async def _claim(self, write: Write) -> Claim | Row[Any]:
        """A row to act on, or the finished one of this key."""
        for _ in range(TRIES):
            claim = await self._try_claim(write)
            if claim is not None:
                return claim
        raise Unavailable("The Idempotency-Key is being claimed again and again.", retry_after_s=1)

    async def _try_claim(self, write: Write) -> Claim | Row[Any] | None:
        now = self._ambient.clock.now()
        lease_until = now + self.settlement.lease
        async with self._database.write() as session:
            unknown = await gap(session, now)
            id = self._ambient.ids.new("op")
            claim = await rows.reserve(session, self._database.dialect, id, write, now, lease_until)
            if claim is not None:
                return msgspec.structs.replace(claim, gap=unknown)
            row = await rows.found(session, write)
            if row is None:  # freed since the conflict
                return None
            dead = row.lease_until is not None and row.lease_until < now
            if dead and row.state == RESERVED:
                return await rows.take_over(session, row, write, now, lease_until)
            if dead and row.state == SENT:
                await rows.give_up(session, row.id, row.generation, now)
                row = await rows.found(session, write) or row
        return _repeated(row, write)

    async def _carried_out(self, execution: Execution, act: Act) -> StoredAnswer:
        task = asyncio.create_task(execution.run(act))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            if not execution.leaving:
                task.cancel()
            raise

    async def _answer_of(self, row: Row[Any]) -> StoredAnswer:
        place = (row.tenant_id, "write_journal", "answer_sealed", row.id)
        return unpacked(
            row.answer_status, row.upstream_id, await self._vault.open(None, *place, row.answer_sealed)
        )


def _bound(mark: Callable[[Call, str], Call | None] | None, id: str) -> Mark | None:
    return None if mark is None else lambda call: mark(call, id) or call


def named(answer: StoredAnswer, id: str) -> StoredAnswer:
    """The answer with the operation's name in its headers."""
    return msgspec.structs.replace(answer, headers=(*answer.headers, (OPERATION_HEADER, id)))


def _name(error: KontorError, id: str) -> None:
    """Put the operation's name into the error; of an unknown outcome also where to look for it."""
    error.headers = {**error.headers, OPERATION_HEADER: id}
    if isinstance(error, OutcomeUnknown):
        error.headers["location"] = f"{OPERATIONS_PATH}{id}"
        error.extra = {**error.extra, "operationId": id}
        error.retry_after_s = error.retry_after_s or WAITS_S[UNKNOWN]


def _repeated(row: Row[Any], write: Write) -> Row[Any]:
    """The row of a key that came before. Raises KeyReused, KeyInProgress."""
    if row.fingerprint != write.fingerprint:
        raise KeyReused("This Idempotency-Key came before with another request.")
    if row.state in (RESERVED, SENT):
        raise KeyInProgress("The first request with this Idempotency-Key is still at work.", retry_after_s=1)
    return row


def _final(row: Row[Any], now: datetime) -> Row[Any]:
    """The row, if its answer can be given again. Raises OutcomeUnknown, WrittenButNotRead."""
    if row.state in (CONFIRMED, REJECTED) and row.answer_sealed is not None:
        return row
    wait_s = WAITS_S.get(row.state, 1.0)
    if row.state == UNKNOWN and row.look_at is not None:
        wait_s = max(1.0, (row.look_at - now).total_seconds())
    if row.upstream_id is not None:
        unread = WrittenButNotRead(row.upstream_id, "it is tried again.")
        unread.retry_after_s = wait_s
        raise unread
    raise OutcomeUnknown(
        TOLD.get(row.state, "The first request with this Idempotency-Key is carried on."),
        retry_after_s=wait_s,
        extra={"state": row.state},
    )
