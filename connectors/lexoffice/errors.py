"""From the vendor's refusals to ours: one table of statuses, one of codes, one of messages.

What a status means for the caller depends on whether the call could have changed something: a 504 on a read
is a failed read, on a write it may be a booked invoice.
"""

from datetime import UTC
from email.utils import parsedate_to_datetime

from connectors.base.errors import (
    FieldError,
    KontorError,
    OutcomeUnknown,
    PermissionMissing,
    PlanTooSmall,
    ReconnectNeeded,
    RecordNotFound,
    StaleVersion,
    Upstream,
    UpstreamBroken,
    UpstreamBusy,
    UpstreamRefused,
)
from connectors.base.wire import Answer
from connectors.lexoffice.native.errors import Issue, Refusal, clean, language_of, read_refusal
from connectors.lexoffice.paths import unified_path

NOT_PERFORMED: dict[int, tuple[type[KontorError], str]] = {
    401: (ReconnectNeeded, "Lexware Office no longer accepts the key or grant of this connection."),
    402: (PlanTooSmall, "The company's contract with Lexware Office lapsed or does not include this."),
    403: (PermissionMissing, "The key or grant of this connection lacks a permission at Lexware Office."),
    429: (UpstreamBusy, "Lexware Office takes no more calls of this connection for the moment."),
}
"""Statuses that prove that nothing was done."""

CODES = {
    "NOTNULL": "required",
    "NOTEMPTY": "required",
    "NOTBLANK": "required",
    "missing_entity": "required",
    "invalid_value": "invalid",
    "VALIDGTIN": "invalid_gtin",
    "MATERIAL_NUMBER_ALREADY_EXISTS": "already_exists",
    "countrycode_is_not_valid": "invalid_country",
    "bad_request_error": "invalid",
}
"""Vendor words for what is wrong; any other is passed on in lower case."""

MESSAGES = (
    ("exactly one billing address", "buyer.customerId", "needs_one_billing_address"),
    ("Maximum search window size exceeded", "", "too_many_matches"),
    ("size must be between 3 and", "", "too_short"),
)
"""Complaints that come as a sentence alone: what they hold, the field meant, our code."""

TRACE_HEADERS = ("x-amzn-requestid", "x-amzn-trace-id")


def refusal(answer: Answer) -> KontorError | None:
    """The error that an answer stands for; None for 2xx. Server trouble reads as a failed read."""
    return None if 200 <= answer.status < 300 else translate(answer, {})


def translate(
    answer: Answer, paths: dict[str, str], *, writes: bool = False, replaces: bool = False
) -> KontorError:
    """The error of an answer that is not 2xx.

    `paths` names fields in unified words; `writes`: the call could change something; `replaces`: it was a
    PUT, so a 409 is a stale version.
    """
    said = read_refusal(answer.content)
    upstream = Upstream(status=answer.status, code=_code(said, answer), trace_id=trace_id(answer, said))
    if answer.status in NOT_PERFORMED:
        kind, detail = NOT_PERFORMED[answer.status]
        wait = retry_after_s(answer) if kind is UpstreamBusy else None
        return kind(detail, upstream=upstream, retry_after_s=wait)
    if answer.status == 404:
        return RecordNotFound("Lexware Office has no such object.", upstream=upstream, sent="yes")
    if answer.status == 408 or not 400 <= answer.status < 500:
        return _failed(answer, upstream, writes)
    if (answer.status == 409 and replaces) or _names_version(said):
        return StaleVersion("The object was changed at Lexware Office meanwhile.", upstream=upstream)
    return UpstreamRefused(
        f"Lexware Office refused the values (HTTP {answer.status}).",
        errors=tuple(_field_error(issue, paths) for issue in said.issues),
        upstream=upstream,
    )


def unreadable(answer: Answer, *, writes: bool) -> KontorError:
    """The error of a 2xx whose body is not what it should be."""
    upstream = Upstream(status=answer.status, trace_id=trace_id(answer, Refusal()))
    if writes:
        return OutcomeUnknown("Lexware Office's answer to the write cannot be read.", upstream=upstream)
    return UpstreamBroken("Lexware Office's answer cannot be read.", upstream=upstream)


def _failed(answer: Answer, upstream: Upstream, writes: bool) -> KontorError:
    """Server trouble, redirects, and anything that says nothing about what was done."""
    if writes:
        return OutcomeUnknown(
            f"Lexware Office answered the write with HTTP {answer.status}.", upstream=upstream
        )
    wait = retry_after_s(answer) if answer.status == 503 else None
    return UpstreamBroken(
        f"Lexware Office failed (HTTP {answer.status}).", upstream=upstream, retry_after_s=wait
    )


def _names_version(said: Refusal) -> bool:
    """A version that was not sent at all is another mistake (`missing_entity`, NOTNULL): ours, not a race."""
    return any(
        issue.field in ("version", "lockVersion") and CODES.get(issue.code or "") != "required"
        for issue in said.issues
    )


def _field_error(issue: Issue, paths: dict[str, str]) -> FieldError:
    text = issue.message or issue.field or ""
    for part, field, code in MESSAGES:
        if part in text:
            return FieldError(field=field, code=code, message=text, language=language_of(text))
    code = issue.code or "refused"
    return FieldError(
        field=unified_path((issue.field or "").removesuffix(".size"), paths),
        code=CODES.get(code, code.lower()),
        message=issue.message or f"Lexware Office says {code}.",
        language=language_of(issue.message or ""),
    )


def _code(said: Refusal, answer: Answer) -> str | None:
    first = next((issue.code for issue in said.issues if issue.code), None)
    return first or clean(answer.headers.get("x-amzn-errortype"))


def trace_id(answer: Answer, said: Refusal) -> str | None:
    """What the vendor's support can find the call by: from the body, else from its gateway."""
    found = (clean(answer.headers.get(name)) for name in TRACE_HEADERS)
    return said.trace_id or next((value for value in found if value), None)


def retry_after_s(answer: Answer) -> float | None:
    """Seconds to wait, if told. An HTTP date is reckoned from the answer's own Date. Proxies send either."""
    value = answer.headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit() and len(value) <= 6:
        return float(value)
    try:
        until = parsedate_to_datetime(value)
        sent = parsedate_to_datetime(answer.headers.get("date", ""))
    except (ValueError, TypeError):
        return None
    wait = (
        until.replace(tzinfo=until.tzinfo or UTC) - sent.replace(tzinfo=sent.tzinfo or UTC)
    ).total_seconds()
    return max(0.0, wait)
