"""OAuth attempts: a state and a PKCE verifier that live ten minutes, in one browser, for one callback."""

import hmac
from datetime import timedelta
from typing import Any

from msgspec import Struct
from sqlalchemy import Row, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.ambient import Ambient
from gateway.credentials.vault import Vault
from gateway.onboarding.refusals import (
    AttemptExpired,
    BrowserMismatch,
    ConnectRefusal,
    StateUnknown,
    StateUsed,
    WrongTarget,
)
from gateway.onboarding.sessions import SECRET_BYTES, Browser, ConnectSession, Sessions, session_of
from gateway.persistence.tables import connect_sessions as TABLE
from gateway.tenants.lookup import LookupHash

STATE_LIFE = timedelta(minutes=10)
VERIFIER_BYTES = 48
"""64 characters; RFC 7636 asks for 43 to 128."""


class Attempt(Struct, frozen=True, kw_only=True):
    """What leaves with the browser (`state`) and what stays (`verifier`)."""

    state: str
    verifier: str

    def __repr__(self) -> str:
        return "Attempt()"


class Attempts:
    """Begins attempts and consumes them, each at most once."""

    def __init__(self, ambient: Ambient, lookup: LookupHash, vault: Vault, sessions: Sessions) -> None:
        self._ambient = ambient
        self._lookup = lookup
        self._vault = vault
        self._sessions = sessions

    async def begin(self, session: AsyncSession, found: ConnectSession, browser: Browser) -> Attempt:
        """A new attempt in place of an earlier one of this session, whose state ends here."""
        attempt = Attempt(
            state=self._ambient.randomness.token(SECRET_BYTES),
            verifier=self._ambient.randomness.token(VERIFIER_BYTES),
        )
        sealed = await self._vault.seal(
            session, found.tenant_id, TABLE.name, "verifier_sealed", found.id, attempt.verifier.encode()
        )
        await self._sessions.bind(
            session,
            found,
            browser,
            state_hash=self._state_hash(attempt.state),
            state_expires_at=self._ambient.clock.now() + STATE_LIFE,
            verifier_sealed=sealed,
        )
        return attempt

    async def consume(
        self, session: AsyncSession, target: str, state: str, browser: Browser | None
    ) -> tuple[ConnectSession, Attempt]:
        """The session and verifier of a state, which is used up by this. Refused states stay as they are.

        Raises:
            StateUnknown, BrowserMismatch, WrongTarget, StateUsed, AttemptExpired: see refusals.py.
        """
        digest = self._state_hash(state)
        row = (await session.execute(select(TABLE).where(TABLE.c.state_hash == digest))).one_or_none()
        if row is None:
            raise StateUnknown("The state belongs to no attempt.")
        if refusal := self._refusal(row, target, browser):
            raise refusal
        used = await session.execute(
            update(TABLE)
            .where(
                TABLE.c.id == row.id,
                TABLE.c.state_hash == digest,
                TABLE.c.verifier_sealed.is_not(None),
                TABLE.c.finished_at.is_(None),
            )
            .values(verifier_sealed=None)
            .returning(TABLE.c.id)
        )
        if used.scalar_one_or_none() is None:
            raise StateUsed("The state was used in this very moment.")
        verifier = await self._vault.open(
            session, row.tenant_id, TABLE.name, "verifier_sealed", row.id, row.verifier_sealed
        )
        return session_of(row), Attempt(state=state, verifier=verifier.decode())

    def _refusal(self, row: Row[Any], target: str, browser: Browser | None) -> ConnectRefusal | None:
        """The browser comes first: another one learns nothing about the attempt."""
        bound = row.browser_hash or b""
        if browser is None or not hmac.compare_digest(self._sessions.browser_hash(browser), bound):
            return BrowserMismatch("The attempt was begun in another browser.")
        if row.target != target:
            return WrongTarget("The attempt was begun for another target.")
        if row.verifier_sealed is None or row.finished_at is not None:
            return StateUsed("The state was used before.")
        if row.state_expires_at <= self._ambient.clock.now():
            return AttemptExpired("More than 10 minutes passed since the start.")
        return None

    def _state_hash(self, state: str) -> bytes:
        return self._lookup.digest("connect_state", state)
