"""A connection's credential as it is stored, and what to do with it now. Pure."""

from datetime import datetime, timedelta

import msgspec
from msgspec import Struct

from connectors.base.errors import KontorError, ReconnectNeeded, UpstreamUnreachable
from gateway.credentials.failing import Failing
from gateway.credentials.grants import Grant
from gateway.tenants.model import State

YOUNG = timedelta(seconds=60)
"""A renewed grant that is refused within this time may never have been kept by the server: then the grant
before it may still be good, and is tried once."""


class KeyCredential(Struct, frozen=True, kw_only=True, tag="api_key"):
    """An end customer's own API key, as the header wants it."""

    header: str

    def __repr__(self) -> str:
        return "KeyCredential(…)"


Secret = Grant | KeyCredential


class Held(Struct, frozen=True, kw_only=True):
    """One row of credentials, opened."""

    generation: int
    secret: Secret | None
    """None: deleted, or there never was one."""
    previous: Grant | None
    stored_at: datetime | None
    renew_at: datetime | None = None
    """When it is to be renewed though it still works."""
    resting_until: datetime | None
    """Nobody renews it before then; after `rested_at` somebody may who knows that the server is back."""
    rested_at: datetime | None = None
    failing: Failing | None = None
    refused: str | None


def header_of(secret: Secret) -> str | None:
    """The value of Authorization; None when there is nothing to send."""
    if isinstance(secret, KeyCredential):
        return secret.header
    return f"Bearer {secret.access_token}" if secret.access_token else None


NOTHING = Held(generation=0, secret=None, previous=None, stored_at=None, resting_until=None, refused=None)


class Use(Struct, frozen=True):
    """Send this header; ask again after `until` (None: not before a 401)."""

    header: str
    until: datetime | None
    generation: int
    failed: KontorError | None = None
    """Why it is still this one although a renewal was tried."""

    def __repr__(self) -> str:
        return f"Use(until={self.until!r}, generation={self.generation})"


class Renew(Struct, frozen=True):
    """Renew this grant first. `otherwise` is a header that still works should that fail."""

    grant: Grant
    otherwise: str | None

    def __repr__(self) -> str:
        return f"Renew(grant={self.grant!r})"


class End(Struct, frozen=True):
    """Write down that the vendor's word is final, unless the credential has changed meanwhile."""

    reason: str


class Stop(Struct, frozen=True):
    """It cannot be used now. `state` is what the connection turns to because of it."""

    error: KontorError
    state: State | None = None


Step = Use | Renew | End | Stop

KEY_REFUSED = "The accounting system no longer accepts the API key."
NOT_RENEWABLE = "The access has ended, and the accounting system gave no means to renew it."
NO_ACCESS = "The accounting system gave no access that works a moment ago."
DISCONNECTED = "The access was revoked on disconnecting."
GRANT_REFUSED = "The accounting system refuses to renew the access: the consent was withdrawn or has ended."


def next_step(
    held: Held,
    refused: str | None,
    now: datetime,
    margin: timedelta,
    *,
    ahead: bool = False,
    rested: bool = False,
) -> Step:
    """What to do with a credential. `refused` is a header that the vendor has just answered with 401.

    `ahead` renews one that still works when its time has come; `rested` cuts a rest short.
    """
    if held.refused is not None:
        return Stop(ReconnectNeeded(held.refused), "reconnect_required")
    if held.secret is None:
        return Stop(ReconnectNeeded("This connection has no credential."))
    header = header_of(held.secret)
    if header == refused:
        header = None
    if isinstance(held.secret, KeyCredential):
        return Use(header, None, held.generation) if header is not None else End(KEY_REFUSED)
    early = early_end(held.secret, margin)
    its_time = ahead and held.renew_at is not None and held.renew_at <= now
    if header is not None and not its_time and (early is None or now < early):
        return Use(header, early, held.generation)
    return _renewing(held, held.secret, header, now, held.rested_at if rested else held.resting_until)


def _renewing(
    held: Held, grant: Grant, header: str | None, now: datetime, resting_until: datetime | None
) -> Step:
    if grant.expires_at is not None and grant.expires_at <= now:
        header = None
    if resting_until is not None and now < resting_until:
        if header is not None:
            return Use(header, earlier(resting_until, grant.expires_at), held.generation)
        wait = (resting_until - now).total_seconds()
        return Stop(UpstreamUnreachable(NO_ACCESS, retry_after_s=wait))
    if grant.refresh_token is None:
        return Use(header, grant.expires_at, held.generation) if header is not None else End(NOT_RENEWABLE)
    return Renew(grant, header)


def earlier(one: datetime, other: datetime | None) -> datetime:
    """The first of the two."""
    return one if other is None else min(one, other)


def early_end(grant: Grant, margin: timedelta) -> datetime | None:
    """When to renew: `margin` before the end; in the middle of a life that is shorter than twice that."""
    if grant.expires_at is None:
        return None
    return grant.expires_at - min(margin, (grant.expires_at - grant.issued_at) / 2)


def fallback(held: Held, now: datetime) -> str | None:
    """The refresh token before the last renewal, where it is worth a try."""
    if held.previous is None or held.stored_at is None or now - held.stored_at > YOUNG:
        return None
    return held.previous.refresh_token


def encode(secret: Secret) -> bytes:
    """The bytes to seal."""
    return msgspec.json.encode(secret)


def decode(opened: bytes) -> Secret:
    """What `encode` was given."""
    return msgspec.json.decode(opened, type=Secret)
