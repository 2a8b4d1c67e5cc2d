"""Writes down what became of a write, and says so when that fails."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.ambient import Ambient
from gateway.credentials.vault import Vault
from gateway.errors import KeyInProgress, Unavailable
from gateway.persistence.database import Database
from gateway.telemetry.log import fault
from gateway.writes import rows
from gateway.writes.answers import StoredAnswer, packed
from gateway.writes.rows import CONFIRMED, Claim, Write

AGAIN_S = (0.1, 0.5, 2.0)
"""Waits before an outcome is written once more, when the database is away at that moment."""


class Confirmed(Struct, frozen=True, kw_only=True):
    """A write that the vendor has booked."""

    id: str
    """Of the journal's row."""
    write: Write
    upstream_id: str | None
    at: datetime


OnConfirmed = Callable[[AsyncSession, Confirmed], Awaitable[None]]


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
        self._database = database
        self._clock = ambient.clock
        self._vault = vault
        self._on_confirmed = on_confirmed

    async def sent(self, claim: Claim) -> None:
        """Commit that the write is about to leave.

        Raises:
            KeyInProgress: another process took the key over while this one slept. Nothing may be sent.
            Unavailable: the database is away. Nothing may be sent.
        """
        now = self._clock.now()
        async with self._database.write() as session:
            owned = await rows.mark_sent(session, claim, now, now + self.lease)
        if not owned:
            raise KeyInProgress("Another request took this write over.", retry_after_s=1)

    async def renew(self, claim: Claim) -> None:
        """Say that the write is still at work; a database that is away is asked again later."""
        try:
            async with self._database.write() as session:
                await rows.renew(session, claim, self._clock.now() + self.lease)
        except Unavailable:
            return

    async def release(self, claim: Claim) -> None:
        """Nothing was done at the vendor."""
        await self._record(claim, lambda session: rows.release(session, claim, self._clock.now()))

    async def settle(self, claim: Claim, state: str, answer: StoredAnswer | None) -> None:
        """The outcome, with the answer to be given again."""

        async def write(session: AsyncSession) -> bool:
            now = self._clock.now()
            columns = await self._columns(session, claim, answer)
            owned = await rows.settle(session, claim, state, now, columns)
            if owned and state == CONFIRMED and self._on_confirmed is not None:
                id = columns.get("upstream_id")
                await self._on_confirmed(
                    session, Confirmed(id=claim.id, write=claim.write, upstream_id=id, at=now)
                )
            return owned

        await self._record(claim, write)

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
                await self._clock.sleep(wait_s)
