"""What can go wrong at the door. Upstream kinds live in `connectors/base/errors.py`: connectors raise them.

RequestError             the developer acts, nothing was sent
├── Unauthenticated      401
├── Forbidden            403
├── UnknownObject        404
├── MethodNotAllowed     405
├── TooLarge             413
├── WrongContentType     415
├── Malformed            400
├── PreconditionRequired 428
├── Invalid              422
├── Conflict             409
├── NotParked            409
├── BatchOver            409
├── KeyReused            422
├── KeyInProgress        409
├── IdenticalWritePending 409
├── WriteAbandoned       409  sent unknown
├── AlreadyDecided       409
├── CopyNotReady         409
├── AmbiguousMatch       409  sent yes: the accounting system was searched
├── TooManyExports       429
└── QuotaExceeded        429
Unavailable              503  a part of ours is missing or overloaded
NothingHeld              504  `only-if-cached`, and no replica
Fault                    500  a bug of ours; no detail leaves the house
"""

from typing import ClassVar

from connectors.base.errors import FieldError, KontorError


class RequestError(KontorError):
    """The request does not fit; nothing was sent."""

    retry = "after_fix"


class Unauthenticated(RequestError):
    """No API key, or one that is not valid. All cases answer alike."""

    code = "unauthenticated"
    title = "The API key is missing or not valid"
    status = 401
    hint = "Send a live API key in the header X-API-KEY."

    def __init__(self) -> None:
        super().__init__(
            "The header X-API-KEY holds no valid API key.", headers={"www-authenticate": "ApiKey"}
        )


class Forbidden(RequestError):
    """The API key lacks a scope."""

    code = "scope_missing"
    title = "The API key lacks a scope"
    status = 403

    def __init__(self, scope: str) -> None:
        super().__init__(
            f"This call needs the scope `{scope}`.",
            hint=f"Use an API key that has the scope `{scope}`.",
            extra={"scope": scope},
        )


class UnknownObject(RequestError):
    """No such object for this caller. What exists elsewhere answers the same."""

    code = "not_found"
    title = "No such object"
    status = 404
    retry = "never"
    hint = "Check the id; objects of another tenant or environment do not exist for this key."

    def __init__(self, noun: str = "object") -> None:
        super().__init__(f"No such {noun}.")


class UnknownConnection(RequestError):
    """The account key names no connection of this caller."""

    code = "unknown_connection"
    title = "No such connection"
    status = 404
    retry = "never"
    hint = "Send the account key that POST /v1/connections/exchange gave, with a key of the same environment."

    def __init__(self) -> None:
        super().__init__(
            "The header X-ACCOUNT-KEY names no connection of this API key's tenant and environment."
        )


class MethodNotAllowed(RequestError):
    """The path exists, the method does not."""

    code = "method_not_allowed"
    title = "The path does not have this method"
    status = 405
    hint = "See the header Allow."


class TooLarge(RequestError):
    """The body is over the limit."""

    code = "body_too_large"
    title = "The body is too large"
    status = 413

    def __init__(self, limit: int) -> None:
        super().__init__(f"The body is over {limit} bytes.", hint=f"Send at most {limit} bytes.")


class WrongContentType(RequestError):
    """The body is not of the type this route takes."""

    code = "unsupported_media_type"
    title = "The content type does not fit"
    status = 415

    def __init__(self, expected: str) -> None:
        super().__init__(f"This route takes {expected}.", hint=f"Send the header Content-Type: {expected}.")


class Malformed(RequestError):
    """The body or a header cannot be read at all."""

    code = "malformed"
    title = "The request cannot be read"
    status = 400


class PreconditionRequired(RequestError):
    """If-Match is missing on a change."""

    code = "precondition_required"
    title = "If-Match is missing"
    status = 428
    hint = "Read the object and send its ETag in If-Match, so that nobody's change is overwritten."

    def __init__(self) -> None:
        super().__init__("A change needs the header If-Match.")


class Invalid(RequestError):
    """Read, but some values do not fit. Every misfit is named."""

    code = "invalid"
    title = "Some values do not fit"
    status = 422
    hint = "Correct the fields named in `errors`."

    def __init__(self, errors: tuple[FieldError, ...], detail: str = "Some values do not fit.") -> None:
        super().__init__(detail, errors=errors)


class Conflict(RequestError):
    """The request contradicts the present state."""

    code = "conflict"
    title = "The request does not fit the present state"
    status = 409


class CopyNotReady(RequestError):
    """Only a whole and fresh copy can answer this, and the connection's is not yet, or not now."""

    code = "copy_not_ready"
    title = "Kontor's copy is not whole or fresh enough for this"
    status = 409
    retry = "after_delay"
    hint = (
        "GET /v1/connections/{id}/syncs shows how far the copy is. `Cache-Control: only-if-cached` takes a "
        "whole one however old it is."
    )

    def __init__(self, resource: str, why: str) -> None:
        super().__init__(f"The copy of {resource.replace('-', ' ')} {why}.", retry_after_s=30)


class NotParked(RequestError):
    """A job that is to be replayed was not given up."""

    code = "job_not_parked"
    title = "This job is not parked"
    status = 409
    retry = "never"
    hint = "Only a parked job can be replayed: read the job, its `state` tells what it waits for."


class BatchOver(RequestError):
    """A batch is in a state in which it cannot be paused, resumed or cancelled."""

    code = "batch_state"
    title = "The batch's state has no room for this"
    status = 409
    retry = "never"
    hint = "Read the batch: a running one can be paused, a paused or parked one resumed, both cancelled."


class AmbiguousMatch(RequestError):
    """Find or create found somebody who may or may not be meant. `candidates` says who, and why."""

    code = "ambiguous_match"
    title = "There may be such a party already"
    status = 409
    sent = "yes"
    hint = "Use one of `candidates` by its id, or repeat with `onAmbiguous=create` and a new Idempotency-Key."

    def __init__(self, candidates: list[dict[str, object]]) -> None:
        super().__init__(
            f"{len(candidates)} of the accounting system's parties may be the same, and nothing proves it.",
            extra={"candidates": candidates},
        )


class QuotaExceeded(RequestError):
    """The API key made more requests than it may in this time; RateLimit tells when it may again."""

    code = "quota_exceeded"
    title = "The API key made too many requests"
    status = 429
    retry = "after_delay"
    hint = "Wait as long as Retry-After says. Every answer's RateLimit tells how many requests are left."

    def __init__(self, policy: str, limit: int, reset_s: int) -> None:
        super().__init__(
            f"This API key may make {limit} requests a minute; the next one in {reset_s} s.",
            retry_after_s=reset_s,
            extra={"violated-policies": [policy]},
        )


class SyncedJustNow(RequestError):
    """All that was asked for was gone through a moment ago."""

    code = "synced_just_now"
    title = "This was synchronized a moment ago"
    status = 429
    retry = "after_delay"
    hint = (
        "Wait as long as Retry-After says. A single read with `Cache-Control: no-cache` is live at any time."
    )

    def __init__(self, wait_s: float) -> None:
        super().__init__("All of it was synchronized a moment ago.", retry_after_s=wait_s)


class EventsPurged(RequestError):
    """The cursor is older than what is kept of the feed."""

    code = "events_purged"
    title = "These events are kept no longer"
    status = 410
    retry = "after_fix"
    hint = "Read the lists with `updatedSince`, and the feed anew with `start=now` from before that."

    def __init__(self) -> None:
        super().__init__("Some events after this cursor are older than they are kept.")


class TooManyStreams(RequestError):
    """An API key listens to more streams of a process than it may."""

    code = "too_many_streams"
    title = "Too many streams are open"
    status = 429
    retry = "after_delay"
    hint = "Close streams, or let one without filters serve for several."

    def __init__(self, limit: int) -> None:
        super().__init__(f"An API key may have {limit} streams open.", retry_after_s=30)


class TooManyExports(RequestError):
    """A tenant has more exports of a process under way than it may."""

    code = "too_many_exports"
    title = "Too many exports are under way"
    status = 429
    retry = "after_delay"
    hint = "Take them one after the other."

    def __init__(self, limit: int) -> None:
        super().__init__(f"A tenant may have {limit} exports under way.", retry_after_s=10)


class KeyReused(RequestError):
    """An Idempotency-Key came again with another body."""

    code = "idempotency_key_reused"
    title = "The Idempotency-Key was used for another request"
    status = 422
    hint = "Use a new Idempotency-Key for a new request."


class KeyInProgress(RequestError):
    """The first request with this Idempotency-Key is still running."""

    code = "idempotency_key_in_progress"
    title = "The first request with this Idempotency-Key is still running"
    status = 409
    retry = "same_key"
    hint = "Repeat with the same key after Retry-After."


class IdenticalWritePending(RequestError):
    """A write with the same content, under another key, has no clear answer yet."""

    code = "identical_write_pending"
    title = "A write with the same content has no clear answer yet"
    status = 409
    retry = "same_key"
    hint = "Wait until the other operation is settled, then repeat, if you do mean to book it twice."


class WriteAbandoned(RequestError):
    """Somebody decided to give up a write whose outcome was unknown."""

    code = "write_abandoned"
    title = "This write was given up"
    status = 409
    retry = "never"
    sent = "unknown"
    hint = "Use a new Idempotency-Key to write it anew."


class AlreadyDecided(RequestError):
    """The operation does not wait for a decision."""

    code = "no_decision_needed"
    title = "This operation does not wait for a decision"
    status = 409
    retry = "never"
    hint = "Read the operation: `state` tells what became of it."


class Unavailable(KontorError):
    """A part of ours is missing or overloaded."""

    code = "unavailable"
    title = "Kontor cannot serve this now"
    status = 503
    retry = "after_delay"
    hint = "Repeat after Retry-After."


class CallerGone(KontorError):
    """The caller hung up: stands in `GET /v1/requests`, nobody gets it as an answer."""

    code = "caller_gone"
    title = "The caller hung up"
    status = 499
    retry = "after_delay"
    hint = "Reading was stopped. Give the request 30 s and more."


class NothingHeld(KontorError):
    """`Cache-Control: only-if-cached`, and no replica holds it."""

    code = "nothing_held"
    title = "Kontor holds no copy of this"
    status = 504
    retry = "after_fix"
    hint = "Leave out `only-if-cached` to ask the accounting system."


class Fault(KontorError):
    """A bug of ours. No detail leaves the house; the requestId finds it in the logs."""

    code: ClassVar[str] = "fault"
    title = "Kontor made a mistake"
    status = 500
    retry = "after_delay"
    sent = "unknown"
    hint = "Repeat with the same Idempotency-Key; if it stays, report the requestId."
