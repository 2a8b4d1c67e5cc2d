"""What the answer to a renewal comes to. Pure."""

from datetime import datetime, timedelta

import msgspec
from msgspec import Struct

from connectors.base.errors import ConnectionProblem, KontorError, Upstream, UpstreamUnreachable
from gateway.credentials.failing import Draw, Failing, Rest, failed_again, rest_after
from gateway.credentials.grants import Grant, Refused, TokenAnswer, Unusable
from gateway.credentials.held import NO_ACCESS, Stop, Use, early_end, header_of
from gateway.tenants.model import State

APP_MISSING = "The partner app for this target was removed: the access cannot be renewed."
APP_REFUSED = "The accounting system refuses the partner app: the access cannot be renewed."
APP_REASONS = (APP_MISSING, APP_REFUSED)
EXHAUSTED = "The access could not be renewed for more than three days. Kontor goes on trying."
MENDED_BY_RENEWING = (*APP_REASONS, EXHAUSTED)
"""Reasons of a state that end with a renewal that works."""

APP_ERRORS = ("invalid_client", "unauthorized_client")
GRANT_GONE = "invalid_grant"
APP_HINT = "Check the client id and secret with PUT /v1/targets/{target}/credentials."


class Failed(Struct, frozen=True, kw_only=True):
    """A renewal that came to nothing."""

    error: KontorError
    rest: Rest
    failing: Failing | None
    state: State | None = None
    """What the connection turns to because of it."""
    reason: str | None = None


def is_final(answer: object) -> bool:
    """Whether the server has said that this grant is no more."""
    return isinstance(answer, Refused) and answer.error == GRANT_GONE


def failure_of(
    answer: TokenAnswer | None, failing: Failing | None, now: datetime, away_since: datetime, draw: Draw
) -> Failed:
    """What an answer that is no grant, and not final, means; None: there is no partner app to ask with."""
    failing = failed_again(failing, now)
    asked_s = answer.retry_after_s if isinstance(answer, Unusable) else None
    rest = rest_after(failing, away_since, asked_s, draw)
    refused = isinstance(answer, Refused) and answer.error in APP_ERRORS
    if answer is None or refused:
        reason = APP_REFUSED if refused else APP_MISSING
        error = ConnectionProblem(reason, hint=APP_HINT, upstream=_upstream(answer))
        # It is the tenant's to mend: no end customer is asked to consent again for it.
        failing = msgspec.structs.replace(failing, since=now, days=1)
        return Failed(error=error, rest=rest, failing=failing, state="degraded", reason=reason)
    error = UpstreamUnreachable(
        "The access could not be renewed.",
        retry_after_s=(rest.until - now).total_seconds(),
        upstream=_upstream(answer),
    )
    if failing.exhausted:
        return Failed(error=error, rest=rest, failing=failing, state="reconnect_required", reason=EXHAUSTED)
    return Failed(error=error, rest=rest, failing=failing)


def not_yet(failing: Failing | None, now: datetime, late_s: float) -> Failed:
    """The server is still thinking: nobody else asks meanwhile, or the token would be spent twice."""
    until = now + timedelta(seconds=late_s)
    error = UpstreamUnreachable("The access is still being renewed.", retry_after_s=late_s)
    return Failed(error=error, rest=Rest(until, until), failing=failing)


def use_of(grant: Grant, generation: int, margin: timedelta) -> Use | Stop:
    """How to use a grant that has just come, even if it is the old one again or ends at once."""
    if (header := header_of(grant)) is None:
        return Stop(UpstreamUnreachable(NO_ACCESS, retry_after_s=1))
    return Use(header, early_end(grant, margin), generation)


def _upstream(answer: TokenAnswer | None) -> Upstream | None:
    if not isinstance(answer, (Refused, Unusable)):
        return None
    return Upstream(status=answer.status, code=answer.error if isinstance(answer, Refused) else None)
