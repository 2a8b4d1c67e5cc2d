"""What follows from what the vendor shows of a write without an answer. Pure; one rule for all vendors.

Nothing found proves nothing before the settle time is over: lists lag behind. For the same reason one found
proves nothing either, unless it carries the write's own mark: ours may be the one that is not shown yet.
"""

from collections.abc import Collection
from datetime import datetime

from msgspec import Struct

from connectors.base.tracing import Candidate, Evidence
from connectors.base.wire import Answer

RESENDS = 5
"""How often a write is sent again, each time after it was certain not to have been booked: a process may die
as it sends. So often in vain is not an accident any more.
"""

SEVERAL = "several_candidates"
ALIKE = "similar_candidates"
LATE = "late_candidates"
NOT_SHOWN = "not_shown"
IN_VAIN = "resent_in_vain"
NOT_REPEATED = "request_changed"
REASONS = {
    SEVERAL: "More than one object is equal to what was sent, and nothing tells which one is this write's.",
    ALIKE: "An object has the same party, day and sums, and differs in other things.",
    LATE: "An object equal to what was sent was made when the write should long have been over.",
    NOT_SHOWN: "The accounting system shows nothing that would tell whether it was done.",
    IN_VAIN: "It was sent again and again, and is not there.",
    NOT_REPEATED: "It can no longer be carried on as it was begun.",
}
"""Why a person has to decide."""


class Adopt(Struct, frozen=True):
    """It was done, or refused: this is the answer that did not come."""

    answer: Answer


class Resend(Struct, frozen=True):
    """It was not done, or doing it again does no harm."""


class Wait(Struct, frozen=True):
    """Nothing follows yet."""

    until: datetime


class Ask(Struct, frozen=True):
    """A person has to decide."""

    reason: str
    candidates: tuple[Candidate, ...] = ()


Verdict = Adopt | Resend | Wait | Ask


class Times(Struct, frozen=True, kw_only=True):
    """When something follows from not seeing it."""

    now: datetime
    closes: datetime
    """The vendor can no longer be at work on it."""
    settles: datetime
    """Whatever it did by then is shown by now."""


def verdict(evidence: Evidence, known: Collection[str], times: Times, resends: int) -> Verdict:
    """What to do. `known`: ids of candidates that other writes made; `resends`: how often it was resent."""
    if evidence.answer is not None:
        return Adopt(evidence.answer)
    if evidence.undecidable:
        return Ask(NOT_SHOWN, evidence.candidates)
    found = tuple(candidate for candidate in evidence.candidates if candidate.id not in known)
    certain = tuple(candidate for candidate in found if candidate.certain)
    if certain:
        return Adopt(certain[0].answer) if len(certain) == 1 else Ask(SEVERAL, certain)
    if evidence.repeatable:
        if times.now < times.closes:
            return Wait(times.closes)
        return Resend() if resends < RESENDS else Ask(IN_VAIN)
    if times.now < times.settles:
        return Wait(times.settles)
    return _settled(found, resends)


def _settled(found: tuple[Candidate, ...], resends: int) -> Verdict:
    late = tuple(candidate for candidate in found if candidate.late and candidate.equal)
    in_time = tuple(candidate for candidate in found if not candidate.late)
    equal = tuple(candidate for candidate in in_time if candidate.equal)
    if len(equal) == 1:
        return Adopt(equal[0].answer)
    if equal:
        return Ask(SEVERAL, equal)
    if in_time:
        return Ask(ALIKE, in_time)
    if late:
        return Ask(LATE, late)
    return Resend() if resends < RESENDS else Ask(IN_VAIN)
