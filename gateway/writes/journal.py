"""Writes happen once: the journal claims a key, has the write carried out, and gives its answer again."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy import Row

from connectors.base.errors import KontorError, OutcomeUnknown
from gateway.ambient import Ambient
from gateway.credentials.vault import Vault
from gateway.errors import KeyInProgress, KeyReused, Unavailable
from gateway.persistence.database import Database
from gateway.tenants.model import Connection
from gateway.writes import rows
from gateway.writes.answers import StoredAnswer, unpacked
from gateway.writes.execution import Act, Execution
from gateway.writes.fingerprints import fingerprint
from gateway.writes.rows import CONFIRMED, REJECTED, RESERVED, SENT, Claim, Write
from gateway.writes.settlement import OnConfirmed, Settlement

__all__ = ["Journal", "StoredAnswer", "fingerprint"]

LEASE_S = 60.0
TRIES = 5
"""A key that is freed between two looks is tried again; so often in a row it is not."""
SWEPT_AT_ONCE = 500

ProblemOf = Callable[[KontorError, str], StoredAnswer]


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
        lease_s: float = LEASE_S,
    ) -> None:
        self._database = database
        self._ambient = ambient
        self._vault = vault
        self._problem_of = problem_of
        self._settlement = Settlement(database, ambient, vault, timedelta(seconds=lease_s), on_confirmed)
        self._running: set[asyncio.Task[StoredAnswer]] = set()

    async def run(
        self,
        *,
        connection: Connection,
        resource: str,
        operation: str,
        route: str,
        method: str,
        key: str | None,
        fingerprint: bytes,
        request_id: str,
        act: Act,
    ) -> tuple[StoredAnswer, bool]:
        """The answer, and whether it is the kept one of an earlier request with this key.

        `act` gets a function to put around the wire it writes with. When the caller goes away, a write that
        has not been sent is given up; one that has is carried to its end, whoever listens.

        Raises:
            KeyReused: the key came before with another request.
            KeyInProgress: the first request with this key is still at work.
            OutcomeUnknown: it is not known whether this write, or the first one with this key, was booked.
            KontorError: whatever `act` raised.
        """
        write = Write(
            tenant_id=connection.tenant_id,
            connection_id=connection.id,
            environment=connection.environment,
            method=method,
            route=route,
            idempotency_key=key,
            fingerprint=fingerprint,
            resource=resource,
            operation=operation,
            request_id=request_id,
        )
        claim = await self._claim(write)
        if isinstance(claim, Claim):
            return await self._carried_out(claim, act), False
        return await self._answer_of(claim), True

    async def sweep(self) -> tuple[int, int]:
        """Settle what dead processes left: how many were freed, and how many now have an unknown outcome."""
        freed = unknown = 0
        async with self._database.write() as session:
            now = self._ambient.clock.now()
            for row in await rows.abandoned(session, now, SWEPT_AT_ONCE):
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
        lease_until = now + self._settlement.lease
        async with self._database.write() as session:
            id = self._ambient.ids.new("wrt")
            claim = await rows.reserve(session, self._database.dialect, id, write, now, lease_until)
            if claim is not None:
                return claim
            row = await rows.found(session, write)
            if row is None:  # freed since the conflict
                return None
            dead = row.lease_until is not None and row.lease_until < now
            if dead and row.state == RESERVED:
                return await rows.take_over(session, row, write, now, lease_until)
            if dead and row.state == SENT:
                await rows.give_up(session, row.id, row.generation, now)
        return _finished(row, write, dead)

    async def _carried_out(self, claim: Claim, act: Act) -> StoredAnswer:
        execution = Execution(self._settlement, self._problem_of, claim)
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


def _finished(row: Row[Any], write: Write, dead: bool) -> Row[Any]:
    """The row, if its answer can be given again."""
    if row.fingerprint != write.fingerprint:
        raise KeyReused("This Idempotency-Key came before with another request.")
    if row.state in (CONFIRMED, REJECTED):
        return row
    if row.state in (RESERVED, SENT) and not dead:
        raise KeyInProgress("The first request with this Idempotency-Key is still at work.", retry_after_s=1)
    raise OutcomeUnknown(
        "The first request with this Idempotency-Key got no clear answer; it may have been booked.",
        retry_after_s=60,
    )
