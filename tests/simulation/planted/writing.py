"""Bugs in how writes are kept from happening twice, or from being lost."""

from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import select, update

from connectors.base.errors import UpstreamBusy
from connectors.base.tracing import Candidate, Evidence
from connectors.base.wire import Answer, Call
from gateway import dispatch
from gateway.api.rooms import Rooms
from gateway.persistence.tables import write_journal as JOURNAL
from gateway.reconcile import reconciler, rule
from gateway.reconcile.rule import Times
from gateway.upstream.wire import ScheduledWire
from gateway.writes import fingerprints, journaled, outcome, rows
from gateway.writes.rows import CONFIRMED, SENT, UNKNOWN, Claim, Write
from tests.simulation.planted.bug import Planted, replaced


@contextmanager
def resending() -> Iterator[None]:
    once = ScheduledWire._once

    async def resent(self: ScheduledWire, call: Call, *more: Any, **named: Any) -> Answer:
        answer = await once(self, call, *more, **named)
        return await once(self, call, *more, **named) if answer.status == 504 else answer

    with replaced(ScheduledWire, _once=resent):
        yield


class LateWire(journaled.JournaledWire):
    """Commits SENT when the answer is there."""

    async def _written(self, call: Call) -> Answer:
        try:
            return await super()._written(call)
        finally:
            await self._commit_sent()

    async def _before_sending(self) -> None:
        if not self._noted and self._leaving is not None:
            self._recording.tape.note(self._leaving, None, self._recording.clock.now())
            self._recording.traces.sent = self._noted = True


@contextmanager
def sent_late() -> Iterator[None]:
    from gateway.writes import execution

    with replaced(execution, JournaledWire=LateWire):
        yield


def without_lease(rooms: Rooms) -> None:
    rooms.journal.settlement.lease = timedelta(days=3650)


@contextmanager
def unfenced() -> Iterator[None]:
    async def mark_sent(
        session: Any, claim: Claim, now: datetime, lease_until: datetime, pending: Any
    ) -> bool:
        statement = update(JOURNAL).where(JOURNAL.c.id == claim.id)
        return await rows._changed(
            session, statement.values(state=SENT, sent_at=now, lease_until=lease_until, **pending)
        )

    with replaced(rows, _owned=lambda claim: (JOURNAL.c.id == claim.id,), mark_sent=mark_sent):
        yield


@contextmanager
def key_of_everybody() -> Iterator[None]:
    reserve = rows.reserve
    scope = ("environment", "method", "route", "idempotency_key")

    async def found(session: Any, write: Write) -> Any:
        same = [JOURNAL.c[name] == getattr(write, name) for name in scope]
        return (await session.execute(select(JOURNAL).where(*same).order_by(JOURNAL.c.id))).first()

    async def reserved(session: Any, dialect: str, id: str, write: Write, *more: Any) -> Claim | None:
        if write.idempotency_key is not None and await found(session, write) is not None:
            return None
        return await reserve(session, dialect, id, write, *more)

    with replaced(rows, found=found, reserve=reserved):
        yield


@contextmanager
def lines_ignored() -> Iterator[None]:
    def fingerprint(parsed: Any) -> bytes:
        plain = msgspec.to_builtins(parsed, builtin_types=fingerprints.KEPT, str_keys=True)
        if isinstance(plain.get("body"), dict):
            plain["body"].pop("lines", None)
        return fingerprints.fingerprint(plain)

    with replaced(dispatch, fingerprint=fingerprint):
        yield


@contextmanager
def busy_is_sent() -> Iterator[None]:
    of_status = outcome.of_status
    table = tuple((kind, UNKNOWN if kind is UpstreamBusy else state) for kind, state in outcome.AFTER_SENDING)
    with ExitStack() as stack:
        status = lambda status: UNKNOWN if status == 429 else of_status(status)  # noqa: E731
        stack.enter_context(replaced(outcome, AFTER_SENDING=table, of_status=status))
        yield


@contextmanager
def first_of_several() -> Iterator[None]:
    settled = rule._settled

    def chosen(found: tuple[Candidate, ...], resends: int) -> rule.Verdict:
        equal = tuple(candidate for candidate in found if candidate.equal)
        return rule.Adopt(equal[0].answer) if equal else settled(found, resends)

    with replaced(rule, _settled=chosen):
        yield


@contextmanager
def unsettled() -> Iterator[None]:
    def at_once(evidence: Evidence, known: Collection[str], times: Times, resends: int) -> rule.Verdict:
        over = msgspec.structs.replace(times, closes=times.now, settles=times.now)
        return rule.verdict(evidence, known, over, resends)

    with replaced(reconciler, verdict=at_once):
        yield


BUGS = (
    Planted(
        number=1,
        name="blind-resend",
        what="a write that was answered 504 is sent again at once",
        found_by=43,
        installed=resending,
    ),
    Planted(
        number=2,
        name="resend-without-settling",
        what="a write that one look does not show is sent again, though lists lag behind",
        found_by=10,
        installed=unsettled,
    ),
    Planted(
        number=3,
        name="sent-committed-late",
        what="SENT is committed after the send instead of before",
        found_by=2,
        installed=sent_late,
    ),
    Planted(
        number=4,
        name="no-lease",
        what="a key in flight is claimed for good, whatever becomes of the process",
        found_by=1,
        apply=without_lease,
    ),
    Planted(
        number=5,
        name="no-fencing",
        what="who wakes after its lease was taken over writes on as if it had it still",
        found_by=635,
        installed=unfenced,
    ),
    Planted(
        number=6,
        name="key-without-tenant",
        what="an Idempotency-Key counts for all tenants and connections",
        found_by=1,
        installed=key_of_everybody,
    ),
    Planted(
        number=7,
        name="lines-ignored",
        what="the fingerprint of a request leaves out the lines",
        found_by=4,
        installed=lines_ignored,
    ),
    Planted(
        number=8,
        name="adopt-one-of-two",
        what="of two objects that are equal to what was sent the first is taken for the write's",
        found_by=2,
        installed=first_of_several,
    ),
    Planted(
        number=15,
        name="busy-counted-as-sent",
        what="a 429 leaves a write unknown, though it proves that nothing was done",
        found_by=434,
        installed=busy_is_sent,
    ),
)
assert CONFIRMED != UNKNOWN
