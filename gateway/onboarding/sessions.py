"""Connect sessions: one attempt of one end customer to connect, behind a link that works once."""

from datetime import datetime, timedelta
from typing import Any, Literal

from msgspec import Struct
from sqlalchemy import Row, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.ambient import Ambient
from gateway.onboarding.authorization import TOKEN
from gateway.onboarding.refusals import BrowserMismatch, LinkExpired, LinkUnknown, LinkUsed, TooManyAttempts
from gateway.persistence.tables import connect_sessions as TABLE
from gateway.tenants.lookup import LookupHash
from gateway.tenants.model import Caller, CredentialKind, Environment

LINK_LIFE = timedelta(minutes=30)
SECRET_BYTES = 24
"""192 random bits in links, states and one-time codes."""
MAX_ATTEMPTS = 10
"""API keys that may be tried over one link: enough for typing errors, too few for guessing."""
SUCCEEDED = "succeeded"

SessionState = Literal["open", "started", "succeeded", "failed", "expired"]


class Wanted(Struct, frozen=True, kw_only=True):
    """What a tenant asks of a new session."""

    target: str
    return_url: str
    label: str | None = None
    customer_reference: str | None = None
    connection_id: str | None = None
    """The connection to renew; None makes a new one."""
    method: CredentialKind | None = None
    accept_other_organization: bool = False


class ConnectSession(Struct, frozen=True, kw_only=True):
    """A session as stored, without its secrets."""

    id: str
    tenant_id: str
    environment: Environment
    target: str
    return_url: str
    label: str | None
    customer_reference: str | None
    connection_id: str | None
    """The connection to renew, or the one that was made."""
    method: CredentialKind | None
    accept_other_organization: bool
    attempts: int
    created_at: datetime
    expires_at: datetime
    opened_at: datetime | None
    finished_at: datetime | None
    outcome: str | None
    """`succeeded`, or the code of the last problem; None while nothing has happened."""
    state_expires_at: datetime | None

    @property
    def reconnects(self) -> bool:
        """Whether it renews a connection; only of use before it is finished."""
        return self.connection_id is not None

    @property
    def problem(self) -> str | None:
        """Code of what went wrong last."""
        return None if self.outcome == SUCCEEDED else self.outcome

    def state(self, now: datetime) -> SessionState:
        """Where it stands. A sign-in begun in time may end after the link has expired."""
        if self.finished_at is not None:
            return "succeeded" if self.outcome == SUCCEEDED else "failed"
        under_way = self.state_expires_at is not None and self.state_expires_at > now
        if self.expires_at <= now and not under_way:
            return "expired"
        return "started" if self.opened_at is not None else "open"


class Browser(Struct, frozen=True):
    """The secret in the cookie of the browser that is being served."""

    secret: str

    def __repr__(self) -> str:
        return "Browser()"

    @staticmethod
    def of(cookie: str | None) -> "Browser | None":
        """None for a missing cookie and for one that is not ours."""
        return Browser(cookie) if cookie and TOKEN.fullmatch(cookie) else None


class Sessions:
    """Reads and changes the table, always by compare and set: no step is taken twice."""

    def __init__(self, ambient: Ambient, lookup: LookupHash) -> None:
        self._ambient = ambient
        self._lookup = lookup

    async def create(
        self, session: AsyncSession, caller: Caller, target: str, wanted: Wanted
    ) -> tuple[ConnectSession, str]:
        """A session and the secret of its link, told here and never again. `target` is no alias."""
        now = self._ambient.clock.now()
        secret = self._ambient.randomness.token(SECRET_BYTES)
        values = {
            "id": self._ambient.ids.new("ses"),
            "tenant_id": caller.tenant_id,
            "environment": caller.environment,
            "target": target,
            "return_url": wanted.return_url,
            "label": wanted.label,
            "customer_reference": wanted.customer_reference,
            "connection_id": wanted.connection_id,
            "method": wanted.method,
            "accept_other_organization": wanted.accept_other_organization,
            "link_hash": self._lookup.digest("connect_link", secret),
            "created_at": now,
            "expires_at": now + LINK_LIFE,
        }
        made = await session.execute(insert(TABLE).values(values).returning(TABLE))
        return session_of(made.one()), secret

    async def get(self, session: AsyncSession, caller: Caller, id: str) -> ConnectSession | None:
        """A session of this caller's tenant and environment."""
        found = await session.execute(
            select(TABLE).where(
                TABLE.c.id == id,
                TABLE.c.tenant_id == caller.tenant_id,
                TABLE.c.environment == caller.environment,
            )
        )
        row = found.one_or_none()
        return session_of(row) if row else None

    async def by_link(
        self, session: AsyncSession, secret: str, browser: Browser | None = None
    ) -> ConnectSession:
        """The session behind a link, if it can still be used by this browser; looking changes nothing.

        Raises:
            LinkUnknown, LinkUsed, LinkExpired, BrowserMismatch: it cannot.
        """
        if not TOKEN.fullmatch(secret):
            raise LinkUnknown("The link is not one of ours.")
        digest = self._lookup.digest("connect_link", secret)
        row = (await session.execute(select(TABLE).where(TABLE.c.link_hash == digest))).one_or_none()
        if row is None:
            raise LinkUnknown("The link is not one of ours.")
        if row.finished_at is not None:
            raise LinkUsed("The link was used before.")
        if row.expires_at <= self._ambient.clock.now():
            raise LinkExpired("The link is older than 30 minutes.")
        if row.browser_hash is not None and not (browser and self.browser_hash(browser) == row.browser_hash):
            raise BrowserMismatch("The link was opened in another browser before.")
        return session_of(row)

    async def bind(
        self, session: AsyncSession, found: ConnectSession, browser: Browser, **also: Any
    ) -> ConnectSession:
        """Give the session to this browser, which is then the only one it serves, and set columns with it.

        Raises:
            LinkUsed: it was finished, expired or given to another browser in this very moment.
        """
        now, digest = self._ambient.clock.now(), self.browser_hash(browser)
        changed = await session.execute(
            update(TABLE)
            .where(
                TABLE.c.id == found.id,
                TABLE.c.finished_at.is_(None),
                TABLE.c.expires_at > now,
                or_(TABLE.c.browser_hash.is_(None), TABLE.c.browser_hash == digest),
            )
            .values(browser_hash=digest, opened_at=func.coalesce(TABLE.c.opened_at, now), **also)
            .returning(TABLE)
        )
        row = changed.one_or_none()
        if row is None:
            raise LinkUsed("The link was used in this very moment.")
        return session_of(row)

    async def count_attempt(
        self, session: AsyncSession, found: ConnectSession, browser: Browser
    ) -> ConnectSession:
        """Note that an API key is about to be tried. Raises TooManyAttempts after ten."""
        bound = await self.bind(session, found, browser, attempts=TABLE.c.attempts + 1)
        if bound.attempts > MAX_ATTEMPTS:
            raise TooManyAttempts(f"More than {MAX_ATTEMPTS} keys were tried over this link.")
        return bound

    async def note_problem(self, session: AsyncSession, id: str, code: str) -> None:
        """Remember what went wrong; the end customer may try again."""
        await session.execute(
            update(TABLE).where(TABLE.c.id == id, TABLE.c.finished_at.is_(None)).values(outcome=code)
        )

    async def finish(
        self, session: AsyncSession, id: str, outcome: str, connection_id: str | None = None
    ) -> bool:
        """End it. False when it had ended before: then nothing else of this transaction may stand."""
        values: dict[str, Any] = {
            "finished_at": self._ambient.clock.now(),
            "outcome": outcome,
            "verifier_sealed": None,
        }
        if connection_id is not None:
            values["connection_id"] = connection_id
        done = await session.execute(
            update(TABLE)
            .where(TABLE.c.id == id, TABLE.c.finished_at.is_(None))
            .values(values)
            .returning(TABLE.c.id)
        )
        return done.scalar_one_or_none() is not None

    def browser_hash(self, browser: Browser) -> bytes:
        """What is stored of a browser's cookie."""
        return self._lookup.digest("connect_browser", browser.secret)

    def page_token(self, browser: Browser, link: str) -> str:
        """What the form of a page carries, so that no other site can send it: 256 bits in hexadecimal."""
        return self._lookup.digest("connect_page", browser.secret, link).hex()


def session_of(row: Row[Any]) -> ConnectSession:
    """A row of the table without its secrets."""
    return ConnectSession(**{name: getattr(row, name) for name in ConnectSession.__struct_fields__})
