"""What can go wrong between Kontor and a vendor, in the words a caller gets.

KontorError
├── UpstreamRefused        422  sent yes       the vendor's validation
│   └── StaleVersion       412  sent yes or no somebody changed it meanwhile
├── RecordNotFound         404  sent yes
├── FieldNotHeld           422  sent no        the vendor has no place for a value
├── InvalidForTarget       422  sent no        the vendor is certain to refuse the values
├── NotWritable            409  sent no        the vendor cannot change this very object
├── ReferenceTaken         409  sent yes       the caller's own id names another object already
├── AlreadyRecorded        409  sent no        the same document of the same issuer is there already
├── DocumentNotReady       409  sent yes       the object has no file in its present state
├── RepresentationNotAvailable 406 sent yes    the file does not exist in the form asked for
├── NotSupported           501  sent no        the vendor cannot do it
├── ConnectionProblem      424  sent no or yes the end customer has to act
│   ├── ReconnectNeeded         consent or key withdrawn
│   ├── PermissionMissing       scope or right missing
│   └── PlanTooSmall            the vendor's plan lapsed or does not include it
├── UpstreamBusy           429  sent no        rate limit or queue
├── UpstreamUnreachable    503  sent no        no connection could be made
├── UpstreamBroken         502  sent yes       a read failed or its answer is unreadable
├── OutcomeUnknown         504  sent unknown   a write left and no clear answer came
└── WrittenButNotRead      502  sent yes       booked, but reading it back failed
"""

from typing import ClassVar

from msgspec import Struct


class FieldError(Struct, frozen=True, kw_only=True):
    """One value that does not fit."""

    field: str
    """Path in the unified model: `lines[0].taxRate`."""
    code: str
    """Constant name of what is wrong with it."""
    message: str
    """For people; may be the vendor's own words, kept as they came."""
    language: str = "en"
    """ISO 639-1 of `message`: `de` marks German words of the vendor's own."""


NOT_HELD = "field_not_held"
"""Code of a value that the vendor has no place for, and that can be left out without changing the rest."""


class Upstream(Struct, frozen=True, kw_only=True, rename="camel"):
    """What the vendor answered, without its body."""

    status: int | None = None
    """HTTP status."""
    code: str | None = None
    """The vendor's own code."""
    trace_id: str | None = None
    """The vendor's name for the call, to quote to its support."""


class KontorError(Exception):
    """Root of all errors that reach a caller. Class attributes are the contract; messages may change."""

    code: ClassVar[str] = "fault"
    title: ClassVar[str] = "Something went wrong"
    status: ClassVar[int] = 500
    sent: ClassVar[str] = "no"
    retry: ClassVar[str] = "never"
    hint: ClassVar[str] = ""

    def __init__(
        self,
        detail: str,
        *,
        errors: tuple[FieldError, ...] = (),
        upstream: Upstream | None = None,
        retry_after_s: float | None = None,
        hint: str | None = None,
        sent: str | None = None,
        extra: dict[str, object] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = errors
        self.upstream = upstream
        self.retry_after_s = retry_after_s
        self.hint_text = hint or self.hint
        self.sent_text = sent or self.sent
        self.extra = extra or {}
        self.headers = headers or {}


class UpstreamRefused(KontorError):
    """The vendor looked at the request and refused it."""

    code = "upstream_refused"
    title = "The accounting system refused the values"
    status = 422
    sent = "yes"
    retry = "after_fix"
    hint = "Correct the fields named in `errors` and send it again. Nothing was booked."


class StaleVersion(UpstreamRefused):
    """Somebody changed the object since it was read."""

    code = "stale_version"
    title = "The object was changed meanwhile"
    status = 412
    sent = "no"
    hint = "Read the object again and repeat the change with its new ETag."


class RecordNotFound(KontorError):
    """No such object at the vendor, or not for this connection."""

    code = "not_found"
    title = "No such object"
    status = 404
    retry = "never"
    hint = "Check the id. It is the vendor's id, as lists return it."


class FieldNotHeld(KontorError):
    """The vendor has no place for a value: refused by name rather than dropped."""

    code = "field_not_held"
    title = "The accounting system cannot hold this value"
    status = 422
    retry = "after_fix"
    hint = "Leave the field out, or use what `errors` suggests."

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message, errors=(FieldError(field=field, code=NOT_HELD, message=message),))


class InvalidForTarget(KontorError):
    """The values fit the unified model, but the vendor is certain to refuse them: told without a call."""

    code = "invalid_for_target"
    title = "The accounting system would refuse the values"
    status = 422
    retry = "after_fix"
    hint = "Correct the fields named in `errors`."

    def __init__(self, errors: tuple[FieldError, ...], detail: str | None = None) -> None:
        super().__init__(detail or errors[0].message, errors=errors)


class NotWritable(KontorError):
    """The vendor cannot change this very object as it stands."""

    code = "not_writable"
    title = "The accounting system cannot change this object"
    status = 409
    hint = "Change it in the accounting system's own application; `link` leads there."

    def __init__(self, reason: str, link: str | None) -> None:
        super().__init__(reason, extra={"link": link})


class ReferenceTaken(KontorError):
    """The caller's own id of a new object names another one already. Nothing was booked."""

    code = "reference_taken"
    title = "Another object has this reference already"
    status = 409
    sent = "yes"
    retry = "after_fix"
    hint = "Give every object a reference of its own; read the old one by `id` to compare."

    def __init__(self, field: str, id: str) -> None:
        message = f"The accounting system keeps another object under this reference: {id}."
        super().__init__(
            message,
            errors=(FieldError(field=field, code="already_exists", message=message),),
            extra={"id": id},
        )


class AlreadyRecorded(KontorError):
    """The same document of the same issuer is there already: booking it again would pay it twice."""

    code = "already_recorded"
    title = "This document is recorded already"
    status = 409
    retry = "after_fix"
    hint = "Read the one that is there by `id`; where it is another one, tell them apart by number."

    def __init__(self, field: str, id: str) -> None:
        message = f"Number, day, party and sum are those of a document that is there: {id}."
        super().__init__(
            message,
            errors=(FieldError(field=field, code="already_exists", message=message),),
            extra={"id": id},
        )


class DocumentNotReady(KontorError):
    """The object has no file in its present state."""

    code = "document_not_ready"
    title = "There is no file yet"
    status = 409
    sent = "yes"
    hint = "Files exist once the object is final."


class RepresentationNotAvailable(KontorError):
    """The file does not exist in the form asked for. `available` names the media types that do exist."""

    code = "representation_not_available"
    title = "The file does not exist in this form"
    status = 406
    sent = "yes"
    retry = "after_fix"
    hint = "Ask for one of `available` in the header Accept."

    def __init__(self, detail: str, available: tuple[str, ...]) -> None:
        super().__init__(detail, extra={"available": list(available)})
        self.available = available


class NotSupported(KontorError):
    """The vendor cannot do it; the reason and the best alternative are told."""

    code = "not_supported"
    title = "The accounting system cannot do this"
    status = 501
    hint = "See the capability matrix for what this target can do."

    def __init__(self, reason: str, alternative: str | None, link: str | None = None) -> None:
        leads = {"link": link} if link else {}
        super().__init__(reason, hint=alternative, extra={"alternative": alternative, **leads})


class ConnectionProblem(KontorError):
    """Only the end customer can put it right."""

    code = "connection_problem"
    title = "The connection to the accounting system does not work"
    status = 424
    retry = "after_reconnect"
    hint = "Send the end customer through a new connect session for this connection."


class ReconnectNeeded(ConnectionProblem):
    """Consent or key was withdrawn."""

    code = "reconnect_required"
    title = "The end customer has to connect again"


class PermissionMissing(ConnectionProblem):
    """The key or grant lacks a permission."""

    code = "permission_missing"
    title = "The connection lacks a permission"
    hint = "The end customer has to connect again and grant the permission, or make a key that has it."


class PlanTooSmall(ConnectionProblem):
    """The vendor's plan lapsed or does not include this."""

    code = "plan_insufficient"
    title = "The accounting system's plan does not allow this"
    hint = "The end customer has to renew or enlarge the plan at the vendor."


class UpstreamBusy(KontorError):
    """The calls that the vendor allows are used up. Nothing was sent."""

    code = "upstream_busy"
    title = "The accounting system's rate limit is used up"
    status = 429
    retry = "after_delay"
    hint = "Wait as long as Retry-After says, then repeat."


class UpstreamUnreachable(KontorError):
    """No connection to the vendor could be made. Nothing was sent."""

    code = "upstream_unreachable"
    title = "The accounting system cannot be reached"
    status = 503
    retry = "after_delay"
    hint = "Repeat later. Nothing was sent."


class UpstreamBroken(KontorError):
    """A read failed at the vendor, or its answer cannot be read."""

    code = "upstream_broken"
    title = "The accounting system gave no usable answer"
    status = 502
    sent = "yes"
    retry = "same_key"
    hint = "Repeat the call. Reading changes nothing."


class OutcomeUnknown(KontorError):
    """A write left and no clear answer came. It may or may not have been booked."""

    code = "outcome_unknown"
    title = "It is not known whether the write was booked"
    status = 504
    sent = "unknown"
    retry = "same_key"
    hint = "Repeat the call with the same Idempotency-Key. A new key could book it twice."


class WrittenButNotRead(KontorError):
    """The write is booked; reading it back failed. `id` in the answer names the new object."""

    code = "written_not_read"
    title = "Booked, but it could not be read back"
    status = 502
    sent = "yes"
    retry = "same_key"
    hint = (
        "It is booked under `id`. Read it by that id, or repeat with the same Idempotency-Key;"
        " a new key would book it twice."
    )

    def __init__(self, id: str, why: str) -> None:
        detail = f"Booked as {id}; reading it back failed: {why}"
        super().__init__(detail, extra={"id": id}, retry_after_s=1.0)
        self.id = id
