"""Takes up writes whose outcome is unknown, one after another, and brings each to its end."""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Row

from connectors.base.errors import KontorError
from connectors.base.tracing import Candidate, Evidence, Sought
from gateway.ambient import Ambient
from gateway.audit.log import KONTOR, record
from gateway.credentials.vault import Vault
from gateway.dispatch import Dispatcher
from gateway.dispatch.tracing import trace
from gateway.errors import AlreadyDecided, Unavailable, WriteAbandoned
from gateway.persistence.database import Database
from gateway.reconcile.neighbours import creates_under_way
from gateway.reconcile.rule import NOT_REPEATED, NOT_SHOWN, Adopt, Ask, Resend, Times, Verdict, Wait, verdict
from gateway.settings import Settings
from gateway.telemetry.log import fault
from gateway.tenants.connections import Connections
from gateway.tenants.model import Connection
from gateway.writes import recovered, rows
from gateway.writes.journal import Journal, ProblemOf, Resumption
from gateway.writes.rows import NEEDS_DECISION, REJECTED, UNKNOWN, Claim, Write
from gateway.writes.settlement import pause_after, tell_of_operation
from gateway.writes.tape import Heard, Tape, TapeTorn

AT_A_TIME, TOGETHER = 100, 8
"""Writes of one round, and how many of them are looked after at the same time."""
ASKS_AGAIN_S = 1.0
"""How often a waiting request looks whether another process has settled its write."""

Again = Callable[[Connection, bytes, Resumption], Awaitable[None]]
"""Carries a kept request out once more; its outcome shows in the journal."""

CANDIDATES = msgspec.json.Decoder(list[Candidate])


class Open(Struct, frozen=True, kw_only=True):
    """A write that was taken up."""

    claim: Claim
    row: Row[Any]
    tape: Tape
    asked: bytes | None


class Reconciler:
    """Every look is one short lease on one row; whoever dies in it leaves it to the next."""

    def __init__(
        self,
        *,
        database: Database,
        ambient: Ambient,
        settings: Settings,
        vault: Vault,
        connections: Connections,
        dispatcher: Dispatcher,
        journal: Journal,
        problem_of: ProblemOf,
        again: Again,
    ) -> None:
        self._database = database
        self._ambient = ambient
        self._clock = ambient.clock
        self._settings = settings
        self._vault = vault
        self._connections = connections
        self._dispatcher = dispatcher
        self._journal = journal
        self._problem_of = problem_of
        self._again = again
        self._looking: set[asyncio.Task[bool]] = set()

    async def run_due(self) -> int:
        """Free what dead processes held, and look after all that is due; how many looks there were."""
        await self._journal.sweep()
        async with self._database.read() as session:
            if await recovered.closed(session):
                return 0
            ids = await rows.due(session, self._clock.now(), AT_A_TIME)
        for start in range(0, len(ids), TOGETHER):
            await asyncio.gather(*map(self.look, ids[start : start + TOGETHER]))
        return len(ids)

    async def pursue(self, id: str, deadline: float) -> None:
        """Settle one write, for whoever waits for it until `deadline` on the monotonic scale."""
        while True:
            async with self._database.read() as session:
                row = await rows.by_id(session, id)
            if row is None or row.state not in (UNKNOWN, rows.SENT):
                return
            now, look_at = self._clock.now(), row.look_at
            left = deadline - self._clock.monotonic()
            due = row.state == UNKNOWN and look_at is not None and look_at <= now
            if due and left > 0 and await self._looked(id, left):
                continue
            left = deadline - self._clock.monotonic()
            too_late = look_at is not None and look_at > now + timedelta(seconds=left)
            if left <= ASKS_AGAIN_S or (row.lease_until is None and too_late):
                return  # nothing will have happened by then
            await self._clock.sleep(ASKS_AGAIN_S)

    async def drain(self) -> None:
        """Wait for the looks under way: before a process ends."""
        while self._looking:
            await asyncio.wait(self._looking)

    async def _looked(self, id: str, longest_s: float) -> bool:
        """One look, for so long. It goes on when who waits for it has no more time."""
        task = asyncio.create_task(self.look(id))
        self._looking.add(task)
        task.add_done_callback(self._looking.discard)
        await asyncio.wait((task,), timeout=longest_s)
        return task.done() and task.result()

    async def look(self, id: str) -> bool:
        """One look at the vendor, and what follows. Errors put it off. False: somebody else is at it."""
        taken = await self._taken_up(id, (UNKNOWN,))
        if taken is not None:
            await self._safely(taken, self._looked_after(taken))
        return taken is not None

    async def decide(
        self, id: str, action: str, candidate_id: str | None, *, actor: str, request_id: str
    ) -> None:
        """What a person says about a write that waits for it.

        Raises:
            AlreadyDecided: it does not wait for a decision, or somebody is at it.
            LookupError: `candidate_id` is none of its candidates.
        """
        taken = await self._taken_up(id, (NEEDS_DECISION,))
        if taken is None:
            raise AlreadyDecided("The operation does not wait for a decision.")
        chosen = None
        if action == "adopt":
            chosen = next((c for c in await self.candidates(taken.row) if c.id == candidate_id), None)
            if chosen is None:
                async with self._database.write() as session:
                    await rows.give_back(session, taken.claim)
                raise LookupError(candidate_id)
        async with self._database.write() as session:
            if action != "abandon":
                await rows.reopen(session, taken.claim, self._clock.now())
            detail = {"action": action, "candidateId": candidate_id}
            await self._note(session, taken.row, "operation.decided", actor, request_id, detail)
        if action == "abandon":
            await self._abandon(taken)
        else:
            await self._safely(taken, self._act(taken, Adopt(chosen.answer) if chosen else Resend()))

    async def candidates(self, row: Row[Any]) -> list[Candidate]:
        """Among what a person has to decide."""
        if row.candidates_sealed is None:
            return []
        place = (row.tenant_id, "write_journal", "candidates_sealed", row.id)
        return CANDIDATES.decode(await self._vault.open(None, *place, row.candidates_sealed))

    # --- one look -------------------------------------------------------------------------------------------

    async def _safely(self, taken: Open, looking: Awaitable[None]) -> None:
        try:
            await looking
        except Exception as error:
            if not isinstance(error, KontorError):
                fault(error, request_id=taken.row.request_id, route=taken.row.route)
            await self._put_off(taken)

    async def _taken_up(self, id: str, states: tuple[str, ...]) -> Open | None:
        now = self._clock.now()
        async with self._database.write() as session:
            gap = await recovered.gap(session, now)
            row = await rows.take_up(session, id, states, now, now + self._journal.settlement.lease)
        if row is None:
            return None
        write = Write(**{name: getattr(row, name) for name in Write.__struct_fields__})
        return Open(
            claim=Claim(id=row.id, generation=row.generation, write=write, gap=gap),
            row=row,
            tape=Tape.of(sealed) if (sealed := await self._opened(row, "tape_sealed")) else Tape(),
            asked=await self._opened(row, "asked_sealed"),
        )

    async def _opened(self, row: Row[Any], column: str) -> bytes | None:
        sealed = getattr(row, column)
        if sealed is None:
            return None
        return await self._vault.open(None, row.tenant_id, "write_journal", column, row.id, sealed)

    async def _looked_after(self, taken: Open) -> None:
        pending = taken.tape.open
        if taken.asked is None or len(pending) > 1:
            await self._act(taken, Ask(NOT_REPEATED))
        elif not pending:  # every call has its answer: what is missing is ours
            await self._carry_on(taken, taken.tape, resends=False)
        else:
            await self._traced(taken, pending[0])

    async def _traced(self, taken: Open, pending: Heard) -> None:
        connection = await self._connection(taken)
        if connection.state == "disconnected":  # nobody can look any more
            await self._act(taken, Ask(NOT_SHOWN))
            return
        since = pending.sent_at or taken.row.sent_at
        gap = taken.claim.gap
        last = max(taken.row.sent_at, gap.until) if gap else taken.row.sent_at
        closes = last + timedelta(seconds=self._settings.upstream_timeout_s)
        times = self._times(closes)
        settled = times.now >= times.settles
        others = await creates_under_way(self._database, self._vault, taken.row) if settled else ()
        sought = Sought(
            call=pending.call,
            since=since,
            until=closes,
            settled=settled,
            others=others,
            clock=self._clock.now,
            owned=partial(self._owned, connection.id),
        )
        evidence = await trace(self._dispatcher, connection, sought, taken.row.id, self._deadline())
        await self._act(taken, await self._verdict(taken, evidence, times))

    def _times(self, closes: datetime) -> Times:
        settle = timedelta(seconds=self._settings.reconcile_settle_s)
        return Times(now=self._clock.now(), closes=closes, settles=closes + settle)

    async def _verdict(self, taken: Open, evidence: Evidence, times: Times) -> Verdict:
        ids = [candidate.id for candidate in evidence.candidates]
        known = await self._owned(taken.row.connection_id, ids)
        decided = verdict(evidence, known, times, taken.row.resends)
        if evidence.watched and isinstance(decided, Wait):
            return Wait(min(decided.until, times.now + pause_after(taken.row.looks)))
        return decided

    async def _owned(self, connection_id: str, ids: Collection[str]) -> set[str]:
        """Of the vendor's ids those that some write has made."""
        async with self._database.read() as session:
            return await rows.owned_objects(session, connection_id, ids)

    async def _act(self, taken: Open, decided: Verdict) -> None:
        match decided:
            case Adopt(answer):
                await self._carry_on(taken, taken.tape.answered(answer), resends=False)
            case Resend():
                await self._carry_on(taken, taken.tape.without_open(), resends=True)
            case Wait(until):
                await self._put_off(taken, until)
            case Ask(reason, candidates):
                await self._ask(taken, reason, candidates)

    async def _carry_on(self, taken: Open, tape: Tape, *, resends: bool) -> None:
        """Carry the request out again over the tape. What fails has settled itself, or is put off."""
        assert taken.asked is not None
        claim = msgspec.structs.replace(taken.claim, resends=resends)
        resumed = Resumption(claim=claim, tape=tape, looks=taken.row.looks)
        connection = await self._connection(taken)
        try:
            await self._again(connection, taken.asked, resumed)
        except TapeTorn as error:
            fault(error, request_id=taken.row.request_id, route=taken.row.route)
            await self._ask(taken, NOT_REPEATED, ())

    async def _ask(self, taken: Open, reason: str, candidates: tuple[Candidate, ...]) -> None:
        async with self._database.write() as session:
            place = (taken.row.tenant_id, "write_journal", "candidates_sealed", taken.row.id)
            plain = msgspec.json.encode(list(candidates))
            sealed = await self._vault.seal(session, *place, plain) if candidates else None
            if await rows.ask(session, taken.claim, reason, sealed):
                await self._note(
                    session,
                    taken.row,
                    "operation.undecided",
                    KONTOR,
                    taken.row.request_id,
                    {"reason": reason},
                )
                await tell_of_operation(session, self._ambient, taken.claim, "needs_decision")

    async def _put_off(self, taken: Open, until: datetime | None = None) -> None:
        """Look again then; without a time, after a pause that grows."""
        look_at = until or self._clock.now() + pause_after(taken.row.looks)
        try:
            async with self._database.write() as session:
                await rows.put_off(session, taken.claim, look_at)
        except Unavailable:
            return  # its lease runs out

    async def _abandon(self, taken: Open) -> None:
        error = WriteAbandoned("Somebody decided to give this write up; it may have been booked.")
        answer = self._problem_of(error, taken.row.request_id)
        await self._journal.settlement.settle(taken.claim, REJECTED, answer)

    async def _connection(self, taken: Open) -> Connection:
        row = taken.row
        async with self._database.read() as session:
            found = await self._connections.get(session, row.tenant_id, row.environment, row.connection_id)
        assert found is not None  # the journal's rows hold it
        return found

    async def _note(
        self,
        session: Any,
        row: Row[Any],
        action: str,
        actor: str,
        request_id: str,
        detail: dict[str, Any],
    ) -> None:
        await record(
            session,
            tenant_id=row.tenant_id,
            actor=actor,
            action=action,
            object_type="operation",
            object_id=row.id,
            environment=row.environment,
            detail=detail,
            request_id=request_id,
            at=self._clock.now(),
        )

    def _deadline(self) -> float:
        return self._clock.monotonic() + self._settings.deadline_s
