"""Writes down what became of a write, and says so when that fails."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any, Literal

from msgspec import Struct
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.ambient import Ambient
from gateway.audit.log import record
from gateway.credentials.vault import Vault
from gateway.errors import IdenticalWritePending, KeyInProgress, Unavailable
from gateway.persistence.database import Database
from gateway.persistence.event_log import tell
from gateway.telemetry.log import fault
from gateway.writes import rows
from gateway.writes.answers import Effect, StoredAnswer, packed
from gateway.writes.recovered import Gap
from gateway.writes.rows import CONFIRMED, REJECTED, Claim, Write
from gateway.writes.tape import Tape

AGAIN_S = (0.1, 0.5, 2.0)
"""Waits before an outcome is written once more, when the database is away at that moment."""


SENT_ACTION = "write.sent"
"""In the audit trail: committed with SENT, so that nothing leaves without its entry."""
ENDED_ACTION = "write.{}"
"""In the audit trail: `write.confirmed` or `write.rejected`, committed with the outcome of what was sent."""

LONGEST_PAUSE_S = 300.0


def pause_after(looks: int) -> timedelta:
    """How long to wait after so many looks at the vendor that settled nothing."""
    return timedelta(seconds=min(2.0 ** min(looks, 10), LONGEST_PAUSE_S))


class Pending(Struct, frozen=True, kw_only=True):
    """What is known of a write whose outcome is open."""

    asked: bytes | None
    """The request, to be carried out again; None: kept before."""
    tape: Tape
    digest: bytes | None
    """Of the creating call that is under way."""
    purpose: str | None
    """Of the call that is under way."""


class Confirmed(Struct, frozen=True, kw_only=True):
    """A write that the vendor has booked."""

    id: str
    """Of the journal's row."""
    write: Write
    upstream_id: str | None
    effect: Effect | None
    """What it did; None: the answer does not tell."""
    at: datetime


OnConfirmed = Callable[[AsyncSession, Confirmed], Awaitable[None]]


Verb = Literal["needs_decision", "settled"]
"""What may become of a write whose outcome was unknown."""


async def tell_of_operation(session: AsyncSession, ambient: Ambient, claim: Claim, verb: Verb) -> None:
    """Into the feed: what became of a write whose outcome was unknown."""
    write = claim.write
    await tell(
        session,
        ambient,
        type=f"operation.{verb}",
        tenant_id=write.tenant_id,
        environment=write.environment,
        connection_id=write.connection_id,
        resource="operations",
        resource_id=claim.id,
    )


class Settlement:
    """Short transactions on the rows of claimed writes."""

    def __init__(
        self,
        database: Database,
        ambient: Ambient,
        vault: Vault,
        lease: timedelta,
        on_confirmed: OnConfirmed | None,
    ) -> None:
        self.lease = lease
        self.clock = ambient.clock
        self._ambient = ambient
        self._database = database
        self._vault = vault
        self._on_confirmed = on_confirmed

    async def sent(self, claim: Claim, pending: Pending) -> None:
        """Commit that a call of the write is about to leave, with its entry in the audit trail.

        Raises:
            KeyInProgress: another process took the key over while this one slept. Nothing may be sent.
            IdenticalWritePending: a create with the same content has no clear answer yet.
            Unavailable: the database or the audit trail is away. Nothing may be sent.
        """
        now = self.clock.now()

        async def write(session: AsyncSession, columns: dict[str, Any]) -> bool:
            owned = await rows.mark_sent(session, claim, now, now + self.lease, columns)
            if owned:
                await self._note_sent(session, claim, pending)
            return owned

        await self._leave(claim, pending, write)

    async def presume_sent(self, claim: Claim, gap: Gap, pending: Pending) -> None:
        """Commit that a call may have left in the `gap`. Nothing may be sent. Raises as `sent`."""
        now = self.clock.now()
        await self._leave(
            claim,
            pending,
            lambda session, columns: rows.presume_sent(session, claim, gap, now, columns),
        )

    async def _leave(
        self,
        claim: Claim,
        pending: Pending,
        write: Callable[[AsyncSession, dict[str, Any]], Awaitable[bool]],
    ) -> None:
        try:
            async with self._database.write() as session:
                owned = await write(session, await self.columns_of(session, claim, pending))
        except IntegrityError as error:
            raise IdenticalWritePending(
                "A write with the same content has no clear answer yet: both could not be told apart.",
                retry_after_s=2,
            ) from error
        if not owned:
            raise KeyInProgress("Another request took this write over.", retry_after_s=1)

    async def answered(self, claim: Claim, tape: Tape) -> None:
        """Keep the answer to a call that was booked; a database that is away costs a look at the vendor."""
        try:
            async with self._database.write() as session:
                pending = Pending(asked=None, tape=tape, digest=None, purpose=None)
                columns = await self.columns_of(session, claim, pending)
                await rows.answered(session, claim, columns["tape_sealed"])
        except Unavailable:
            return

    async def lose_track(
        self, claim: Claim, pending: Pending, looks: int, upstream_id: str | None = None
    ) -> None:
        """Nobody knows the whole outcome: look at once, then at growing intervals.

        `upstream_id`: what is booked for certain, and could not be read back.
        """

        async def write(session: AsyncSession) -> bool:
            now = self.clock.now()
            wait = pause_after(looks) if looks else timedelta()
            columns = await self.columns_of(session, claim, pending)
            booked = {} if upstream_id is None else {"upstream_id": upstream_id}
            known = {**columns, **booked, "looks": looks + 1}
            return await rows.lose_track(session, claim, now, now + wait, known)

        await self._record(claim, write)

    async def columns_of(self, session: AsyncSession, claim: Claim, pending: Pending) -> dict[str, Any]:
        """What is kept of an open write, sealed."""
        plain = {"tape_sealed": pending.tape.packed()}
        if pending.asked is not None:
            plain["asked_sealed"] = pending.asked
        place = (claim.write.tenant_id, "write_journal")
        sealed = {
            name: await self._vault.seal(session, *place, name, claim.id, value)
            for name, value in plain.items()
        }
        return {**sealed, "call_digest": pending.digest}

    async def _note_sent(self, session: AsyncSession, claim: Claim, pending: Pending) -> None:
        try:
            await self._note(session, claim, SENT_ACTION, call=pending.purpose, again=claim.resends)
        except SQLAlchemyError as error:
            raise Unavailable(
                "The audit trail cannot be written; nothing was sent.", retry_after_s=5
            ) from error

    async def _note(self, session: AsyncSession, claim: Claim, action: str, **detail: object) -> None:
        write = claim.write
        told = {"connectionId": write.connection_id, "operation": f"{write.resource}.{write.operation}"}
        await record(
            session,
            tenant_id=write.tenant_id,
            actor=write.actor,
            action=action,
            object_type="operation",
            object_id=claim.id,
            environment=write.environment,
            detail={**told, **detail},
            request_id=write.request_id,
            at=self.clock.now(),
        )

    async def renew(self, claim: Claim) -> None:
        """Say that the write is still at work; a database that is away is asked again later."""
        try:
            async with self._database.write() as session:
                await rows.renew(session, claim, self.clock.now() + self.lease)
        except Unavailable:
            return

    async def release(self, claim: Claim) -> None:
        """Nothing was done at the vendor."""

        async def write(session: AsyncSession) -> bool:
            if await rows.forget(session, claim.id, claim.generation):
                return True
            refused = await rows.refuse(session, claim, self.clock.now())
            if refused is None:
                return False
            await self._note(session, claim, ENDED_ACTION.format(REJECTED), status=None, upstreamId=None)
            await self._tell_settled(session, claim, refused.unknown_since)
            return True

        await self._record(claim, write)

    async def settle(self, claim: Claim, state: str, answer: StoredAnswer | None) -> None:
        """The outcome, with the answer to be given again."""

        async def write(session: AsyncSession) -> bool:
            now = self.clock.now()
            columns = await self._columns(session, claim, answer)
            settled = await rows.settle(session, claim, state, now, columns)
            if settled is None:
                return False
            id = answer.upstream_id if answer else None
            if state == CONFIRMED and self._on_confirmed is not None:
                effect = answer.effect if answer else None
                confirmed = Confirmed(id=claim.id, write=claim.write, upstream_id=id, effect=effect, at=now)
                await self._on_confirmed(session, confirmed)
            if settled.sent_at is not None:
                status = answer.status if answer else None
                action = ENDED_ACTION.format(state)
                await self._note(session, claim, action, status=status, upstreamId=id)
            await self._tell_settled(session, claim, settled.unknown_since)
            return True

        await self._record(claim, write)

    async def _tell_settled(
        self, session: AsyncSession, claim: Claim, unknown_since: datetime | None
    ) -> None:
        """News for whoever was told that the outcome is unknown."""
        if unknown_since is not None:
            await tell_of_operation(session, self._ambient, claim, "settled")

    async def _columns(
        self, session: AsyncSession, claim: Claim, answer: StoredAnswer | None
    ) -> dict[str, Any]:
        if answer is None:
            return {}
        place = (claim.write.tenant_id, "write_journal", "answer_sealed", claim.id)
        return {
            "answer_status": answer.status,
            "answer_sealed": await self._vault.seal(session, *place, packed(answer)),
            "upstream_id": answer.upstream_id,
        }

    async def _record(self, claim: Claim, write: Callable[[AsyncSession], Awaitable[bool]]) -> None:
        """Write it, again if need be. When it cannot be written the vendor's answer is still the truth, and
        is given; the row runs out of its lease, and a repetition is told that the outcome is unknown.
        """
        for wait_s in (*AGAIN_S, None):
            try:
                async with self._database.write() as session:
                    await write(session)
                return
            except Exception as error:
                if not isinstance(error, Unavailable) or wait_s is None:
                    fault(error, request_id=claim.write.request_id, route=claim.write.route)
                    return
                await self.clock.sleep(wait_s)
