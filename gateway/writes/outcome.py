"""What a failed write leaves behind: is its key free again, is it refused for good, or does nobody know?"""

from connectors.base.errors import (
    ConnectionProblem,
    KontorError,
    OutcomeUnknown,
    RecordNotFound,
    ReferenceTaken,
    UpstreamBusy,
    UpstreamRefused,
    UpstreamUnreachable,
    WrittenButNotRead,
)
from connectors.base.wire import Answer
from gateway.writes.rows import CONFIRMED, REJECTED, UNKNOWN

RELEASED = "released"
"""Not a state: the row loses its key, which can be used again."""

NOT_PERFORMED = (401, 402, 403, 429)
"""Statuses that concern who calls and how often, not what: the same request may succeed later."""

AFTER_SENDING: tuple[tuple[type[KontorError], str], ...] = (
    (WrittenButNotRead, CONFIRMED),
    (OutcomeUnknown, UNKNOWN),
    (UpstreamRefused, REJECTED),  # 406, 409, 412
    (RecordNotFound, REJECTED),
    (ConnectionProblem, RELEASED),  # 401, 402, 403: proof that nothing was done
    (UpstreamBusy, RELEASED),  # 429: the same
    (UpstreamUnreachable, RELEASED),  # no connection
)
"""First match counts; whatever is not here may be a booked write of which we lost track."""


class Traces:
    """What the calls of one write have shown so far."""

    def __init__(self, *, sent: bool = False) -> None:
        self.sent = sent
        """SENT is committed."""
        self.booked = False
        """The vendor answered a writing call with success."""
        self.doubtful = False
        """A writing call went without an answer, or with one that says nothing."""

    def saw(self, answer: Answer) -> None:
        """Note the answer to a writing call."""
        state = of_status(answer.status)
        self.booked |= state == CONFIRMED
        self.doubtful |= state == UNKNOWN


def of_status(status: int) -> str:
    """What a vendor's status says of a single write: 4xx that nothing was done, 408 apart."""
    if 200 <= status < 300:
        return CONFIRMED
    if status in NOT_PERFORMED:
        return RELEASED
    return REJECTED if 400 <= status < 500 and status != 408 else UNKNOWN


def outcome(error: BaseException, traces: Traces) -> str:
    """The state that `error` leaves the write in, or RELEASED.

    The error alone does not tell: after a first step that was booked, a second one's 429 proves nothing.
    """
    if isinstance(error, WrittenButNotRead):
        return CONFIRMED
    if isinstance(error, ReferenceTaken):  # its success was the old object: the vendor took no new one
        return REJECTED
    if not traces.sent:
        return RELEASED
    if traces.booked or traces.doubtful:
        return UNKNOWN
    return next((state for kind, state in AFTER_SENDING if isinstance(error, kind)), UNKNOWN)
